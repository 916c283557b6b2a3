import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONTROL_BIT, FIELD_SHIFT, type RegisterImage, STILL_CURRENT } from '../../src/register/layout.ts';
import type { RegisterManifest } from '../../src/register/manifest.ts';
import type { ResidentRegister } from '../../src/scan/image.ts';
import { hasBit, type Marks } from '../../src/scan/marks.ts';
import { SubjectEvidenceGatherer } from '../../src/verify/subject-evidence.ts';
import { inOneThread } from '../scan/in-one-thread.ts';

/* Whatever the number of threads, rounds and passes, the evidence is what one loop over all versions finds. */

const adds = [1000, 2000].map((asOfSeconds) => ({
  mode: 'snapshot',
  asOfSeconds,
})) as unknown as RegisterManifest['adds'];
/** Several groups of subjects. */
const SUBJECTS = 70_000;
const RECORDS = 3_000;
const PERIODS = 40;

/** Park and Miller's generator: the same world every time. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48271) % 0x7fffffff;
    return state % below;
  };
}

interface World {
  readonly image: RegisterImage;
  readonly marks: Marks;
}

/** Records of subjects all over the register, controls among them; of the subjects of `from` to `to`, some are touched, and some have confirming values. */
function makeWorld(seed: number, from: number, to: number): World {
  const random = randomFrom(seed);
  const bits = (count: number): Uint32Array => new Uint32Array(Math.ceil(count / 32) + 1);
  const set = (words: Uint32Array, at: number): void => {
    words[at >>> 5] = words[at >>> 5]! | (1 << (at & 31));
  };
  const table = new Uint32Array(4 * RECORDS);
  const [recordSeen, touched, strong] = [bits(RECORDS), bits(SUBJECTS), bits(SUBJECTS)];
  for (let record = 0; record < RECORDS; record++) {
    const subject = from + random(random(2) === 0 ? to - from : 50);
    const isControl = random(10) === 0;
    table[4 * record + 2] = (isControl ? CONTROL_BIT : 0) | subject | (random(8) << FIELD_SHIFT);
    table[4 * record + 3] = random(PERIODS);
    if (random(3) === 0) continue;
    set(recordSeen, record);
    // Not touched: the value is many people's.
    if (!isControl && random(5) > 0) set(touched, subject);
    if (!isControl && random(3) === 0) set(strong, subject);
  }
  for (let word = 0; word < touched.length; word++) touched[word] = touched[word]! | strong[word]!;
  const confirmIndex = new Uint32Array(to - from + 1);
  for (let s = 0; s < to - from; s++) confirmIndex[s + 1] = confirmIndex[s]! + (random(20) === 0 ? 2 : 0);
  const entries = confirmIndex.at(-1)!;
  const confirmSeen = bits(entries);
  for (let entry = 0; entry < entries; entry++) if (random(2) === 0) set(confirmSeen, entry);
  const until = (at: number): number => (random(3) === 0 ? STILL_CURRENT : at + random(900));
  const image = {
    table,
    entryCount: RECORDS,
    subjectCount: SUBJECTS,
    periods: Uint32Array.from({ length: PERIODS }, (_, p) => (p % 5 === 0 ? 2000 : 900 + random(1500))).reduce(
      (pairs, at, p) => {
        pairs.set([at, until(at)], 2 * p);
        return pairs;
      },
      new Uint32Array(2 * PERIODS),
    ),
    confirm: Uint32Array.from({ length: 2 * entries }, (_, i) => (i % 2 === 0 ? 0 : random(PERIODS))),
    confirmFields: Uint8Array.from({ length: entries }, () => 8 + random(4)),
    confirmIndex,
    created: Uint32Array.from({ length: SUBJECTS }, () => (random(4) === 0 ? 1100 + random(400) : 0)),
  } as unknown as RegisterImage;
  return { image, marks: { touched, strong, recordSeen, confirmSeen, controlSeen: bits(0) } };
}

/** One line a subject, by one loop over all versions. */
function expected({ image, marks }: World, from: number, to: number): string[] {
  const versions = new Map<number, { readonly field: number; readonly period: number }[]>();
  const note = (subject: number, field: number, period: number): void => {
    if (hasBit(marks.touched, subject)) versions.set(subject, [...(versions.get(subject) ?? []), { field, period }]);
  };
  for (let record = 0; record < image.entryCount; record++) {
    const owner = image.table[4 * record + 2]!;
    if (!hasBit(marks.recordSeen, record) || owner >= CONTROL_BIT) continue;
    note(owner & 0x0fffffff, owner >>> FIELD_SHIFT, image.table[4 * record + 3]!);
  }
  for (let s = 0; s < to - from; s++) {
    for (let entry = image.confirmIndex[s]!; entry < image.confirmIndex[s + 1]!; entry++) {
      if (hasBit(marks.confirmSeen, entry)) note(from + s, image.confirmFields[entry]!, image.confirm[2 * entry + 1]!);
    }
  }
  // Seen first in the snapshot of 2000, true since some time after that of 1000; seen first in that, since ever.
  const begun = (period: number): number => {
    const at = image.periods[2 * period]!;
    return at === 2000 ? 1000 : at === 1000 ? 0 : at;
  };
  return [...versions]
    .sort(([a], [b]) => a - b)
    .map(([subject, own]) => {
      const born = (at: number): number => Math.max(at, image.created[subject]!);
      const starts = own.map(({ period }) => begun(period));
      const ends = own.map(({ period }) => image.periods[2 * period + 1]!);
      const [latest, earliest] = [born(Math.max(...starts)), Math.min(...ends)];
      const times = latest < earliest ? [latest, earliest] : [born(Math.min(...starts)), Math.max(...ends)];
      const fields = own.reduce((mask, { field }) => mask | (1 << field), 0);
      return [subject, fields, ...times, hasBit(marks.strong, subject) ? 1 : 0].join(' ');
    });
}

for (const { threads, listBytes } of [
  { threads: 1, listBytes: 1 << 24 },
  { threads: 3, listBytes: 0 },
  { threads: 7, listBytes: 40_000 },
]) {
  test(`${threads} threads with lists of ${listBytes} bytes, in two passes`, async () => {
    const gatherer = new SubjectEvidenceGatherer({ adds }, { listBytes });
    const wanted: string[] = [];
    for (const [from, to] of [
      [0, 33_001],
      [33_001, SUBJECTS],
    ] as const) {
      const world = makeWorld(1 + from, from, to);
      const resident = { loaded: { image: world.image, range: { from, to } } } as unknown as ResidentRegister;
      await gatherer.gather(resident, world.marks, inOneThread(threads));
      wanted.push(...expected(world, from, to));
    }
    const { subject, fields, from, until, strong } = gatherer.finish();
    const found = [...subject].map((s, i) => [s, fields[i], from[i], until[i], strong[i]].join(' '));
    assert.ok(wanted.length > 1500);
    assert.deepEqual(found, wanted);
  });
}
