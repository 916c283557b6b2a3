import { spawn } from 'node:child_process';
import { fromBase64, toBase64 } from '../../core/base64.ts';
import { BoltsealError } from '../../core/errors.ts';
import { KEY_BYTES } from '../envelope.ts';
import type { KeyProvider } from './port.ts';

const MOST_ANSWER_BYTES = 65_536;
const TIME_LIMIT_MS = 20_000;

/**
 * A program that speaks with a service for keys or a security module. For each question it is started with `command` as its words, without a shell; it gets one line of JSON on standard input,
 * and answers with one on standard output and exit code 0 (docs/spec/vault.md). What it writes to standard error is for nobody: it may hold anything.
 * Fails with VAULT_KEY_PROVIDER when it does not answer so within 20 seconds.
 */
export function createCommandProvider(command: readonly string[], timeLimitMs = TIME_LIMIT_MS): KeyProvider {
  const ask = async (question: Readonly<Record<string, string>>, answer: string): Promise<Uint8Array> => {
    const text = await run(
      command,
      `${JSON.stringify({ format: 'boltseal-key-command-1', ...question })}\n`,
      timeLimitMs,
    );
    const bytes = readAnswer(text, answer);
    if (bytes === null) throw failed('its answer is not as docs/spec/vault.md says');
    return bytes;
  };
  return {
    wrap: (key, context) => ask({ operation: 'wrap', context, key: toBase64(key) }, 'wrapped'),
    async unwrap(wrapped, context) {
      const key = await ask({ operation: 'unwrap', context, wrapped: toBase64(wrapped) }, 'key');
      if (key.length !== KEY_BYTES) throw failed('its key has not 32 bytes');
      return key;
    },
    // What wraps is the service's own: it is renewed there.
    renew: async () => undefined,
  };
}

function readAnswer(text: string, name: string): Uint8Array | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return null;
    const answer = (value as Record<string, unknown>)[name];
    return typeof answer === 'string' && answer !== '' ? fromBase64(answer) : null;
  } catch {
    return null;
  }
}

function run(command: readonly string[], input: string, timeLimitMs: number): Promise<string> {
  const [program = '', ...words] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'ignore'], shell: false, windowsHide: true });
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const end = (problem: string): void => {
      child.kill('SIGKILL');
      reject(failed(problem));
    };
    const timer = setTimeout(() => end(`it took longer than ${timeLimitMs / 1000} seconds`), timeLimitMs);
    child.on('error', (error: NodeJS.ErrnoException) => end(`it cannot be started (${error.code ?? 'unknown'})`));
    child.stdout.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > MOST_ANSWER_BYTES) end('its answer is too long');
      else chunks.push(chunk);
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      if (code === 0) resolve(Buffer.concat(chunks).toString('utf8'));
      else reject(failed(`it ended with ${code ?? 'a signal'}`));
    });
    // A program that answers without reading to the end is judged by its answer.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

function failed(problem: string): BoltsealError {
  return new BoltsealError('VAULT_KEY_PROVIDER', { problem: `the program: ${problem}` });
}
