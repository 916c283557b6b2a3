import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mostReadings, readings, type SeenCharacter } from '../../src/core/confusable.ts';
import { mod11Of2 } from '../../src/core/fields/checks.ts';
import { holdsGb11643 } from '../../src/core/fields/id-formats.ts';

const valuesOf = (seen: string | readonly SeenCharacter[], field: Parameters<typeof readings>[1]) =>
  readings(seen, field).map(({ value }) => value);

/** Characters of which one was in doubt. */
function seeing(text: string, at: number, confidence: number, ...alternatives: [string, number][]): SeenCharacter[] {
  return [...text].map((character, i) => ({
    text: character,
    confidence: i === at ? confidence : 0.99,
    alternatives: i === at ? alternatives.map(([other, sure]) => ({ text: other, confidence: sure })) : [],
  }));
}

test('the text as seen comes first and costs nothing', () => {
  for (const field of ['phone', 'email', 'nationalId', 'trackingNumber', 'customerId'] as const) {
    assert.deepEqual(readings('13800138000', field)[0], { value: '13800138000', cost: 0 });
    assert.deepEqual(readings('', field), [{ value: '', cost: 0 }]);
  }
});

test('letters in a phone number become the digits that they look like', () => {
  assert.ok(valuesOf('l38OO138ooo', 'phone').includes('13800138000'));
  assert.ok(valuesOf('138 OO13 8000', 'phone').includes('13800138000'));
  for (const { value } of readings('l38OO138ooo', 'phone').slice(1)) assert.match(value, /^\d{11}$/);
});

test('digits of a phone number stay as they are unless recognition was in doubt: there is no check digit to tell', () => {
  assert.deepEqual(valuesOf('13800138000', 'phone'), ['13800138000']);
  assert.deepEqual(valuesOf(seeing('13800138000', 2, 0.99, ['6', 0.6]), 'phone'), ['13800138000', '13600138000']);
  assert.deepEqual(valuesOf(seeing('13800138000', 2, 0.99, ['6', 0.05]), 'phone'), ['13800138000']);
});

test('an identity number whose check character holds has one reading; others have those whose check character holds', () => {
  const valid = '440305197211191524';
  assert.ok(holdsGb11643(valid));
  assert.deepEqual(valuesOf(valid, 'nationalId'), [valid]);
  const misread = valuesOf('44O305l97211191S24', 'nationalId');
  assert.ok(misread.includes(valid));
  for (const value of misread.slice(1)) assert.ok(holdsGb11643(value));
  assert.ok(valuesOf('440305197211191624', 'nationalId').every((value, i) => i === 0 || holdsGb11643(value)));
});

test('a check character that holds is believed even where recognition was in doubt', () => {
  const valid = '440305197211191524';
  const other = `440305197211191${'6'}2`;
  const doubted = seeing(valid, 15, 0.7, ['6', 0.65]).map((character, i) =>
    i === 17
      ? { ...character, confidence: 0.7, alternatives: [{ text: mod11Of2(other), confidence: 0.65 }] }
      : character,
  );
  assert.deepEqual(valuesOf(doubted, 'nationalId'), [valid]);
  const misread = doubted.map((character, i) => (i === 0 ? { ...character, text: 'A' } : character));
  assert.ok(valuesOf(misread, 'nationalId').includes(other + mod11Of2(other)));
});

test('at most 64 readings, the likeliest', () => {
  const doubted = [...'abcdefgh@example.com'].map((text) => ({
    text,
    confidence: 0.9,
    alternatives: [...'xyz'].map((other) => ({ text: other, confidence: 0.8 })),
  }));
  assert.equal(valuesOf(doubted, 'email').length, mostReadings);
});

test('a tracking number with a check digit (UPU S10-12: RR473124829GB) is repaired and not changed', () => {
  assert.deepEqual(valuesOf('RR473124829GB', 'trackingNumber'), ['RR473124829GB']);
  assert.ok(valuesOf('SF3039857B0I244', 'trackingNumber').includes('SF3039857801244'));
  const doubted = valuesOf(seeing('RR473124B29GB', 8, 0.8, ['8', 0.7]), 'trackingNumber');
  assert.equal(doubted[1], 'RR473124829GB');
});

test('mailboxes: rn and m, vv and w, look-alikes one at a time, doubled characters', () => {
  assert.ok(valuesOf('bum@example.com', 'email').includes('burn@example.com'));
  assert.ok(valuesOf('vvest@example.com', 'email').includes('west@example.com'));
  assert.ok(valuesOf('bloom@example.com', 'email').includes('bl0om@example.com'));
  assert.ok(valuesOf('modeml123@example.cn', 'email').includes('modem123@example.cn'));
  assert.ok(valuesOf('lily©example.cn', 'email').includes('lily@example.cn'));
  assert.ok(valuesOf('lily@example. com', 'email').includes('lily@example.com'));
  assert.ok(!valuesOf('bloom@example.com', 'email').includes('bl00m@example.c0m'));
});

test('nothing is added or removed but spaces and the halves of pairs', () => {
  for (const { value } of readings('44O305l97211191S24', 'nationalId')) assert.equal(value.length, 18);
  for (const { value } of readings('S5B8O0l1@example.com', 'email')) assert.ok(Math.abs(value.length - 20) <= 1);
});

test('readings are few, in order of cost, each once, and hostile text does no harm', () => {
  const hostile = [
    'O0oDQ1lI|i5SsZz2'.repeat(4),
    'l'.repeat(64),
    'O'.repeat(100_000),
    '\ud800\u0000@',
    'rnvv'.repeat(16),
    '@'.repeat(64),
  ];
  for (const text of hostile) {
    for (const field of ['phone', 'email', 'nationalId', 'trackingNumber', 'customerId'] as const) {
      const all = readings(text, field);
      assert.ok(all.length <= mostReadings);
      assert.equal(all[0]?.value, text);
      assert.equal(new Set(all.map(({ value }) => value)).size, all.length);
      assert.deepEqual(
        all.map(({ cost }) => cost),
        all.map(({ cost }) => cost).sort((a, b) => a - b),
      );
    }
  }
});
