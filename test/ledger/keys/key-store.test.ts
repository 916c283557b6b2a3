import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type SQLInputValue, StatementSync } from 'node:sqlite';
import test from 'node:test';
import { KeyCache } from '../../../src/ledger/keys/key-cache.ts';
import { KeyDatabase } from '../../../src/ledger/keys/key-database.ts';
import { KeyStore, periodOf } from '../../../src/ledger/keys/key-store.ts';
import { NumberSet } from '../../../src/ledger/keys/number-set.ts';
import { secretsOf } from '../../../src/ledger/keys/wrapping.ts';

const secrets = secretsOf(new Uint8Array(32).fill(7));
const id = (text: string): Uint8Array => new TextEncoder().encode(text);

function temporaryFile(t: test.TestContext): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'boltseal-keys-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, 'keys.sqlite');
}

/** Bytes of everything that stands beside the file and in it. */
function bytesOnDisk(file: string): Buffer {
  const folder = path.dirname(file);
  return Buffer.concat(fs.readdirSync(folder).map((name) => fs.readFileSync(path.join(folder, name))));
}

test('each owner has one key a month, another than everybody else, also after a restart', (t) => {
  const file = temporaryFile(t);
  const database = new KeyDatabase(file);
  const keys = new KeyStore(database, secrets);
  const made = [
    keys.keyFor('subject', id('a'), 5),
    keys.keyFor('subject', id('a'), 6),
    keys.keyFor('principal', id('a'), 5),
    keys.keyFor('subject', id('b'), 5),
  ];
  assert.deepEqual(keys.keyFor('subject', id('a'), 5), made[0]);
  assert.equal(new Set(made.map(({ key }) => key.export().toString('hex'))).size, 4);
  database.close();
  const again = new KeyStore(new KeyDatabase(file), secrets);
  for (const [i, kind, who, period] of [
    [0, 'subject', 'a', 5],
    [1, 'subject', 'a', 6],
    [2, 'principal', 'a', 5],
    [3, 'subject', 'b', 5],
  ] as const) {
    const found = again.keyFor(kind, id(who), period);
    assert.equal(found.number, made[i]?.number);
    assert.ok(made[i]?.key.equals(found.key));
    assert.ok(again.keyOf(found.number)?.equals(found.key));
  }
});

test('nobody else of the machine reads the file, nor what SQLite writes beside it', (t) => {
  const file = temporaryFile(t);
  const database = new KeyDatabase(file);
  t.after(() => database.close());
  new KeyStore(database, secrets).keyFor('subject', id('a'), 1);
  const modes = fs.readdirSync(path.dirname(file)).map((name) => {
    const { mode } = fs.statSync(path.join(path.dirname(file), name));
    return [name, (mode & 0o777).toString(8)];
  });
  assert.deepEqual(Object.fromEntries(modes), {
    'keys.sqlite': '600',
    'keys.sqlite-shm': '600',
    'keys.sqlite-wal': '600',
  });
});

test('what was not committed is gone, and its number is given again; a failure forgets it', (t) => {
  const file = temporaryFile(t);
  const database = new KeyDatabase(file);
  const keys = new KeyStore(database, secrets);
  const kept = keys.keyFor('subject', id('kept'), 1);
  keys.commit();
  const lost = keys.keyFor('subject', id('lost'), 1);
  database.rollback();
  const again = keys.keyFor('subject', id('lost'), 1);
  assert.equal(again.number, lost.number);
  assert.ok(!again.key.equals(lost.key), 'a key that was taken back is not used again');
  assert.ok(keys.keyFor('subject', id('kept'), 1).key.equals(kept.key));
});

test('no id of an owner and no key stands in the files', (t) => {
  const file = temporaryFile(t);
  const database = new KeyDatabase(file);
  const keys = new KeyStore(database, secrets);
  const made = ['subject-with-a-long-id', 'another-subject'].map((who) => keys.keyFor('subject', id(who), 1));
  keys.commit();
  const bytes = bytesOnDisk(file);
  for (const { key } of made) assert.equal(bytes.indexOf(key.export()), -1);
  assert.equal(bytes.indexOf('subject-with'), -1);
  assert.ok(bytes.indexOf(keys.ownerOf('subject', id('another-subject'))) > 0, 'the search itself finds what is there');
});

