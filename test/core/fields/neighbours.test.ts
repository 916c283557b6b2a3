import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { holdsGb11643 } from '../../../src/core/fields/id-formats.ts';
import { makeNeighbours } from '../../../src/core/fields/neighbours.ts';
import { fieldByName } from '../../../src/core/fields/registry.ts';

const seed = new Uint8Array(16).fill(7);

test('phone neighbours are other normalised numbers of the same block', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 99_999_999 }),
      fc.uint8Array({ minLength: 16, maxLength: 32 }),
      (rest, anySeed) => {
        const phone = `+86138${String(rest).padStart(8, '0')}`;
        const neighbours = makeNeighbours('phone', phone, anySeed, 6) ?? [];
        assert.equal(new Set([phone, ...neighbours]).size, 7);
        for (const neighbour of neighbours) {
          assert.equal(neighbour.slice(0, -4), phone.slice(0, -4));
          assert.equal(fieldByName('phone').normalise(neighbour, { region: 'CN' }), neighbour);
        }
        assert.deepEqual(makeNeighbours('phone', phone, anySeed, 6), neighbours);
      },
    ),
    { numRuns: 50 },
  );
});

test('identity number neighbours keep region, birth date and sex, and their check holds', () => {
  for (const id of ['11010519491231002X', '440524188001010014']) {
    const neighbours = makeNeighbours('nationalId', id, seed, 20) ?? [];
    assert.equal(new Set([id, ...neighbours]).size, 21);
    for (const neighbour of neighbours) {
      assert.equal(neighbour.slice(0, 14), id.slice(0, 14));
      assert.equal(Number(neighbour[16]) % 2, Number(id[16]) % 2);
      assert.ok(holdsGb11643(neighbour));
      assert.notEqual(neighbour.slice(14, 17), '000');
    }
  }
});

test('neighbours depend on the seed, and are all there are when all are asked for', () => {
  const other = new Uint8Array(16).fill(8);
  assert.notDeepEqual(
    makeNeighbours('phone', '+8613800138000', seed, 4),
    makeNeighbours('phone', '+8613800138000', other, 4),
  );
  const all = makeNeighbours('nationalId', '11010519491231002X', seed, 498) ?? [];
  assert.equal(new Set(all).size, 498);
  assert.ok(!all.includes('11010519491231002X'));
  assert.equal(makeNeighbours('nationalId', '11010519491231002X', seed, 499), null);
  assert.deepEqual(makeNeighbours('phone', '+8613800138000', seed, 0), []);
});

test('what cannot be varied has no neighbours', () => {
  assert.equal(makeNeighbours('email', 'a@b.co', seed, 2), null);
  assert.equal(makeNeighbours('nationalId', '110105194912310021', seed, 2), null);
  assert.equal(makeNeighbours('nationalId', '123456789', seed, 2), null);
  assert.equal(makeNeighbours('phone', '+1234567', seed, 2), null);
  assert.equal(makeNeighbours('phone', '13800138000', seed, 2), null);
});
