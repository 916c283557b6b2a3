import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { addDevice, ask, makeHome, startGateway, withGateway } from './lab.ts';

const sscc = '040123450000000016';
const urn = 'urn:epc:id:sscc:4012345.0000000001';
const nothing = { station: null, partner: null, attributes: {} };

/** An event so many minutes ago. */
const anEvent = (minutesAgo: number, given: object) => ({
  type: 'ObjectEvent',
  eventTime: new Date(Date.now() - minutesAgo * 60_000).toISOString(),
  eventTimeZoneOffset: '+00:00',
  action: 'OBSERVE',
  epcList: [urn],
  ...given,
});

const aDocument = (eventList: readonly object[]) => ({
  '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
  type: 'EPCISDocument',
  schemaVersion: '2.0',
  creationDate: new Date().toISOString(),
  epcisBody: { eventList },
});

test('a customer and a parcel are written, events move the parcel, and only where it is it may be read', async (t) => {
  const home = await makeHome(t);
  const { orders, tracking, dispatch, ticketing, scanner, courier, officer } = await withGateway(home, (gateway) => {
    const change = { actor: 'test', nowMs: Date.now() };
    gateway.places.putStation(
      { id: 'st-1', partner: null, attributes: { places: 'urn:epc:id:sgln:4012345.00001.0' } },
      change,
    );
    gateway.places.putStation({ id: 'st-2', partner: null, attributes: {} }, change);
    const make = (id: string, kind: 'service' | 'device' | 'staff', role: string, station: string | null = null) =>
      addDevice(gateway, { ...nothing, id, kind, role, station });
    return {
      orders: make('orders-1', 'service', 'orders'),
      tracking: make('tracking-1', 'service', 'tracking'),
      dispatch: make('dispatch-1', 'service', 'dispatch'),
      ticketing: make('ticketing-1', 'service', 'ticketing'),
      officer: make('officer-1', 'staff', 'privacy-officer'),
      scanner: make('scanner-1', 'device', 'scanner', 'st-1'),
      courier: make('courier-1', 'staff', 'courier'),
    };
  });
  const gateway = await startGateway(home);
  const call = (who: typeof orders, method: string, path: string, body?: object) =>
    ask(gateway.address, who, method, path, body);

  const person = { name: '欧阳标记值', phone: '13911112222', address: '北京市海淀区标记值路1号院2单元303室' };
  assert.equal((await call(orders, 'PUT', '/v1/subjects/c-1', { fields: person })).status, 200);
  const announced = { parcels: [{ trackingNumber: sscc, recipient: 'c-1', status: 'announced' }] };
  assert.equal((await call(orders, 'POST', '/v1/parcels', announced)).status, 200);

  const sorting = { purpose: 'sorting', fields: { name: 'masked' }, parcels: [sscc] };
  const decision = async () => (await call(scanner, 'POST', '/v1/disclosures', sorting)).json().disclosures[0].decision;
  assert.equal(await decision(), 'refused');
  // Its own clock says that the parcel was announced just now: what moved it came before, unless events are of now.
  const arriving = anEvent(-1, { bizStep: 'arriving', bizLocation: { id: 'urn:epc:id:sgln:4012345.00001.0' } });
  const captured = await call(tracking, 'POST', '/v1/epcis/capture', aDocument([arriving]));
  assert.equal(captured.status, 202, captured.text);
  const job = await call(tracking, 'GET', captured.headers.get('location') ?? '');
  assert.equal(job.json().success, true, job.text);
  assert.equal(await decision(), 'allowed');
  await call(tracking, 'POST', '/v1/epcis/events', anEvent(-2, { bizStep: 'departing' }));
  assert.equal(await decision(), 'refused');

  const delivery = { purpose: 'delivery', fields: { address: 'clear' }, parcels: [sscc] };
  assert.equal((await call(courier, 'POST', '/v1/disclosures', delivery)).status, 403);
  const today = new Intl.DateTimeFormat('en-CA').format(new Date());
  const tour = { courier: 'courier-1', day: today, parcels: [sscc] };
  assert.equal((await call(dispatch, 'PUT', '/v1/tours/t-1', tour)).status, 201);
  const given = await call(courier, 'POST', '/v1/disclosures', delivery);
  assert.equal(given.json().disclosures[0].values.address.value, person.address, given.text);

  const access = '/v1/subjects/c-1?ticket=77';
  assert.equal((await call(officer, 'GET', access)).status, 403);
  const ticket = { subject: 'c-1', agent: 'officer-1', reason: 'access-request' };
  assert.equal((await call(ticketing, 'PUT', '/v1/tickets/77', ticket)).status, 201);
  const shown = await call(officer, 'GET', access);
  assert.equal(shown.status, 200, shown.text);
  assert.deepEqual(
    shown.json().values.map(({ value }: { value: string }) => value),
    [person.name, person.phone, person.address],
  );
  assert.deepEqual([shown.json().parcels[0].trackingNumber, shown.json().parcels[0].as], [sscc, ['recipient']]);

  for (const [who, method, path, body] of [
    [scanner, 'PUT', '/v1/tours/t-2', tour],
    [courier, 'POST', '/v1/epcis/capture', aDocument([])],
    [tracking, 'PUT', '/v1/subjects/c-1', { fields: {} }],
  ] as const)
    assert.equal((await call(who, method, path, body)).status, 403, path);
  await gateway.stop();
  assert.deepEqual(gateway.notes, []);

  for (const entry of readdirSync(home, { recursive: true, encoding: 'utf8' })) {
    const file = join(home, entry);
    if (!statSync(file).isFile()) continue;
    const bytes = readFileSync(file);
    for (const value of [...Object.values(person), sscc, '4012345.0000000001'])
      assert.ok(!bytes.includes(value), `a planted value stands in ${entry}`);
  }
});
