import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DisclosureResult } from '../../src/contract/api/disclosures.ts';
import { createForms, maskUseOf } from '../../src/gateway/shape-values.ts';
import { makeWaybill, waybillFields } from '../../src/gateway/waybill.ts';

const receipt = { log: 'l', shard: 's', index: 1 };
const given = (values: DisclosureResult['values']): DisclosureResult => ({
  parcel: 'TRACK100',
  decision: 'allowed',
  ...(values === undefined ? {} : { values }),
  receipt,
});

describe('waybill', () => {
  it('has three fields of each party, and the receipts', () => {
    const recipient = given({
      name: { form: 'masked', value: '王**' },
      phone: { form: 'virtual', value: '+8617000000001' },
      address: { form: 'masked', value: '浙江省杭州市西湖区文三路5号***' },
    });
    const refused: DisclosureResult = {
      parcel: 'TRACK100',
      decision: 'refused',
      code: 'GATEWAY_NOT_JUSTIFIED',
      receipt,
    };
    assert.deepEqual(makeWaybill('TRACK100', recipient, refused), {
      parcel: 'TRACK100',
      recipient: { name: '王**', phone: '+8617000000001', address: '浙江省杭州市西湖区文三路5号***' },
      sender: null,
      receipts: [receipt, receipt],
    });
    assert.deepEqual(waybillFields(undefined), { name: 'masked', phone: 'masked', address: 'masked' });
  });

  it('masks what came in clear', () => {
    const clear = given({
      name: { form: 'clear', value: '王小明' },
      phone: { form: 'clear', value: '13812345678' },
      address: { form: 'clear', value: '浙江省杭州市西湖区文三路5号3单元502室' },
    });
    assert.deepEqual(makeWaybill('TRACK100', clear, clear).recipient, {
      name: '王**',
      phone: '*******5678',
      address: '浙江省杭州市西湖区文三路5号***',
    });
  });
});

describe('forms', () => {
  const forms = createForms({
    numbers: {
      assign: ({ target, ttlSeconds, nowMs }) => `${target}/${ttlSeconds}/${nowMs}`,
      release: () => false,
      forget: () => 0,
    },
    ttlSeconds: 60,
    nowMs: () => 5,
  });
  const value = { field: 'phone', value: '13812345678', subject: 's', parcel: null } as const;
  it('mask by purpose: the way to the house, or a screen', () => {
    assert.equal(forms.shape('masked', { ...value, purpose: 'delivery' }), '*******5678');
    assert.equal(forms.shape('masked', { ...value, purpose: 'support' }), '*******78');
    assert.equal(maskUseOf('constructor'), 'screen');
  });
  it('give values and virtual numbers', () => {
    assert.equal(forms.shape('clear', { ...value, purpose: 'delivery' }), '13812345678');
    assert.equal(forms.shape('virtual', { ...value, purpose: 'delivery' }), '13812345678/60/5');
  });
});
