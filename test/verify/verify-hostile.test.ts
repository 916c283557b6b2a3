import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { ErrorCode } from '../../src/core/errors.ts';
import { type Customer, customers, Lab } from './verify-lab.ts';

/*
 * Files that are broken, huge where they should be small, or made to be read wrongly: counted right, or refused with a code.
 */

const people = customers(0, 400);
const lab = await Lab.of(people);
const header = 'phone,email,name\n';
const rowOf = ({ phone, email, name }: Customer): string => `${phone},${email},${name}\n`;
const hundred = people.slice(0, 100).map(rowOf).join('');

interface Counts {
  readonly rows: number;
  readonly matched: number;
  readonly rejected?: Record<string, number>;
}

async function check(
  bytes: string | Uint8Array,
  expected: Counts,
  options: Parameters<Lab['verify']>[1] = {},
): Promise<void> {
  const { file, rows } = await lab.verify([lab.file(bytes)], options);
  assert.deepEqual({ rows: file.rows, matched: rows.matched, rejected: file.rejected }, { rejected: {}, ...expected });
}

function hasCode(code: ErrorCode): (error: unknown) => boolean {
  return (error) => (error as { code?: string }).code === code;
}

test('files with next to nothing in them', async () => {
  for (const bytes of ['', '\n\r\n\n', '\ufeff', '\ufeff\n'])
    await assert.rejects(lab.verify([lab.file(bytes)]), hasCode('DUMP_EMPTY'));
  await check(header, { rows: 0, matched: 0 });
  await check(header.trimEnd(), { rows: 0, matched: 0 });
  await check(rowOf(people[0]!).trimEnd(), { rows: 1, matched: 1 });
  await check('\n'.repeat(4_000_000), { rows: 0, matched: 0 });
});

test('line ends of every kind, a byte-order mark, and no end at all', async () => {
  const text = (header + hundred).trimEnd();
  for (const newline of ['\n', '\r\n', '\r']) {
    await check(text.replaceAll('\n', newline), { rows: 100, matched: 100 });
    await check(`\ufeff${text.replaceAll('\n', newline)}${newline}${newline}`, { rows: 100, matched: 100 });
  }
});

test('one row as long as a hundred megabytes, alone and between others', async () => {
  await check(Buffer.alloc(100_000_000, 'x'), { rows: 0, matched: 0, rejected: { 'too-long': 1 } }, { threads: 2 });
  const long = 'x'.repeat(10_000_000);
  await check(`${header}${hundred}${long}\n${hundred}`, { rows: 200, matched: 200, rejected: { 'too-long': 1 } });
  await check(`${header}${hundred}"${long}"\n${hundred}"${long}`, {
    rows: 200,
    matched: 200,
    rejected: { 'too-long': 2 },
  });
});

test('quotes that never close hide no row that comes after them', async () => {
  await check(`${header}${hundred}${'"'.repeat(3_000_000)}\n${hundred}`, {
    rows: 200,
    matched: 200,
    rejected: { 'too-long': 1 },
  });
  await check(`${header}${hundred}${'"x\n'.repeat(50_000)}${hundred}`, { rows: 50_200, matched: 200 });
  await check(`${header}${hundred}"x,\n${hundred}`, { rows: 201, matched: 200 });
});

test('NUL bytes and bytes that are no UTF-8 spoil their own cells only', async () => {
  await check(`${header}${hundred}\0\0,\0,x\0\n${hundred}`, { rows: 201, matched: 200 });
  const broken = Buffer.from([0xff, 0xfe, 0x2c, 0xc3, 0x28, 0x2c, 0xe4, 0xb8, 0x0a, 0xf0, 0x9f, 0x0a]);
  await check(Buffer.concat([Buffer.from(header + hundred), broken, Buffer.from(hundred)]), {
    rows: 202,
    matched: 200,
  });
});

test('GB18030 that ends in the middle of a character, and characters of four bytes', async () => {
  // 张伟 and U+3400 (four bytes) in GB18030.
  const name = Buffer.from([0xd5, 0xc5, 0xce, 0xb0]);
  const rare = Buffer.from([0x81, 0x39, 0xee, 0x39]);
  const rows = people
    .slice(0, 200)
    .flatMap(({ phone, email }, index) => [
      Buffer.from(`${phone},${email},`),
      index % 10 === 9 ? rare : name,
      Buffer.from('\n'),
    ]);
  const whole = Buffer.concat([Buffer.from(header), ...rows]);
  for (const end of [[], [0xd5], [0x81, 0x39], [0x81, 0x39, 0xee]]) {
    const bytes = Buffer.concat([whole, Buffer.from(`${people[300]!.phone},,`), Buffer.from(end)]);
    const found = await lab.verify([lab.file(bytes)]);
    assert.equal(found.file.encoding, 'gb18030');
    assert.deepEqual([found.file.rows, found.rows.matched], [201, 201]);
  }
});

