/** Events and documents as EPCIS 2.0 wants them, for tests. */
export type Json = Record<string, unknown>;

export const anEvent = (given: Json = {}): Json => ({
  type: 'ObjectEvent',
  eventTime: '2026-11-22T10:00:00.000+08:00',
  eventTimeZoneOffset: '+08:00',
  action: 'OBSERVE',
  bizStep: 'arriving',
  epcList: ['urn:epc:id:sscc:4012345.0000000001'],
  bizLocation: { id: 'urn:epc:id:sgln:4012345.00001.0' },
  ...given,
});

export const aDocument = (events: readonly unknown[], given: Json = {}): Json => ({
  '@context': [
    'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld',
    { example: 'https://ns.example.com/epcis/' },
  ],
  type: 'EPCISDocument',
  schemaVersion: '2.0',
  creationDate: '2026-11-22T10:00:01.000+08:00',
  epcisBody: { eventList: events },
  ...given,
});

/** The parcel of `anEvent`. */
export const parcel = '040123450000000016';
