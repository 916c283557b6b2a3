import type { SubjectRange } from '../../register/image-memory.ts';
import { CONFIRM_BYTES, FIELD_SHIFT, type RegisterImage, STILL_CURRENT, SUBJECT_MASK } from '../../register/layout.ts';
import type { RegisterManifest } from '../../register/manifest.ts';
import type { ResidentRegister } from '../../scan/image.ts';
import { countBits, forEachBit, hasBit, type Marks, orInto } from '../../scan/marks.ts';
import { rankBits, rankOf } from '../../scan/ranks.ts';
import { divide, type TaskRunner } from '../../scan/tasks.ts';
import { AGAIN, type CopyEvidence, type Lifespans, makeAxis, SEEN, SHARED, type TimeAxis } from './copy-evidence.ts';
import { countingLifespans, type LifespanShare, makeLifespans } from './lifespans.ts';
import { findingOwn, findingRecords, findSharers, isIn, ownersIn, runOf } from './value-runs.ts';

/** Subjects whose histories are looked at; when a dump has more, an even sample. The changes of so many are minutes or hours apart, which is as close as a copy can be dated that takes a while itself; creation times are counted of all. */
const MOST_SUBJECTS = 49_152;
/** When fewer of the subjects touched than this share are strong, the dump has one field alone and all of them count. */
const STRONG_SHARE = 0.1;
/** Creation times before this quantile do not stretch the axis: tables have impossible ones. */
const EARLY_QUANTILE = 0.001;
/** Of a dump that has fewer of the subjects than this, nobody is missed. */
const LEAST_FOUND_SHARE = 1e-3;
const CREATED_SAMPLE = 65_536;

/** Entries of all subjects looked at, in the order in which they were met. */
class Entries {
  slot = new Uint32Array(4096);
  from = new Uint32Array(4096);
  until = new Uint32Array(4096);
  field = new Uint8Array(4096);
  flags = new Uint8Array(4096);
  count = 0;

  push(slot: number, from: number, until: number, field: number, flags: number): void {
    if (this.count === this.slot.length) this.#grow();
    this.slot[this.count] = slot;
    this.from[this.count] = from;
    this.until[this.count] = until;
    this.field[this.count] = field;
    this.flags[this.count++] = flags;
  }

  #grow(): void {
    const wide = (old: Uint32Array): Uint32Array<ArrayBuffer> => {
      const grown = new Uint32Array(2 * old.length);
      grown.set(old);
      return grown;
    };
    const narrow = (old: Uint8Array): Uint8Array<ArrayBuffer> => {
      const grown = new Uint8Array(2 * old.length);
      grown.set(old);
      return grown;
    };
    this.slot = wide(this.slot);
    this.from = wide(this.from);
    this.until = wide(this.until);
    this.field = narrow(this.field);
    this.flags = narrow(this.flags);
  }
}

/** Collects, pass by pass, what the register and a scan's marks say about the time of the copy. The marks must have been kept for confirming entries too, or these do not count. */
export class CopyEvidenceGatherer {
  readonly #manifest: RegisterManifest;
  readonly #entries = new Entries();
  readonly #created: number[] = [];
  #usable = 0;
  #axis: TimeAxis | null = null;
  #lifespans: Lifespans | null = null;
  #hasLifespans = false;

  constructor(manifest: RegisterManifest) {
    this.#manifest = manifest;
  }

