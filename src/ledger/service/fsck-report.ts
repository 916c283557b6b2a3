import { BoltsealError } from '../../core/errors.ts';

/** One thing that is wrong. */
export interface Finding {
  /** What is wrong, in kebab-case (docs/spec/ledger.md, "What fsck finds"), or the code of an error. */
  readonly code: string;
  /** Of a shard, or of what stands beside the shards. */
  readonly place: string;
  /** In words; never with a value of an entry. */
  readonly detail: string;
}

/** What a check found. */
export interface FsckReport {
  /** Entries that were checked. */
  readonly entries: number;
  readonly logs: readonly CheckedLog[];
  /** The first ones; `findingCount` counts all. */
  readonly findings: readonly Finding[];
  readonly findingCount: number;
  /** What could not be looked at, and why. */
  readonly notes: readonly string[];
}

/** A log that was checked. */
export interface CheckedLog {
  readonly origin: string;
  readonly size: number;
  readonly cosigned: readonly string[];
}

/** How a check goes on. */
export type EntriesListener = (count: number) => void;

/** What is gathered on the way. */
export class Report {
  readonly findings: Finding[] = [];
  readonly logs: CheckedLog[] = [];
  readonly notes: string[] = [];
  findingCount = 0;
  entries = 0;

  add(code: string, place: string, detail: string, count = 1): void {
    this.findingCount += count;
    if (this.findings.length < 100) this.findings.push({ code, place, detail });
  }

  /** Runs a part of the check: what it fails with is a finding, and the other parts are looked at all the same. */
  part(place: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof BoltsealError)) throw error;
      this.add(error.code, place, error.message);
    }
  }
}
