import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { purposes } from '../../../src/contract/api/purposes.ts';
import { createBusinessContext } from '../../../src/gateway/context/business-context.ts';
import { carrierPurposes } from '../../../src/gateway/context/purposes.ts';
import type { Matter, Principal } from '../../../src/gateway/port.ts';
import { aState } from './a-state.ts';

const DAY_MS = 24 * 3600 * 1000;
/** Noon in Shanghai. */
const nowMs = Date.parse('2026-11-22T04:00:00Z');

const aPrincipal = (role: string, given: Partial<Principal> = {}): Principal => ({
  id: `${role}-1`,
  kind: 'staff',
  role,
  station: null,
  partner: null,
  attributes: {},
  ...given,
});
const scanner = aPrincipal('scanner', { kind: 'device', station: 'st-17' });
const courier = aPrincipal('courier', { station: 'st-17' });
const agent = aPrincipal('customer-service', { attributes: { group: 'east' } });
const shop = aPrincipal('shop', { kind: 'service', partner: 'shop-3', attributes: { sender: 'S-SHOP-3' } });

const aParcel = (given: Partial<NonNullable<Matter['parcel']>> = {}): Matter => ({
  parcel: {
    trackingNumber: 'SF1000000001',
    party: 'recipient',
    station: 'st-17',
    due: [],
    status: 'at-station',
    sender: 'S-SHOP-3',
    ...given,
  },
  subject: 'C-1',
});
const aSubject: Matter = { parcel: null, subject: 'C-1' };

function aContext() {
  const { state } = aState();
  const by = 'dispatch-1';
  state.tours.put({
    id: 't-1',
    courier: 'courier-1',
    day: '2026-11-22',
    isOpen: true,
    trackingNumbers: ['SF1000000001'],
    by,
    nowMs,
  });
  const ticket = { group: null, agent: null, reason: 'late', openedMs: nowMs - DAY_MS, closedMs: null, by, nowMs };
  state.tickets.put({ ...ticket, id: '8812', about: { subject: 'C-1' }, agent: 'customer-service-1' });
  state.tickets.put({ ...ticket, id: '8813', about: { trackingNumber: 'SF1000000001' }, group: 'east' });
  state.tickets.put({ ...ticket, id: '8814', about: { subject: 'C-1' }, group: 'west', agent: 'customer-service-2' });
  state.tickets.put({ ...ticket, id: '8815', about: { subject: 'C-2' }, group: 'east' });
  state.tickets.put({ ...ticket, id: '8816', about: { subject: 'C-1' }, group: 'east', closedMs: nowMs - 1 });
  state.tickets.put({ ...ticket, id: '8817', about: { subject: 'C-1' }, group: 'east', openedMs: nowMs - 31 * DAY_MS });
  state.tickets.put({ ...ticket, id: '8818', about: { subject: 'C-1' }, group: 'east', openedMs: nowMs + DAY_MS });
  return { state, context: createBusinessContext(state, { timeZone: 'Asia/Shanghai' }) };
}

type Row = [what: string, who: Principal, purpose: string, ticket: string | null, matter: Matter, basis: string | null];
const rows: Row[] = [
  ['parcel at the station', scanner, 'sorting', null, aParcel(), 'parcel at station st-17'],
  [
    'parcel due there',
    scanner,
    'sorting',
    null,
    aParcel({ station: 'st-2', due: ['st-9', 'st-17'] }),
    'parcel due at station st-17',
  ],
  ['parcel at another station', scanner, 'sorting', null, aParcel({ station: 'st-2' }), null],
  ['parcel on the way', scanner, 'sorting', null, aParcel({ station: null }), null],
  ['delivered parcel with a leftover station', scanner, 'sorting', null, aParcel({ status: 'delivered' }), null],
  ['lost parcel that is due', scanner, 'sorting', null, aParcel({ status: 'lost', due: ['st-17'] }), null],
  ['scanner without a station', { ...scanner, station: null }, 'sorting', null, aParcel({ station: null }), null],
  ['scanner asking for a subject', scanner, 'sorting', null, aSubject, null],
  ['scanner with a purpose of others', scanner, 'support', '8813', aParcel(), null],
  ['scanner delivering from the station', scanner, 'delivery', null, aParcel(), 'parcel at station st-17'],
  ['courier on tour', courier, 'delivery', null, aParcel(), 'tour t-1'],
  [
    'courier, letters in another case',
    courier,
    'delivery',
    null,
    aParcel({ trackingNumber: 'sf1000000001' }),
    'tour t-1',
  ],
  ['courier at the station without a tour', { ...courier, id: 'courier-2' }, 'delivery', null, aParcel(), null],
  ['parcel of no tour', courier, 'delivery', null, aParcel({ trackingNumber: 'SF1000000002' }), null],
  ['courier asking for a subject', courier, 'delivery', null, aSubject, null],
  ['agent with a ticket of the customer', agent, 'support', '8812', aSubject, 'ticket 8812'],
  ['agent with a ticket of the customer, by parcel', agent, 'complaint', '8812', aParcel(), 'ticket 8812'],
  ['agent of the group, ticket about the parcel', agent, 'support', '8813', aParcel(), 'ticket 8813'],
  ['ticket about a parcel does not open the subject', agent, 'support', '8813', aSubject, null],
  ['ticket of another group', agent, 'support', '8814', aSubject, null],
  ['ticket of another customer', agent, 'support', '8815', aSubject, null],
  ['closed ticket', agent, 'support', '8816', aSubject, null],
  ['ticket open for longer than a month', agent, 'support', '8817', aSubject, null],
  ['ticket of tomorrow', agent, 'support', '8818', aSubject, null],
  ['ticket that is not there', agent, 'support', '9999', aSubject, null],
  ['no ticket', agent, 'support', null, aSubject, null],
  ['agent without a group and a ticket without one', { ...agent, attributes: {} }, 'support', '8813', aParcel(), null],
  ['shop that sent it', shop, 'shop-order', null, aParcel(), 'parcel sent by shop-3'],
  [
    'shop by its partner',
    { ...shop, attributes: {} },
    'shop-order',
    null,
    aParcel({ sender: 'shop-3' }),
    'parcel sent by shop-3',
  ],
  ['shop that did not send it', shop, 'shop-order', null, aParcel({ sender: 'S-4' }), null],
  ['parcel without a sender', shop, 'shop-order', null, aParcel({ sender: null }), null],
  ['shop asking for a subject', shop, 'shop-order', null, { parcel: null, subject: 'S-SHOP-3' }, null],
  ['unknown purpose', scanner, 'curiosity', null, aParcel(), null],
  ['purpose that names a property of every object', scanner, 'constructor', null, aParcel(), null],
  ['unknown role', aPrincipal('__proto__'), 'sorting', null, aParcel(), null],
  ['analyst', aPrincipal('analyst', { station: 'st-17' }), 'statistics', null, aParcel(), null],
  ['auditor', aPrincipal('auditor', { station: 'st-17' }), 'audit', '8812', aSubject, null],
];

