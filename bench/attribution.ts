import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { attribute } from '../src/attribute/attribute.ts';
import { type DumpSubjects, STILL } from '../src/attribute/port.ts';
import { readLedger } from '../src/attribute/read-ledger.ts';
import { openDisclosures } from '../src/disclosures/reader.ts';
import { disclosuresKey } from '../src/disclosures/sealed.ts';
import { DisclosureWriter } from '../src/disclosures/writer.ts';
import { dataDirectory } from './generate.ts';
import { judge, printTargets, writeResult } from './machine.ts';
import { median, round, runProcess } from './process.ts';

/*
 * node bench/attribution.ts [--rows N] [--runs N] [--make] [--fresh]
 *
 * Through whom a dump of 100,000 people came, asked of 100 M disclosures about 10 M people: reading of sealed files by two threads, and the model. Each run is a process of its own, for its memory. `--make` makes the
 * disclosures and nothing else. Devices read mostly people of their own station; one of them has passed on a third of what it read for forty days.
 */

const registerKey = new Uint8Array(32).fill(1);
const principals = 5000;
const stations = 160;
const subjects = 10_000_000;
const startSeconds = 1_735_689_600;
const spanSeconds = 180 * 86_400;
const active = { from: startSeconds + 60 * 86_400, until: startSeconds + 100 * 86_400 };
const source = 77;
const foreign = 100_000;
const prime = 2_147_483_647;
/** Phone, name and address; all that a dump of labels has. */
const mask = 0b11_0000_0001;

interface Read {
  readonly time: number;
  readonly principal: number;
  readonly subject: number;
}

function readAt(i: number, rows: number): Read {
  const x = (i * 48_271) % prime;
  const y = (x * 16_807) % prime;
  const principal = x % principals;
  const isLocal = x % 11 < 9;
  return {
    time: startSeconds + Math.floor((i * spanSeconds) / rows),
    principal,
    subject: isLocal ? (principal % stations) + stations * (y % (subjects / stations)) : y % subjects,
  };
}

function makeHome(home: string, rows: number): void {
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  const writer = new DisclosureWriter({ home, registerKey, key: disclosuresKey(registerKey) });
  for (let n = 0; n < principals; n++) {
    const number = writer.principals.numberOf(`device-${n}`) ?? 0;
    const station = n % stations;
    const attributes = {
      station: `st-${station}`,
      partner: `partner-${station % 32}`,
      build: `b-${(n * 7) % 21}`,
      model: `m-${n % 5}`,
    };
    writer.principals.describe(number, 0, attributes);
  }
  for (let i = 0; i < rows; i++) {
    const { time, principal, subject } = readAt(i, rows);
    writer.add(time, principal, subject, mask, 0);
  }
  writer.commit();
  writeFileSync(join(home, 'made'), '');
}

/** A third of what the source read while it was active, and as many strangers to it as a leak of some other origin has. */
function makeDump(rows: number): DumpSubjects {
  const people = new Set<number>();
  for (let i = 0; i < rows; i++) {
    const { time, principal, subject } = readAt(i, rows);
    if (principal === source && time >= active.from && time < active.until && i % 3 === 0) people.add(subject);
  }
  for (let i = 0; people.size < foreign; i++) people.add((i * 1_000_003 + 17) % subjects);
  const subject = Uint32Array.from(people).sort();
  return {
    subject,
    fields: new Uint16Array(subject.length).fill(mask),
    from: new Uint32Array(subject.length),
    until: new Uint32Array(subject.length).fill(STILL),
  };
}

/** One run in a process of its own; what it found goes to standard output. */
async function ask(home: string, dump: DumpSubjects): Promise<void> {
  const began = performance.now();
  const before = process.cpuUsage();
  const reader = openDisclosures(home, registerKey);
  const threads = 2;
  const pass = { reader, source: reader.source, dump, registered: subjects, threads, onRead: () => {} };
  const ledger = await readLedger(pass);
  const { suspects } = attribute({
    version: 'bench',
    dump: { id: '', createdAt: '', name: '', subjects: dump, copyShape: null, shareOfRegister: 0.01 },
    principals: reader.principals(),
    ledger,
    threads,
    now: 0,
  });
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(before);
  const [first] = suspects;
  const isRight = first !== undefined && 'principal' in first && first.principal === `device-${source}` && first.named;
  console.log(
    JSON.stringify({ seconds, readSeconds: ledger.seconds, processorSeconds: (user + system) / 1e6, isRight }),
  );
}

interface Answer {
  readonly seconds: number;
  readonly readSeconds: number;
  readonly processorSeconds: number;
  readonly isRight: boolean;
}

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000000' },
    runs: { type: 'string', default: '3' },
    make: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
    ask: { type: 'boolean', default: false },
  },
});
const rows = Number(values.rows);
const home = join(dataDirectory, `attribution-${rows}`);
if (values.ask) await ask(home, makeDump(rows));
else {
  mkdirSync(dataDirectory, { recursive: true });
  if (values.fresh || !existsSync(join(home, 'made'))) makeHome(home, rows);
  if (!values.make) await measure(Number(values.runs));
}

async function measure(runs: number): Promise<void> {
  const answers: (Answer & { readonly peakRssBytes: number })[] = [];
  for (let run = 0; run < runs; run++) {
    const flags = ['--disable-warning=ExperimentalWarning', import.meta.filename, '--ask', '--rows', String(rows)];
    const { stdout, peakRssBytes } = await runProcess(process.execPath, flags);
    answers.push({ ...(JSON.parse(stdout) as Answer), peakRssBytes });
    console.log(JSON.stringify(answers.at(-1)));
  }
  if (!answers.every(({ isRight }) => isRight)) throw new Error('the source was not named first');
  const middle = (of: (answer: (typeof answers)[number]) => number): number => round(median(answers.map(of)));
  const targets = [
    judge(
      'attribution, two threads',
      middle(({ seconds }) => seconds),
      'at most',
      5,
      's',
    ),
    judge(
      'its memory',
      middle(({ peakRssBytes }) => peakRssBytes / 1e6),
      'at most',
      1000,
      'MB',
    ),
  ];
  printTargets(targets);
  const path = writeResult('attribution', {
    rows,
    subjects,
    principals,
    seconds: middle(({ seconds }) => seconds),
    readSeconds: middle(({ readSeconds }) => readSeconds),
    processorSeconds: middle(({ processorSeconds }) => processorSeconds),
    peakRssBytes: Math.round(middle(({ peakRssBytes }) => peakRssBytes)),
    targets,
  });
  console.log(path);
}
