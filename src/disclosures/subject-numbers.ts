import { BoltsealError } from '../core/errors.ts';
import { readErasures } from '../register/erasures.ts';
import { NONE } from '../register/layout.ts';
import { readManifest } from '../register/load.ts';
import { FingerprintTable } from './fingerprint-table.ts';
import { IdHasher } from './id-hasher.ts';
import { FIRST_UNKNOWN_SUBJECT } from './port.ts';
import { forEachRegisterId, hasRegister, RegisterIds } from './register-ids.ts';
import { sealWhole, unsealWhole } from './sealed.ts';

/** Subjects whose numbers are checked against the register: enough that a register with one number in a hundred changed is noticed all but surely (0.99^1024). */
const ANCHORS = 1024;
/** Most subjects that the register does not know. */
const MAX_UNKNOWN = 0x0fffffff;
const UUID_BYTES = 16;

/** A file of subjects. */
interface SealedSubjects {
  /** From `disclosuresKey`. */
  readonly key: Uint8Array;
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A subject of the register with the fingerprint of its id. */
interface Anchor {
  readonly lo: number;
  readonly hi: number;
  readonly subject: number;
}

/** What a file of subjects holds. */
interface StoredSubjects {
  /** Generation of the register that `resolved` is about; empty when there was none. */
  readonly uuid: string;
  readonly unknown: FingerprintTable;
  /** For each unknown subject: its number in the register since, or NONE. */
  readonly resolved: Uint32Array;
  readonly anchors: readonly Anchor[];
}

/**
 * Numbers of subjects for disclosures: a subject that the register knows has its number there; any other gets one from FIRST_UNKNOWN_SUBJECT on and keeps it
 * in the segments even when the register knows it later, so that the same disclosure stays the same. Readers then show the register's number.
 *
 * Of ids nothing is kept but fingerprints.
 */
export class SubjectNumbers {
  readonly #hasher: IdHasher;
  readonly #register: RegisterIds | null;
  readonly #unknown: FingerprintTable;
  readonly #before: StoredSubjects | null;
  /** Candidates for anchors: the ANCHORS smallest fingerprints, and some more until they are sorted out. */
  #anchors: Anchor[];
  #anchorLimit = NONE;
  #anchorNames = new Set<string>();
  #hasNewAnchors = false;
  readonly #unknownBefore: number;

