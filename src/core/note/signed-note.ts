import { fromBase64, toBase64 } from '../base64.ts';
import { concatBytes, type Sha256, toUtf8 } from '../bytes.ts';
import { BoltsealError } from '../errors.ts';

/** One signature line of a note: who signed is named twice, in words and by the beginning of a hash of the key. */
export interface NoteSignature {
  readonly name: string;
  /** 4 bytes. */
  readonly keyId: Uint8Array;
  /** What follows the key's id: depends on the type of the key. */
  readonly signature: Uint8Array;
}

/** A text and who signed it, as C2SP signed-note has it. Nothing is verified by being parsed. */
export interface SignedNote {
  /** With its final newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** More signatures than this are nobody's honest note; the specification asks for at least 16. */
const MOST_SIGNATURES = 100;
const KEY_ID_BYTES = 4;
const lineStart = '— ';
const controls = /[\u0000-\u0009\u000b-\u001f]/;
const spaces = /[\s\u0085\p{Z}]/u;

/** Takes a note apart (C2SP signed-note, "Format"). Fails with LEDGER_NOTE. */
export function parseNote(note: string): SignedNote {
  if (!note.isWellFormed()) throw malformed('it is not UTF-8');
  if (controls.test(note)) throw malformed('it holds control characters');
  // The text itself may have blank lines: the last one ends it.
  const blank = note.lastIndexOf('\n\n');
  if (blank < 0 || !note.endsWith('\n')) throw malformed('no blank line separates text and signatures');
  const lines = note.slice(blank + 2, -1).split('\n');
  if (lines.length > MOST_SIGNATURES) throw malformed(`it has more than ${MOST_SIGNATURES} signatures`);
  return { text: note.slice(0, blank + 1), signatures: lines.map(parseSignatureLine) };
}

/** The note in its one spelling. */
export function formatNote({ text, signatures }: SignedNote): string {
  return `${text}\n${signatures.map(formatSignatureLine).join('')}`;
}

/** One signature line with its newline. */
export function formatSignatureLine({ name, keyId, signature }: NoteSignature): string {
  return `${lineStart}${name} ${toBase64(concatBytes([keyId, signature]))}\n`;
}

/** Takes a signature line without its newline apart; witnesses answer with such lines. Fails with LEDGER_NOTE. */
export function parseSignatureLine(line: string): NoteSignature {
  const [name, base64, ...more] = line.startsWith(lineStart) ? line.slice(lineStart.length).split(' ') : [];
  const blob = base64 === undefined || more.length > 0 ? null : fromBase64(base64);
  if (name === undefined || !isKeyName(name) || blob === null || blob.length <= KEY_ID_BYTES)
    throw malformed('a signature line is not one');
  return { name, keyId: blob.slice(0, KEY_ID_BYTES), signature: blob.slice(KEY_ID_BYTES) };
}

/** Whether a key may be called so: not empty, no white space, no plus sign (C2SP signed-note, "Format"). */
export function isKeyName(name: string): boolean {
  return name !== '' && name.isWellFormed() && !name.includes('+') && !spaces.test(name) && !controls.test(name);
}

/** A key's id: the first four bytes of SHA-256(name || 0x0A || type || public key) (C2SP signed-note, "Signatures"). */
export function keyIdOf(sha256: Sha256, name: string, type: number, publicKey: Uint8Array): Uint8Array {
  return sha256(concatBytes([toUtf8(name), Uint8Array.of(0x0a, type), publicKey])).slice(0, KEY_ID_BYTES);
}

function malformed(problem: string): BoltsealError {
  return new BoltsealError('LEDGER_NOTE', { what: 'signed note', problem });
}
