import type { AttributionInput, DumpSubjects } from '../../src/attribute/port.ts';
import type { LedgerReads } from '../../src/attribute/read-ledger.ts';
import type { Judged, SearchResult } from '../../src/attribute/search.ts';
import { makeWorld, type World } from './simulate.ts';

/** One small world for all tests of a file: 331 principals, 160,000 disclosures. */
export function smallWorld(seed = 3): World {
  return makeWorld({
    seed,
    customers: 8_000,
    stations: 20,
    scannersPerStation: 15,
    staff: 30,
    days: 90,
    parcelsPerDay: 300,
  });
}

export function ledgerOf({ columns }: World): LedgerReads {
  return {
    reads: { count: columns.time.length, ...columns },
    sampling: { dump: 1, others: 1 },
    disclosures: columns.time.length,
    fromSeconds: columns.time[0]!,
    untilSeconds: columns.time.at(-1)!,
    seconds: 0,
  };
}

export function inputOf(world: World, dump: DumpSubjects): AttributionInput {
  return { dump, principals: world.principals, ...ledgerOf(world) };
}

export function nameOf(world: World, { who }: Judged): string {
  return who.kind === 'principal'
    ? (world.principals[who.principal]?.name ?? '')
    : `${who.group.attribute}=${who.group.value}`;
}

/** Names of the sources found, those accepted together joined by +. */
export function sourcesOf(world: World, { sources }: SearchResult): string[] {
  return sources.map(({ members }) => members.map((one) => nameOf(world, one)).join('+'));
}
