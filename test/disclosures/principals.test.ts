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

it('what is known of principals is never more than can be read again', () => {
  const key = new Uint8Array(32).fill(7);
  const most = 400;
  const table = new PrincipalTable(most);
  const text = (): number =>
    JSON.stringify(
      table.list().map(({ name, history }) => [name, history.map((one) => [one.fromSeconds, one.attributes])]),
    ).length;
  const numbers = Array.from({ length: 10 }, (_, i) => table.numberOf(`scanner \u0001 ${i}`));
  assert.ok(numbers[0] !== null && numbers[9] !== null && text() <= most);
  // What is replaced does not count.
  for (let i = 0; i < 50; i++) assert.ok(table.describe(numbers[0]!, 4_000_000_000, { station: `ST${i}` }));
  const fill = (): void => {
    for (let at = 0; ; at++) table.describe(numbers[1]!, 4_000_000_000 + at, { note: '"\n\u0000' });
  };
  assert.throws(fill, { code: 'DISCLOSURES_TOO_BIG', parameters: { most, what: 'characters about principals' } });
  assert.ok(text() <= most && text() > most / 2, String(text()));
  assert.equal(table.numberOf('a further one whose name is long enough for what is left'), null);
  assert.deepEqual(PrincipalTable.unseal(key, 'principals', table.seal(key)).list(), table.list());
});
