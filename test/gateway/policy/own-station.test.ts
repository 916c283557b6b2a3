import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Purpose, purposes } from '../../../src/contract/api/purposes.ts';
import { createBusinessContext } from '../../../src/gateway/context/business-context.ts';
import { carrierPurposes } from '../../../src/gateway/context/purposes.ts';
import { disclose } from '../../../src/gateway/disclose/disclose.ts';
import { readDefaultPolicies } from '../../../src/gateway/policy/default-policies.ts';
import { createPolicyEngine } from '../../../src/gateway/policy/engine.ts';
import { sampleOf } from '../../../src/gateway/policy/roles.ts';
import type { Principal } from '../../../src/gateway/port.ts';
import { createForms } from '../../../src/gateway/shape-values.ts';
import { readExpectedAccess } from '../../../tools/access-matrix.ts';
import { aState } from '../context/a-state.ts';
import { parcelOf, valuesOf, yesServices } from '../pieces.ts';

const nowMs = Date.parse('2026-11-23T09:00:00Z');
const expected = readExpectedAccess();

/** Parcels at two stations, one of which is on a courier's tour, with the real facts, policies and masks. */
function setUp() {
  const { state } = aState();
  state.tours.put({
    id: 't-1',
    courier: 'sample-courier',
    day: '2026-11-23',
    isOpen: true,
    trackingNumbers: ['ATST1'],
    by: 'test',
    nowMs,
  });
  const services = yesServices({
    vault: {
      parcels: async (numbers) =>
        numbers.map((number) => ({
          ...parcelOf(number, `of-${number}`),
          station: number.startsWith('ATST1') ? 'st-1' : 'st-2',
        })),
      read: async (subjects) =>
        subjects.map(() =>
          valuesOf({ name: '王小明', phone: '13812345678', address: '北京市朝阳区建国路88号5号楼502室' }),
        ),
    },
    context: createBusinessContext(state, { timeZone: 'UTC' }),
    policies: createPolicyEngine({ text: readDefaultPolicies(), version: '1' }),
    forms: createForms({
      numbers: { assign: () => '+8617000000001', release: () => true, forget: () => 0 },
      ttlSeconds: 60,
      nowMs: () => nowMs,
    }),
    nowMs: () => nowMs,
  });
  return async (principal: Principal, body: object): Promise<string> => {
    const caller = { principal, by: 'signature' as const, signature: null };
    const [result] = await disclose(services, {
      caller,
      body: body as Parameters<typeof disclose>[1]['body'],
      idempotencyKeyOf: null,
    });
    return result?.values === undefined
      ? String(result?.code)
      : Object.values(result.values)
          .map((one) => one?.value)
          .join(' ');
  };
}

describe('policies and business facts together', () => {
  it('have a fact for every line of the access matrix, and a line for nobody without facts', () => {
    for (const { role, purposes: why } of expected.lines.filter(({ act }) => act === 'read'))
      for (const purpose of why)
        assert.ok((carrierPurposes[purpose]?.[role] ?? []).length > 0, `${role} can never read for ${purpose}`);
    for (const purpose of Object.keys(carrierPurposes)) assert.ok(purposes.includes(purpose as Purpose), purpose);
  });

  it('give a scanner what is at its station, and nothing of another', async () => {
    const ask = setUp();
    const body = { purpose: 'sorting', fields: { name: 'masked', address: 'masked' } };
    const scanner = sampleOf('scanner');
    assert.equal(await ask(scanner, { ...body, parcels: ['ATST1'] }), '王** 北京市朝阳区建国路88号***');
    assert.equal(await ask(scanner, { ...body, parcels: ['ATST2'] }), 'GATEWAY_NOT_JUSTIFIED');
    const exception = { reason: 'found on the floor' };
    assert.equal(await ask(scanner, { ...body, parcels: ['ATST2'], exception }), 'GATEWAY_POLICY');
    assert.equal(
      await ask(sampleOf('scanner', { station: 'st-2' }), { ...body, parcels: ['ATST2'] }),
      '王** 北京市朝阳区建国路88号***',
    );
    assert.equal(
      await ask(scanner, { purpose: 'sorting', fields: { phone: 'masked' }, parcels: ['ATST1'] }),
      'GATEWAY_POLICY',
    );
  });

  it("give a courier the door of the tour's parcels, and of others a number to call as an exception", async () => {
    const ask = setUp();
    const courier = sampleOf('courier');
    const door = { purpose: 'delivery', fields: { address: 'clear' } };
    assert.equal(await ask(courier, { ...door, parcels: ['ATST1'] }), '北京市朝阳区建国路88号5号楼502室');
    assert.equal(await ask(courier, { ...door, parcels: ['ATST2'] }), 'GATEWAY_NOT_JUSTIFIED');
    const exception = { reason: 'of a colleague who is ill' };
    assert.equal(await ask(courier, { ...door, parcels: ['ATST2'], exception }), 'GATEWAY_POLICY');
    const call = { purpose: 'delivery', fields: { phone: 'virtual' }, parcels: ['ATST2'] };
    assert.equal(await ask(courier, { ...call, exception }), '+8617000000001');
    assert.equal(await ask(courier, call), 'GATEWAY_NOT_JUSTIFIED');
    assert.equal(await ask({ ...courier, id: 'another' }, { ...door, parcels: ['ATST1'] }), 'GATEWAY_NOT_JUSTIFIED');
  });
});