  /** Adds what one pass has marked; the image and the marks are those of the pass, joined over all threads. `planted`: a bit for each subject that is a canary; the marks must be without them. */
  async gather(
    { loaded }: Pick<ResidentRegister, 'loaded'>,
    marks: Marks,
    runner: TaskRunner,
    planted: Uint32Array | null = null,
  ): Promise<void> {
    const { image, range } = loaded;
    const axis = this.#axisFor(image);
    const strong = countBits(marks.strong);
    const basis = strong >= STRONG_SHARE * countBits(marks.touched) ? marks.strong : marks.touched;
    const found = countBits(basis);
    await this.#countLifespans(axis, image, range, { isInDump: basis, found, planted }, runner);
    this.#usable += found;
    const budget = Math.ceil((MOST_SUBJECTS * (range.to - range.from)) / Math.max(1, this.#manifest.subjects));
    const step = Math.max(1, Math.ceil(found / Math.max(1, budget)));
    const chosen = new Uint32Array(new SharedArrayBuffer(4 * basis.length));
    const firstSlot = this.#created.length;
    let number = 0;
    forEachBit(basis, range.to, (subject) => {
      if (subject < range.from || number++ % step !== 0) return;
      chosen[subject >>> 5] = chosen[subject >>> 5]! | (1 << (subject & 31));
      this.#created.push(image.created[subject] ?? 0);
    });
    const slots = rankBits(chosen);
    const slotOf = (subject: number): number => firstSlot + rankOf(slots, subject);
    await this.#gatherIdentifying(image, marks, chosen, slotOf, runner);
    if (marks.confirmSeen.length > 0) this.#gatherConfirming(image, marks, chosen, slotOf, range);
  }

  /** The evidence of all passes. */
  finish(): CopyEvidence {
    const entries = this.#entries;
    // Only fields that the dump has: of the others nothing could be seen.
    const inDump = new Uint8Array(16);
    for (let i = 0; i < entries.count; i++) if ((entries.flags[i]! & SEEN) !== 0) inDump[entries.field[i]!] = 1;
    const subjects = this.#created.length;
    const index = new Uint32Array(subjects + 1);
    for (let i = 0; i < entries.count; i++) {
      if (inDump[entries.field[i]!] !== 0) index[entries.slot[i]! + 1]!++;
    }
    for (let s = 0; s < subjects; s++) index[s + 1] = index[s + 1]! + index[s]!;
    const total = index[subjects]!;
    const history = {
      subjects,
      index,
      created: Uint32Array.from(this.#created),
      from: new Uint32Array(total),
      until: new Uint32Array(total),
      field: new Uint8Array(total),
      flags: new Uint8Array(total),
    };
    const next = index.slice();
    for (let i = 0; i < entries.count; i++) {
      if (inDump[entries.field[i]!] === 0) continue;
      const at = next[entries.slot[i]!]!++;
      history.from[at] = entries.from[i]!;
      history.until[at] = entries.until[i]!;
      history.field[at] = entries.field[i]!;
      history.flags[at] = entries.flags[i]!;
    }
    return {
      axis: this.#axis ?? makeAxis(this.#manifest.earliestSeconds, this.#manifest.latestSeconds),
      snapshots: snapshotTimes(this.#manifest),
      history,
      lifespans: this.#hasLifespans ? this.#lifespans : null,
      usable: this.#usable,
    };
  }

  #axisFor({ created }: RegisterImage): TimeAxis {
    if (this.#axis !== null) return this.#axis;
    const { earliestSeconds, latestSeconds } = this.#manifest;
    const step = Math.max(1, Math.floor(created.length / CREATED_SAMPLE));
    const sample: number[] = [];
    for (let s = 0; s < created.length; s += step) if (created[s]! !== 0) sample.push(created[s]!);
    sample.sort((a, b) => a - b);
    const early = sample[Math.floor(sample.length * EARLY_QUANTILE)] ?? earliestSeconds;
    this.#axis = makeAxis(Math.min(earliestSeconds, early), latestSeconds);
    return this.#axis;
  }

  async #countLifespans(
    axis: TimeAxis,
    { created, confirmIndex, confirm, periods }: RegisterImage,
    range: SubjectRange,
    { isInDump, found, planted }: Pick<LifespanShare, 'isInDump' | 'planted'> & { readonly found: number },
    runner: TaskRunner,
  ): Promise<void> {
    const { adds } = this.#manifest;
    const isEnough = found >= LEAST_FOUND_SHARE * (range.to - range.from);
    const withPeriods = isEnough && (adds.length > 1 || adds[0]?.mode === 'history');
    const snapshots = snapshotTimes(this.#manifest);
    this.#lifespans ??= makeLifespans(axis, snapshots);
    const lifespans = this.#lifespans;
    const image = { created, confirmIndex, confirm, periods };
    const isAny = await runner.run(
      countingLifespans,
      divide(range.from, range.to, runner.threads).map(([from, to]) => {
        const share = { axis, snapshots, lifespans, image, firstSubject: range.from, from, to };
        return { ...share, isInDump, planted, withPeriods };
      }),
    );
    this.#hasLifespans ||= isAny.includes(true);
  }

  async #gatherIdentifying(
    { table, lineCount, entryCount, subjectCount, periods }: RegisterImage,
    { recordSeen }: Marks,
    chosen: Uint32Array,
    slotOf: (subject: number) => number,
    runner: TaskRunner,
  ): Promise<void> {
    const image = { table, lineCount, entryCount, subjectCount };
    const lines = divide(0, lineCount, runner.threads);
    const parts = await runner.run(
      findingRecords,
      lines.map(([fromLine, toLine]) => ({ image, chosen, fromLine, toLine })),
    );
    const wanted = parts.flat();
    const own = new Uint32Array((subjectCount >>> 5) + 1);
    const among = findSharers(image, wanted);
    if (among !== null) {
      const words = divide(0, Math.ceil(entryCount / 32), runner.threads);
      const shares = words.map(([fromWord, toWord]) => ({ image, recordSeen, among, fromWord, toWord }));
      for (const found of await runner.run(findingOwn, shares)) orInto(own, found);
    }
    let run = { start: 0, end: 0 };
    let owners: readonly number[] = [];
    for (const record of wanted) {
      if (!isIn(run, record)) {
        run = runOf(image, record);
        owners = ownersIn(image, run, own);
      }
      const owner = table[4 * record + 2]!;
      const subject = owner & SUBJECT_MASK;
      const shared = owners.some((other) => other !== subject);
      // Records of one fingerprint ascend by subject, then by time.
      const again = record > run.start && table[4 * record - 2]! === owner;
      const period = table[4 * record + 3]!;
      const flags = (hasBit(recordSeen, record) ? SEEN : 0) | (shared ? SHARED : 0) | (again ? AGAIN : 0);
      this.#entries.push(
        slotOf(subject),
        periods[2 * period]!,
        periods[2 * period + 1]!,
        (owner >>> FIELD_SHIFT) & 7,
        flags,
      );
    }
  }

  #gatherConfirming(
    { confirmIndex, confirm, confirmFields, periods }: RegisterImage,
    { confirmSeen }: Marks,
    chosen: Uint32Array,
    slotOf: (subject: number) => number,
    range: SubjectRange,
  ): void {
    const words = CONFIRM_BYTES / 4;
    forEachBit(chosen, range.to, (subject) => {
      const end = confirmIndex[subject + 1 - range.from]!;
      const first = confirmIndex[subject - range.from]!;
      for (let entry = first; entry < end; entry++) {
        const again =
          entry > first &&
          confirmFields[entry] === confirmFields[entry - 1] &&
          confirm[words * entry] === confirm[words * (entry - 1)];
        const period = confirm[words * entry + 1]!;
        this.#entries.push(
          slotOf(subject),
          periods[2 * period]!,
          periods[2 * period + 1]!,
          confirmFields[entry]!,
          (hasBit(confirmSeen, entry) ? SEEN : 0) | (again ? AGAIN : 0),
        );
      }
    });
  }
}

/** Times at which the register saw how things stood; a history knows its times itself. */
function snapshotTimes({ adds }: RegisterManifest): number[] {
  const times = adds.filter(({ mode }, i) => mode !== 'history' || i === 0).map(({ asOfSeconds }) => asOfSeconds);
  return [...new Set(times)].filter((time) => time !== STILL_CURRENT).sort((a, b) => a - b);
}
