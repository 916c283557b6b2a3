import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { forgetSubject } from '../../../src/gateway/context/forget.ts';
import { migrations } from '../../../src/gateway/context/migrations.ts';
import { createContextState } from '../../../src/gateway/context/state.ts';
import { sweepState } from '../../../src/gateway/context/sweep.ts';
import { openTicketQuery } from '../../../src/gateway/context/tickets.ts';
import { openTourQuery } from '../../../src/gateway/context/tours.ts';
import { movementsQuery } from '../../../src/gateway/movements/history.ts';
import { inTransaction, openSqlite } from '../../../src/store/sqlite.ts';
import { aState } from './a-state.ts';

const nowMs = Date.parse('2026-11-22T12:00:00Z');
const tour = { id: 't-1', courier: 'c-1', day: '2026-11-22', isOpen: true, by: 'dispatch-1', nowMs };
const ticket = {
  id: '1',
  group: 'east',
  agent: null,
  reason: 'late',
  openedMs: nowMs,
  closedMs: null,
  by: 'crm',
  nowMs,
};

test('a tour is replaced as a whole', () => {
  const { tours } = aState().state;
  assert.equal(tours.put({ ...tour, trackingNumbers: ['SF100', 'SF200'] }), true);
  assert.equal(tours.put({ ...tour, trackingNumbers: ['SF200', 'SF300', 'sf300'] }), false);
  assert.equal(tours.findOpen('SF100', 'c-1', '2026-11-22'), null);
  assert.equal(tours.findOpen('SF300', 'c-1', '2026-11-22'), 't-1');
  assert.deepEqual(tours.get('t-1'), { id: 't-1', courier: 'c-1', day: '2026-11-22', isOpen: true, parcels: 2 });
});

test('a tour goes with its parcels, by hand and by age', () => {
  const { database, state } = aState();
  state.tours.put({ ...tour, trackingNumbers: ['SF100'] });
  state.tours.put({ ...tour, id: 't-2', day: '2026-10-01', trackingNumbers: ['SF100'] });
  assert.equal(state.tours.prune('2026-11-01'), 1);
  assert.equal(state.tours.get('t-2'), null);
  assert.equal(state.tours.remove('t-1'), true);
  assert.equal(state.tours.remove('t-1'), false);
  assert.equal(database.prepare('SELECT count(*) AS n FROM tour_parcels').get()?.n, 0);
});

test('tickets of a subject go when it is erased', () => {
  const { tickets } = aState().state;
  tickets.put({ ...ticket, about: { subject: 'C-1' } });
  tickets.put({ ...ticket, id: '2', about: { subject: 'C-2' } });
  assert.equal(tickets.removeOf({ subject: 'C-1' }), 1);
  assert.equal(tickets.get('1'), null);
  assert.equal(tickets.get('2')?.about, 'subject');
  assert.equal(tickets.prune(nowMs + 1), 1);
});

test('look-ups on the path of requests use an index', () => {
  const { database } = aState();
  const plans = [openTourQuery, openTicketQuery].flatMap((sql) => database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all());
  assert.equal(plans.length, 3);
  const [history] = database.prepare(`EXPLAIN QUERY PLAN ${movementsQuery}`).all();
  plans.push(history ?? {});
  for (const { detail } of plans) assert.match(String(detail), /^SEARCH .* USING PRIMARY KEY/);
});

test('files hold neither tracking numbers nor subject ids', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'context-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const database = openSqlite(join(folder, 'state.sqlite'), { migrations, durability: 'full' });
  const state = createContextState(database, new Uint8Array(32).fill(1), (work) => inTransaction(database, work));
  state.tours.put({ ...tour, trackingNumbers: ['MARKED7781234'] });
  state.tickets.put({ ...ticket, about: { subject: 'MARKED-SUBJECT-9' } });
  state.tickets.put({ ...ticket, id: '2', about: { trackingNumber: 'MARKED7781235' } });
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name)).toString('latin1'));
  assert.ok(files.join('').includes('dispatch-1'));
  assert.doesNotMatch(files.join(''), /marked/i);
  database.close();
});

test('what justifies nothing any more is swept away', () => {
  const { state } = aState();
  const old = nowMs - 100 * 24 * 3600 * 1000;
  state.tours.put({ ...tour, day: '2026-11-01', trackingNumbers: ['SF100'] });
  state.tours.put({ ...tour, id: 't-2', trackingNumbers: ['SF100'] });
  state.tickets.put({ ...ticket, about: { subject: 'C-1' }, openedMs: old });
  const movement = { status: null, station: 'st-1', due: null, next: null, isVoid: false };
  state.movements.add([{ ...movement, trackingNumber: 'SF100', atMs: old, event: 'e' }]);
  state.movements.add([{ ...movement, trackingNumber: 'SF200', atMs: old, event: 'e' }]);
  state.movements.add([{ ...movement, trackingNumber: 'SF200', atMs: nowMs, event: 'f' }]);
  state.jobs.start('tracking-1', 'rollback', old);
  assert.deepEqual(sweepState(state, nowMs), { tours: 1, tickets: 1, movements: 1, packings: 0, jobs: 1 });
  assert.equal(state.movements.fold('SF200')?.newestMs, nowMs);
});

test('of who is erased nothing is left here', () => {
  const { database, state } = aState();
  state.tours.put({ ...tour, trackingNumbers: ['SF100', 'SF200'] });
  state.tickets.put({ ...ticket, about: { subject: 'C-1' } });
  state.tickets.put({ ...ticket, id: '2', about: { trackingNumber: 'SF100' } });
  state.tickets.put({ ...ticket, id: '3', about: { trackingNumber: 'SF200' } });
  const movement = { atMs: 1, status: null, station: 'st-1', due: null, next: null, isVoid: false, event: 'e' };
  state.movements.add([
    { ...movement, trackingNumber: 'SF100' },
    { ...movement, trackingNumber: 'SF200' },
  ]);
  assert.equal(forgetSubject(state, 'C-1', ['SF100']), 4);
  const counts = ['tickets', 'tour_parcels', 'movements'].map((table) =>
    Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n),
  );
  assert.deepEqual(counts, [1, 1, 1]);
  assert.equal(state.tours.findOpen('SF200', 'c-1', '2026-11-22'), 't-1');
});

test('tickets, tours and what is erased know a person and a parcel however they are written', () => {
  const { state } = aState();
  state.tickets.put({ ...ticket, about: { subject: ' \uff23-1 ' } });
  assert.equal(state.tickets.findOpen('1', 0, nowMs)?.isAboutSubject('C-1'), true);
  state.tours.put({ ...tour, trackingNumbers: ['SF-100'] });
  assert.equal(state.tours.findOpen('sf100', 'c-1', '2026-11-22'), 't-1');
  assert.equal(forgetSubject(state, 'C-1', ['SF100']), 2);
});
