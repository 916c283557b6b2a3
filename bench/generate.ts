import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makePersonWriter, mix, type PersonWriter, permutation, STRANGERS } from './synthetic.ts';

/** Raised when the same parameters give other bytes: it is part of every file's name. */
const GENERATOR_VERSION = 1;
const SEED = 20240611;

export const dataDirectory = join(import.meta.dirname, 'data');

export interface DumpShape {
  readonly rows: number;
  /** How many customers there are to cut rows from. */
  readonly subjects: number;
  readonly encoding?: 'utf-8' | 'gb18030';
  readonly quoted?: boolean;
}

/** What was put into a dump, known by construction: the third opinion beside Boltseal's and the peer's. */
export interface DumpTruth {
  readonly rows: number;
  readonly matched: number;
  readonly strong: number;
  readonly weak: number;
  readonly chimera: number;
  readonly subjects: number;
}

export const dumpColumns = ['customer_id', 'phone', 'email', 'name', 'address', 'last_order'] as const;
export const customerColumns = ['id', 'phone', 'email', 'name', 'address'] as const;

const COMMA = 0x2c;
const QUOTE = 0x22;
const NEWLINE = 0x0a;

/** customers.csv: id, phone, email (identifying), name, address (confirming), one row a subject: five versions each, three of them identifying. Returns its path. */
export function generateCustomers(subjects: number): string {
  return cached(`customers-${subjects}.csv`, (file) => {
    const people = makePersonWriter('utf-8', SEED);
    file.text(`${customerColumns.join(',')}\n`);
    for (let person = 0; person < subjects; person++) writeCustomer(file, people, person, 0);
    return null;
  }).path;
}

/**
 * The next full snapshot with 1 % changes: of 1000 subjects 3 have a new phone, 3 a new e-mail address, 2 have moved, 1 is gone, and 1 has come. Returns its path.
 */
export function generateNextCustomers(subjects: number): string {
  return cached(`customers-${subjects}-next.csv`, (file) => {
    const people = makePersonWriter('utf-8', SEED);
    file.text(`${customerColumns.join(',')}\n`);
    for (let person = 0; person < subjects; person++) {
      const change = mix(person, SEED + 6) % 1000;
      if (change === 0) continue;
      writeCustomer(file, people, person, change);
    }
    const arrivals = Math.floor(subjects / 1000);
    for (let person = subjects; person < subjects + arrivals; person++) writeCustomer(file, people, person, 999);
    return null;
  }).path;
}

function writeCustomer(file: FileBuilder, people: PersonWriter, person: number, change: number): void {
  file.reserve(512);
  const out = file.bytes;
  let at = people.customerId(out, file.length, person);
  out[at++] = COMMA;
  at = people.phone(out, at, person, change >= 1 && change <= 3 ? 1 : 0);
  out[at++] = COMMA;
  at = people.email(out, at, person, change >= 4 && change <= 6 ? 1 : 0);
  out[at++] = COMMA;
  at = people.name(out, at, person);
  out[at++] = COMMA;
  at = people.address(out, at, person, change === 7 || change === 8 ? 1 : 0);
  out[at++] = NEWLINE;
  file.length = at;
}

/** Which person stands behind each value of a row. */
interface RowPlan {
  id: number | null;
  phone: number;
  phoneEdition: number;
  email: number;
  emailEdition: number;
  /** Whose name and address. */
  rest: number;
}

/**
 * dump-….csv: 30 % customers (each once while they are fewer than half of all subjects), in an order that no structure of the register shares; the rest strangers. Of the customers' rows 90 % agree in all
 * values, 4 % have another phone, 3 % another e-mail address, 1 % no id, 1.5 % are weak (a value that now is a stranger's) and 0.5 % chimeras (phone of one customer, e-mail
 * address of another). Weak rows and chimeras carry a stranger's name and address, so that "two of three identifying values agree" and "strong" are the same rows.
 */
export function generateDump(shape: DumpShape): { path: string; truth: DumpTruth } {
  const { rows, subjects, encoding = 'utf-8', quoted = false } = shape;
  const name = `dump-${rows}-of-${subjects}${encoding === 'utf-8' ? '' : `-${encoding}`}${quoted ? '-quoted' : ''}.csv`;
  const { path, truth } = cached(name, (file) => writeDump(file, rows, subjects, encoding, quoted));
  if (truth === null) throw new Error('a dump has its truth beside it');
  return { path, truth };
}

function writeDump(
  file: FileBuilder,
  rows: number,
  subjects: number,
  encoding: 'utf-8' | 'gb18030',
  quoted: boolean,
): DumpTruth {
  const people = makePersonWriter(encoding, SEED);
  const customersRows = Math.floor(rows * 0.3);
  const placeOf = permutation(rows, SEED + 7);
  const subjectOf = permutation(subjects, SEED + 8);
  const truth = { rows, matched: 0, strong: 0, weak: 0, chimera: 0, subjects: 0 };
  const touched = new Uint8Array(subjects);
  const between = quoted ? [QUOTE, COMMA, QUOTE] : [COMMA];
  const plan: RowPlan = { id: 0, phone: 0, phoneEdition: 0, email: 0, emailEdition: 0, rest: 0 };

  file.text(`${dumpColumns.map((column) => (quoted ? `"${column}"` : column)).join(',')}\n`);
  for (let row = 0; row < rows; row++) {
    const place = placeOf(row);
    const stranger = STRANGERS + place;
    if (place < customersRows) planCustomer(plan, place, stranger, subjectOf, truth, touched);
    else planStranger(plan, stranger);
    file.reserve(512);
    const out = file.bytes;
    let at = file.length;
    if (quoted) out[at++] = QUOTE;
    if (plan.id !== null) at = people.customerId(out, at, plan.id);
    for (const byte of between) out[at++] = byte;
    at = people.phone(out, at, plan.phone, plan.phoneEdition);
    for (const byte of between) out[at++] = byte;
    at = people.email(out, at, plan.email, plan.emailEdition);
    for (const byte of between) out[at++] = byte;
    at = people.name(out, at, plan.rest);
    for (const byte of between) out[at++] = byte;
    at = people.address(out, at, plan.rest, 0);
    for (const byte of between) out[at++] = byte;
    at = people.date(out, at, row);
    if (quoted) out[at++] = QUOTE;
    out[at++] = NEWLINE;
    file.length = at;
  }
  truth.matched = truth.strong + truth.weak + truth.chimera;
  for (const touch of touched) truth.subjects += touch;
  return truth;
}

