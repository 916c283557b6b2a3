import assert from 'node:assert/strict';
import { it } from 'node:test';
import { PrincipalTable } from '../../src/disclosures/principals.ts';

it('who is called like an erased principal keeps its number, also when the table is read again', () => {
  const key = new Uint8Array(32).fill(7);
  const table = new PrincipalTable();
  const clerk = table.numberOf('clerk');
  const namesake = table.numberOf(`(erased) ${clerk}`);
  assert.ok(clerk !== null && namesake !== null);
  table.forget(clerk);
  for (const read of [table, PrincipalTable.unseal(key, 'principals', table.seal(key))]) {
    assert.equal(read.numberOf(`(erased) ${clerk}`), namesake);
    assert.equal(read.find('clerk'), null);
    assert.equal(new Set(read.list().map(({ name }) => name)).size, 2);
  }
});
