import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createParcelTracking } from '../../../src/gateway/movements/tracking.ts';
import { parcelRoutes } from '../../../src/gateway/routes/parcels.ts';
import {
  type SubjectAccess,
  type SubjectRightsServices,
  type SubjectServices,
  subjectAccessRoutes,
  subjectRightsRoutes,
  subjectRoutes,
} from '../../../src/gateway/routes/subjects.ts';
import { ticketRoutes } from '../../../src/gateway/routes/tickets.ts';
import { tourRoutes } from '../../../src/gateway/routes/tours.ts';
import type { SubjectChange } from '../../../src/vault/port.ts';
import { aState } from '../context/a-state.ts';
import { aVault } from '../movements/a-vault.ts';
import { aCaller, anApp, nowMs } from './an-app.ts';

function aGateway() {
  const { state } = aState();
  const vault = aVault();
  const written: SubjectChange[] = [];
  const erased: string[] = [];
  const refused: string[] = [];
  const now = () => nowMs;
  const subjects: SubjectServices = {
    vault: {
      async write(changes) {
        written.push(...changes);
        return { made: changes.length, changed: 0, same: 0 };
      },
    },
    nowMs: now,
  };
  const access: SubjectAccess = {
    report: async (_caller, subject, ticket) => ({ subject, ticket }),
    export: async (_caller, subject) => ({ exported: subject }),
    refuse: async ({ principal }, subject) => void refused.push(`${principal.role} ${subject}`),
  };
  const rights: SubjectRightsServices = {
    history: { of: async () => ({ disclosures: [] }) },
    erasure: { erase: async (subject) => erased.push(subject) > 0 && subject !== 'nobody' },
  };
  const gateway = anApp((app) => {
    tourRoutes(app, { tours: state.tours, nowMs: now });
    ticketRoutes(app, { tickets: state.tickets, nowMs: now });
    parcelRoutes(app, { vault, tracking: createParcelTracking(vault, state.movements, state.containers), nowMs: now });
    subjectRoutes(app, subjects);
    subjectAccessRoutes(app, access);
    subjectRightsRoutes(app, rights);
  });
  return { ...gateway, state, vault, written, erased, refused };
}

const tour = { courier: 'courier-1', day: '2026-11-22', parcels: ['SF1000000001'] };
const ticket = { subject: 'C-1', group: 'east', reason: 'late' };

test('a tour is made, replaced, shown without its parcels, and removed', async () => {
  const { call, state } = aGateway();
  assert.equal((await call('PUT', '/v1/tours/t-1', tour)).status, 201);
  const again = await call('PUT', '/v1/tours/t-1', { ...tour, open: false });
  assert.deepEqual([again.status, again.body.open], [200, false]);
  const shown = await call('GET', '/v1/tours/t-1');
  assert.deepEqual(shown.body, { id: 't-1', courier: 'courier-1', day: '2026-11-22', open: false, parcels: 1 });
  assert.equal((await call('DELETE', '/v1/tours/t-1')).status, 204);
  assert.equal((await call('GET', '/v1/tours/t-1')).status, 404);
  assert.equal(state.tours.get('t-1'), null);
});

test('a ticket is opened and closed, and never shows whom it is about', async () => {
  const { call, state } = aGateway();
  const made = await call('PUT', '/v1/tickets/8812', ticket);
  assert.deepEqual([made.status, made.body.opened], [201, '2026-11-22T12:00:00.000Z']);
  assert.doesNotMatch(made.text, /C-1/);
  assert.equal(state.tickets.findOpen('8812', 0, nowMs)?.isAboutSubject('C-1'), true);
  await call('PUT', '/v1/tickets/8812', { ...ticket, closed: '2026-11-22T13:00:00+01:00' });
  assert.equal(state.tickets.findOpen('8812', 0, nowMs), null);
});

test('what a ticket must say', async () => {
  const { call } = aGateway();
  const wrong = [
    { ...ticket, parcel: 'SF1000000001' },
    { group: 'east', reason: 'late' },
    { subject: 'C-1', reason: 'late' },
    { ...ticket, reason: 'the customer, Mrs Li, says' },
    { ...ticket, opened: '2026-11-24T12:00:00Z' },
    { ...ticket, opened: 'yesterday' },
    { ...ticket, more: 1 },
  ];
  for (const body of wrong) assert.equal((await call('PUT', '/v1/tickets/1', body)).status, 400, JSON.stringify(body));
});

test('parcels are written in any order, and shown without anybody in them', async () => {
  const { call, vault } = aGateway();
  const parcel = { trackingNumber: 'SF1000000001', recipient: 'C-1', sender: 'S-3' };
  const moved = { trackingNumber: 'SF1000000001', status: 'at-station', station: 'st-1', at: '2026-11-22T11:00:00Z' };
  await call('POST', '/v1/parcels', { parcels: [moved] });
  const made = await call('POST', '/v1/parcels', {
    parcels: [{ ...parcel, due: ['st-1', 'st-2'], at: '2026-11-22T10:00:00Z' }],
  });
  assert.equal(made.status, 200);
  const shown = await call('GET', '/v1/parcels/SF1000000001');
  assert.deepEqual(shown.body, {
    trackingNumber: 'SF1000000001',
    status: 'at-station',
    station: 'st-1',
    due: ['st-2'],
    at: '2026-11-22T11:00:00.000Z',
  });
  assert.deepEqual(vault.held.get('SF1000000001')?.parties, { recipient: 'C-1', sender: 'S-3' });
  assert.equal((await call('GET', '/v1/parcels/SF1000000002')).status, 404);
  assert.equal(
    (await call('POST', '/v1/parcels', { parcels: [{ ...moved, at: '2027-01-01T00:00:00Z' }] })).status,
    400,
  );
});

