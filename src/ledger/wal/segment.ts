import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import path from 'node:path';
import { BoltsealError } from '../../core/errors.ts';
import { type Files, type OpenFile, SECTOR_BYTES } from '../files/port.ts';
import type { KeyWrap } from '../port.ts';
import {
  decodeRecordHeader,
  decodeSegmentHeader,
  encodeSegmentHeader,
  FIRST_RECORD_AT,
  isZero,
  MAX_RECORD_BYTES,
  openRecord,
  recordBytes,
  segmentContext,
} from './layout.ts';

/** Where the segments of a log are and what opens them. */
export interface WalPlace {
  readonly files: Files;
  readonly folder: string;
  readonly origin: string;
  readonly wrap: KeyWrap;
  /** Of segments that are made; those that are there say their own size. */
  readonly segmentBytes: number;
}

/** Size of a segment unless something else is configured: half a second of a fast log, half a minute of a busy one. */
export const SEGMENT_BYTES = 16 * 1024 * 1024;

/** A new segment is written in steps of so many bytes, each synced, so that the syncs of appends never wait behind all of it. */
const CREATE_STEP_BYTES = 1 << 20;

const namePattern = /^(\d{10})\.wal$/;
const newName = 'new';

/** The file of a segment. */
export function segmentPath(place: WalPlace, number: number): string {
  return path.join(place.folder, `${String(number).padStart(10, '0')}.wal`);
}