test('gzip: several members; cut off; followed by something else', async () => {
  const packed = gzipSync(header + hundred);
  await check(Buffer.concat([packed, gzipSync(hundred)]), { rows: 200, matched: 200 });
  const cut = await lab.verify([lab.file(packed.subarray(0, -10))]);
  // What could be unpacked is read, and the report says that it is not all.
  assert.ok(cut.rows.matched > 0 && cut.rows.matched <= 100);
  assert.deepEqual(
    cut.failures.map(({ code }) => code),
    ['DUMP_TRUNCATED'],
  );
  await assert.rejects(lab.verify([lab.file(packed.subarray(0, 15))]), hasCode('DUMP_TRUNCATED'));
  const damaged = Buffer.from(packed);
  damaged[damaged.length - 6] = damaged[damaged.length - 6]! ^ 1;
  assert.deepEqual(
    (await lab.verify([lab.file(damaged)])).failures.map(({ code }) => code),
    ['DUMP_CORRUPT'],
  );
});

test('an input that is not there ends everything before anything is read; one that cannot be read is reported', async () => {
  const good = lab.file(header + hundred);
  await assert.rejects(lab.verify([good, `${lab.folder}/none`, good]), hasCode('DUMP_NOT_FOUND'));
  await assert.rejects(lab.verify([good, '/dev/zero']), hasCode('DUMP_NOT_FILE'));
  const found = await lab.verify([good, lab.file(''), good]);
  assert.deepEqual([found.file.rows, found.rows.matched], [200, 200]);
  assert.deepEqual(
    found.failures.map(({ code }) => code),
    ['DUMP_EMPTY'],
  );
});

test('many columns', async () => {
  const cells = (count: number, value: string): string =>
    Array.from({ length: count }, (_, index) => (index === 3 ? value : `v${index % 7}`)).join(',');
  const lines = (count: number): string =>
    people
      .slice(0, 30)
      .map(({ phone }) => `${cells(count, phone)}\n`)
      .join('');
  for (const count of [200, 4000]) {
    await check(lines(count), { rows: 30, matched: 30 }, { reading: { map: [{ field: 'phone', column: '4' }] } });
  }
});

test('one field in many columns: more than can be looked at, and values that repeat', async () => {
  const phones = (first: number): string => Array.from({ length: 20 }, (_, k) => people[first + k]!.phone).join(',');
  const map = Array.from({ length: 20 }, (_, index) => ({ field: 'phone' as const, column: String(index + 1) }));
  const text = Array.from({ length: 50 }, (_, index) => `${phones(index)},${people[index]!.name}\n`).join('');
  const many = await lab.verify([lab.file(text)], { reading: { map, header: false } });
  // Each row has phones of sixteen people, and none that two agree on.
  assert.equal(many.rows.chimera, 50);
  assert.equal(many.subjects.matched, 65);
  // The report says which columns were left out.
  const left = many.file.columns.filter(({ reason }) => reason.includes('not looked at'));
  assert.ok(left.length >= 4, String(left.length));
  const same = people.slice(0, 50).map(({ phone }) => `${phone},+86${phone},86 ${phone}\n`);
  const found = await lab.verify([lab.file(same.join(''))], { reading: { map: map.slice(0, 3), header: false } });
  assert.deepEqual([found.rows.weak, found.rows.multiple, found.fields.phone!.rows], [50, 0, 50]);
});

test('an id that stands behind sixteen phones is still the id', async () => {
  const other = await Lab.create();
  const names = [...Array.from({ length: 18 }, (_, index) => `phone${index + 1}`), 'customer_id'];
  const rows = people.slice(0, 40).map(({ id }, index) => {
    const phones = Array.from({ length: 18 }, (_, k) => people[(index * 9 + k) % 400]!.phone);
    return [...phones, id].join(',');
  });
  const added = await other.addTable([other.file(`${[names.join(','), ...rows].join('\n')}\n`)]);
  assert.deepEqual([added.rows, added.subjectsAdded], [40, 40]);
});

test('names of prototypes are names', async () => {
  const rows = people.slice(0, 50).map(({ phone }, index) => `${phone},a${index},__proto__,{}\n`);
  const { file, fields } = await lab.verify([lab.file(`phone,__proto__,constructor,toString\n${rows.join('')}`)]);
  assert.deepEqual(
    file.columns.map(({ name }) => name),
    ['phone', '__proto__', 'constructor', 'toString'],
  );
  assert.deepEqual(Object.keys(fields), ['phone']);
});

test('samples stand beside the kind of their own row', async () => {
  // Rows of one empty quoted cell are rows; empty lines are none.
  const lines = ['"x"', '""', '', `"${people[0]!.phone}"`, '\r', '"y"', `"${people[1]!.phone}"`];
  const text = `phone\n${lines.join('\n')}\n`;
  const found = await lab.verify([lab.file(text)], {
    reading: { header: true, map: [{ field: 'phone', column: '1' }] },
  });
  const weak = found.samples.filter(({ kind }) => kind === 'weak');
  assert.equal(found.rows.weak, 2);
  assert.equal(weak.length, 2);
  assert.ok(
    weak.every(({ cells }) => /\d/.test(cells[0]!)),
    JSON.stringify(found.samples),
  );
});