test('subjects are written, one or many', async () => {
  const { call, written } = aGateway();
  await call('PUT', '/v1/subjects/C-1', { fields: { name: 'Li Lei', phone: null } });
  await call('POST', '/v1/subjects', { subjects: [{ id: 'C-2', fields: { email: 'a@example.com' } }] });
  assert.deepEqual(written, [
    { id: 'C-1', atMs: nowMs, fields: { name: 'Li Lei', phone: null } },
    { id: 'C-2', atMs: nowMs, fields: { email: 'a@example.com' } },
  ]);
  const refused = await call('PUT', '/v1/subjects/C-1', { fields: { nickname: 'Lei' } });
  assert.equal(refused.status, 400);
  assert.doesNotMatch(refused.text, /Lei/);
});

test('a privacy officer sees, exports and erases; with a ticket', async () => {
  const { call, as, erased } = aGateway();
  as(aCaller('privacy-officer', { kind: 'staff' }));
  assert.deepEqual((await call('GET', '/v1/subjects/C-1?ticket=77')).body, { subject: 'C-1', ticket: '77' });
  assert.deepEqual((await call('GET', '/v1/subjects/C-1/export?ticket=77')).body, { exported: 'C-1' });
  assert.equal((await call('GET', '/v1/subjects/C-1')).status, 400);
  assert.deepEqual((await call('GET', '/v1/subjects/C-1/disclosures')).body, { disclosures: [] });
  assert.equal((await call('DELETE', '/v1/subjects/C-1')).status, 204);
  assert.equal((await call('DELETE', '/v1/subjects/nobody')).status, 404);
  assert.deepEqual(erased, ['C-1', 'nobody']);
});

/** Every route here, and who may: services by role, and people for privacy. */
const routes: [method: 'GET' | 'PUT' | 'POST' | 'DELETE', url: string, body: unknown, roles: string[]][] = [
  ['PUT', '/v1/tours/t-9', tour, ['dispatch', 'integration']],
  ['GET', '/v1/tours/t-9', undefined, ['dispatch', 'integration']],
  ['DELETE', '/v1/tours/t-9', undefined, ['dispatch', 'integration']],
  ['PUT', '/v1/tickets/9', ticket, ['ticketing', 'integration']],
  ['GET', '/v1/tickets/9', undefined, ['ticketing', 'integration']],
  ['DELETE', '/v1/tickets/9', undefined, ['ticketing', 'integration']],
  ['POST', '/v1/parcels', { parcels: [{ trackingNumber: 'SF99' }] }, ['orders', 'tracking', 'integration']],
  ['GET', '/v1/parcels/SF99', undefined, ['orders', 'tracking', 'integration']],
  ['PUT', '/v1/subjects/C-9', { fields: {} }, ['orders', 'integration']],
  ['POST', '/v1/subjects', { subjects: [{ id: 'C-9', fields: {} }] }, ['orders', 'integration']],
  ['GET', '/v1/subjects/C-9?ticket=1', undefined, ['privacy-officer']],
  ['GET', '/v1/subjects/C-9/export?ticket=1', undefined, ['privacy-officer']],
  ['GET', '/v1/subjects/C-9/disclosures', undefined, ['privacy-officer']],
  ['DELETE', '/v1/subjects/C-9', undefined, ['privacy-officer']],
];
const roles = [...new Set(routes.flatMap(([, , , allowed]) => allowed))];
const everyone = [...roles, 'scanner', 'courier', 'customer-service', 'shop', 'analyst', 'auditor', 'administrator'];

test('who asks for a person without being a privacy officer is refused, and that is recorded', async () => {
  const { call, as, refused } = aGateway();
  as(aCaller('customer-service', { kind: 'staff' }));
  assert.equal((await call('GET', '/v1/subjects/C-1?ticket=77')).status, 403);
  assert.equal((await call('GET', '/v1/subjects/C-2/export?ticket=77')).status, 403);
  assert.deepEqual(refused, ['customer-service C-1', 'customer-service C-2']);
});

test('who may do what', async () => {
  const { call, as } = aGateway();
  for (const [method, url, body, allowed] of routes)
    for (const role of everyone)
      for (const kind of ['device', 'staff', 'service'] as const)
        for (const partner of [null, 'partner-1']) {
          as(aCaller(role, { kind, partner }));
          const { status } = await call(method, url, body);
          const isKind = kind === (role === 'privacy-officer' ? 'staff' : 'service');
          const may = isKind && partner === null && allowed.includes(role);
          assert.equal(status === 403, !may, `${method} ${url} ${role} ${kind} ${partner} ${status}`);
        }
});
