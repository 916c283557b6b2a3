import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countIds } from '../../src/register/find-ids.ts';
import { addTable, idOf, newHome, testKey } from './support.ts';

test('ids are found in lines and in the overflow, without loading the register', () => {
  const home = newHome();
  // Twenty ids of one line: seven stand in it.
  const rows = Array.from({ length: 30 }, (_, i) => ({
    ...idOf(i),
    ...(i < 20 ? { idValue: { lo: i, hi: 0x70000000 } } : {}),
    values: [],
  }));
  addTable(home, { mode: 'snapshot', asOf: 100, fields: [], rows });
  const ids = rows.map(({ idValue }) => ({ idLo: idValue.lo, idHi: idValue.hi }));
  assert.equal(countIds(home, testKey, ids), 30);
  for (const id of ids) assert.equal(countIds(home, testKey, [id]), 1);
  const absent = ids.map(({ idLo, idHi }) => ({ idLo: idLo + 1000, idHi }));
  assert.equal(countIds(home, testKey, absent), 0);
});
