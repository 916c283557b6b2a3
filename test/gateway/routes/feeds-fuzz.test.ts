import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createEpcisCapture, defaultCaptureLimits } from '../../../src/gateway/epcis/capture.ts';
import { defaultMapping } from '../../../src/gateway/epcis/mapping.ts';
import { createParcelTracking } from '../../../src/gateway/movements/tracking.ts';
import { epcisRoutes } from '../../../src/gateway/routes/epcis.ts';
import { parcelRoutes } from '../../../src/gateway/routes/parcels.ts';
import { subjectAccessRoutes, subjectRightsRoutes, subjectRoutes } from '../../../src/gateway/routes/subjects.ts';
import { ticketRoutes } from '../../../src/gateway/routes/tickets.ts';
import { tourRoutes } from '../../../src/gateway/routes/tours.ts';
import { aState } from '../context/a-state.ts';
import { aDocument, anEvent } from '../epcis/documents.ts';
import { aVault } from '../movements/a-vault.ts';
import { anApp, nowMs } from './an-app.ts';

function aGateway() {
  const { state } = aState();
  const vault = aVault();
  const now = () => nowMs;
  const tracking = createParcelTracking(vault, state.movements, state.containers);
  const summary = { made: 0, changed: 0, same: 0 };
  return anApp((app) => {
    tourRoutes(app, { tours: state.tours, nowMs: now });
    ticketRoutes(app, { tickets: state.tickets, nowMs: now });
    parcelRoutes(app, { vault, tracking, nowMs: now });
    subjectRoutes(app, { vault: { write: async () => summary }, nowMs: now });
    subjectAccessRoutes(app, { report: async () => null, export: async () => null, refuse: async () => undefined });
    subjectRightsRoutes(app, {
      history: { of: async () => ({ disclosures: [] }) },
      erasure: { erase: async () => true },
    });
    const limits = defaultCaptureLimits;
    epcisRoutes(app, createEpcisCapture({ tracking, jobs: state.jobs, mapping: defaultMapping, limits, nowMs: now }));
  });
}

/** A right body of each route that has one. */
const bodies: [method: 'PUT' | 'POST', url: string, body: object][] = [
  ['PUT', '/v1/tours/t-1', { courier: 'c-1', day: '2026-11-22', open: true, parcels: ['SF1000'] }],
  [
    'PUT',
    '/v1/tickets/1',
    { subject: 'C-1', group: 'east', agent: 'a-1', reason: 'late', opened: '2026-11-22T10:00:00Z' },
  ],
  [
    'POST',
    '/v1/parcels',
    {
      parcels: [
        {
          trackingNumber: 'SF1000',
          recipient: 'C-1',
          status: 'lost',
          station: null,
          due: ['st-1'],
          at: '2026-11-22T10:00:00Z',
        },
      ],
    },
  ],
  ['PUT', '/v1/subjects/C-1', { fields: { name: 'Li', phone: null }, at: '2026-11-22T10:00:00Z' }],
  ['POST', '/v1/subjects', { subjects: [{ id: 'C-1', fields: { email: 'a@b.example' } }] }],
  ['POST', '/v1/epcis/capture', aDocument([anEvent()])],
  ['POST', '/v1/epcis/events', anEvent({ bizTransactionList: [{ type: 'po', bizTransaction: 'urn:x:1' }] })],
];

/** Texts that must come back in no answer. */
const marked = fc.stringMatching(/^[A-Za-z0-9 :/.-]{0,20}$/).map((text) => `MARKED${text}`);
const anything = fc.oneof(
  marked,
  fc.constantFrom(null, '', 0, -1, 1e308, true, [], {}, '2026-99-99T00:00:00Z', '\u0000', '\ud800', 'a'.repeat(3000)),
  fc.array(marked, { maxLength: 3 }),
  fc.dictionary(marked, marked, { maxKeys: 2 }),
);

/** The body with one place, chosen by a number, changed, taken away or added to. */
function change(json: unknown, at: number, value: unknown, how: 'set' | 'remove' | 'add'): unknown {
  const copy: unknown = structuredClone(json);
  const places: [object, string][] = [];
  const walk = (inner: unknown) => {
    if (typeof inner !== 'object' || inner === null) return;
    for (const member of Object.keys(inner)) {
      places.push([inner, member]);
      walk((inner as Record<string, unknown>)[member]);
    }
  };
  walk(copy);
  const [holder, member] = places[at % places.length] ?? [{}, ''];
  if (how === 'set') (holder as Record<string, unknown>)[member] = value;
  else if (how === 'remove') delete (holder as Record<string, unknown>)[member];
  else (holder as Record<string, unknown>)[typeof value === 'string' ? value : 'more'] = value;
  return copy;
}

test('whatever is sent, no fault, and a refusal holds nothing of it', async () => {
  const { call } = aGateway();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...bodies),
      fc.nat(40),
      anything,
      fc.constantFrom('set' as const, 'remove' as const, 'add' as const),
      async ([method, url, body], at, value, how) => {
        const answer = await call(method, url, change(body, at, value, how));
        assert.ok(answer.status < 500, `${url} ${answer.status}`);
        if (answer.status >= 400) assert.doesNotMatch(answer.text, /MARKED/, url);
      },
    ),
    { numRuns: 250 },
  );
});

test('whatever stands in an address, no fault', async () => {
  const { call } = aGateway();
  const bases = [
    '/v1/tours/',
    '/v1/tickets/',
    '/v1/parcels/',
    '/v1/subjects/',
    '/v1/epcis/',
    '/v1/epcis/capture/',
    '/v1/epcis/capture?',
  ];
  const tails = fc.oneof(
    marked,
    fc.string(),
    fc.constantFrom('..', '%2e%2e', '%00', '%', 'a;b', '//', 'x?ticket=1', 'nextPageToken=%27'),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET' as const, 'DELETE' as const, 'PUT' as const),
      fc.constantFrom(...bases),
      tails,
      async (method, base, tail) => {
        const url = `${base}${tail.replace(/[^\x21-\x7e]/g, '_')}`;
        const answer = await call(method, url, method === 'PUT' ? {} : undefined);
        assert.ok(answer.status < 500 || answer.status === 501, `${url} ${answer.status}`);
      },
    ),
    { numRuns: 150 },
  );
});
