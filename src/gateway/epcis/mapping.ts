import type { Movement, Packing } from '../movements/movement.ts';
import type { EpcisEvent } from './event.ts';
import { type Gs1Scheme, parseGs1Key, placeText } from './identifier.ts';
import { carrierDispositions, carrierSteps, type StepTable } from './vocabulary.ts';

/** What of a company's events are parcels and stations. */
export interface EpcisMapping {
  /** Keys that are parcels: an SSCC is the tracking number of 18 digits, and so on. */
  readonly schemes: readonly Exclude<Gs1Scheme, 'sgln'>[];
  /** URIs of the company's own that are parcels: what follows the prefix is the tracking number. */
  readonly parcelPrefixes: readonly string[];
  /** URIs of the company's own that are stations: what follows the prefix is the station. */
  readonly stationPrefixes: readonly string[];
  /** The station at a place, a URI as given or, of a GLN, as `placeText` writes it; null: none of ours. */
  readonly stationOf: (place: string) => string | null;
  readonly steps: StepTable;
  readonly dispositions: StepTable;
}

/** Logistic units are parcels, and no station is known. */
export const defaultMapping: EpcisMapping = {
  schemes: ['sscc'],
  parcelPrefixes: [],
  stationPrefixes: [],
  stationOf: () => null,
  steps: carrierSteps,
  dispositions: carrierDispositions,
};

const trackingNumberPattern = /^[A-Za-z0-9-]{4,64}$/;
const stationPattern = /^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,127}$/;

/** What an event says of each parcel in it; `event` names it. Nothing when it says nothing of where they are. */
export function movementsOf(mapping: EpcisMapping, event: EpcisEvent, name: string): Movement[] {
  const status = statusOf(mapping, event);
  if (status === null) return [];
  const isAt = status === 'at-station';
  const station = isAt ? (findStation(mapping, event.bizLocation) ?? findStation(mapping, event.readPoint)) : null;
  const isOver = status === 'delivered' || status === 'returned' || status === 'lost';
  const next = status === 'in-transit' ? findStation(mapping, event.destination) : null;
  const movement = {
    atMs: event.timeMs,
    event: name,
    // Somewhere that is no station of ours it is still on its way.
    status: isAt && station === null ? 'in-transit' : status,
    station: status === 'announced' ? undefined : station,
    due: isOver ? [] : null,
    next,
    isVoid: event.isError,
  } as const;
  const units = new Map<string, Unit>();
  for (const epc of event.epcs) {
    const unit = unitOf(mapping, epc);
    if (unit !== null) units.set(unit.name, unit);
  }
  return [...units.values()].map(({ name: trackingNumber, isParcel }) => ({
    trackingNumber,
    ...movement,
    ...(isParcel ? {} : { isContainer: true }),
  }));
}

/** What an event says of what is in what; things in it that are no parcels and no containers are passed over. */
export function packingsOf(
  mapping: EpcisMapping,
  { packed, action, timeMs, isError }: EpcisEvent,
  name: string,
): Packing[] {
  const container = packed === null ? null : unitOf(mapping, packed.parent);
  if (packed === null || container === null) return [];
  const items =
    packed.children === null
      ? [null]
      : [...new Set(packed.children.flatMap((child) => unitOf(mapping, child)?.name ?? []))];
  // What is seen in it is in it.
  const packing = { container: container.name, event: name, atMs: timeMs, isIn: action !== 'DELETE', isVoid: isError };
  return items.filter((item) => item !== container.name).map((item) => ({ item, ...packing }));
}

/** A parcel by its tracking number, or something that parcels are in. */
interface Unit {
  readonly name: string;
  readonly isParcel: boolean;
}

/** Null: goods, or something else. Logistic units and assets that are not set to be parcels are containers. */
function unitOf(mapping: EpcisMapping, uri: string): Unit | null {
  const trackingNumber = trackingNumberOf(mapping, uri);
  if (trackingNumber !== null) return { name: trackingNumber, isParcel: true };
  const key = parseGs1Key(uri);
  return key === null || key.scheme === 'sgln' ? null : { name: `${key.scheme}:${key.key}`, isParcel: false };
}

/** The tracking number that a URI stands for; null: it is no parcel. */
export function trackingNumberOf({ schemes, parcelPrefixes }: EpcisMapping, uri: string): string | null {
  const own = parcelPrefixes.find((prefix) => uri.startsWith(prefix));
  const key = own === undefined ? parseGs1Key(uri) : null;
  const text = own === undefined ? key?.key : uri.slice(own.length);
  const isParcel = own !== undefined || schemes.some((scheme) => scheme === key?.scheme);
  return isParcel && text !== undefined && trackingNumberPattern.test(text) ? text : null;
}

function statusOf({ steps, dispositions }: EpcisMapping, { bizStep, disposition, readPoint, action }: EpcisEvent) {
  const byDisposition = look(dispositions, disposition);
  if (byDisposition !== null) return byDisposition;
  if (bizStep !== null) return look(steps, bizStep);
  if (disposition === 'in_transit') return 'in-transit';
  // Seen at a place, and nothing else is said.
  return readPoint !== null && action === 'OBSERVE' ? 'at-station' : null;
}

function look(table: StepTable, word: string | null) {
  return word !== null && Object.hasOwn(table, word) ? (table[word] ?? null) : null;
}

function findStation({ stationPrefixes, stationOf }: EpcisMapping, place: string | null): string | null {
  if (place === null) return null;
  const own = stationPrefixes.find((prefix) => place.startsWith(prefix));
  if (own !== undefined) {
    const station = place.slice(own.length);
    return stationPattern.test(station) ? station : null;
  }
  const key = parseGs1Key(place);
  if (key === null || key.scheme !== 'sgln') return stationOf(place);
  // A door or a shelf belongs to the place that it is in.
  return stationOf(placeText(key)) ?? stationOf(placeText({ ...key, extension: null }));
}