function planStranger(plan: RowPlan, stranger: number): void {
  plan.id = stranger;
  plan.phone = stranger;
  plan.email = stranger;
  plan.phoneEdition = 0;
  plan.emailEdition = 0;
  plan.rest = stranger;
}

function planCustomer(
  plan: RowPlan,
  place: number,
  stranger: number,
  subjectOf: (index: number) => number,
  truth: { strong: number; weak: number; chimera: number },
  touched: Uint8Array,
): void {
  // Rows are cut from one half of the subjects (again and again when the dump is longer), the second halves of chimeras from the other.
  const half = Math.floor(touched.length / 2);
  const person = subjectOf(place % half);
  const kind = mix(place, SEED + 9) % 1000;
  touched[person] = 1;
  planStranger(plan, stranger);
  if (kind < 980) {
    truth.strong++;
    plan.id = kind < 970 ? person : null;
    plan.phone = person;
    plan.phoneEdition = kind >= 900 && kind < 940 ? 1 : 0;
    plan.email = person;
    plan.emailEdition = kind >= 940 && kind < 970 ? 1 : 0;
    plan.rest = person;
  } else if (kind < 988) {
    truth.weak++;
    plan.phone = person;
  } else if (kind < 995) {
    truth.weak++;
    plan.email = person;
  } else {
    const other = subjectOf(touched.length - 1 - (place % half));
    truth.chimera++;
    touched[other] = 1;
    plan.phone = person;
    plan.email = other;
  }
}

/** The same file through gzip -6 (the tool, so that nothing of ours takes part in it). Returns its path. */
export async function compress(path: string): Promise<string> {
  const target = `${path}.gz`;
  if (existsSync(target)) return target;
  const out = openSync(`${target}.part`, 'w');
  const gzip = spawn('gzip', ['-6', '-n', '-c', path], { stdio: ['ignore', out, 'inherit'] });
  const code = await new Promise<number | null>((resolve, reject) => gzip.once('error', reject).once('close', resolve));
  closeSync(out);
  if (code !== 0) throw new Error(`gzip ended with ${code}`);
  renameSync(`${target}.part`, target);
  return target;
}

/** Appends to a file through one large buffer: no string and no object per row. */
class FileBuilder {
  readonly bytes = Buffer.allocUnsafe(1 << 22);
  length = 0;
  private readonly descriptor: number;

  constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  text(text: string): void {
    this.reserve(512);
    this.length += this.bytes.write(text, this.length);
  }

  reserve(sizeBytes: number): void {
    if (this.length + sizeBytes > this.bytes.length) this.flush();
  }

  flush(): void {
    for (let done = 0; done < this.length; ) done += writeSync(this.descriptor, this.bytes, done, this.length - done);
    this.length = 0;
  }
}

function cached(
  name: string,
  write: (file: FileBuilder) => DumpTruth | null,
): { path: string; truth: DumpTruth | null } {
  const path = join(dataDirectory, `v${GENERATOR_VERSION}-${name}`);
  const note = `${path}.truth.json`;
  if (!existsSync(note)) {
    mkdirSync(dataDirectory, { recursive: true });
    const descriptor = openSync(`${path}.part`, 'w');
    const file = new FileBuilder(descriptor);
    const truth = write(file);
    file.flush();
    closeSync(descriptor);
    renameSync(`${path}.part`, path);
    // Written last: a file whose note is missing is incomplete and made again.
    writeFileSync(note, JSON.stringify(truth));
  }
  return { path, truth: JSON.parse(readFileSync(note, 'utf8')) as DumpTruth | null };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '10000000' },
      subjects: { type: 'string', default: '10000000' },
      variants: { type: 'boolean', default: false },
    },
  });
  const rows = Number(values.rows);
  const subjects = Number(values.subjects);
  const report = (path: string, startedAt: number) => {
    const seconds = (performance.now() - startedAt) / 1000;
    console.log(`${path}: ${statSync(path).size} bytes in ${seconds.toFixed(1)} s`);
  };
  const timed = (make: () => string) => {
    const startedAt = performance.now();
    report(make(), startedAt);
  };
  timed(() => generateCustomers(subjects));
  timed(() => generateDump({ rows, subjects }).path);
  if (values.variants) {
    timed(() => generateNextCustomers(subjects));
    timed(() => generateDump({ rows, subjects, quoted: true }).path);
    timed(() => generateDump({ rows, subjects, encoding: 'gb18030' }).path);
    const startedAt = performance.now();
    report(await compress(generateDump({ rows, subjects }).path), startedAt);
  }
}
