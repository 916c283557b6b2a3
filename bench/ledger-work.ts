import fs from 'node:fs';
import { join } from 'node:path';
import { makeContent } from '../src/core/ledger-entry/record.ts';
import { recordCodec } from '../src/ledger/entry-coding.ts';
import type { NewEntry } from '../src/ledger/port.ts';
import { type OpenLedger, openLedger } from '../src/ledger/service/open-ledger.ts';
import type { LedgerSettings } from '../src/ledger/service/settings.ts';
import { MAX_GROUP_ENTRIES, recordBytes } from '../src/ledger/wal/layout.ts';
import { round } from './process.ts';

/*
 * What bench/ledger.ts measures, and, as a process of its own (`node bench/ledger-work.ts append|load HOME ...`), appends to a ledger that is then left as after a
 * kill: to close it would derive everything first, and its derivation would go on beside what is measured next.
 */

/** Rate and latencies, milliseconds. */
export interface Rate {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly mostMs: number;
}

/** Rate of appends, and what the thread that appends takes for an entry of its processor's time. */
export interface AppendRate extends Rate {
  readonly processorMicros: number;
}

/** Latencies of an open load; `histogram`: how many were within 1, 2, 5, 10, 20, 50 and 100 ms, and above. */
export interface Load extends Rate {
  readonly refused: number;
  readonly histogram: readonly number[];
}

const histogramMs = [1, 2, 5, 10, 20, 50, 100, Number.POSITIVE_INFINITY];

/** A disclosure as a gateway makes them: ids, a basis, a signature of 64 bytes. */
export function entryOf(i: number): NewEntry {
  return makeContent('disclosure', Date.now(), {
    principal: `scanner-${i % 5000}`,
    subject: `C${10_000_000 + ((i * 7919) % 1_000_000)}`,
    fields: 'address,name,phone',
    purpose: 'delivery',
    basis: `parcel JD${1_000_000_000 + i} at station 0412`,
    decision: 'allow',
    requestSignature: new Uint8Array(64).fill(i),
  });
}

export function settingsOf(home: string): LedgerSettings {
  return {
    ledgerFolder: join(home, 'ledger'),
    keysFolder: join(home, 'keys'),
    secondPlaceFolder: join(home, 'second'),
    origin: 'ledger.example',
    witnesses: null,
    onMissingQuorum: 'withhold',
    retentionDays: null,
  };
}

export function openBenchLedger(home: string): Promise<OpenLedger> {
  return openLedger({
    settings: settingsOf(home),
    nowMs: Date.now,
    // A burst of a second is measured for itself; what derivation takes for it is measured by `growth`.
    options: { backlogEntries: Number.MAX_SAFE_INTEGER },
    removePerson: async () => {},
    removeShardRows: async () => {},
    onFailure: (error) => {
      throw error;
    },
  });
}

function rateOf(count: number, seconds: number, latencies: number[]): Rate {
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => round(latencies[Math.floor(share * (latencies.length - 1))] ?? 0);
  return { perSecond: Math.round(count / seconds), p50Ms: at(0.5), p99Ms: at(0.99), mostMs: at(1) };
}

