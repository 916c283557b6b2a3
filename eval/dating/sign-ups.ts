import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { writeRow } from '../csv.ts';
import { rootDirectory } from '../people.ts';
import { boltseal } from '../product.ts';
import { makeRandom } from '../random.ts';
import { verifyCopy } from './copy-found.ts';

/*
 * eval/dating/sign-ups.ts [--seed N] [--trials N]: a company with thousands of sign-ups a day, registered once from a table with creation times, and copies of its whole table from random moments before that,
 * about 100,000 rows each. The copy's time must be found to the hour. Ends with 1 when the median error is an hour or more, or fewer windows hold the truth than chance allows.
 */

const HOUR = 3600;
const DAY = 24 * HOUR;
const START = Date.parse('2026-03-02T00:00:00Z') / 1000;
const OLD_CUSTOMERS = 30_000;
const OLD_DAYS = 700;
const BUSY_DAYS = 40;
const PER_DAY = 2500;
/** Customers who close their account in the busy days, and those who get another phone. */
const LEAVING_SHARE = 0.02;
const MOVING_SHARE = 0.05;
/** Rows that the dump lost, and rows with a phone that was never registered. */
const LOST_SHARE = 0.003;
const GARBLED_SHARE = 0.01;

interface Customer {
  readonly id: string;
  readonly created: number;
  readonly left: number;
  readonly moved: number;
  readonly phones: readonly [string, string];
}

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, trials: { type: 'string', default: '30' } },
});
const random = makeRandom(Number(values.seed));
for (let i = 0; i < 5; i++) random();
const customers = makeCustomers();
const end = START + BUSY_DAYS * DAY;
const work = join(rootDirectory, 'eval', 'out', 'dating', 'sign-ups');
rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });
const home = join(work, 'home');
const table = join(work, 'customers.csv');
writeTable(table, rowsAt(end), true);
const maps = ['customerId=customer_id', 'name=name', 'phone=phone', 'email=email'];
await boltseal(home, 'init', '--region', 'CN');
// biome-ignore format: one option and its value after the other
await boltseal(home, 'register', 'add', table, '--id', 'customer_id', '--created', 'created', '--as-of', isoOf(end),
  ...maps.slice(1).flatMap((map) => ['--map', map]));

const errors: number[] = [];
const widths: number[] = [];
let [inside, single] = [0, 0];
for (let trial = 0; trial < Number(values.trials); trial++) {
  const time = Math.floor(START + (22 + random() * (BUSY_DAYS - 23)) * DAY);
  const dump = join(work, `dump-${trial}.csv`);
  const rows = rowsAt(time).filter(() => random() >= LOST_SHARE);
  writeTable(dump, rows, false);
  const { shape, window } = await verifyCopy(home, dump, maps);
  rmSync(dump);
  errors.push(window === undefined ? Infinity : Math.abs(window.bestSeconds - time) / HOUR);
  widths.push(window === undefined ? Infinity : (window.toSeconds - window.fromSeconds) / HOUR);
  if (window !== undefined && window.fromSeconds <= time && time <= window.toSeconds) inside++;
  if (shape === 'single') single++;
  console.log(
    `sign-ups: copy ${trial + 1}: ${shape}, error ${(60 * errors[trial]!).toFixed(1)} min, width ${(60 * widths[trial]!).toFixed(1)} min`,
  );
}
const sorted = errors.toSorted((a, b) => a - b);
const median = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1]!;
const summary = {
  seed: Number(values.seed),
  trials: errors.length,
  inside,
  single,
  medianErrorHours: median(errors),
  worstErrorHours: sorted.at(-1)!,
  underAnHour: errors.filter((hours) => hours < 1).length,
  medianWidthHours: median(widths),
};
const path = join(work, '..', 'sign-ups.json');
writeFileSync(path, `${JSON.stringify(summary, null, 2)}\n`);
console.log(
  `sign-ups: in the window ${inside} of ${errors.length}, single ${single}; error ${(60 * summary.medianErrorHours).toFixed(1)} min, worst ${(60 * summary.worstErrorHours).toFixed(1)} min, ` +
    `under an hour ${summary.underAnHour}; width ${(60 * summary.medianWidthHours).toFixed(1)} min; ${relative(rootDirectory, path)}`,
);
// A model that holds 95 % misses more than 6 of 30 once in 3,000 runs.
process.exitCode = summary.medianErrorHours < 1 && inside >= Math.floor(0.8 * errors.length) ? 0 : 1;

function makeCustomers(): Customer[] {
  const made: Customer[] = [];
  const add = (created: number): void => {
    const phone = (): string => `1${[38, 59, 86][Math.floor(random() * 3)]}${digits(8)}`;
    const leaves = random() < LEAVING_SHARE;
    const moves = random() < MOVING_SHARE;
    const later = (): number =>
      Math.max(created, START) + Math.floor(random() * (START + BUSY_DAYS * DAY - Math.max(created, START)));
    made.push({
      id: `K${100_000 + made.length}`,
      created,
      left: leaves ? later() : Infinity,
      moved: moves ? later() : Infinity,
      phones: [phone(), phone()],
    });
  };
  const old = Array.from({ length: OLD_CUSTOMERS }, () => START - Math.floor(random() * OLD_DAYS * DAY));
  const busy = Array.from(
    { length: BUSY_DAYS * PER_DAY },
    () => START + Math.floor(random() * BUSY_DAYS) * DAY + secondOfDay(),
  );
  for (const created of [...old, ...busy].toSorted((a, b) => a - b)) add(created);
  return made;
}

/** Few sign up at night: one in ten of the hours' even share between midnight and six. */
function secondOfDay(): number {
  for (;;) {
    const second = Math.floor(random() * DAY);
    if (second >= 6 * HOUR || random() < 0.1) return second;
  }
}

function digits(count: number): string {
  return String(Math.floor(random() * 10 ** count)).padStart(count, '0');
}

function rowsAt(time: number): { customer: Customer; phone: string }[] {
  return customers
    .filter(({ created, left }) => created <= time && time < left)
    .map((customer) => ({ customer, phone: customer.phones[customer.moved <= time ? 1 : 0] }));
}

function writeTable(path: string, rows: readonly { customer: Customer; phone: string }[], isRegister: boolean): void {
  const header = ['customer_id', 'name', 'phone', 'email', ...(isRegister ? ['created'] : [])];
  const lines = rows.map(({ customer: { id, created }, phone }) => {
    const number = Number(id.slice(1));
    const written = !isRegister && random() < GARBLED_SHARE ? `139${digits(8)}` : phone;
    const cells = [id, `Ada Example ${number % 9973}`, written, `user${number}@mail.example.org`];
    return writeRow(isRegister ? [...cells, isoOf(created)] : cells, ',', 'minimal');
  });
  writeFileSync(path, `${[header.join(','), ...lines].join('\n')}\n`);
}

function isoOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000', '');
}