describe('business context', () => {
  for (const [what, who, purpose, ticket, matter, basis] of rows) {
    test(what, async () => {
      const { context } = aContext();
      const [answer] = await context.justify(who, { purpose, ticket, nowMs }, [matter]);
      assert.deepEqual(
        answer,
        basis === null ? { isJustified: false, code: 'GATEWAY_NOT_JUSTIFIED' } : { isJustified: true, basis },
      );
    });
  }

  test('answers keep the order of matters', async () => {
    const { context } = aContext();
    const matters = [aParcel({ station: 'st-2' }), aParcel(), aParcel({ station: null, due: ['st-17'] })];
    const answers = await context.justify(scanner, { purpose: 'sorting', ticket: null, nowMs }, matters);
    assert.deepEqual(
      answers.map(({ isJustified }) => isJustified),
      [false, true, true],
    );
  });

  test('a tour justifies on its day where the company is, while it is open', async () => {
    const { state, context } = aContext();
    const basisAt = async (time: string) => {
      const request = { purpose: 'delivery', ticket: null, nowMs: Date.parse(time) };
      return (await context.justify(courier, request, [aParcel()]))[0]?.isJustified;
    };
    assert.equal(await basisAt('2026-11-21T15:59:59.999Z'), false);
    assert.equal(await basisAt('2026-11-21T16:00:00Z'), true);
    assert.equal(await basisAt('2026-11-22T15:59:59.999Z'), true);
    assert.equal(await basisAt('2026-11-22T16:00:00Z'), false);
    const closed = { id: 't-1', courier: 'courier-1', day: '2026-11-22', isOpen: false };
    state.tours.put({ ...closed, trackingNumbers: ['SF1000000001'], by: 'dispatch-1', nowMs });
    assert.equal(await basisAt('2026-11-22T04:00:00Z'), false);
  });

  test('no basis names a parcel or a subject', async () => {
    for (const [, who, purpose, ticket, matter] of rows) {
      const [answer] = await aContext().context.justify(who, { purpose, ticket, nowMs }, [matter]);
      assert.doesNotMatch(JSON.stringify(answer), /SF100|C-1|S-SHOP/i);
    }
  });

  test('the table has every purpose but those for which no fact can be, and no other', () => {
    const without = purposes.filter((purpose) => !(purpose in carrierPurposes));
    assert.deepEqual(without, ['statistics', 'audit', 'notice', 'authority']);
    assert.equal(Object.keys(carrierPurposes).length, purposes.length - without.length);
  });

  test('nothing is justified for who stands in no row of the table', async () => {
    const { context } = aContext();
    for (const purpose of Object.keys(carrierPurposes))
      for (const role of ['analyst', 'auditor', 'administrator', 'dispatch', '']) {
        const who = aPrincipal(role, { station: 'st-17', partner: 'shop-3', attributes: { sender: 'S-SHOP-3' } });
        const answers = await context.justify({ ...who, id: 'courier-1' }, { purpose, ticket: '8812', nowMs }, [
          aParcel(),
          aSubject,
        ]);
        assert.ok(answers.every(({ isJustified }) => !isJustified));
      }
  });
});
