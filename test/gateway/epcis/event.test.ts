import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readEvent } from '../../../src/gateway/epcis/event.ts';
import { anEvent, type Json } from './documents.ts';

const nowMs = Date.parse('2026-11-22T12:00:00Z');
const prefixes = new Map([['example', 'https://ns.example.com/epcis/']]);
const read = (json: unknown) => readEvent(json, prefixes, nowMs);
const child = 'urn:epc:id:sscc:4012345.0000000002';
const quantity = [{ epcClass: 'urn:epc:class:lgtin:4012345.012345.998877', quantity: 200, uom: 'KGM' }];
const without = (event: Json, ...members: string[]) =>
  Object.fromEntries(Object.entries(event).filter(([member]) => !members.includes(member)));
const aggregation = { ...without(anEvent(), 'epcList'), type: 'AggregationEvent', parentID: child, childEPCs: [child] };
const transformation = {
  ...without(anEvent(), 'epcList', 'action'),
  type: 'TransformationEvent',
  inputEPCList: [child],
  outputEPCList: [child],
};

/** What the standard wants or allows. */
const right: [what: string, event: Json][] = [
  ['an object event', anEvent()],
  ['a quantity in place of things', { ...without(anEvent(), 'epcList'), quantityList: quantity }],
  ['an empty list of things', anEvent({ epcList: [] })],
  [
    'sensors at a place',
    {
      ...without(anEvent(), 'epcList'),
      readPoint: { id: 'urn:epc:id:sgln:4012345.00005.0' },
      sensorElementList: [
        {
          sensorMetadata: { time: '2026-11-22T01:00:00Z', deviceID: 'urn:epc:id:giai:4000001.111' },
          sensorReport: [
            { type: 'Temperature', value: 26, uom: 'CEL' },
            { exception: 'ALARM_CONDITION', 'example:more': [1] },
          ],
          'example:deep': { a: { b: [{ c: 1 }] } },
        },
      ],
    },
  ],
  [
    'extensions with a prefix',
    anEvent({ 'example:field': { inner: ['x', 1, null] }, '@context': [{ ext: 'https://x.example/' }] }),
  ],
  ['a step of the company', anEvent({ bizStep: 'https://carrier.example/steps/out' })],
  ['a step by a prefix', anEvent({ bizStep: 'example:out', disposition: 'example:fine' })],
  ['a step in full', anEvent({ bizStep: 'cbv:BizStep-shipping', disposition: 'cbv:Disp-in_transit' })],
  ['data of a lot when it is made', anEvent({ action: 'ADD', ilmd: { 'example:lot': '1' } })],
  [
    'sources, destinations, transactions',
    anEvent({
      sourceList: [{ type: 'possessing_party', source: 'urn:epc:id:pgln:4012345.00225' }],
      destinationList: [{ type: 'location', destination: 'urn:epc:id:sgln:0614141.00777.0' }],
      bizTransactionList: [{ type: 'po', bizTransaction: 'http://x.example/po/1' }, { bizTransaction: 'urn:x:1' }],
    }),
  ],
  [
    'a disposition that stays',
    anEvent({ persistentDisposition: { set: ['completeness_verified'], unset: ['damaged'] } }),
  ],
  [
    'an error declaration',
    anEvent({
      eventID: 'urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8',
      recordTime: '2026-11-22T10:00:01Z',
      errorDeclaration: {
        declarationTime: '2026-11-22T11:00:00Z',
        reason: 'incorrect_data',
        correctiveEventIDs: ['urn:uuid:404d95fc-9457-4a51-bd6a-0bba133845a8'],
      },
    }),
  ],
  ['an error declaration without a reason', anEvent({ errorDeclaration: { declarationTime: '2026-11-22T11:00:00Z' } })],
  ['a certificate', anEvent({ certificationInfo: 'https://x.example/cert' })],
  ['a name of its document alone', anEvent({ eventID: '_:event1' })],
  ['an aggregation', aggregation],
  ['an aggregation seen without its parent', without(aggregation, 'parentID')],
  ['an aggregation that ends', { ...without(aggregation, 'childEPCs'), action: 'DELETE' }],
  ['an association', { ...aggregation, type: 'AssociationEvent', action: 'ADD' }],
  [
    'a transaction',
    { ...anEvent(), type: 'TransactionEvent', bizTransactionList: [{ type: 'desadv', bizTransaction: 'urn:x:1' }] },
  ],
  ['a transformation', transformation],
  ['half a transformation', { ...without(transformation, 'inputEPCList'), transformationID: 'urn:x:1' }],
  [
    'a type of somebody',
    { type: 'https://x.example/MyEvent', eventTime: '2026-11-22T10:00:00Z', eventTimeZoneOffset: '+00:00' },
  ],
];

