import { timingSafeEqual } from 'node:crypto';
import { blake3 } from '@noble/hashes/blake3.js';
import { BoltsealError } from '../core/errors.ts';
import type { Field, FieldName } from '../core/fields/field.ts';
import { deriveKey, manifestContext } from '../core/fingerprint/keys.ts';
import type { StoredFile } from './chunked-files.ts';
import type { AddMode } from './port.ts';

/** Format of a generation that this program writes, and the only one that it reads. */
export const REGISTER_FORMAT = 2;

/** The files that every generation has beside its manifest. */
export const generationFiles = [
  'lines.bin',
  'overflow.bin',
  'confirm-index.bin',
  'confirm.bin',
  'confirm-fields.bin',
  'periods.bin',
  'created.bin',
  'ids.bin',
] as const;
/** Those of them that a search needs in memory. */
export const imageFiles = generationFiles.filter((name) => name !== 'ids.bin');
/** rows.bin is there when the last snapshot's rows had fingerprints. */
export type GenerationFile = (typeof generationFiles)[number] | 'rows.bin';

/** What the register needs to know of a field. */
export type RegisterField = Pick<Field, 'name' | 'id' | 'role' | 'version'>;

/** What a register holds of one field. */
export interface FieldCount {
  readonly name: FieldName;
  readonly id: number;
  /** Of the normaliser whose answers were fingerprinted. */
  readonly version: number;
  readonly versions: number;
  /** Versions that are still current. */
  readonly current: number;
}

/** The controls of one field. */
export interface ControlCount {
  readonly field: FieldName;
  readonly id: number;
  /** The sample is every value of the field whose fingerprint has a high half below this one; the starting threshold is 0xffffffff. */
  readonly threshold: number;
  /** Different values of customers below the threshold. */
  readonly sampled: number;
  /** The field's controls have the numbers from `first` to `first + controls`. */
  readonly first: number;
  readonly controls: number;
}

/** One table that was added. */
export interface AddedTable {
  readonly mode: AddMode;
  readonly asOfSeconds: number;
  readonly rows: number;
  readonly subjectsAdded: number;
  readonly subjectsClosed: number;
  readonly versionsAdded: number;
  readonly versionsClosed: number;
}

/** What a generation holds, authenticated with the register key. */
export interface RegisterManifest {
  readonly format: number;
  readonly generation: number;
  /** Random; different for every generation ever written. */
  readonly uuid: string;
  readonly subjects: number;
  /** Versions of identifying and confirming values together. */
  readonly versions: number;
  readonly lines: number;
  /** Records of the fingerprint table: identifying versions and controls. */
  readonly records: number;
  readonly overflow: number;
  readonly confirming: number;
  readonly periods: number;
  readonly currentPeriods: number;
  /** Ascending by id; only fields that have versions. */
  readonly fields: readonly FieldCount[];
  /** Fields that were said to be issued by this company alone. */
  readonly exclusive: readonly FieldName[];
  readonly controls: readonly ControlCount[];
  /** Earliest time of a table or a dated version. */
  readonly earliestSeconds: number;
  /** Latest time of a table, or in one: the next snapshot must be later. */
  readonly latestSeconds: number;
  readonly adds: readonly AddedTable[];
  /** Entries of erased.bin whose subjects this generation does not have any more, and how many numbers of subjects are nobody's since. Without it none. */
  readonly erased?: { readonly entries: number; readonly subjects: number };
  /** Says under which meaning of their cells the rows of rows.bin were fingerprinted; only with that file. */
  readonly rowCheck?: string;
  readonly files: GenerationFiles;
}

/** People in the register: numbers of who was erased are nobody's. */
export function peopleIn({ subjects, erased }: Pick<RegisterManifest, 'subjects' | 'erased'>): number {
  return subjects - (erased?.subjects ?? 0);
}

type GenerationFiles = Readonly<Record<Exclude<GenerationFile, 'rows.bin'>, StoredFile>> & {
  readonly 'rows.bin'?: StoredFile;
};

const shape = /^\{"key":"([0-9a-f]{16})","mac":"([0-9a-f]{64})","body":(.+)\}\n$/s;

/**
 * The bytes of manifest.json: `{"key":…,"mac":…,"body":…}` in one line.
 *
 * `mac` is keyed BLAKE3 over the bytes of `body` as they stand; `key` is 8 bytes that tell a wrong key from a damaged file.
 */
export function encodeManifest(registerKey: Uint8Array, manifest: RegisterManifest): Uint8Array {
  const key = deriveKey(registerKey, manifestContext);
  const body = JSON.stringify(manifest);
  return Buffer.from(`{"key":"${keyCheck(key)}","mac":"${mac(key, body)}","body":${body}}\n`);
}

/**
 * Reads manifest.json. The body is looked at only once it is authentic, but for its format number.
 *
 * Fails with REGISTER_DAMAGED, REGISTER_FORMAT (written by another program than this one) or KEY_UNUSABLE (written with another key).
 */
export function decodeManifest(registerKey: Uint8Array, bytes: Uint8Array): RegisterManifest {
  const text = Buffer.from(bytes).toString('latin1');
  const [, check, tag, body] = shape.exec(text) ?? [];
  const format = body === undefined ? formatOf(text) : formatOf(`{"body":${body}}`);
  if (format !== null && format !== REGISTER_FORMAT) {
    throw new BoltsealError('REGISTER_FORMAT', { format, known: REGISTER_FORMAT });
  }
  if (tag === undefined || body === undefined) throw new BoltsealError('REGISTER_DAMAGED', { file: 'manifest.json' });
  const key = deriveKey(registerKey, manifestContext);
  if (!timingSafeEqual(Buffer.from(tag, 'hex'), Buffer.from(mac(key, body), 'hex'))) {
    if (check !== keyCheck(key)) throw new BoltsealError('KEY_UNUSABLE');
    throw new BoltsealError('REGISTER_DAMAGED', { file: 'manifest.json' });
  }
  return JSON.parse(body) as RegisterManifest;
}

/** Refuses to compare or extend a register whose fingerprints came from other normalisers: REGISTER_FIELD_VERSION. */
export function checkFieldVersions(manifest: RegisterManifest, fields: readonly RegisterField[]): void {
  for (const { name, version } of manifest.fields) {
    const known = fields.find((field) => field.name === name);
    if (known !== undefined && known.version !== version) {
      throw new BoltsealError('REGISTER_FIELD_VERSION', { field: name, old: version, new: known.version });
    }
  }
}

function formatOf(text: string): number | null {
  try {
    const format = (JSON.parse(text) as { body?: { format?: unknown } } | null)?.body?.format;
    return typeof format === 'number' ? format : null;
  } catch {
    return null;
  }
}

function mac(key: Uint8Array, body: string): string {
  return Buffer.from(blake3(Buffer.from(`body ${body}`, 'latin1'), { key })).toString('hex');
}

function keyCheck(key: Uint8Array): string {
  return Buffer.from(blake3(Buffer.from('key', 'latin1'), { key, dkLen: 8 })).toString('hex');
}
