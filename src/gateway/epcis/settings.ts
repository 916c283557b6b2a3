import type { EpcisConfig } from '../../contract/config.ts';
import { parseGs1Key, placeText } from './identifier.ts';
import { defaultMapping, type EpcisMapping } from './mapping.ts';

/** A change of stations counts after so long at most. */
const FRESH_MS = 5000;

/** A station as far as events know it: its attribute `places` has URIs between blanks, GLNs as URN or Digital Link, or any others. */
export interface PlacedStation {
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** What the configuration says over what a carrier needs. */
export function createMapping(
  { schemes, parcelPrefixes, stationPrefixes, steps, dispositions }: EpcisConfig,
  stationOf: EpcisMapping['stationOf'],
): EpcisMapping {
  return {
    schemes: schemes ?? defaultMapping.schemes,
    parcelPrefixes: parcelPrefixes ?? [],
    stationPrefixes: stationPrefixes ?? [],
    stationOf,
    steps: { ...defaultMapping.steps, ...steps },
    dispositions: { ...defaultMapping.dispositions, ...dispositions },
  };
}

/** Finds the station at a place (`EpcisMapping.stationOf`); stations are listed again when the list is older than five seconds. */
export function createStationFinder(
  list: () => Iterable<PlacedStation>,
  nowMs: () => number,
): EpcisMapping['stationOf'] {
  let stations = new Map<string, string>();
  let listedMs = Number.NEGATIVE_INFINITY;
  return (place) => {
    const now = nowMs();
    if (now - listedMs > FRESH_MS || now < listedMs) {
      stations = placesOf(list());
      listedMs = now;
    }
    return stations.get(place) ?? null;
  };
}

function placesOf(stations: Iterable<PlacedStation>): Map<string, string> {
  const found = new Map<string, string>();
  for (const { id, attributes } of stations)
    for (const place of (attributes.places ?? '').split(/\s+/)) {
      const key = parseGs1Key(place);
      if (place !== '') found.set(key?.scheme === 'sgln' ? placeText(key) : place, id);
    }
  return found;
}
