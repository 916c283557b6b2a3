import { utf8ToBytes } from '@noble/hashes/utils.js';

/** SHA-256 of bytes: 32 bytes. Pure code takes it as an argument: Node's own is several times as fast as a portable one. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** Whether both hold the same bytes. For public values: it ends at the first difference. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** All pieces, one after the other. */
export function concatBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** The text in UTF-8. ASCII is written here: an encoder for each short text takes several times as long. */
export function toUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7f) return utf8ToBytes(text);
    bytes[at] = unit;
  }
  return bytes;
}

/** An integer from 0 to 2^53 − 1 as `size` bytes, big endian; `size` is at most 8. */
export function toBigEndian(value: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = size - 1, rest = value; at >= 0; at--, rest = Math.floor(rest / 256)) bytes[at] = rest % 256;
  return bytes;
}

/** The unsigned big-endian integer that `bytes` are, or null beyond 2^53 − 1. */
export function fromBigEndian(bytes: Uint8Array): number | null {
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return Number.isSafeInteger(value) ? value : null;
}
