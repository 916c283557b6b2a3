import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failureOf, makeCase, minimise } from './check-case.ts';
import { toFixture } from './fixture.ts';
import { subjectOf } from './subjects.ts';

/** What the process that reads is told, as its argument. */
export interface Orders {
  readonly seed: number;
  readonly seconds: number;
  readonly names: readonly string[];
  readonly folder: string;
}

/** What it tells: a case begins; a case failed; the time is over. */
export type News =
  | { readonly kind: 'begins'; readonly name: string; readonly seed: number }
  | {
      readonly kind: 'failed';
      readonly name: string;
      readonly seed: number;
      readonly failure: string;
      readonly file: string;
    }
  | { readonly kind: 'over'; readonly cases: Readonly<Record<string, number>> };

const orders = JSON.parse(process.argv[2] ?? '') as Orders;
const tell = (news: News): Promise<void> => new Promise((resolve) => process.send?.(news, () => resolve()));
const until = performance.now() + orders.seconds * 1000;
const cases: Record<string, number> = {};
const seen = new Set<string>();
for (let round = 0; round === 0 || performance.now() < until; round++) {
  const seed = (orders.seed + round) & 0x7fffffff;
  for (const name of orders.names) {
    if (round > 0 && performance.now() >= until) break;
    await tell({ kind: 'begins', name, seed });
    const subject = subjectOf(name);
    const made = await makeCase(subject, seed);
    const failure = await failureOf(subject, made);
    cases[name] = (cases[name] ?? 0) + 1;
    if (failure === null) continue;
    // One of a kind is enough for a run.
    const kind = `${name} ${failure.replace(/\d+/g, '')}`;
    if (seen.has(kind)) continue;
    seen.add(kind);
    const small = await minimise(subject, made, failure);
    mkdirSync(orders.folder, { recursive: true });
    const file = join(orders.folder, `${name}-${seed}.json`);
    writeFileSync(file, `${JSON.stringify(toFixture(name, seed, failure, small), null, 2)}\n`);
    await tell({ kind: 'failed', name, seed, failure, file });
  }
}
await tell({ kind: 'over', cases });
process.disconnect();
