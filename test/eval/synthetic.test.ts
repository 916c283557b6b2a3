import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeGb18030Encoder } from '../../bench/gb18030.ts';
import { makePersonWriter, mix, permutation, STRANGERS } from '../../bench/synthetic.ts';

const text = (write: (out: Uint8Array) => number) => {
  const out = Buffer.alloc(512);
  return out.toString('utf8', 0, write(out));
};

test('a permutation meets every number once', () => {
  for (const size of [2, 7, 1000, 4096]) {
    const of = permutation(size, 11);
    assert.equal(new Set(Array.from({ length: size }, (_, index) => of(index))).size, size);
  }
});

test('values of customers and strangers, of first and later editions, never meet', () => {
  const people = makePersonWriter('utf-8', 5);
  const values = new Set<string>();
  let count = 0;
  for (const first of [0, STRANGERS]) {
    for (let person = first; person < first + 2000; person++) {
      values.add(text((out) => people.customerId(out, 0, person)));
      for (const edition of [0, 1]) {
        values.add(text((out) => people.phone(out, 0, person, edition)));
        values.add(text((out) => people.email(out, 0, person, edition)));
      }
      count += 5;
    }
  }
  assert.equal(values.size, count);
  const names = (first: number) =>
    new Set(Array.from({ length: 2000 }, (_, index) => text((out) => people.name(out, 0, first + index))));
  assert.deepEqual(names(0).intersection(names(STRANGERS)).size, 0);
});

test('identifying values are written in the form that both sides compare', () => {
  const people = makePersonWriter('utf-8', 5);
  for (let index = 0; index < 2000; index++) {
    const person = mix(index, 1);
    assert.match(
      text((out) => people.phone(out, 0, person, 0)),
      /^1[3-7]\d{9}$/,
    );
    assert.match(
      text((out) => people.email(out, 0, person, 0)),
      /^[a-z0-9._]+@[a-z0-9]+\.(com|net)$/,
    );
    assert.match(
      text((out) => people.customerId(out, 0, person)),
      /^U\d{10}$/,
    );
    assert.match(
      text((out) => people.date(out, 0, person)),
      /^20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d)$/,
    );
  }
});

test('the GB18030 encoder is the inverse of the decoder', () => {
  const encode = makeGb18030Encoder();
  const decoder = new TextDecoder('gb18030', { fatal: true });
  let points = '';
  for (let point = 0; point < 0x30000; point++) {
    const surrogate = point >= 0xd800 && point < 0xe000;
    // Private use: this decoder maps 18 code points to none or to another one (GB 18030-2005 against 2022).
    const privateUse = point >= 0xe000 && point < 0xf900;
    if (!surrogate && !privateUse && point !== 0xfffd) points += String.fromCodePoint(point);
  }
  assert.equal(decoder.decode(encode(points)), points.replace(/^\ufeff/, ''));
});
