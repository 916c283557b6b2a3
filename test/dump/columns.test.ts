import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inferColumns } from '../../src/dump/columns.ts';
import { fieldOf, headerNames, makers } from './people.ts';
import { openOne, randomFrom } from './samples.ts';

const kinds = Object.keys(makers);
const separators = [',', ';', '\t', '|', ':', '----', '||', '::', '~', '^', '#', '\x01', '<=>', '#*#'];
const identifying = new Set(['phone', 'email', 'nationalId', 'trackingNumber', 'username', 'customerId']);

/** A table of random kinds of columns, as some tool might have written it. */
function randomDump(seed: number): { text: string; chosen: string[]; header: boolean; separator: string } {
  const random = randomFrom(seed);
  const header = random(2) === 0;
  const separator = separators[random(separators.length)] as string;
  const drawn = new Set(Array.from({ length: 2 + random(8) }, () => kinds[random(kinds.length)] as string));
  // A word is only a word without a header; two ids of one company in a row are not to be told apart.
  const chosen = [...drawn].filter((kind) =>
    header ? kind !== 'customerId.code' : !/^(?:customerId|username)/.test(kind),
  );
  chosen.push(`email.${random(2) === 0 ? 'any' : 'upper'}`, 'phone.cn');
  const columns = [...new Set(chosen)];
  const rows: string[][] = [];
  if (header) {
    rows.push(
      columns.map((kind) => {
        const names = headerNames[kind] ?? headerNames[kind.split('.')[0] ?? ''] ?? [];
        return names[random(names.length)] ?? '';
      }),
    );
  }
  const withGaps = random(3) === 0;
  for (let row = 0; row < 8 + random(120); row++) {
    rows.push(
      columns.map((kind) =>
        withGaps && random(6) === 0 ? (['', 'NULL', '\\N'][random(3)] ?? '') : (makers[kind]?.(random, row) ?? ''),
      ),
    );
  }
  const quotes = separator === ',' || separator === ';';
  const write = (cell: string): string => {
    if (!quotes) return cell.replaceAll(separator, '');
    return cell.includes(separator) || random(4) === 0 ? `"${cell}"` : cell;
  };
  return {
    text: rows.map((cells) => cells.map(write).join(separator)).join('\r\n'),
    chosen: columns,
    header,
    separator,
  };
}

async function* once(text: string): AsyncGenerator<Uint8Array, void> {
  yield new TextEncoder().encode(text);
}

test('random tables of known columns: dialect, header and every identifying column are right', async () => {
  for (let seed = 1; seed <= 150; seed++) {
    const { text, chosen, header, separator } = randomDump(seed);
    const part = await openOne('-', { stdin: once(text) });
    const shape = `seed ${seed}: ${chosen.join(' ')}`;
    assert.equal(part.dialect.separator, separator, shape);
    assert.equal(part.headerRows, header ? 1 : 0, shape);
    assert.equal(part.columns.length, chosen.length, shape);
    for (const [index, kind] of chosen.entries()) {
      const expected = fieldOf(kind);
      const { field, confidence, kind: looks } = part.columns[index] ?? assert.fail(shape);
      const about = `${shape}: ${kind} is ${field} (${confidence})`;
      if (expected !== null && (header || identifying.has(expected))) assert.equal(field, expected, about);
      else assert.ok(field === expected || field === null, about);
      assert.equal(looks === null, field !== null, about);
    }
  }
});

const context = { region: 'CN' };
const infer = (rows: string[][], header: string[] | null) =>
  inferColumns(rows, header, rows[0]?.length ?? 0, context).map(({ field }) => field);
const column = (kind: string, count = 40): string[] => {
  const random = randomFrom(7);
  return Array.from({ length: count }, (_, row) => makers[kind]?.(random, row) ?? '');
};
const table = (...columns: string[][]): string[][] =>
  (columns[0] ?? []).map((_, row) => columns.map((cells) => cells[row] ?? ''));

test('several columns of one field', () => {
  const rows = table(column('phone.cn'), column('phone.cn86'), column('name.han'), column('name.han'));
  assert.deepEqual(infer(rows, ['收件人电话', '寄件人电话', '收件人', '寄件人']), ['phone', 'phone', 'name', 'name']);
  assert.deepEqual(infer(rows, null), ['phone', 'phone', 'name', 'name']);
});

test('integers are a customer id only where the header says so, and only in one column', () => {
  const ids = column('customerId.number');
  assert.deepEqual(infer(table(ids, column('phone.cn')), null), [null, 'phone']);
  assert.deepEqual(infer(table(ids, column('phone.cn')), ['id', 'phone']), [null, 'phone']);
  for (const header of ['uid', 'user_id', 'Customer-ID', '会员号']) {
    assert.deepEqual(infer(table(ids), [header]), ['customerId'], header);
  }
  assert.deepEqual(infer(table(column('none.row'), ids), ['user_id', 'customer_id']), [null, 'customerId']);
});

test('a header is overruled by content that is plainly something else', () => {
  assert.deepEqual(infer(table(column('email.any')), ['username']), ['email']);
  assert.deepEqual(infer(table(column('passwordHash.md5')), ['password']), ['passwordHash']);
  assert.deepEqual(infer(table(column('password.any')), ['hash']), ['password']);
  assert.deepEqual(infer(table(column('none.date')), ['phone']), [null]);
  assert.deepEqual(infer(table(column('nationalId.cn')), ['id']), ['nationalId']);
});

test('lists of logins without header', () => {
  assert.deepEqual(infer(table(column('username.any'), column('password.any')), null), ['username', 'password']);
  assert.deepEqual(infer(table(column('email.any'), column('password.any')), null), ['email', 'password']);
  assert.deepEqual(infer(table(column('phone.cn'), column('passwordHash.md5')), null), ['phone', 'passwordHash']);
  assert.deepEqual(infer(table(column('none.status'), column('none.city')), null), [null, null]);
});

test('headers with additions around a known name need the content', () => {
  assert.deepEqual(infer(table(column('phone.cn')), ['emergency_home_phone2']), ['phone']);
  assert.deepEqual(infer(table(column('none.status')), ['is_valid_email']), [null]);
});

test('reasons and names: no cell of the dump is in a reason', () => {
  const rows = table(column('phone.cn'), column('name.han'), column('none.amount'), column('address.cn'));
  for (const header of [null, ['phone', 'name', 'amount', 'address']]) {
    for (const { reason, index } of inferColumns(rows, header, 4, context)) {
      assert.ok(rows.every((row) => !reason.includes(row[index] ?? '')));
    }
  }
});
