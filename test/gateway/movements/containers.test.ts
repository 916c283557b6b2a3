import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createEpcisCapture, defaultCaptureLimits } from '../../../src/gateway/epcis/capture.ts';
import { defaultMapping } from '../../../src/gateway/epcis/mapping.ts';
import { locatedParcels } from '../../../src/gateway/movements/containers.ts';
import { createParcelTracking } from '../../../src/gateway/movements/tracking.ts';
import { aState } from '../context/a-state.ts';
import { aDocument, type Json, parcel } from '../epcis/documents.ts';
import { aVault } from './a-vault.ts';

const child = 'urn:epc:id:sscc:4012345.0000000001';
const pallet = 'urn:epc:id:sscc:4012345.0000000777';
const cage = 'urn:epc:id:grai:4012345.55555.987';
const lorry = 'urn:epc:id:giai:4012345.lorry7';
const placeOf = (n: number) => `https://id.gs1.org/414/40123450000${['16', '23', '30', '47'][n - 1]}`;

function aNetwork(writes = true) {
  const { state, database } = aState();
  const vault = aVault();
  const broken = { ...vault, writeParcels: () => Promise.reject(new Error('away')) };
  const tracking = createParcelTracking(writes ? vault : broken, state.movements, state.containers);
  const stationOf = (place: string) =>
    [1, 2, 3, 4].map((n) => (placeOf(n) === place ? `st-${n}` : null)).find(Boolean) ?? null;
  const capture = createEpcisCapture({
    tracking,
    jobs: state.jobs,
    mapping: { ...defaultMapping, stationOf },
    limits: defaultCaptureLimits,
    nowMs: () => Date.parse('2026-11-22T12:00:00Z'),
  });
  const tell = (...events: Json[]) => capture.captureDocument(aDocument(events), 'tracking-1', 'rollback');
  const located = locatedParcels(vault, state.containers);
  const where = async () => {
    const [found] = await located.parcels([parcel]);
    return found == null ? null : [found.status, found.station, found.due.join()];
  };
  return { state, database, vault, tell, where };
}

let count = 0;
const event = (minute: number, given: Json): Json => ({
  eventID: `urn:uuid:00000000-0000-4000-8000-${String(++count).padStart(12, '0')}`,
  eventTime: `2026-11-22T08:${String(minute).padStart(2, '0')}:00Z`,
  eventTimeZoneOffset: '+00:00',
  ...given,
});
const moved = (minute: number, epc: string, bizStep: string, place: number | null, next: number | null = null): Json =>
  event(minute, {
    type: 'ObjectEvent',
    action: 'OBSERVE',
    bizStep,
    epcList: [epc],
    ...(place === null ? {} : { bizLocation: { id: placeOf(place) } }),
    ...(next === null ? {} : { destinationList: [{ type: 'location', destination: placeOf(next) }] }),
  });
const packed = (minute: number, action: string, parentID: string, childEPCs: string[] | null, given: Json = {}): Json =>
  event(minute, { type: 'AggregationEvent', action, parentID, ...(childEPCs === null ? {} : { childEPCs }), ...given });

test('what is on a pallet goes where the pallet goes, until it is taken off', async () => {
  const { tell, where } = aNetwork();
  await tell(
    moved(1, child, 'arriving', 1),
    packed(2, 'ADD', pallet, [child], { bizStep: 'packing', bizLocation: { id: placeOf(1) } }),
  );
  assert.deepEqual(await where(), ['at-station', 'st-1', '']);
  await tell(moved(3, pallet, 'departing', null, 2));
  assert.deepEqual(await where(), ['in-transit', null, 'st-2']);
  await tell(moved(4, pallet, 'arriving', 2));
  assert.deepEqual(await where(), ['at-station', 'st-2', '']);
  await tell(packed(5, 'DELETE', pallet, [child]), moved(6, pallet, 'departing', null, 3));
  assert.deepEqual(await where(), ['at-station', 'st-2', '']);
});

test('a pallet that is emptied without a word of what was on it keeps nothing', async () => {
  const { tell, where } = aNetwork();
  await tell(moved(1, child, 'arriving', 1), packed(2, 'ADD', pallet, [child]), moved(3, pallet, 'arriving', 2));
  await tell(
    packed(5, 'DELETE', pallet, null, { bizStep: 'unpacking', bizLocation: { id: placeOf(2) } }),
    moved(6, pallet, 'arriving', 3),
  );
  assert.deepEqual(await where(), ['at-station', 'st-2', '']);
});

test('containers in containers, of whatever kind, take everything along; only parcels are in the vault', async () => {
  const { tell, where, vault, state } = aNetwork();
  await tell(moved(1, child, 'arriving', 1));
  await tell(
    packed(2, 'ADD', cage, [child]),
    packed(3, 'ADD', pallet, [cage]),
    packed(4, 'ADD', lorry, [pallet, cage]),
  );
  await tell(moved(5, lorry, 'departing', null, 2), moved(6, lorry, 'arriving', 2));
  assert.deepEqual(await where(), ['at-station', 'st-2', '']);
  assert.deepEqual([...vault.held.keys()], [parcel]);
  assert.ok(state.movements.has('giai:4012345lorry7'));
  // The cage has left the lorry's pallet for the lorry itself, and leaves that.
  await tell(packed(7, 'DELETE', lorry, [cage]), moved(8, lorry, 'arriving', 3));
  assert.deepEqual(await where(), ['at-station', 'st-2', '']);
});