/** `callers` append one group after the other for a while: with two, a group is encoded while the one before is synced. */
async function measureAppends(home: string, size: number, callers: number, seconds: number): Promise<AppendRate> {
  const { ledger } = await openBenchLedger(home);
  await segmentsAhead(home);
  const batch = Array.from({ length: size }, (_, i) => entryOf(i));
  const latencies: number[] = [];
  const used = process.threadCpuUsage();
  const begun = performance.now();
  const end = begun + 1000 * seconds;
  const call = async (): Promise<void> => {
    for (let now = performance.now(); now < end; ) {
      await ledger.append(batch);
      const then = performance.now();
      latencies.push(then - now);
      now = then;
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  const count = size * latencies.length;
  const rate = rateOf(count, (performance.now() - begun) / 1000, latencies);
  const { user, system } = process.threadCpuUsage(used);
  return { ...rate, processorMicros: round((user + system) / count) };
}

/** Waits until a log that has just begun has the segments that one which runs has ahead. */
async function segmentsAhead(home: string): Promise<void> {
  const folder = join(home, 'ledger');
  const count = (): number =>
    fs.readdirSync(folder, { recursive: true }).filter((name) => /\d\.wal$/.test(String(name))).length;
  while (count() < 3) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** The least that any durable log does: writes the same bytes to a place that was written before, and syncs them. */
export function measureBare(home: string, size: number, seconds: number): Rate {
  const { descriptor, write } = openBare(home);
  const latencies: number[] = [];
  const begun = performance.now();
  let now = begun;
  while (now - begun < 1000 * seconds) {
    write(size);
    fs.fdatasyncSync(descriptor);
    const then = performance.now();
    latencies.push(then - now);
    now = then;
  }
  fs.closeSync(descriptor);
  return rateOf(size * latencies.length, (now - begun) / 1000, latencies);
}

/** The same without blocking the thread, as whoever answers others must. */
export async function measureBareLater(home: string, size: number, seconds: number): Promise<Rate> {
  const { descriptor, write } = openBare(home);
  const latencies: number[] = [];
  const begun = performance.now();
  let now = begun;
  while (now - begun < 1000 * seconds) {
    write(size);
    await syncLater(descriptor);
    const then = performance.now();
    latencies.push(then - now);
    now = then;
  }
  fs.closeSync(descriptor);
  return rateOf(size * latencies.length, (now - begun) / 1000, latencies);
}

function openBare(home: string): { descriptor: number; write: (entries: number) => void } {
  const fileBytes = 64 * 1024 * 1024;
  const descriptor = fs.openSync(join(home, 'bare'), 'w+');
  const bytes = new Uint8Array(1 << 20);
  for (let at = 0; at < fileBytes; at += bytes.length) fs.writeSync(descriptor, bytes, 0, bytes.length, at);
  fs.fsyncSync(descriptor);
  bytes.fill(7);
  const entryBytes = recordCodec.sizeOf(entryOf(1));
  let at = 0;
  const write = (entries: number): void => {
    const length = recordBytes(entries * entryBytes);
    if (at + length > fileBytes) at = 0;
    fs.writeSync(descriptor, bytes, 0, length, at);
    at += length;
  };
  return { descriptor, write };
}

function syncLater(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fdatasync(descriptor, (error) => (error === null ? resolve() : reject(error)));
  });
}

/** Entries that come by themselves, one a call, at a rate that waits for no answer; latency counts from the moment at which each was due. */
async function measureOpenLoad(
  append: (i: number) => Promise<unknown>,
  perSecond: number,
  seconds: number,
): Promise<Load> {
  const latencies: number[] = [];
  let refused = 0;
  let sent = 0;
  let waiting = 0;
  const total = perSecond * seconds;
  const begun = performance.now();
  while (sent < total || waiting > 0) {
    const due = Math.min(total, Math.floor(((performance.now() - begun) / 1000) * perSecond));
    for (; sent < due; sent++) {
      const dueMs = begun + (1000 * sent) / perSecond;
      waiting++;
      append(sent).then(
        () => {
          latencies.push(performance.now() - dueMs);
          waiting--;
        },
        () => {
          refused++;
          waiting--;
        },
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const rate = rateOf(latencies.length, (performance.now() - begun) / 1000, latencies);
  const histogram = histogramMs.map((ms, i) => {
    const from = histogramMs[i - 1] ?? Number.NEGATIVE_INFINITY;
    return latencies.filter((latency) => latency > from && latency <= ms).length;
  });
  return { ...rate, refused, histogram };
}

async function measureLoad(home: string, perSecond: number, seconds: number): Promise<Load> {
  const { ledger } = await openBenchLedger(home);
  await segmentsAhead(home);
  return measureOpenLoad((i) => ledger.append([entryOf(i)]), perSecond, seconds);
}

/** The same load on the bare loop, in groups of whatever came while the last was synced: what generator, timers and disk alone make of it. */
export async function measureBareLoad(home: string, perSecond: number, seconds: number): Promise<Load> {
  const { descriptor, write } = openBare(home);
  const gathered: (() => void)[] = [];
  let isRunning = false;
  const run = async (): Promise<void> => {
    isRunning = true;
    await Promise.resolve();
    while (gathered.length > 0) {
      // No more than a group of the ledger has: after a stall of the machine thousands wait.
      const group = gathered.splice(0, MAX_GROUP_ENTRIES);
      write(group.length);
      await syncLater(descriptor);
      for (const resolve of group) resolve();
    }
    isRunning = false;
  };
  const append = (): Promise<void> =>
    new Promise((resolve) => {
      gathered.push(resolve);
      if (!isRunning) run();
    });
  const load = await measureOpenLoad(append, perSecond, seconds);
  fs.closeSync(descriptor);
  return load;
}

if (import.meta.main) {
  const [what, home = '', ...numbers] = process.argv.slice(2);
  const [first = 0, second = 0, third = 0] = numbers.map(Number);
  const rate = what === 'append' ? measureAppends(home, first, second, third) : measureLoad(home, first, second);
  process.stdout.write(JSON.stringify(await rate), () => process.exit(0));
}