/** What it refuses, and where. */
const wrong: [what: string, event: unknown, place: string][] = [
  ['no object', null, ''],
  ['a list', [], ''],
  ['a text', 'ObjectEvent', ''],
  ['no type', without(anEvent(), 'type'), '/type'],
  ['an unknown type', anEvent({ type: 'QuantityEvent' }), '/type'],
  ['a type of a prototype', anEvent({ type: 'constructor' }), '/type'],
  ['no time', without(anEvent(), 'eventTime'), '/eventTime'],
  ['a time without a zone', anEvent({ eventTime: '2026-11-22T10:00:00' }), '/eventTime'],
  ['a time that there is not', anEvent({ eventTime: '2026-13-22T10:00:00Z' }), '/eventTime'],
  ['a time as a number', anEvent({ eventTime: 1_795_000_000 }), '/eventTime'],
  ['the year after next', anEvent({ eventTime: '2028-11-22T10:00:00Z' }), '/eventTime'],
  ['before 1970', anEvent({ eventTime: '1969-11-22T10:00:00Z' }), '/eventTime'],
  ['no offset', without(anEvent(), 'eventTimeZoneOffset'), '/eventTimeZoneOffset'],
  ['an offset of 15 hours', anEvent({ eventTimeZoneOffset: '+15:00' }), '/eventTimeZoneOffset'],
  ['no action', without(anEvent(), 'action'), '/action'],
  ['an action in small letters', anEvent({ action: 'observe' }), '/action'],
  ['nothing that was there', without(anEvent(), 'epcList'), ''],
  ['a thing that is no URI', anEvent({ epcList: ['4012345'] }), '/epcList/0'],
  ['a thing that is an object', anEvent({ epcList: [{}] }), '/epcList/0'],
  ['a thing in place of a list', anEvent({ epcList: 'urn:x:1' }), '/epcList'],
  ['a very long URI', anEvent({ epcList: [`urn:x:${'1'.repeat(3000)}`] }), '/epcList/0'],
  ['a member without a prefix', anEvent({ colour: 'red' }), ''],
  ['a member of another type', anEvent({ childEPCs: [child] }), ''],
  ['a step that there is not', anEvent({ bizStep: 'delivering' }), '/bizStep'],
  ['a step of the vocabulary as a URN', anEvent({ bizStep: 'urn:epcglobal:cbv:bizstep:shipping' }), '/bizStep'],
  ['a disposition that there is not', anEvent({ disposition: 'lost' }), '/disposition'],
  ['a place as a text', anEvent({ readPoint: 'urn:epc:id:sgln:4012345.00005.0' }), '/readPoint'],
  ['a place without an id', anEvent({ bizLocation: {} }), '/bizLocation/id'],
  [
    'a quantity as a text',
    anEvent({ quantityList: [{ epcClass: 'urn:x:1', quantity: '200' }] }),
    '/quantityList/0/quantity',
  ],
  ['a quantity with more', anEvent({ quantityList: [{ epcClass: 'urn:x:1', lot: 1 }] }), '/quantityList/0'],
  ['a source without a type', anEvent({ sourceList: [{ source: 'urn:x:1' }] }), '/sourceList/0/type'],
  ['data of a lot that is only seen', anEvent({ ilmd: { 'example:lot': '1' } }), ''],
  ['data of a lot without a prefix', anEvent({ action: 'ADD', ilmd: { lot: '1' } }), '/ilmd'],
  [
    'a sensor without a report',
    anEvent({ sensorElementList: [{ sensorMetadata: {} }] }),
    '/sensorElementList/0/sensorReport',
  ],
  [
    'a report of nothing',
    anEvent({ sensorElementList: [{ sensorReport: [{}] }] }),
    '/sensorElementList/0/sensorReport/0/type',
  ],
  [
    'an error without a time',
    anEvent({ errorDeclaration: { reason: 'did_not_occur' } }),
    '/errorDeclaration/declarationTime',
  ],
  [
    'an error for a reason of its own',
    anEvent({ errorDeclaration: { declarationTime: '2026-11-22T11:00:00Z', reason: 'oops' } }),
    '/errorDeclaration/reason',
  ],
  ['an event id that is no URI', anEvent({ eventID: '17' }), '/eventID'],
  ['an aggregation of nothing', without(aggregation, 'childEPCs'), ''],
  ['an aggregation to nothing', { ...without(aggregation, 'parentID'), action: 'ADD' }, ''],
  ['an association to nothing', { ...without(aggregation, 'parentID'), type: 'AssociationEvent' }, ''],
  ['a transaction without one', { ...anEvent(), type: 'TransactionEvent' }, ''],
  ['a transformation from nothing', without(transformation, 'inputEPCList'), ''],
  ['a transformation with an action', { ...transformation, action: 'ADD' }, ''],
];

