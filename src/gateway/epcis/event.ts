import { MOST_AHEAD_MS } from '../context/times.ts';
import {
  CheckFailed,
  eventId,
  type JsonObject,
  list,
  matching,
  only,
  optional,
  text,
  time,
  typed,
  uri,
  word,
} from './check.ts';
import { checkErrorDeclaration, checkParts, isExtension } from './event-parts.ts';
import { bizSteps, dispositions, wordOf } from './vocabulary.ts';

/** What is wrong with a document or an event: where, and what, without any value. */
export interface EventProblem {
  readonly place: string;
  readonly problem: string;
}

/** What an aggregation says (EPCIS 2.0, section 7.4.3). */
export interface Packed {
  readonly parent: string;
  /** Null: everything that was in it is out. */
  readonly children: readonly string[] | null;
}

/** What an event says that matters here. */
export interface EpcisEvent {
  /** As given; null: none, or one that names it within its document alone (`_:`). */
  readonly id: string | null;
  readonly timeMs: number;
  /** Things that were there: those of a transformation that came out of it, and containers with what is in them. */
  readonly epcs: readonly string[];
  /** Of an aggregation, what is in what; null: it is none, or names no container. */
  readonly packed: Packed | null;
  readonly action: string | null;
  /** Words of the vocabulary or full URIs; null: none. */
  readonly bizStep: string | null;
  readonly disposition: string | null;
  readonly bizLocation: string | null;
  readonly readPoint: string | null;
  /** Where it goes. */
  readonly destination: string | null;
  readonly isError: boolean;
}

const common =
  '@context type eventTime recordTime eventTimeZoneOffset eventID certificationInfo errorDeclaration bizStep disposition persistentDisposition readPoint bizLocation bizTransactionList sourceList destinationList sensorElementList';

/** Members of each type of event (EPCIS 2.0, section 7.4; its JSON schema), and which of them name what was there. */
const types = {
  ObjectEvent: { members: 'action epcList quantityList ilmd', epcs: ['epcList'] },
  AggregationEvent: { members: 'action parentID childEPCs childQuantityList', epcs: ['parentID', 'childEPCs'] },
  TransactionEvent: { members: 'action parentID epcList quantityList', epcs: ['parentID', 'epcList'] },
  TransformationEvent: {
    members: 'inputEPCList inputQuantityList outputEPCList outputQuantityList transformationID ilmd',
    epcs: ['outputEPCList'],
  },
  AssociationEvent: { members: 'action parentID childEPCs childQuantityList', epcs: ['parentID', 'childEPCs'] },
} as const;
type EventType = keyof typeof types;

const knownMembers = new Map(
  Object.entries(types).map(([type, { members }]) => [type, new Set(`${common} ${members}`.split(' '))]),
);

/**
 * An event as the JSON schema of EPCIS 2.0 wants it, or what is wrong with it. Extensions (members with a prefix) and sensor data are accepted and passed over.
 * `prefixes`: of the document's context; `nowMs`: an event further ahead than a day is refused.
 */
export function readEvent(
  json: unknown,
  prefixes: ReadonlyMap<string, string>,
  nowMs: number,
): EpcisEvent | EventProblem {
  try {
    return checkEvent(json, prefixes, nowMs);
  } catch (error) {
    if (error instanceof CheckFailed) return { place: error.place, problem: error.message };
    throw error;
  }
}

function checkEvent(json: unknown, prefixes: ReadonlyMap<string, string>, nowMs: number): EpcisEvent {
  const event = typed<JsonObject>(json, 'object', '');
  const type = text(event.type, '/type');
  if (!Object.hasOwn(types, type)) return extendedEvent(event, type, nowMs);
  checkMembers(event, type as EventType);
  const timeMs = checkTimes(event, nowMs);
  const action = type === 'TransformationEvent' ? null : word(event.action, '/action', actions, false);
  checkLists(event, type as EventType, action);
  const place = (member: string) =>
    optional(event[member], (value) => uri(typed<JsonObject>(value, 'object', `/${member}`).id, `/${member}/id`));
  const stated = (member: string, words: ReadonlySet<string>) =>
    optional(event[member], (value) => wordOf(word(value, `/${member}`, words, true), prefixes));
  const id = optional(event.eventID, (value) => eventId(value, '/eventID'));
  return {
    id: id?.startsWith('_:') ? null : id,
    timeMs,
    epcs: types[type as EventType].epcs.flatMap((member) => [event[member] ?? []].flat() as string[]),
    packed: type === 'AggregationEvent' ? packedOf(event, action) : null,
    action,
    bizStep: stated('bizStep', bizSteps),
    disposition: stated('disposition', dispositions),
    bizLocation: place('bizLocation'),
    readPoint: place('readPoint'),
    destination: destinationOf(event),
    isError: checkErrorDeclaration(event.errorDeclaration),
  };
}

