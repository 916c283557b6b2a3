import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { BoltsealError } from '../../core/errors.ts';

/** Where a log's files are read from. Everything that comes out is hostile. */
export interface LogSource {
  /** In the user's words, for messages. */
  readonly name: string;
  /**
   * The file at a path below the log's prefix (`checkpoint`, `tile/0/000`); null when it is not there. At most `mostBytes`: what is longer is cut to one byte more, so that the
   * reader finds it wrong. Fails with LEDGER_SOURCE.
   */
  read(file: string, mostBytes: number): Promise<Uint8Array | null>;
}

/** A log in a folder. */
export function openLogFolder(folder: string): LogSource {
  return {
    name: folder,
    read: async (file, mostBytes) => {
      try {
        return (await readFile(path.join(folder, file))).subarray(0, mostBytes + 1);
      } catch (cause) {
        const { code } = cause as NodeJS.ErrnoException;
        if (code === 'ENOENT' || code === 'ENOTDIR') return null;
        throw new BoltsealError('LEDGER_SOURCE', { source: folder, reason: code ?? 'unknown' }, { cause });
      }
    },
  };
}

const ANSWER_SECONDS = 20;
const TRIES = 4;

/** A log that a web server serves; what fails for a moment is asked for again. Redirections are not followed: the answer must come from where the user said. */
export function openLogUrl(url: string): LogSource {
  const prefix = url.replace(/\/+$/, '');
  return {
    name: prefix,
    read: async (file, mostBytes) => {
      let reason: string | number = 'no answer';
      let cause: unknown;
      for (let attempt = 0; attempt < TRIES; attempt++) {
        if (attempt > 0) await new Promise((done) => setTimeout(done, 250 * 2 ** attempt));
        try {
          const response = await fetch(`${prefix}/${file}`, {
            redirect: 'error',
            signal: AbortSignal.timeout(ANSWER_SECONDS * 1000),
          });
          if (response.status === 200) return await readBounded(response, mostBytes);
          await response.body?.cancel();
          if (response.status === 404 || response.status === 410) return null;
          reason = `HTTP status ${response.status}`;
          if (response.status < 500 && response.status !== 429) break;
        } catch (error) {
          cause = error;
        }
      }
      throw new BoltsealError('LEDGER_SOURCE', { source: prefix, reason }, { cause });
    },
  };
}

async function readBounded(response: Response, mostBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > mostBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, mostBytes + 1);
}
