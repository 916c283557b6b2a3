import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parcelStatuses } from '../../../src/contract/api/words.ts';
import type { Movement } from '../../../src/gateway/movements/movement.ts';
import { createParcelTracking } from '../../../src/gateway/movements/tracking.ts';
import { openTestVault } from '../../vault/support.ts';
import { aState } from '../context/a-state.ts';
import { aVault } from './a-vault.ts';

const aMovement = (given: Partial<Movement>): Movement => ({
  trackingNumber: 'SF100',
  atMs: 1000,
  event: 'e-1',
  status: 'at-station',
  station: 'st-1',
  due: null,
  next: null,
  isVoid: false,
  ...given,
});

function aTracking(vault = aVault()) {
  const { state } = aState();
  return { vault, history: state.movements, tracking: createParcelTracking(vault, state.movements, state.containers) };
}

const stations = ['st-1', 'st-2', 'st-3', 'st-4'];
const movements = fc.uniqueArray(
  fc.record({
    trackingNumber: fc.constantFrom('SF100', 'SF200'),
    atMs: fc.integer({ min: 1, max: 12 }),
    event: fc.integer({ min: 0, max: 1_000_000 }).map(String),
    status: fc.option(fc.constantFrom(...parcelStatuses)),
    station: fc.constantFrom(undefined, null, ...stations),
    due: fc.option(fc.shuffledSubarray(stations)),
    next: fc.option(fc.constantFrom(...stations)),
    isVoid: fc.boolean(),
  }),
  { maxLength: 14, selector: ({ event }) => event },
);

test('any order of the same events gives the same parcels, told once or more often', async () => {
  await fc.assert(
    fc.asyncProperty(
      movements.chain((events) =>
        fc.record({
          events: fc.constant(events),
          // A declared error is told as it was first, too.
          told: fc.shuffledSubarray([...events, ...events.map((event) => ({ ...event, isVoid: false }))], {
            minLength: 2 * events.length,
          }),
          cut: fc.nat({ max: 28 }),
        }),
      ),
      async ({ events, told, cut }) => {
        const inOrder = aTracking();
        await inOrder.tracking.record([...events].sort((a, b) => a.atMs - b.atMs));
        const shuffled = aTracking();
        await shuffled.tracking.record(told.slice(0, cut));
        await Promise.all([
          shuffled.tracking.record(told.slice(cut)),
          shuffled.tracking.record(told.slice(0, cut).reverse()),
        ]);
        assert.deepEqual(new Map([...shuffled.vault.held].sort()), new Map([...inOrder.vault.held].sort()));
      },
    ),
    { numRuns: 150 },
  );
});

test('a late event does not overwrite a newer one', async () => {
  const { vault, tracking } = aTracking();
  await tracking.record([aMovement({ atMs: 2000, event: 'b', station: 'st-2' })]);
  await tracking.record([aMovement({ atMs: 1000, event: 'a', station: 'st-1' })]);
  assert.equal(vault.held.get('SF100')?.station, 'st-2');
  assert.equal(vault.held.get('SF100')?.atMs, 2000);
});

test('a station that was reached is due no more, nor are those before it', async () => {
  const { vault, tracking } = aTracking();
  await tracking.record([aMovement({ atMs: 1, event: 'plan', station: null, due: ['st-1', 'st-2', 'st-3'] })]);
  await tracking.record([aMovement({ atMs: 3, event: 'c', status: 'in-transit', station: null })]);
  assert.deepEqual(vault.held.get('SF100')?.due, ['st-1', 'st-2', 'st-3']);
  await tracking.record([aMovement({ atMs: 2, event: 'b', station: 'st-2' })]);
  assert.deepEqual(vault.held.get('SF100')?.due, ['st-3']);
  assert.equal(vault.held.get('SF100')?.station, null);
});

test('an event that is declared an error is taken back, wherever it stood', async () => {
  const { vault, tracking } = aTracking();
  await tracking.record([aMovement({ atMs: 1, event: 'a' }), aMovement({ atMs: 2, event: 'b', station: 'st-9' })]);
  await tracking.record([aMovement({ atMs: 2, event: 'b', station: 'st-9', isVoid: true })]);
  assert.equal(vault.held.get('SF100')?.station, 'st-1');
});

test('what the vault knew of a parcel before stays', async () => {
  const vault = aVault();
  const known = { trackingNumber: 'SF100', atMs: 500, status: 'at-station', station: 'st-7', due: ['st-8'] } as const;
  await vault.writeParcels([{ ...known, parties: { recipient: 'C-1' } }]);
  const { tracking } = aTracking(vault);
  await tracking.record([aMovement({ atMs: 400, event: 'late', station: 'st-1' })]);
  assert.deepEqual(vault.held.get('SF100'), {
    ...known,
    due: ['st-8'],
    parties: { recipient: 'C-1', sender: null },
  });
  await tracking.record([aMovement({ atMs: 600, event: 'next', status: 'in-transit', station: null })]);
  assert.deepEqual(vault.held.get('SF100')?.due, ['st-8']);
});

