import assert from 'node:assert/strict';
import { test } from 'node:test';
import { usableSubjects } from '../../src/attribute/usable-subjects.ts';
import { CONTROL_BIT, FIELD_SHIFT, type RegisterImage, STILL_CURRENT } from '../../src/register/layout.ts';
import type { RegisterManifest } from '../../src/register/manifest.ts';
import type { ResidentRegister } from '../../src/scan/image.ts';
import type { Marks } from '../../src/scan/marks.ts';
import { SubjectEvidenceGatherer } from '../../src/verify/subject-evidence.ts';
import { inOneThread } from '../scan/in-one-thread.ts';

const PHONE = 0;
const EMAIL = 1;
const NAME = 8;

/** Times of two snapshots; 150 comes from a dated table. */
const adds = [100, 200].map((asOfSeconds) => ({
  mode: 'snapshot',
  asOfSeconds,
})) as unknown as RegisterManifest['adds'];

interface Version {
  readonly subject: number;
  readonly field: number;
  readonly from: number;
  readonly until: number;
}

async function gather(identifying: readonly Version[], confirming: readonly Version[], created: readonly number[]) {
  const subjects = created.length;
  const all = [...identifying, ...confirming];
  const image = {
    entryCount: identifying.length + 1,
    subjectCount: subjects,
    // The last record is a control value: it belongs to nobody.
    table: Uint32Array.from([
      ...identifying.flatMap(({ subject, field }, i) => [0, 0, subject | (field << FIELD_SHIFT), i]),
      ...[0, 0, CONTROL_BIT, 0],
    ]),
    periods: Uint32Array.from(all.flatMap(({ from, until }) => [from, until])),
    confirm: Uint32Array.from(confirming.flatMap((_, i) => [0, identifying.length + i])),
    confirmFields: Uint8Array.from(confirming, ({ field }) => field),
    confirmIndex: Uint32Array.from(
      { length: subjects + 1 },
      (_, s) => confirming.filter(({ subject }) => subject < s).length,
    ),
    created: Uint32Array.from(created),
  } as unknown as RegisterImage;
  const resident = { loaded: { image, range: { from: 0, to: subjects } } } as unknown as ResidentRegister;
  const every = (count: number): Uint32Array => Uint32Array.of(2 ** count - 1, 0);
  const gatherer = new SubjectEvidenceGatherer({ adds });
  const marks = {
    touched: every(subjects),
    strong: Uint32Array.of(0b1, 0),
    recordSeen: every(image.entryCount),
    confirmSeen: every(confirming.length),
  } as unknown as Marks;
  await gatherer.gather(resident, marks, inOneThread());
  return gatherer.finish();
}

test('the time of all matched versions, since the snapshot before the one that showed them first', async () => {
  const found = await gather(
    [
      { subject: 0, field: PHONE, from: 200, until: STILL_CURRENT },
      { subject: 0, field: EMAIL, from: 100, until: 300 },
      { subject: 1, field: PHONE, from: 100, until: STILL_CURRENT },
      { subject: 2, field: PHONE, from: 150, until: 400 },
    ],
    [{ subject: 2, field: NAME, from: 200, until: STILL_CURRENT }],
    [0, 40, 0],
  );
  assert.deepEqual([...found.subject], [0, 1, 2]);
  assert.deepEqual([...found.fields], [(1 << PHONE) | (1 << EMAIL), 1 << PHONE, (1 << PHONE) | (1 << NAME)]);
  // Subject 0: first seen at 200, so since 100 at the earliest; subject 1: since it was created; subject 2: dated, exactly.
  assert.deepEqual([...found.from], [100, 40, 150]);
  assert.deepEqual([...found.until], [300, STILL_CURRENT, 400]);
  assert.deepEqual([...found.strong], [1, 0, 0]);
});

test('versions that were never current together: from the first to the last of them', async () => {
  const found = await gather(
    [
      { subject: 0, field: PHONE, from: 110, until: 150 },
      { subject: 0, field: PHONE, from: 160, until: 190 },
    ],
    [],
    [0],
  );
  assert.deepEqual([found.from[0], found.until[0]], [110, 190]);
});

test('people with one value are left out where most have two', () => {
  const column = (...values: number[]) => Uint32Array.from(values);
  const evidence = {
    subject: column(1, 2, 3),
    fields: Uint16Array.of(1, 1, 1),
    from: column(0, 0, 0),
    until: column(9, 9, 9),
  };
  const usable = (...strong: number[]) => [...usableSubjects({ ...evidence, strong: Uint8Array.from(strong) }).subject];
  assert.deepEqual(usable(1, 0, 1), [1, 3]);
  assert.deepEqual(usable(0, 0, 1), [1, 2, 3]);
  assert.deepEqual(usable(0, 0, 0), [1, 2, 3]);
});
