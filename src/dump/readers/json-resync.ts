import { startsWith } from './json-layout.ts';

/** How the records of a place in the file begin. */
export interface RecordStyle {
  /** Blanks between the start of the line and the record, or -1 when records do not begin lines. */
  readonly indent: number;
  /** The record's first bytes: its brace and first key. */
  readonly opening: Uint8Array | null;
}

const MAX_INDENT = 64;
const MAX_OPENING = 80;

/** How the good record at `at` begins. */
export function styleOf(bytes: Uint8Array, at: number): RecordStyle {
  let p = at - 1;
  while (p >= 0 && at - p <= MAX_INDENT && (bytes[p] === 0x20 || bytes[p] === 0x09)) p--;
  const indent = p < 0 || bytes[p] === 0x0a ? at - p - 1 : -1;
  const open = bytes.indexOf(0x22, at);
  const close = open < 0 || open - at > 16 ? -1 : bytes.indexOf(0x22, open + 1);
  return { indent, opening: close < 0 || close - at >= MAX_OPENING ? null : bytes.slice(at, close + 1) };
}

/**
 * The next place at or after `from` where reading can go on, or where to look on when more bytes are there. Where records begin lines, that is the next line so indented
 * that begins one, or ends their array; elsewhere a brace after `,`, `[`, `}` or a line's end, with the usual first key. Looks at most `MAX_INDENT` bytes back.
 */
export function findRecord(
  bytes: Uint8Array,
  from: number,
  limit: number,
  final: boolean,
  style: RecordStyle | null,
  inObject: boolean,
): { readonly found: boolean; readonly at: number } {
  for (let p = from; p < limit; p++) {
    const c = bytes[p]!;
    if (c !== 0x7b && c !== 0x5d) continue;
    if (!final && p + MAX_OPENING > limit) return { found: false, at: p };
    if (style !== null && style.indent >= 0) {
      const indent = indentOf(bytes, p);
      if (c === 0x7b ? indent === style.indent : indent >= 0 && indent < style.indent) return { found: true, at: p };
    } else if (c === 0x5d) {
      if (inObject && isTableEnd(bytes, p, limit)) return { found: true, at: p };
    } else if (isAfterValue(bytes, p)) {
      const opening = style?.opening ?? null;
      if (opening === null ? isKeyNext(bytes, p, limit) : startsWith(bytes, p, opening)) return { found: true, at: p };
    }
  }
  return { found: false, at: limit };
}

function indentOf(bytes: Uint8Array, at: number): number {
  let p = at - 1;
  while (p >= 0 && at - p <= MAX_INDENT && (bytes[p] === 0x20 || bytes[p] === 0x09)) p--;
  return p < 0 || bytes[p] === 0x0a ? at - p - 1 : -1;
}

function isAfterValue(bytes: Uint8Array, at: number): boolean {
  let p = at - 1;
  while (p >= 0 && at - p <= MAX_INDENT && (bytes[p] === 0x20 || bytes[p] === 0x09)) p--;
  const c = p < 0 ? 0x0a : bytes[p]!;
  return c === 0x0a || c === 0x0d || c === 0x2c || c === 0x5b || c === 0x7d || c === 0x5d || c === 0x1e;
}

function isKeyNext(bytes: Uint8Array, at: number, limit: number): boolean {
  let p = at + 1;
  while (p < limit && p - at < MAX_INDENT && bytes[p]! <= 0x20) p++;
  return bytes[p] === 0x22 || bytes[p] === 0x27;
}

/** `],"orders":[{`: the end of one table and the start of the next. */
function isTableEnd(bytes: Uint8Array, at: number, limit: number): boolean {
  const end = Math.min(limit, at + MAX_OPENING);
  let text = '';
  for (let p = at; p < end; p++) text += String.fromCharCode(bytes[p]!);
  return /^\]\s{0,8},\s{0,8}"[^"\\]{1,60}"\s{0,4}:\s{0,4}\[\s{0,8}\{/.test(text);
}
