import type { Attribution } from '../contract/attribution.ts';
import { attributionFormat } from '../contract/formats.ts';
import type { Verification } from '../contract/verification.ts';
import type { Principal } from '../disclosures/port.ts';
import { weighCanaries } from './canaries.ts';
import { conclude } from './conclude.ts';
import type { DumpSubjects } from './port.ts';
import type { LedgerReads } from './read-ledger.ts';
import { type SearchResult, searchSources } from './search.ts';
import { describeSuspects } from './suspects.ts';
import { countReaders, NO_HIT } from './units.ts';

/** What `attribute` needs to know of the verification. */
export interface VerifiedDump {
  readonly id: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** Of the dump's file. */
  readonly name: string;
  readonly subjects: DumpSubjects;
  /** Shape of the copy, where it is known: `single`, `merged`, `skimmed`, `unknown`. */
  readonly copyShape: string | null;
  /** Whether nearly everybody who existed is in it. */
  readonly shareOfRegister: number;
  /** Canaries in it, as in the verification; null or absent: none are planted. */
  readonly canaries?: Verification['canaries'];
}

/** A verified dump and the disclosures that it is held against. */
export interface AttributionRequest {
  readonly version: string;
  readonly dump: VerifiedDump;
  readonly principals: readonly Principal[];
  readonly ledger: LedgerReads;
  readonly threads: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Says through whom a dump came, or that nobody in the disclosures can be named. */
export function attribute({ version, dump, principals, ledger, threads, now }: AttributionRequest): Attribution {
  const started = performance.now();
  const search = searchSources({ dump: dump.subjects, principals, ...ledger });
  const iso = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
  const described = describeSuspects(search, principals, ledger, dump.subjects, iso);
  // Subjects that nobody read count all the same.
  const total = dump.subjects.subject.length;
  const reachable = Math.round(countReachable(search) / ledger.sampling.dump);
  const explained = Math.min(total, Math.round(described.explained / ledger.sampling.dump));
  const { outside, conclusion } = conclude({ dump, search, ledger, described, total, reachable, explained });
  const isEmpty = ledger.disclosures === 0;
  const attribution: Attribution = {
    format: attributionFormat,
    createdAt: new Date(now).toISOString(),
    version,
    verification: { id: dump.id, createdAt: dump.createdAt, file: dump.name },
    suspects: described.suspects,
    canaries: null,
    explained,
    unexplained: total - explained,
    outside,
    conclusion,
    subjects: { dump: total, reachable: Math.min(total, reachable) },
    disclosures: {
      count: ledger.disclosures,
      principals: countReaders(search.units),
      from: isEmpty ? null : iso(ledger.fromSeconds),
      to: isEmpty ? null : iso(ledger.untilSeconds),
      sampledDump: ledger.sampling.dump,
      sampledOthers: ledger.sampling.others,
    },
    method: {
      hypotheses: search.hypotheses,
      falseDiscoveryRate: 0.01,
      namingThreshold: search.threshold,
      spread: search.spread,
    },
    timing: { seconds: ledger.seconds + (performance.now() - started) / 1000, readSeconds: ledger.seconds, threads },
  };
  return weighCanaries(attribution, dump.canaries ?? null);
}

/** How many watched subjects of the dump anybody in the ledger could have given. */
function countReachable({ units, rows }: SearchResult): number {
  const reachable = new Uint8Array(rows.subjects);
  for (let unit = 0; unit < units.hit.length; unit++)
    if (units.hit[unit] !== NO_HIT) reachable[units.subject[unit]!] = 1;
  return reachable.reduce((sum, one) => sum + one, 0);
}
