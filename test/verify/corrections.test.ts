import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRows } from '../../src/dump/exact-rows.ts';
import type { DumpPart } from '../../src/dump/port.ts';
import { Arena } from '../../src/scan/arena.ts';
import { loadResident } from '../../src/scan/image.ts';
import { CellCorrector, customersOf } from '../../src/verify/corrections.ts';
import { partOf } from './recognised.ts';
import { customers, Lab } from './verify-lab.ts';

const people = customers(0, 200);
const lab = await Lab.of(people);
const { image } = loadResident(new Arena(), lab.home, lab.key).loaded;

async function phonesOf(part: DumpPart): Promise<string[]> {
  const phones: string[] = [];
  for await (const row of readRows(part.open(), part.dialect)) {
    assert.ok('cells' in row);
    phones.push(Buffer.from(row.cells[0]!).toString());
  }
  return phones;
}

const [ann, bob] = [people[3]!.phone, people[70]!.phone];
const nobody = '16299999999';

test('a reading is taken when it alone belongs to a customer, and never else', async () => {
  const corrector = new CellCorrector(customersOf(image), lab.key, { region: 'CN' });
  const part = corrector.correct(
    partOf([
      { seen: nobody, alternatives: ['16288888888', ann] },
      { seen: nobody, alternatives: [ann, bob] },
      { seen: nobody, alternatives: ['16277777777'] },
      { seen: bob, alternatives: [ann] },
      { seen: nobody, alternatives: [] },
    ]),
  );
  assert.deepEqual(await phonesOf(part), [ann, nobody, nobody, bob, nobody]);
  const { doubtful, tried, corrected, expectedByChance } = corrector.result ?? assert.fail();
  assert.deepEqual({ doubtful, tried, corrected }, { doubtful: 3, tried: 5, corrected: 1 });
  // 200 customers stand 37 numbers apart within one block: about one neighbour in 37 is one.
  assert.ok(expectedByChance !== null && expectedByChance >= 0 && expectedByChance < 0.5, String(expectedByChance));
});

test('a table without readings is left as it is', () => {
  const part = partOf([{ seen: nobody, alternatives: [] }]);
  assert.equal(new CellCorrector(customersOf(image), lab.key, { region: 'CN' }).correct(part), part);
});