  /** Fails with DISCLOSURES_DAMAGED, DISCLOSURES_REGISTER and, where there is a register, REGISTER_*. */
  constructor(home: string, registerKey: Uint8Array, sealed: SealedSubjects | null) {
    this.#hasher = new IdHasher(registerKey);
    this.#register = hasRegister(home) ? new RegisterIds(home, registerKey) : null;
    this.#before = sealed === null ? null : unsealSubjects(sealed);
    this.#unknown = this.#before?.unknown ?? new FingerprintTable();
    this.#anchors = [...(this.#before?.anchors ?? [])];
    const erased = readErasures(home, registerKey);
    // Their rows are gone, and so is what the register had of them.
    this.#anchors = this.#anchors.filter(({ lo, hi }) => !erased.has(lo, hi));
    for (const { lo, hi, subject } of this.#anchors) {
      if (this.#register?.find(lo, hi) !== subject) throw new BoltsealError('DISCLOSURES_REGISTER');
    }
    this.#limitAnchors();
    this.#hasNewAnchors = false;
    this.#unknownBefore = this.#unknown.count;
  }

  /** Subjects of which the register knew nothing when they were first met. */
  get unknownCount(): number {
    return this.#unknown.count;
  }

  /** Whether the file of subjects must be written anew. */
  get isChanged(): boolean {
    const isNewRegister =
      this.#unknown.count > 0 &&
      this.#register !== null &&
      this.#register.uuid.replaceAll('-', '') !== this.#before?.uuid;
    return this.#unknown.count > this.#unknownBefore || this.#hasNewAnchors || isNewRegister;
  }

  /** The number of the subject with that id, which gets one when it is met for the first time; null when the text holds no id. Fails with DISCLOSURES_TOO_BIG. */
  numberOf(id: string): number | null {
    if (!this.#hasher.hash(id)) return null;
    return this.#numberOf(this.#hasher.lo, this.#hasher.hi);
  }

  /** The bytes of a file of subjects (docs/spec/disclosures.md). */
  seal(key: Uint8Array): Uint8Array {
    this.#limitAnchors();
    const count = this.#unknown.count;
    const words = new Uint32Array(2 + 3 * (count + this.#anchors.length));
    words[0] = count;
    words[1] = this.#anchors.length;
    let at = 2;
    for (let i = 0; i < count; i++) {
      const lo = this.#unknown.lo(i);
      const hi = this.#unknown.hi(i);
      words[at++] = lo;
      words[at++] = hi;
      words[at++] = this.#register?.find(lo, hi) ?? NONE;
    }
    for (const { lo, hi, subject } of this.#anchors) {
      words[at++] = lo;
      words[at++] = hi;
      words[at++] = subject;
    }
    const uuid = Buffer.alloc(UUID_BYTES);
    if (this.#register !== null) uuid.write(this.#register.uuid.replaceAll('-', ''), 'hex');
    return sealWhole(key, 'subjects', Buffer.concat([uuid, new Uint8Array(words.buffer)]));
  }

  #numberOf(lo: number, hi: number): number {
    const own = this.#unknown.find(lo, hi);
    if (own !== NONE) return FIRST_UNKNOWN_SUBJECT + own;
    const subject = this.#register?.find(lo, hi) ?? NONE;
    if (subject !== NONE) {
      if (hi <= this.#anchorLimit) this.#addAnchor({ lo, hi, subject });
      return subject;
    }
    if (this.#unknown.count >= MAX_UNKNOWN) {
      throw new BoltsealError('DISCLOSURES_TOO_BIG', {
        what: 'subjects that the register does not know',
        most: MAX_UNKNOWN,
      });
    }
    return FIRST_UNKNOWN_SUBJECT + this.#unknown.add(lo, hi);
  }

  #addAnchor(anchor: Anchor): void {
    const name = `${anchor.lo} ${anchor.hi}`;
    if (this.#anchorNames.has(name)) return;
    this.#anchorNames.add(name);
    this.#hasNewAnchors = true;
    this.#anchors.push(anchor);
    if (this.#anchors.length >= 2 * ANCHORS) this.#limitAnchors();
  }

  #limitAnchors(): void {
    this.#anchors.sort((a, b) => a.hi - b.hi || a.lo - b.lo);
    this.#anchors.length = Math.min(this.#anchors.length, ANCHORS);
    this.#anchorNames = new Set(this.#anchors.map(({ lo, hi }) => `${lo} ${hi}`));
    this.#anchorLimit = this.#anchors.length < ANCHORS ? NONE : this.#anchors.at(-1)!.hi;
  }
}

/**
 * For each unknown subject its number in the register as it is now, or its own: what readers put in the place of numbers from FIRST_UNKNOWN_SUBJECT on.
 * Fails with DISCLOSURES_DAMAGED, DISCLOSURES_REGISTER (the numbers are not those of this register) and, where there is a register, REGISTER_*.
 */
export function resolveSubjects(home: string, registerKey: Uint8Array, sealed: SealedSubjects): Uint32Array {
  const { uuid, unknown, resolved, anchors } = unsealSubjects(sealed);
  const shown = new Uint32Array(new SharedArrayBuffer(4 * unknown.count));
  for (let i = 0; i < shown.length; i++) shown[i] = FIRST_UNKNOWN_SUBJECT + i;
  const isThere = hasRegister(home);
  const isSame = isThere && readManifest(home, registerKey).uuid.replaceAll('-', '') === uuid;
  if (isSame) {
    resolved.forEach((subject, i) => {
      if (subject !== NONE) shown[i] = subject;
    });
    return shown;
  }
  const erased = readErasures(home, registerKey);
  const standing = anchors.filter(({ lo, hi }) => !erased.has(lo, hi));
  const left = new Map(standing.map((anchor) => [`${anchor.lo} ${anchor.hi}`, anchor.subject]));
  if (isThere) {
    // Anchors have the smallest fingerprints: where nothing is unknown, a small part of the register tells.
    const limit = unknown.count > 0 ? NONE : (anchors.at(-1)?.hi ?? 0);
    const lastAnchor = anchors.at(-1)?.hi ?? -1;
    forEachRegisterId(
      home,
      registerKey,
      (lo, hi, subject) => {
        if (hi <= lastAnchor) {
          const name = `${lo} ${hi}`;
          if (left.get(name) === subject) left.delete(name);
        }
        const own = unknown.find(lo, hi);
        if (own !== NONE) shown[own] = subject;
      },
      limit,
    );
  }
  if (left.size > 0) throw new BoltsealError('DISCLOSURES_REGISTER');
  return shown;
}

function unsealSubjects({ key, name, bytes }: SealedSubjects): StoredSubjects {
  const plain = Buffer.from(unsealWhole(key, 'subjects', name, bytes));
  const damaged = (): BoltsealError => new BoltsealError('DISCLOSURES_DAMAGED', { file: name });
  if (plain.length < UUID_BYTES + 8) throw damaged();
  const uuid = plain.toString('hex', 0, UUID_BYTES);
  const words = new Uint32Array(new Uint8Array(plain.subarray(UUID_BYTES)).buffer);
  const [count = 0, anchorCount = 0] = words;
  if (words.length !== 2 + 3 * (count + anchorCount)) throw damaged();
  const unknown = new FingerprintTable();
  const resolved = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    unknown.add(words[2 + 3 * i]!, words[3 + 3 * i]!);
    resolved[i] = words[4 + 3 * i]!;
  }
  const anchors = Array.from({ length: anchorCount }, (_, i) => {
    const at = 2 + 3 * (count + i);
    return { lo: words[at]!, hi: words[at + 1]!, subject: words[at + 2]! };
  });
  return { uuid, unknown, resolved, anchors };
}