test('who has arrived for good, or is in something else now, is not moved', async () => {
  const { tell, where } = aNetwork();
  await tell(packed(1, 'ADD', pallet, [child]), moved(2, child, 'retail_selling', 1), moved(3, pallet, 'arriving', 2));
  assert.deepEqual(await where(), ['delivered', null, '']);
  const other = aNetwork();
  await other.tell(moved(1, child, 'arriving', 1), packed(2, 'ADD', pallet, [child]), packed(3, 'ADD', cage, [child]));
  await other.tell(moved(4, pallet, 'arriving', 2), moved(5, cage, 'arriving', 3), moved(6, pallet, 'arriving', 4));
  assert.deepEqual(await other.where(), ['at-station', 'st-3', '']);
});

test('a cage that is made, scrapped or lost says nothing of what is in it; a packing that was an error never was', async () => {
  const { tell, where } = aNetwork();
  const wrong = packed(2, 'ADD', cage, [child]);
  await tell(
    moved(1, child, 'arriving', 1),
    wrong,
    moved(3, cage, 'commissioning', 2),
    moved(4, cage, 'destroying', 2),
  );
  assert.deepEqual(await where(), ['at-station', 'st-1', '']);
  await tell(moved(5, cage, 'arriving', 2));
  assert.deepEqual(await where(), ['at-station', 'st-2', '']);
  await tell({ ...wrong, errorDeclaration: { declarationTime: '2026-11-22T09:00:00Z', reason: 'did_not_occur' } });
  assert.deepEqual(await where(), ['at-station', 'st-1', '']);
});

test('events of parcels and containers in every order end the same', async () => {
  const events = [
    moved(1, child, 'arriving', 1),
    packed(2, 'ADD', cage, [child]),
    moved(3, cage, 'arriving', 1),
    packed(4, 'ADD', pallet, [cage]),
    moved(5, pallet, 'departing', null, 2),
    moved(6, pallet, 'arriving', 2),
    packed(7, 'DELETE', pallet, null),
    moved(8, pallet, 'arriving', 3),
    moved(9, cage, 'departing', null, 4),
  ];
  const inOrder = aNetwork();
  for (const one of events) await inOrder.tell(one);
  const end = await inOrder.where();
  assert.deepEqual(end, ['in-transit', null, 'st-4']);
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray([...events, ...events], { minLength: 18 }), async (told) => {
      const { tell, where } = aNetwork();
      for (const one of told) await tell(one);
      assert.deepEqual(await where(), end);
    }),
    { numRuns: 25 },
  );
});

test('containers that are in each other, and very many of them, end all the same', async () => {
  const { tell, where, database } = aNetwork();
  await tell(
    moved(1, child, 'arriving', 1),
    packed(2, 'ADD', cage, [child]),
    packed(3, 'ADD', pallet, [cage]),
    packed(4, 'ADD', cage, [pallet]),
  );
  await tell(moved(5, pallet, 'arriving', 2));
  assert.deepEqual(await where(), ['at-station', 'st-2', '']);
  const cages = Array.from({ length: 200 }, (_, i) => `urn:epc:id:grai:4012345.55555.${1000 + i}`);
  const into = (one: string, i: number) => ({
    ...packed(6, 'ADD', one, [child]),
    eventTime: `2026-11-22T08:06:00.${100 + i}Z`,
  });
  await tell(...cages.map(into), moved(59, cages[199] ?? '', 'arriving', 3));
  assert.deepEqual(await where(), ['at-station', 'st-3', '']);
  assert.ok(Number(database.prepare('SELECT count(*) AS n FROM packings').get()?.n) <= 64 + 2);
});

test('where a container was of which that is forgotten, nobody has what was in it', async () => {
  const { tell, where } = aNetwork();
  await tell(
    moved(1, child, 'arriving', 1),
    packed(2, 'ADD', cage, [child]),
    moved(3, cage, 'arriving', 2),
    packed(4, 'DELETE', cage, null),
  );
  assert.deepEqual(await where(), ['at-station', 'st-2', '']);
  await tell(
    ...Array.from({ length: 100 }, (_, i) => ({
      ...moved(5, cage, 'arriving', 3),
      eventTime: `2026-11-22T09:00:00.${100 + i}Z`,
    })),
  );
  assert.deepEqual(await where(), ['in-transit', null, '']);
});

test('what the vault does not take is not packed either; who is erased is in nothing', async () => {
  const broken = aNetwork(false);
  await assert.rejects(
    broken.tell(packed(2, 'ADD', cage, [child], { bizStep: 'packing', bizLocation: { id: placeOf(1) } })),
  );
  assert.equal(broken.database.prepare('SELECT count(*) AS n FROM packings').get()?.n, 0);
  const { tell, state } = aNetwork();
  await tell(packed(2, 'ADD', cage, [child]));
  assert.equal(state.containers.forget(parcel), 1);
  await tell(packed(3, 'ADD', cage, [child]));
  assert.equal(state.containers.prune(Date.parse('2026-11-22T08:03:01Z')), 1);
});