test('a destroyed key is in no file any more, wrapped or not, nor whose it was', (t) => {
  const file = temporaryFile(t);
  const database = new KeyDatabase(file);
  const keys = new KeyStore(database, secrets);
  const wrappedOf = database.prepare('SELECT wrapped FROM keys WHERE number = ?');
  // Many, in no order, so that pages split and cells move.
  const everybody = Array.from({ length: 3000 }, (_, i) => id(`customer ${i}`));
  for (const [i, who] of everybody.entries()) {
    keys.keyFor('subject', who, i % 5);
    if (i % 3000 === 0) keys.commit();
  }
  keys.commit();
  const erased = everybody.filter((_, i) => i % 20 === 0);
  const owners = erased.map((who) => Buffer.from(keys.ownerOf('subject', who)));
  const numbers = erased.map((who, i) => keys.keyFor('subject', who, (i * 20) % 5).number);
  const wrapped = numbers.map((number) => Buffer.from(wrappedOf.get(number)?.wrapped as Uint8Array));
  const countLeft = (): number => {
    const bytes = bytesOnDisk(file);
    return [...owners, ...wrapped].filter((secret) => bytes.indexOf(secret) >= 0).length;
  };
  assert.equal(countLeft(), 300);
  database.transact(() => {
    for (const [i, owner] of owners.entries()) assert.deepEqual(keys.retire(owner, 1), [numbers[i]]);
    keys.destroy(1);
  });
  database.scrub();
  assert.equal(countLeft(), 0);
  for (const number of numbers) assert.equal(keys.keyOf(number), null);
  const [first = id('')] = erased;
  assert.ok(!numbers.includes(keys.keyFor('subject', first, 0).number), 'who comes back gets another key');
});

test('keys that were retired are readable and not used for anything new; set aside, the next erasure takes them', () => {
  const database = new KeyDatabase(':memory:');
  const keys = new KeyStore(database, secrets);
  const owner = keys.ownerOf('subject', id('a'));
  const first = keys.keyFor('subject', id('a'), 1);
  assert.deepEqual(
    database.transact(() => keys.retire(owner, 1)),
    [first.number],
  );
  const second = keys.keyFor('subject', id('a'), 1);
  assert.notEqual(second.number, first.number);
  assert.ok(keys.keyOf(first.number)?.equals(first.key));
  database.transact(() => keys.setAside(1));
  assert.equal(keys.keyFor('subject', id('a'), 1).number, second.number);
  assert.deepEqual(
    database.transact(() => keys.retire(owner, 2)),
    [first.number, second.number],
  );
  database.transact(() => keys.setAside(2));
  assert.deepEqual(
    database.transact(() => keys.retire(owner, 3)),
    [first.number, second.number],
  );
});

test('what another connection takes out of use is not used here any more, once a batch begins', (t) => {
  const file = temporaryFile(t);
  const [here, there] = [new KeyDatabase(file), new KeyDatabase(file)];
  const [keys, others] = [new KeyStore(here, secrets), new KeyStore(there, secrets)];
  keys.refresh();
  const { number } = keys.keyFor('subject', id('a'), 1);
  keys.commit();
  assert.ok(keys.keyOf(number));
  const owner = others.ownerOf('subject', id('a'));
  assert.deepEqual(
    there.transact(() => others.retire(owner, 1)),
    [number],
  );
  there.transact(() => others.destroy(1));
  keys.refresh();
  assert.notEqual(keys.keyFor('subject', id('a'), 1).number, number);
  assert.equal(keys.keyOf(number), null);
});

test('two that write the same store make one key for an owner, and no number twice', (t) => {
  const file = temporaryFile(t);
  const [a, b] = [new KeyStore(new KeyDatabase(file), secrets), new KeyStore(new KeyDatabase(file), secrets)];
  // The second looks before the first has written, and locks after it.
  const find = StatementSync.prototype.get;
  let first: number | null = null;
  t.mock.method(StatementSync.prototype, 'get', function (this: StatementSync, ...values: SQLInputValue[]) {
    const row = Reflect.apply(find, this, values);
    if (first === null && values.length === 2) {
      first = 0;
      first = a.keyFor('subject', id('x'), 1).number;
      a.commit();
    }
    return row;
  });
  const found = b.keyFor('subject', id('x'), 1);
  b.commit();
  assert.equal(found.number, first);
  assert.equal(b.keyFor('subject', id('y'), 1).number, 2);
});

