import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isConfig } from '../../../src/contract/config.ts';
import { createMapping, createStationFinder } from '../../../src/gateway/epcis/settings.ts';

test('stations are found by their places, and again after a while', () => {
  let nowMs = 1000;
  const stations = [
    { id: 'st-1', attributes: { places: 'urn:epc:id:sgln:4012345.00001.0  geo:31.2,121.5' } },
    { id: 'st-2', attributes: {} },
  ];
  const find = createStationFinder(
    () => stations,
    () => nowMs,
  );
  assert.equal(find('https://id.gs1.org/414/4012345000016'), 'st-1');
  assert.equal(find('geo:31.2,121.5'), 'st-1');
  assert.equal(find(''), null);
  stations.push({ id: 'st-3', attributes: { places: 'https://id.gs1.org/414/4012345000023' } });
  assert.equal(find('https://id.gs1.org/414/4012345000023'), null);
  nowMs += 5001;
  assert.equal(find('https://id.gs1.org/414/4012345000023'), 'st-3');
});

test("the company's steps come before those of a carrier", () => {
  const { steps, schemes } = createMapping(
    { steps: { accepting: 'delivered', 'urn:x:out': 'out-for-delivery' } },
    () => null,
  );
  assert.deepEqual(
    [steps.accepting, steps['urn:x:out'], steps.departing, schemes],
    ['delivered', 'out-for-delivery', 'in-transit', ['sscc']],
  );
});

test('what config.json may say', () => {
  const config = (epcis: unknown) => isConfig({ format: 'boltseal-config-1', region: 'CN', epcis });
  assert.ok(config({}));
  assert.ok(
    config({
      schemes: ['grai'],
      parcelPrefixes: ['urn:x:' + 'p:'],
      stationPrefixes: [],
      steps: { shipping: 'in-transit' },
    }),
  );
  for (const wrong of [
    { schemes: ['sgtin'] },
    { parcelPrefixes: ['x'] },
    { stationPrefixes: 'urn:x:y' },
    { steps: { shipping: 'gone' } },
    { steps: { shipping: 'toString' } },
    { dispositions: null },
    { more: 1 },
  ])
    assert.ok(!config(wrong), JSON.stringify(wrong));
});
