import { customerId } from '../core/fields/customer-id.ts';
import { fields } from '../core/fields/registry.ts';
import { WordReader } from '../register/chunked-files.ts';
import { CONTROL_BIT, FIELD_SHIFT, LINE_SLOTS, NONE, SUBJECT_MASK } from '../register/layout.ts';
import { checkFieldVersions, type RegisterManifest } from '../register/manifest.ts';
import { openGeneration, readCurrent } from '../register/store.ts';

/** Whether a home has a register. */
export function hasRegister(home: string): boolean {
  return readCurrent(home) !== null;
}

/**
 * Visits the fingerprints of subject ids in the current register, in ascending order, with their subjects, as long as the high half is at most `hiLimit`; answers
 * the register's manifest. An id that was current in several periods comes more than once. The files are streamed: two buffers of 8 MiB.
 *
 * Fails with REGISTER_NONE, REGISTER_DAMAGED, REGISTER_FORMAT, REGISTER_FIELD_VERSION or KEY_UNUSABLE.
 */
export function forEachRegisterId(
  home: string,
  registerKey: Uint8Array,
  visit: (lo: number, hi: number, subject: number) => void,
  hiLimit = NONE,
  begin: (manifest: RegisterManifest) => void = () => {},
): RegisterManifest {
  const generation = openGeneration(home, registerKey, ['lines.bin', 'overflow.bin']);
  try {
    const { manifest } = generation;
    checkFieldVersions(manifest, fields);
    begin(manifest);
    const lines = new WordReader(generation.open('lines.bin'));
    const overflow = new WordReader(generation.open('overflow.bin'));
    const entry = new Uint32Array(4);
    /** Visits the entry that comes next in a file; false when it is above the limit. */
    const take = (file: WordReader): boolean => {
      for (let i = 0; i < 4; i++) entry[i] = file.word();
      const [lo, hi, owner] = [entry[0]!, entry[1]!, entry[2]!];
      if (hi > hiLimit) return false;
      if (owner < CONTROL_BIT && owner >>> FIELD_SHIFT === customerId.id) visit(lo, hi, owner & SUBJECT_MASK);
      return true;
    };
    for (let line = 0; line < manifest.lines; line++) {
      for (let i = 0; i < 4; i++) entry[i] = lines.word();
      const [own, rest] = [entry[0]!, entry[1]!];
      for (let i = 0; i < own; i++) if (!take(lines)) return manifest;
      for (let i = 0; i < 4 * (LINE_SLOTS - own); i++) lines.word();
      for (let i = 0; i < rest; i++) if (!take(overflow)) return manifest;
    }
    return manifest;
  } finally {
    generation.close();
  }
}

/** Ids a bucket: a look-up is one cache miss for the bucket and one for what stands in it. */
const BUCKET_IDS = 4;

/** The subject ids of a register in memory: 12 bytes each and 1 for the index. */
export class RegisterIds {
  /** Of the register's generation. */
  readonly uuid: string;
  #lo = new Uint32Array(0);
  #hi = new Uint32Array(0);
  #subject = new Uint32Array(0);
  #count = 0;
  /** The ids whose high half, times the number of buckets, has the high word b stand from `starts[b]` to `starts[b + 1]`. */
  readonly #starts: Uint32Array;

  /** Fails like `forEachRegisterId`. */
  constructor(home: string, registerKey: Uint8Array) {
    const manifest = forEachRegisterId(
      home,
      registerKey,
      (lo, hi, subject) => {
        const last = this.#count - 1;
        if (this.#hi[last] === hi && this.#lo[last] === lo) return;
        this.#lo[this.#count] = lo;
        this.#hi[this.#count] = hi;
        this.#subject[this.#count++] = subject;
      },
      NONE,
      ({ fields: counts }) => {
        const most = counts.find(({ id }) => id === customerId.id)?.versions ?? 0;
        this.#lo = new Uint32Array(most);
        this.#hi = new Uint32Array(most);
        this.#subject = new Uint32Array(most);
      },
    );
    this.uuid = manifest.uuid;
    this.#starts = this.#index(Math.max(1, Math.ceil(this.#count / BUCKET_IDS)));
  }

  /** The subject with that id, or NONE. */
  find(lo: number, hi: number): number {
    const bucket = bucketOf(hi, this.#starts.length - 1);
    const end = this.#starts[bucket + 1]!;
    for (let at = this.#starts[bucket]!; at < end; at++) {
      if (this.#lo[at] === lo && this.#hi[at] === hi) return this.#subject[at]!;
    }
    return NONE;
  }

  #index(buckets: number): Uint32Array {
    const starts = new Uint32Array(buckets + 1);
    for (let at = 0; at < this.#count; at++) starts[bucketOf(this.#hi[at]!, buckets) + 1]!++;
    for (let bucket = 0; bucket < buckets; bucket++) starts[bucket + 1]! += starts[bucket]!;
    return starts;
  }
}

/** Fingerprints are spread evenly: a double is exact enough, and it only has to be the same each time. */
function bucketOf(hi: number, buckets: number): number {
  return Math.floor((hi / 0x100000000) * buckets);
}
