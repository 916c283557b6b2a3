import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeContent } from '../src/core/ledger-entry/record.ts';
import { recordCodec } from '../src/ledger/entry-coding.ts';
import type { NewEntry } from '../src/ledger/port.ts';
import { type OpenLedger, openLedger } from '../src/ledger/service/open-ledger.ts';
import { recordBytes } from '../src/ledger/wal/layout.ts';
import { judge, printTargets, type Target, writeResult } from './machine.ts';
import { median, round } from './process.ts';

/*
 * node bench/ledger.ts [--only groups,load,growth] [--runs N] [--seconds N] [--entries N] [--folder DIR]
 *
 * Durable appends beside the bare loop that writes the same bytes to a preallocated file and calls fdatasync, alternating; latency under an open load; growth.
 */

const groups = [1, 16, 256, 1024] as const;

/** A disclosure as a gateway makes them: ids, a basis, a signature of 64 bytes. */
function entryOf(i: number): NewEntry {
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

function openBenchLedger(home: string): Promise<OpenLedger> {
  return openLedger({
    settings: {
      ledgerFolder: join(home, 'ledger'),
      keysFolder: join(home, 'keys'),
      secondPlaceFolder: join(home, 'second'),
      origin: 'ledger.example',
      witnesses: null,
      onMissingQuorum: 'withhold',
      retentionDays: null,
    },
    nowMs: Date.now,
    // Bursts of a second are measured for themselves; what derivation makes of them afterwards is measured by `growth`.
    options: { backlogEntries: Number.MAX_SAFE_INTEGER },
    removePerson: async () => {},
    removeShardRows: async () => {},
    onFailure: (error) => {
      throw error;
    },
  });
}

interface Rate {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

function rateOf(count: number, seconds: number, latencies: number[]): Rate {
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => round(latencies[Math.floor(share * (latencies.length - 1))] ?? 0);
  return { perSecond: Math.round(count / seconds), p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** Appends one group after the other for a while. */
async function measureAppends(home: string, size: number, seconds: number): Promise<Rate> {
  const { ledger, close } = await openBenchLedger(home);
  const batch = Array.from({ length: size }, (_, i) => entryOf(i));
  const latencies: number[] = [];
  const begun = performance.now();
  let now = begun;
  while (now - begun < 1000 * seconds) {
    await ledger.append(batch);
    const then = performance.now();
    latencies.push(then - now);
    now = then;
  }
  const rate = rateOf(size * latencies.length, (now - begun) / 1000, latencies);
  await close();
  return rate;
}

/** The least that any durable log does: writes the same bytes to a place that was written before, and syncs them. */
function measureBare(home: string, size: number, seconds: number): Rate {
  const plain = Array.from({ length: size }, (_, i) => recordCodec.sizeOf(entryOf(i))).reduce(
    (sum, bytes) => sum + bytes,
    0,
  );
  const bytes = new Uint8Array(recordBytes(plain)).fill(7);
  const fileBytes = 64 * 1024 * 1024;
  const descriptor = fs.openSync(join(home, 'bare'), 'w+');
  const zeros = new Uint8Array(1 << 20);
  for (let at = 0; at < fileBytes; at += zeros.length) fs.writeSync(descriptor, zeros, 0, zeros.length, at);
  fs.fsyncSync(descriptor);
  const latencies: number[] = [];
  const begun = performance.now();
  let now = begun;
  for (let at = 0; now - begun < 1000 * seconds; at += bytes.length) {
    if (at + bytes.length > fileBytes) at = 0;
    fs.writeSync(descriptor, bytes, 0, bytes.length, at);
    fs.fdatasyncSync(descriptor);
    const then = performance.now();
    latencies.push(then - now);
    now = then;
  }
  fs.closeSync(descriptor);
  return rateOf(size * latencies.length, (now - begun) / 1000, latencies);
}

/** Entries that come by themselves, one a call, at a rate that waits for no answer; latency counts from the moment at which each was due. */
async function measureLoad(
  home: string,
  perSecond: number,
  seconds: number,
): Promise<Rate & { readonly refused: number }> {
  const { ledger, close } = await openBenchLedger(home);
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
      ledger.append([entryOf(sent)]).then(
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
  await close();
  return { ...rate, refused };
}

interface GrowthStep {
  readonly size: number;
  /** Until an entry is durable, and until it is under a checkpoint. */
  readonly appendMicros: number;
  readonly derivedMicros: number;
  readonly startMs: number;
}

/** Cost of an append, of derivation and of a start as the log grows. */
async function measureGrowth(home: string, entries: number): Promise<GrowthStep[]> {
  const steps: GrowthStep[] = [];
  let size = 0;
  for (const goal of [10_000, 100_000, 1_000_000, 10_000_000].filter((step) => step <= entries)) {
    const added = goal - size;
    const { ledger, close } = await openBenchLedger(home);
    let appendMs = 0;
    let derivedMs = 0;
    while (size < goal) {
      // In pieces, so that what waits for derivation stays small.
      const until = Math.min(goal, size + 50_000);
      const begun = performance.now();
      while (size < until) {
        const count = Math.min(1024, until - size);
        await ledger.append(Array.from({ length: count }, (_, i) => entryOf(size + i)));
        size += count;
      }
      appendMs += performance.now() - begun;
      await ledger.checkpoint();
      derivedMs += performance.now() - begun;
    }
    await close();
    const begun = performance.now();
    const again = await openBenchLedger(home);
    const startMs = performance.now() - begun;
    await again.close();
    const micros = (ms: number): number => round((1000 * ms) / added);
    steps.push({ size, appendMicros: micros(appendMs), derivedMicros: micros(derivedMs), startMs: round(startMs) });
    console.log(`growth: ${JSON.stringify(steps.at(-1))}`);
  }
  return steps;
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'groups,load,growth' },
    runs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    entries: { type: 'string', default: '1000000' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const runs = Number(values.runs);
const seconds = Number(values.seconds);
const only = values.only.split(',');
const targets: Target[] = [];
const measured: Record<string, unknown> = { recordBytes: recordCodec.sizeOf(entryOf(1)) };

async function inHome<T>(run: (home: string) => Promise<T> | T): Promise<T> {
  const home = fs.mkdtempSync(join(values.folder, 'boltseal-ledger-'));
  try {
    fs.mkdirSync(join(home, 'keys'));
    return await run(home);
  } finally {
    fs.rmSync(home, { recursive: true });
  }
}

function middle(rates: readonly Rate[]): Rate {
  return {
    perSecond: median(rates.map(({ perSecond }) => perSecond)),
    p50Ms: median(rates.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(rates.map(({ p99Ms }) => p99Ms)),
  };
}

if (only.includes('groups')) {
  for (const size of groups) {
    const appends: Rate[] = [];
    const bares: Rate[] = [];
    for (let run = 0; run < runs; run++) {
      appends.push(await inHome((home) => measureAppends(home, size, seconds)));
      bares.push(await inHome((home) => measureBare(home, size, seconds)));
    }
    const share = round(median(appends.map(({ perSecond }, run) => perSecond / (bares[run]?.perSecond ?? 1))));
    const outcome = { append: middle(appends), bare: middle(bares), share };
    measured[`group${size}`] = outcome;
    console.log(`group ${size}: ${JSON.stringify(outcome)}`);
    targets.push(judge(`ledger: groups of ${size} beside the bare loop`, share, 'at least', 0.5, 'of its rate'));
  }
}
if (only.includes('load')) {
  const loads: (Rate & { readonly refused: number })[] = [];
  for (let run = 0; run < runs; run++) loads.push(await inHome((home) => measureLoad(home, 10_000, 5 * seconds)));
  const load = { ...middle(loads), refused: loads.reduce((sum, { refused }) => sum + refused, 0) };
  measured.load = load;
  console.log(`load of 10,000 a second: ${JSON.stringify(load)}`);
  targets.push(judge('ledger: p99 at 10,000 appends a second', load.p99Ms, 'at most', 5, 'ms'));
}
if (only.includes('growth')) measured.growth = await inHome((home) => measureGrowth(home, Number(values.entries)));
printTargets(targets);
writeResult('ledger', { measured, targets });
