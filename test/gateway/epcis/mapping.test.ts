import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parcelStatuses } from '../../../src/contract/api/words.ts';
import { readEvent } from '../../../src/gateway/epcis/event.ts';
import {
  defaultMapping,
  type EpcisMapping,
  movementsOf,
  trackingNumberOf,
} from '../../../src/gateway/epcis/mapping.ts';
import { bizSteps, carrierDispositions, carrierSteps, dispositions } from '../../../src/gateway/epcis/vocabulary.ts';
import { anEvent, type Json, parcel } from './documents.ts';

const places = new Map([
  ['https://id.gs1.org/414/4012345000016', 'st-1'],
  ['https://id.gs1.org/414/4012345000023', 'st-2'],
  ['https://id.gs1.org/414/4012345000023/254/dock', 'st-2-dock'],
  ['geo:31.2,121.5', 'st-3'],
]);
const mapping: EpcisMapping = {
  ...defaultMapping,
  schemes: ['sscc', 'grai'],
  parcelPrefixes: ['https://carrier.example/parcels/', 'urn:carrier:parcel:'],
  stationPrefixes: ['https://carrier.example/stations/'],
  stationOf: (place) => places.get(place) ?? null,
  steps: {
    ...defaultMapping.steps,
    'https://carrier.example/steps/out': 'out-for-delivery',
    'https://carrier.example/steps/done': 'delivered',
  },
};
const at = (id: string) => ({ id });

function move(given: Json) {
  // What is undefined is not there.
  const json = JSON.parse(JSON.stringify(anEvent(given))) as Json;
  const event = readEvent(json, new Map(), Date.parse('2026-11-22T12:00:00Z'));
  assert.ok(!('problem' in event), 'problem' in event ? `${event.place} ${event.problem}` : '');
  return movementsOf(mapping, event, 'e');
}

const rows: [
  what: string,
  event: Json,
  status: string | null,
  station: string | null | undefined,
  next: string | null,
][] = [
  ['arriving', {}, 'at-station', 'st-1', null],
  [
    'receiving, by digital link',
    { bizStep: 'receiving', bizLocation: at('https://id.gs1.org/414/4012345000016') },
    'at-station',
    'st-1',
    null,
  ],
  [
    'storing on a shelf of the station',
    { bizStep: 'storing', bizLocation: at('urn:epc:id:sgln:4012345.00001.shelf7') },
    'at-station',
    'st-1',
    null,
  ],
  [
    'at a dock that is a station of its own',
    { bizLocation: at('urn:epc:id:sgln:4012345.00002.dock') },
    'at-station',
    'st-2-dock',
    null,
  ],
  [
    'where it was read, when nothing says where it is then',
    { bizLocation: undefined, readPoint: at('geo:31.2,121.5') },
    'at-station',
    'st-3',
    null,
  ],
  [
    'a station of the company',
    { bizLocation: at('https://carrier.example/stations/st-44') },
    'at-station',
    'st-44',
    null,
  ],
  ['somewhere else', { bizLocation: at('urn:epc:id:sgln:4012345.00009.0') }, 'in-transit', null, null],
  ['departing', { bizStep: 'departing' }, 'in-transit', null, null],
  [
    'shipping to a station',
    {
      bizStep: 'shipping',
      destinationList: [
        { type: 'owning_party', destination: 'urn:x:1' },
        { type: 'location', destination: 'urn:epc:id:sgln:4012345.00002.0' },
      ],
    },
    'in-transit',
    null,
    'st-2',
  ],
  ['loading is still there', { bizStep: 'loading' }, 'at-station', 'st-1', null],
  ['a shipment that did not take place', { bizStep: 'void_shipping' }, 'at-station', 'st-1', null],
  ['commissioning', { bizStep: 'commissioning', action: 'ADD' }, 'announced', undefined, null],
  [
    'out for delivery, by the company',
    { bizStep: 'https://carrier.example/steps/out' },
    'out-for-delivery',
    null,
    null,
  ],
  ['delivered, by the company', { bizStep: 'https://carrier.example/steps/done' }, 'delivered', null, null],
  ['stolen, whatever the step', { disposition: 'stolen' }, 'lost', null, null],
  ['seen', { bizStep: undefined, readPoint: at('urn:epc:id:sgln:4012345.00001.0') }, 'at-station', 'st-1', null],
  ['on its way, by its disposition', { bizStep: undefined, disposition: 'in_transit' }, 'in-transit', null, null],
  ['a step of somebody', { bizStep: 'https://other.example/out' }, null, null, null],
  ['a step that moves nothing', { bizStep: 'sensor_reporting' }, null, null, null],
  ['nothing said', { bizStep: undefined }, null, null, null],
];

describe('what an event says of a parcel', () => {
  for (const [what, event, status, station, next] of rows)
    test(what, () => {
      const [movement, ...more] = move(event);
      assert.equal(more.length, 0);
      if (status === null) assert.equal(movement, undefined);
      else {
        assert.equal(movement?.trackingNumber, parcel);
        assert.deepEqual([movement?.status, movement?.station, movement?.next], [status, station, next]);
        assert.deepEqual(movement?.due, status === 'delivered' || status === 'lost' ? [] : null);
      }
    });
});

test('which things of an event are parcels', () => {
  const numbers = (given: Json) => move(given).map(({ trackingNumber }) => trackingNumber);
  const other = 'https://carrier.example/parcels/SF1000000001';
  const epcList = [
    'urn:epc:id:sscc:4012345.0000000001',
    `https://id.gs1.org/00/${parcel}`,
    other,
    'urn:epc:id:sgtin:4012345.011111.9876',
  ];
  assert.deepEqual(numbers({ epcList }), [parcel, 'SF1000000001']);
  const nested = { type: 'AggregationEvent', parentID: 'urn:epc:id:sscc:4012345.0000000001', childEPCs: [other] };
  assert.deepEqual(numbers({ ...nested, epcList: undefined }), [parcel, 'SF1000000001']);
  const made = {
    type: 'TransformationEvent',
    inputEPCList: ['urn:epc:id:sscc:4012345.0000000001'],
    outputEPCList: [other],
  };
  assert.deepEqual(numbers({ ...made, epcList: undefined, action: undefined }), ['SF1000000001']);
});

test('what follows a prefix has to look like a tracking number', () => {
  for (const [uri, trackingNumber] of [
    ['urn:carrier:parcel:SF-1000', 'SF-1000'],
    ['urn:carrier:parcel:', null],
    ['urn:carrier:parcel:SF1000/../x', null],
    ['urn:carrier:parcel:SF 1000', null],
    ['https://carrier.example/parcels/SF1000?x=1', null],
    ['urn:epc:id:giai:0614141.12345400', null],
    ['urn:epc:id:grai:0614141.12345.400', '00614141123452400'],
  ] as const)
    assert.equal(trackingNumberOf(mapping, uri), trackingNumber, uri);
});

test('tables name words of the vocabulary, and statuses that there are', () => {
  for (const [table, words] of [
    [carrierSteps, bizSteps],
    [carrierDispositions, dispositions],
  ] as const)
    for (const [word, status] of Object.entries(table)) {
      assert.ok(words.has(word), word);
      assert.ok(parcelStatuses.includes(status));
    }
});
