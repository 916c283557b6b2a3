import { join } from 'node:path';
import { createCompany, earlierSeconds, laterSeconds } from './company.ts';
import { type DumpShape, type DumpTruth, writeDump } from './dump.ts';
import { createPeople, type Person } from './people.ts';
import { createRandom } from './random.ts';
import { openTableFile, quoteCell } from './table-file.ts';

export interface DemoOptions {
  readonly seed: number;
  /** Customers in the earlier snapshot. */
  readonly customers: number;
  readonly shape: DumpShape;
}

/** The files of a demo and what is true about them. */
export interface Demo {
  readonly earlier: DemoTable;
  readonly later: DemoTable;
  readonly dump: { readonly path: string; readonly truth: DumpTruth };
}

/** A snapshot of the invented company's customers, as CSV in UTF-8 with header. */
export interface DemoTable {
  readonly path: string;
  readonly asOfSeconds: number;
  readonly rows: number;
}

/** What `boltseal demo` makes unless asked otherwise. */
export const defaultDemo: DemoOptions = {
  seed: 1,
  customers: 200_000,
  shape: { separator: '----', encoding: 'gb18030' },
};

const header = 'customer_id,name,phone,email,national_id,username,address,created_at';

/** Writes two snapshots and a dump into a folder that exists. The same options give the same bytes. */
export function writeDemo(folder: string, options: DemoOptions): Demo {
  const random = createRandom(options.seed);
  const people = createPeople(random);
  const { customers, joined } = createCompany(options.customers, people, random);
  const before = customers.map((customer) => customer.before);
  const after = [...customers.flatMap((customer) => customer.after ?? []), ...joined];
  const dumpPath = join(folder, 'dump.txt');
  return {
    earlier: writeSnapshot(join(folder, 'customers-2024-03-01.csv'), earlierSeconds, before),
    later: writeSnapshot(join(folder, 'customers-2024-09-01.csv'), laterSeconds, after),
    dump: { path: dumpPath, truth: writeDump(dumpPath, options.shape, customers, people, random) },
  };
}

function writeSnapshot(path: string, asOfSeconds: number, people: readonly Person[]): DemoTable {
  const file = openTableFile(path, 'utf-8');
  file.writeLine(header);
  for (const person of people) {
    const created = new Date(person.createdSeconds * 1000).toISOString().slice(0, 19).replace('T', ' ');
    const { id, name, phone, email, nationalId, username, address } = person;
    const cells = [id, name, phone, email, nationalId, username, quoteCell(address, ','), created];
    file.writeLine(cells.join(','));
  }
  file.close();
  return { path, asOfSeconds, rows: people.length };
}