/** Numbers of the segments that are there, ascending. Fails with LEDGER_DAMAGED when one between others is missing. */
export function listSegments(place: WalPlace): number[] {
  const numbers = place.files
    .list(place.folder)
    .flatMap((name) => namePattern.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
  const gap = numbers.findIndex((number, i) => number !== (numbers[0] ?? 0) + i);
  if (gap > 0) throw walDamage(place, (numbers[gap - 1] ?? 0) + 1, 'it is missing');
  return numbers;
}

/**
 * Makes a segment of zeros; it is there whole and durable when this returns, so that later writes to it change nothing but bytes. Fails with the operating
 * system's error (ENOSPC above all); then nothing is left of it.
 */
export function createSegment(place: WalPlace, number: number): void {
  const { files, folder, segmentBytes } = place;
  const temporary = path.join(folder, newName);
  const wrapped = place.wrap.wrap(randomBytes(32), segmentContext(place.origin, number, segmentBytes));
  const zeros = new Uint8Array(CREATE_STEP_BYTES);
  const file = files.open(temporary, 'create');
  try {
    file.write(encodeSegmentHeader({ number, sizeBytes: segmentBytes, wrapped }), 0);
    for (let at = FIRST_RECORD_AT; at < segmentBytes; at += zeros.length) {
      file.write(zeros.subarray(0, Math.min(zeros.length, segmentBytes - at)), at);
      file.sync();
    }
  } catch (error) {
    file.close();
    files.remove(temporary);
    throw error;
  }
  file.close();
  files.rename(temporary, segmentPath(place, number));
  files.syncFolder(folder);
}

/** Where a record is expected and what it must follow; null: anything. */
export interface RecordPosition {
  readonly at: number;
  readonly sequence: number;
  readonly firstIndex: number | null;
  readonly previousTag: Uint8Array | null;
}

/**
 * What stands at a position.
 *
 * - `record`: authentic, and it follows what was before.
 * - `none`: the first sector was never written.
 * - `torn`: a part of it was written.
 * - `damaged`: it was written whole, and is not what was written.
 */
export type RecordLook =
  | {
      readonly is: 'record';
      readonly firstIndex: number;
      readonly count: number;
      /** When it was written: milliseconds since 1970, whole seconds. */
      readonly writtenMs: number;
      readonly plain: Buffer;
      /** Where the next one is expected. */
      readonly next: RecordPosition;
    }
  | { readonly is: 'none' | 'torn' | 'damaged' };

/** An open segment. */
export class Segment {
  readonly number: number;
  readonly sizeBytes: number;
  readonly file: OpenFile;
  readonly key: KeyObject;

  /** Fails with LEDGER_DAMAGED when the file is no whole segment of that number and log. */
  constructor(place: WalPlace, number: number, mode: 'read' | 'update') {
    this.file = place.files.open(segmentPath(place, number), mode);
    try {
      const page = new Uint8Array(FIRST_RECORD_AT);
      this.file.read(page, 0);
      const header = decodeSegmentHeader(page);
      if (header === null || header.number !== number) throw walDamage(place, number, 'its header is damaged');
      if (this.file.sizeBytes() !== header.sizeBytes)
        throw walDamage(place, number, 'it is not of the size it was made with');
      this.number = number;
      this.sizeBytes = header.sizeBytes;
      const context = segmentContext(place.origin, number, header.sizeBytes);
      this.key = createSecretKey(place.wrap.unwrap(header.wrapped, context));
    } catch (error) {
      this.file.close();
      throw error;
    }
  }

  /**
   * Looks at a position.
   *
   * A segment was zeros before, one record at a time is written and synced, and a sector is written whole or not at all: so a torn record has a sector of zeros
   * (ciphertext has one with probability 2^-4096), and a record without one that is not authentic was changed after it was written.
   */
  look(position: RecordPosition): RecordLook {
    const { at } = position;
    if (at + SECTOR_BYTES > this.sizeBytes) return { is: 'none' };
    const sector = this.#read(at, SECTOR_BYTES);
    if (isZero(sector)) return { is: 'none' };
    const header = decodeRecordHeader(sector);
    if (header === null || header.segment !== this.number || header.sequence !== position.sequence)
      return { is: 'damaged' };
    if (position.firstIndex !== null && header.firstIndex !== position.firstIndex) return { is: 'damaged' };
    if (position.previousTag !== null && !Buffer.from(position.previousTag).equals(header.previousTag))
      return { is: 'damaged' };
    const size = recordBytes(header.plainBytes);
    if (at + size > this.sizeBytes) return { is: 'damaged' };
    const bytes = size === SECTOR_BYTES ? sector : this.#read(at, size);
    const opened = openRecord(this.key, header, bytes);
    if (opened === null) return { is: hasZeroSector(bytes) ? 'torn' : 'damaged' };
    const { firstIndex, count, writtenSeconds } = header;
    const next = {
      at: at + size,
      sequence: header.sequence + 1,
      firstIndex: firstIndex + count,
      previousTag: opened.tag,
    };
    return { is: 'record', firstIndex, count, writtenMs: 1000 * writtenSeconds, plain: opened.plain, next };
  }

  /** Places of the first and behind the last sector from `at` on that is not zero; null when all are. */
  findWritten(at: number): { readonly from: number; readonly to: number } | null {
    let from = -1;
    let to = -1;
    for (let start = at; start < this.sizeBytes; start += MAX_RECORD_BYTES) {
      const part = this.#read(start, Math.min(MAX_RECORD_BYTES, this.sizeBytes - start));
      if (isZero(part)) continue;
      for (let offset = 0; offset < part.length; offset += SECTOR_BYTES) {
        if (isZero(part.subarray(offset, offset + SECTOR_BYTES))) continue;
        if (from < 0) from = start + offset;
        to = start + offset + SECTOR_BYTES;
      }
    }
    return from < 0 ? null : { from, to };
  }

  /** The bytes from `from` to `to`. */
  bytesBetween(from: number, to: number): Uint8Array {
    return this.#read(from, to - from);
  }

  close(): void {
    this.file.close();
  }

  #read(at: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.file.read(bytes, at);
    return bytes;
  }
}

/** Something is wrong with a segment that no crash explains. */
export function walDamage(place: WalPlace, number: number, problem: string): BoltsealError {
  return new BoltsealError('LEDGER_DAMAGED', { file: path.basename(segmentPath(place, number)), problem });
}

function hasZeroSector(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += SECTOR_BYTES) {
    if (isZero(bytes.subarray(at, at + SECTOR_BYTES))) return true;
  }
  return false;
}
