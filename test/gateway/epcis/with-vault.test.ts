import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBusinessContext } from '../../../src/gateway/context/business-context.ts';
import { createEpcisCapture, defaultCaptureLimits } from '../../../src/gateway/epcis/capture.ts';
import { createMapping, createStationFinder } from '../../../src/gateway/epcis/settings.ts';
import { createParcelTracking } from '../../../src/gateway/movements/tracking.ts';
import type { Principal } from '../../../src/gateway/port.ts';
import { openTestVault } from '../../vault/support.ts';
import { aState } from '../context/a-state.ts';
import { aDocument, anEvent, parcel } from './documents.ts';

const nowMs = Date.parse('2026-11-22T12:00:00Z');
const scanner = (station: string): Principal => ({
  id: `scanner-${station}`,
  kind: 'device',
  role: 'scanner',
  station,
  partner: 'p-1',
  attributes: {},
});

async function aNetwork() {
  const { vault } = await openTestVault({ nowMs: () => nowMs });
  const { state } = aState();
  const stations = [
    { id: 'st-1', attributes: { places: 'urn:epc:id:sgln:4012345.00001.0' } },
    { id: 'st-2', attributes: { places: 'https://id.gs1.org/414/4012345000023' } },
  ];
  const find = createStationFinder(
    () => stations,
    () => nowMs,
  );
  const tracking = createParcelTracking(vault, state.movements, state.containers);
  const capture = createEpcisCapture({
    tracking,
    jobs: state.jobs,
    mapping: createMapping({}, find),
    limits: defaultCaptureLimits,
    nowMs: () => nowMs,
  });
  const context = createBusinessContext(state, { timeZone: 'UTC' });
  const basisFor = async (station: string) => {
    const [found] = await vault.parcels([parcel]);
    assert.ok(found);
    const { parties, ...rest } = found;
    const matter = { parcel: { ...rest, party: 'recipient' as const, sender: parties.sender }, subject: 'C-1' };
    const ask = { purpose: 'sorting', ticket: null, nowMs };
    const [answer] = await context.justify(scanner(station), ask, [matter]);
    return answer?.isJustified === true ? answer.basis : null;
  };
  return { vault, tracking, capture, basisFor };
}

const arrived = anEvent();
const departed = anEvent({
  eventTime: '2026-11-22T11:00:00+08:00',
  bizStep: 'shipping',
  destinationList: [{ type: 'location', destination: 'urn:epc:id:sgln:4012345.00002.0' }],
});
const received = anEvent({
  eventTime: '2026-11-22T12:00:00+08:00',
  bizStep: 'receiving',
  bizLocation: { id: 'urn:epc:id:sgln:4012345.00002.0' },
});

test('a scanner reads a parcel as events bring it: here, due, and no more', async () => {
  const { capture, basisFor } = await aNetwork();
  await capture.captureDocument(aDocument([arrived]), 'tracking-1', 'rollback');
  assert.equal(await basisFor('st-1'), 'parcel at station st-1');
  assert.equal(await basisFor('st-2'), null);
  await capture.captureEvent(departed);
  assert.equal(await basisFor('st-1'), null);
  assert.equal(await basisFor('st-2'), 'parcel due at station st-2');
  await capture.captureEvent(received);
  assert.equal(await basisFor('st-2'), 'parcel at station st-2');
});

test('events in every order end the same in the vault', async () => {
  const events = [arrived, departed, received];
  const ends = new Set<string>();
  for (const order of [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ]) {
    const { capture, vault, tracking } = await aNetwork();
    const announced = { status: 'announced' as const, station: undefined, due: ['st-1', 'st-2', 'st-3'], next: null };
    for (const [i, at] of order.entries()) {
      await capture.captureEvent(events[at]);
      if (i === 1)
        await tracking.record(
          [{ trackingNumber: parcel, atMs: nowMs - 24 * 3600 * 1000, event: 'made', ...announced, isVoid: false }],
          [{ trackingNumber: parcel, parties: { recipient: 'C-1', sender: 'S-1' } }],
        );
    }
    ends.add(JSON.stringify(await vault.parcels([parcel])));
  }
  assert.equal(ends.size, 1);
  const [end] = JSON.parse([...ends][0] ?? '[]');
  assert.deepEqual([end.station, end.due, end.parties.recipient], ['st-2', ['st-3'], 'C-1']);
});

test('an event that was an error gives the station its parcel back', async () => {
  const { capture, basisFor } = await aNetwork();
  await capture.captureDocument(aDocument([arrived, departed, received]), 'tracking-1', 'rollback');
  const errorDeclaration = { declarationTime: '2026-11-22T12:30:00+08:00', reason: 'did_not_occur' };
  await capture.captureEvent({ ...received, errorDeclaration });
  assert.equal(await basisFor('st-2'), 'parcel due at station st-2');
  await capture.captureEvent({ ...departed, errorDeclaration });
  assert.equal(await basisFor('st-1'), 'parcel at station st-1');
});