test('parties count although the parcel has moved since', async () => {
  const { vault, tracking } = aTracking();
  await tracking.record([aMovement({ atMs: 2000, event: 'moved' })]);
  const announced = aMovement({ atMs: 1000, event: 'made', status: 'announced', station: null });
  await tracking.record([announced], [{ trackingNumber: 'SF100', parties: { recipient: 'C-1' } }]);
  assert.equal(vault.held.get('SF100')?.parties.recipient, 'C-1');
  assert.equal(vault.held.get('SF100')?.station, 'st-1');
});

test('the next station goes before what is planned', async () => {
  const { vault, tracking } = aTracking();
  await tracking.record([aMovement({ atMs: 1, event: 'plan', station: null, due: ['st-1', 'st-2', 'st-3'] })]);
  await tracking.record([aMovement({ atMs: 2, event: 'a', station: null, next: 'st-2' })]);
  assert.deepEqual(vault.held.get('SF100')?.due, ['st-2', 'st-3']);
  await tracking.record([aMovement({ atMs: 3, event: 'b', station: null, next: 'st-9' })]);
  assert.deepEqual(vault.held.get('SF100')?.due, ['st-9', 'st-2', 'st-3']);
});

test('a vault that fails loses nothing: the same events again bring it up to date', async () => {
  const vault = aVault();
  let fails = true;
  const { tracking, history } = aTracking({
    ...vault,
    writeParcels: (changes) => (fails ? Promise.reject(new Error('away')) : vault.writeParcels(changes)),
  });
  await assert.rejects(tracking.record([aMovement({})]));
  assert.equal(history.fold('SF100'), null);
  fails = false;
  await tracking.record([aMovement({})]);
  assert.equal(vault.held.get('SF100')?.station, 'st-1');
});

test('a parcel with very many events keeps a bounded history and its state', async () => {
  const { state, database } = aState();
  const vault = aVault();
  const tracking = createParcelTracking(vault, state.movements, state.containers);
  await tracking.record([aMovement({ atMs: 1, event: 'plan', station: null, due: ['st-1', 'st-2', 'st-3'] })]);
  for (let i = 0; i < 300; i++) {
    const station = i === 10 ? 'st-2' : `other-${i % 7}`;
    await tracking.record([aMovement({ atMs: 10 + i, event: `e${i}`, station })]);
  }
  const rows = Number(database.prepare('SELECT count(*) AS n FROM movements').get()?.n);
  assert.ok(rows <= 64, `${rows}`);
  assert.deepEqual(vault.held.get('SF100')?.due, ['st-3']);
  await tracking.record([aMovement({ atMs: 2, event: 'much too late', station: 'st-3' })]);
  assert.equal(vault.held.get('SF100')?.station, `other-${299 % 7}`);
  assert.equal(state.movements.prune(9999), rows);
});

test('others get their turn while much is recorded', async () => {
  const { state } = aState();
  let turns = 0;
  const turnsAt: number[] = [];
  const history = {
    ...state.movements,
    add(part: readonly Movement[]) {
      turnsAt.push(turns);
      return state.movements.add(part);
    },
  };
  const tracking = createParcelTracking(aVault(), history, state.containers);
  let isOver = false;
  const tick = () => {
    turns++;
    if (!isOver) setImmediate(tick);
  };
  tick();
  const many = Array.from({ length: 2000 }, (_, i) => aMovement({ trackingNumber: `SF${1000 + i}`, event: `${i}` }));
  await tracking.record(many);
  isOver = true;
  assert.equal(turnsAt.length, 20);
  assert.equal(new Set(turnsAt).size, 20);
});

test('a parcel that is told of twice in one call keeps the parties of both', async () => {
  const { vault, tracking } = aTracking();
  const changes = [aMovement({ atMs: 1, event: 'made' }), aMovement({ atMs: 2, event: 'moved', station: 'st-2' })];
  await tracking.record(changes, [
    { trackingNumber: 'SF100', parties: { recipient: 'C-1' } },
    { trackingNumber: 'SF100', parties: { sender: 'S-1' } },
  ]);
  assert.deepEqual(vault.held.get('SF100')?.parties, { recipient: 'C-1', sender: 'S-1' });
});

test('a parcel has one history, however its number is written', async () => {
  const { vault } = await openTestVault();
  const { state } = aState();
  const tracking = createParcelTracking(vault, state.movements, state.containers);
  await tracking.record([
    aMovement({ trackingNumber: 'SF-100200', atMs: 9, event: 'a', station: 'st-9', due: ['st-3'] }),
  ]);
  await tracking.record([aMovement({ trackingNumber: 'sf100200', atMs: 8, event: 'b', station: 'st-8' })]);
  await tracking.record([
    aMovement({ trackingNumber: 'SF100200', atMs: 10, event: 'c', station: undefined, status: null }),
  ]);
  const [parcel] = await vault.parcels(['SF100200']);
  assert.deepEqual([parcel?.station, parcel?.due], ['st-9', ['st-3']]);
  assert.ok(state.movements.forget('sf-100200') > 0);
  assert.equal(state.movements.has('SF100200'), false);
});
