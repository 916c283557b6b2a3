import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { waybillRoutes } from '../../../src/gateway/routes/waybills.ts';
import { yesServices } from '../pieces.ts';
import { aCaller, anApp } from './an-app.ts';

const printer = aCaller('scanner', { kind: 'device', station: 'st-1' });

function setUp(changes: Parameters<typeof yesServices>[0] = {}) {
  const services = yesServices(changes);
  const server = anApp((app) => waybillRoutes(app, services));
  server.as(printer);
  return { ...server, services };
}

describe('/v1/parcels/{tracking}/waybill', () => {
  it('gives what a printer needs, with an entry for each party', async () => {
    const { call, services } = setUp();
    const { status, body } = await call('POST', '/v1/parcels/TRACK100/waybill', { phone: 'virtual' });
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(body), ['parcel', 'recipient', 'sender', 'receipts']);
    assert.equal(body.recipient.phone, '<virtual>');
    assert.equal(body.sender, null, 'the parcel has no sender');
    assert.deepEqual(
      services.entries.map(({ purpose, decision }) => `${purpose} ${decision}`),
      ['waybill mask', 'waybill deny'],
    );
    assert.equal(body.receipts.length, 2);
  });

  it('gives nothing of a parcel that is none of the caller’s business, nor of one that is not there', async () => {
    const refused = setUp({
      context: {
        justify: async (_principal, _request, matters) =>
          matters.map(() => ({ isJustified: false, code: 'GATEWAY_NOT_JUSTIFIED' as const })),
      },
    });
    const answers = [
      await refused.call('POST', '/v1/parcels/TRACK100/waybill', {}),
      await setUp().call('POST', '/v1/parcels/NONE100/waybill', {}),
    ];
    for (const { status, body } of answers) assert.deepEqual([status, body.code], [403, 'GATEWAY_NOT_JUSTIFIED']);
    assert.deepEqual(
      refused.services.entries.map(({ decision }) => decision),
      ['deny'],
    );
  });

  it('takes nothing else', async () => {
    const { call } = setUp();
    assert.equal((await call('POST', '/v1/parcels/TRACK100/waybill', { phone: 'clear' })).status, 400);
    assert.equal((await call('POST', '/v1/parcels/TRACK100/waybill', { email: 'masked' })).status, 400);
    assert.equal((await call('POST', '/v1/parcels/a%20b/waybill', {})).status, 400);
  });
});
