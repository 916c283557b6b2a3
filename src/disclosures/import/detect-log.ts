import type { LogFormat } from '../../contract/disclosures.ts';
import { parseAccessLine } from './access-line.ts';

/** Lines of a log's start that are looked at, and how much of it. */
const LINES = 200;
const HEAD_BYTES = 262_144;

/** What a file is, by its first bytes: records in JSON, one a line; a web server's or PostgreSQL's log; or something that the dump reader finds tables in. */
export function detectLog(head: Uint8Array): LogFormat {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, HEAD_BYTES)).toString('utf8');
  const lines = text.split('\n', LINES).filter((line) => line.trim() !== '');
  if (lines.some((line) => /AUDIT: (?:SESSION|OBJECT),/.test(line))) return 'pgaudit';
  const [first = ''] = lines;
  if (isRecord(first.trim())) return 'json';
  const access = lines.filter((line) => parseAccessLine(line.trimEnd()) !== null).length;
  return access > 0 && access >= lines.length / 2 ? 'access' : 'table';
}

function isRecord(line: string): boolean {
  if (!line.startsWith('{')) return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