const actions: ReadonlySet<string> = new Set(['OBSERVE', 'ADD', 'DELETE']);

/** An event of a type of somebody's own (EPCIS 2.0, section 7.1): it has a time, and says nothing that is known here. */
function extendedEvent(event: JsonObject, type: string, nowMs: number): EpcisEvent {
  uri(type, '/type', 'must be a type of EPCIS, or the URI of another');
  const nothing = { packed: null, action: null, bizStep: null, disposition: null, bizLocation: null, readPoint: null };
  return { id: null, timeMs: checkTimes(event, nowMs), epcs: [], ...nothing, destination: null, isError: false };
}

function checkMembers(event: JsonObject, type: EventType): void {
  for (const member of Object.keys(event))
    if (knownMembers.get(type)?.has(member) !== true && !isExtension(member))
      throw new CheckFailed('', `has a member that ${type} does not have, and no prefix`);
  checkParts(event);
}

function checkTimes(event: JsonObject, nowMs: number): number {
  const timeMs = time(event.eventTime, '/eventTime');
  if (timeMs < 0 || timeMs > nowMs + MOST_AHEAD_MS)
    throw new CheckFailed('/eventTime', 'must be a time between 1970 and tomorrow');
  matching(event.eventTimeZoneOffset, '/eventTimeZoneOffset', /^[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00)$/);
  optional(event.recordTime, (value) => time(value, '/recordTime'));
  return timeMs;
}

/** What each type must have at least (section 7.4). */
function checkLists(event: JsonObject, type: EventType, action: string | null): void {
  const epcs = (member: string) => list(event[member], `/${member}`, 0, uri);
  const quantities = (member: string) =>
    list(event[member], `/${member}`, 0, (value, place) => {
      const item = only(value, place, ['epcClass', 'quantity', 'uom']);
      uri(item.epcClass, `${place}/epcClass`);
      optional(item.quantity, (quantity) => typed(quantity, 'number', `${place}/quantity`));
      optional(item.uom, (unit) => matching(unit, `${place}/uom`, /^[A-Z0-9]{2,3}$/));
    });
  optional(event.parentID, (value) => uri(value, '/parentID'));
  const has = (member: string, least = 1) => Array.isArray(event[member]) && event[member].length >= least;
  const need = (isThere: boolean, members: string) => {
    if (!isThere) throw new CheckFailed('', `must have ${members}`);
  };
  if (type === 'ObjectEvent' || type === 'TransactionEvent') {
    epcs('epcList');
    quantities('quantityList');
  }
  if (type === 'AggregationEvent' || type === 'AssociationEvent') {
    epcs('childEPCs');
    quantities('childQuantityList');
    need(has('childEPCs') || has('childQuantityList') || action === 'DELETE', 'childEPCs or childQuantityList');
    need(event.parentID !== undefined || (type === 'AggregationEvent' && action === 'OBSERVE'), 'a parentID');
  }
  if (type === 'ObjectEvent') {
    need(
      has('epcList', 0) || has('quantityList') || (has('sensorElementList') && event.readPoint !== undefined),
      'epcList, quantityList, or sensorElementList and readPoint',
    );
    need(event.ilmd === undefined || action === 'ADD', 'no ilmd unless its action is ADD');
  }
  if (type === 'TransactionEvent') {
    need(has('bizTransactionList'), 'bizTransactionList');
    need(has('epcList', 0) || has('quantityList') || action === 'DELETE', 'epcList or quantityList');
  }
  if (type === 'TransformationEvent') {
    for (const member of ['inputEPCList', 'outputEPCList']) epcs(member);
    optional(event.transformationID, (value) => uri(value, '/transformationID'));
    for (const member of ['inputQuantityList', 'outputQuantityList']) quantities(member);
    const hasInput = has('inputEPCList') || has('inputQuantityList');
    const hasOutput = has('outputEPCList') || has('outputQuantityList');
    need(
      (hasInput && hasOutput) || ((hasInput || hasOutput) && event.transformationID !== undefined),
      'inputs and outputs, or a transformationID',
    );
  }
  optional(event.ilmd, (value) => {
    if (!Object.keys(typed<JsonObject>(value, 'object', '/ilmd')).every(isExtension))
      throw new CheckFailed('/ilmd', 'has a member without a prefix');
  });
}

function destinationOf(event: JsonObject): string | null {
  const destinations = (event.destinationList ?? []) as { type: string; destination: string }[];
  return destinations.find(({ type }) => type === 'location')?.destination ?? null;
}

function packedOf({ parentID, childEPCs, childQuantityList }: JsonObject, action: string | null): Packed | null {
  if (typeof parentID !== 'string') return null;
  const isAll = action === 'DELETE' && childEPCs === undefined && childQuantityList === undefined;
  return { parent: parentID, children: isAll ? null : ((childEPCs ?? []) as readonly string[]) };
}