describe('what the standard allows', () => {
  for (const [what, event] of right)
    test(what, () => assert.equal('problem' in read(event), false, JSON.stringify(read(event))));
});

describe('what the standard refuses', () => {
  for (const [what, event, place] of wrong)
    test(what, () => {
      const answer = read(event);
      assert.ok('problem' in answer);
      assert.equal(answer.place, place);
    });
});

test('what is said of a wrong event holds nothing of it', () => {
  const marked = (json: unknown): unknown =>
    typeof json === 'string'
      ? `MARKED${json}`
      : Array.isArray(json)
        ? json.map(marked)
        : typeof json === 'object' && json !== null
          ? Object.fromEntries(
              Object.entries(json).map(([member, value]) => [member, member === 'type' ? value : marked(value)]),
            )
          : json;
  for (const [, event] of wrong)
    assert.doesNotMatch(JSON.stringify(read(marked(event))), /MARKED.*problem|problem.*MARKED/);
  assert.doesNotMatch(JSON.stringify(read(anEvent({ 'MARKED member': 1 }))), /MARKED/);
});

test('any JSON gets an answer', () => {
  const members = fc.constantFrom(
    ...Object.keys({ ...anEvent(), ...aggregation, ...transformation }),
    'eventID',
    'ilmd',
    '__proto__',
    'toString',
  );
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.dictionary(members, fc.jsonValue()),
      fc.constantFrom(...right),
      (json, change, [, event]) => {
        read(json);
        read({ ...event, ...change });
      },
    ),
    { numRuns: 300 },
  );
});

test('words and URIs are read as one', () => {
  const stated = (given: Json) => {
    const event = read(anEvent(given));
    return 'problem' in event ? event.problem : [event.bizStep, event.disposition];
  };
  assert.deepEqual(stated({ bizStep: 'https://ref.gs1.org/cbv/BizStep-shipping' }), ['shipping', null]);
  assert.deepEqual(stated({ bizStep: 'cbv:BizStep-shipping', disposition: 'in_transit' }), ['shipping', 'in_transit']);
  assert.deepEqual(stated({ bizStep: 'example:out' }), ['https://ns.example.com/epcis/out', null]);
});
