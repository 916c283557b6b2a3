import type { ByteInput, FormatReader, InputStart, ReadContext, RowSink } from '../reader.ts';
import { DAMAGED, DONE, RecordScanner } from './json-scan.ts';
import { JsonWalker } from './json-walk.ts';

/** How much of the head is looked at, and how much may stand before the first brace (`var users = `). */
const DETECT_BYTES = 262_144;
const MAX_PREFIX = 64;

/**
 * JSON (RFC 8259) as it is found in dumps: one record a line, records one after another, arrays of records, objects and maps of them, JSON text sequences (RFC 7464),
 * MongoDB's extended JSON, Elasticsearch's hits and bulk lines, phpMyAdmin's export. Nesting becomes names (`user.phone`, `phones.0`); an array of more than four records
 * becomes a table of its own. Damaged records are rejected as `bad-record`, those over 16 MiB as `too-long`.
 */
export const jsonReader: FormatReader = {
  format: 'json',
  takes: 'text',
  detect,
  read: readJson,
};

async function readJson(input: ByteInput, sink: RowSink, _context: ReadContext): Promise<void> {
  const walker = new JsonWalker(sink);
  for await (const chunk of input.stream()) {
    walker.push(chunk);
    await sink.drain();
  }
  walker.finish();
  await sink.drain();
}

/**
 * Sure when the first value is whole and nothing but JSON stands around it, or when it is cut off by the end of the head without being damaged. Cells that hold JSON are
 * followed by a separator on the same line, which no JSON has there.
 */
function detect(start: InputStart): number {
  const head = start.head.subarray(0, DETECT_BYTES);
  const whole = start.headIsWhole && head.length === start.head.length;
  let p = skipBlanks(head, 0);
  if (head[p] !== 0x7b && head[p] !== 0x5b) {
    p = skipAssignment(head, p);
    if (p < 0) return 0;
  }
  const scanner = new RecordScanner();
  let good = 0;
  let bad = 0;
  while (p < head.length && good + bad < 20) {
    const c = head[p]!;
    if (c !== 0x7b && c !== 0x5b) {
      bad++;
      p = nextLine(head, p);
      continue;
    }
    if (!isPlausible(head, p)) return 0;
    const outcome = scanner.skip(head, p, head.length);
    if (outcome === DONE) {
      const end = scanner.at;
      const next = skipSameLine(head, end);
      // A comma and more on the line is a cell of delimited text, unless another value follows (records with commas between).
      if (next < head.length && !isBetween(head, next)) bad++;
      else good++;
      p = skipBlanks(head, next);
      if (head[p] === 0x2c) p = skipBlanks(head, p + 1);
    } else {
      // Cut off by the end of the head, or damaged somewhere inside a container.
      if (outcome !== DAMAGED) good += whole ? 0.6 : 1;
      else if (good + bad === 0 && holdsMembers(head, p, scanner)) good += 1;
      else bad++;
      p = outcome === DAMAGED ? nextLine(head, p) : head.length;
    }
  }
  if (good === 0) return 0;
  const share = good / (good + bad);
  return share >= 0.5 ? Math.min(0.95, 0.5 + share / 2) : share >= 0.3 ? 0.5 : 0;
}

/** Whether the damaged value begins with at least two sound members or records: the damage is in the middle of a container. */
function holdsMembers(head: Uint8Array, from: number, scanner: RecordScanner): boolean {
  let p = from + 1;
  let sound = 0;
  while (sound < 2) {
    p = skipBlanks(head, p);
    if (head[p] === 0x2c || head[p] === 0x3a || head[p] === 0x5b || head[p] === 0x7b) {
      if (head[p] === 0x7b || head[p] === 0x5b) {
        if (scanner.skip(head, p, head.length) === DONE) return true;
      }
      p++;
      continue;
    }
    if (p >= head.length || scanner.skip(head, p, head.length) !== DONE) return false;
    sound++;
    p = scanner.at;
  }
  return true;
}

/** After `{` comes a key or the end; after `[` a value: `[info]` and `{0}` are no JSON. */
function isPlausible(head: Uint8Array, at: number): boolean {
  const next = skipBlanks(head, at + 1);
  if (next >= head.length) return true;
  const c = head[next]!;
  if (head[at] === 0x7b) return c === 0x22 || c === 0x27 || c === 0x7d || isLetter(c);
  return c === 0x22 || c === 0x7b || c === 0x5b || c === 0x5d || c === 0x2d || c === 0x27 || (c >= 0x30 && c <= 0x39);
}

function isLetter(c: number): boolean {
  return c === 0x5f || c === 0x24 || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a);
}

/** What may follow a value on its line: the line's end, a bracket, or a comma and either the line's end or another value. */
function isBetween(head: Uint8Array, at: number): boolean {
  const c = head[at]!;
  if (c === 0x0a || c === 0x0d || c === 0x1e || c === 0x7b || c === 0x5b || c === 0x5d || c === 0x29) return true;
  if (c !== 0x2c && c !== 0x3b) return false;
  const next = skipSameLine(head, at + 1);
  return next >= head.length || head[next] === 0x0a || head[next] === 0x0d;
}

/** `window.data = {` and `callback([`: where the value begins, or -1. */
function skipAssignment(head: Uint8Array, from: number): number {
  for (let p = from; p < Math.min(head.length, from + MAX_PREFIX); p++) {
    const c = head[p]!;
    if (c === 0x0a || c === 0x2c) return -1;
    if (c !== 0x3d && c !== 0x28) continue;
    const next = skipBlanks(head, p + 1);
    return head[next] === 0x7b || head[next] === 0x5b ? next : -1;
  }
  return -1;
}

function skipBlanks(head: Uint8Array, from: number): number {
  let p = from;
  while (p < head.length && head[p]! <= 0x20 && head[p] !== 0) p++;
  return p;
}

function skipSameLine(head: Uint8Array, from: number): number {
  let p = from;
  while (head[p] === 0x20 || head[p] === 0x09) p++;
  return p;
}

function nextLine(head: Uint8Array, from: number): number {
  const end = head.indexOf(0x0a, from);
  return end < 0 ? head.length : skipBlanks(head, end + 1);
}