test('a wrapped key that was changed, or lies with another row, is damage; so are other files and other keys', (t) => {
  const file = temporaryFile(t);
  const database = new KeyDatabase(file);
  const keys = new KeyStore(database, secrets);
  const [a, b] = [keys.keyFor('subject', id('a'), 1), keys.keyFor('subject', id('b'), 1)];
  keys.commit();
  const damage = { code: 'LEDGER_DAMAGED' };
  assert.throws(() => new KeyStore(database, secretsOf(new Uint8Array(32))).keyOf(a.number), damage);
  assert.throws(() => keys.keyOf(99), damage);
  database
    .prepare('UPDATE keys SET wrapped = (SELECT wrapped FROM keys WHERE number = ?) WHERE number = ?')
    .run(b.number, a.number);
  assert.throws(() => new KeyStore(database, secrets).keyOf(a.number), damage);
  database.close();
  fs.writeFileSync(file, randomBytes(8192));
  for (const name of ['-wal', '-shm']) fs.rmSync(file + name, { force: true });
  assert.throws(() => new KeyDatabase(file), damage);
});

test('a folder that is not there is told with a code', () => {
  assert.throws(() => new KeyDatabase('/nowhere/at/all/keys.sqlite'), { code: 'LEDGER_KEYS' });
});

test('the period is the month in UTC', () => {
  assert.equal(periodOf(0), 0);
  assert.equal(periodOf(Date.UTC(2026, 10, 30, 23, 59, 59, 999)), 56 * 12 + 10);
  assert.equal(periodOf(Date.UTC(2026, 11, 1)), 56 * 12 + 11);
});

test('a store of the version before is brought up to date, with all that it has', (t) => {
  const file = temporaryFile(t);
  const old = new KeyDatabase(file);
  const keys = new KeyStore(old, secrets);
  keys.keyFor('subject', id('a'), 5);
  keys.commit();
  old.prepare("INSERT INTO erasures (step, owner, request, content) VALUES (6, zeroblob(16), x'', x'')").run();
  for (const change of [
    'ALTER TABLE erasures DROP COLUMN who',
    'ALTER TABLE erasures DROP COLUMN shard',
    'PRAGMA user_version = 1',
  ])
    old.prepare(change).run();
  old.close();
  for (let time = 0; time < 2; time++) {
    const database = new KeyDatabase(file);
    assert.deepEqual(
      database
        .prepare('SELECT number, step, who, shard FROM erasures')
        .all()
        .map((row) => ({ ...row })),
      [{ number: 1, step: 6, who: new Uint8Array(0), shard: '' }],
    );
    assert.equal(new KeyStore(database, secrets).keyFor('subject', id('a'), 5).number, 1);
    database.prepare('PRAGMA user_version').get();
    database.close();
  }
  const newer = new KeyDatabase(file);
  newer.prepare('PRAGMA user_version = 3').run();
  newer.close();
  assert.throws(() => new KeyDatabase(file), { code: 'LEDGER_DAMAGED' });
});

test('a set of numbers has what was added, ascending, and grows with the largest', () => {
  const numbers = new NumberSet();
  const added = [31, 0, 32, 63, 100_000, 31, 5_000_000];
  for (const number of added) numbers.add(number);
  const expected = [0, 31, 32, 63, 100_000, 5_000_000];
  assert.deepEqual([...numbers], expected);
  assert.equal(numbers.size, 6);
  assert.ok(expected.every((number) => numbers.has(number)) && !numbers.has(1) && !numbers.has(99_999_999));
  const other = new NumberSet();
  for (const number of [0, 63, 64]) other.add(number);
  assert.deepEqual([...numbers.without(other)], [31, 32, 100_000, 5_000_000]);
});

test('the cache keeps what was used last and is bounded', () => {
  const cache = new KeyCache<number>(100);
  for (let i = 0; i < 100_000; i++) {
    cache.set(String(i), i);
    assert.equal(cache.get('0'), 0);
  }
  assert.equal(cache.get('99999'), 99_999);
  let kept = 0;
  for (let i = 0; i < 100_000; i++) if (cache.get(String(i)) !== undefined) kept++;
  assert.ok(kept <= 200 && kept >= 100, `${kept}`);
});
