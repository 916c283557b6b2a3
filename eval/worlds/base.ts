import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DAY_SECONDS, FOREVER, isoOf, secondAt, secondsOf } from './calendar.ts';
import { type Columns, type Grouped, groupBy, openColumns, readColumns, writeAll } from './columns.ts';
import type { WorldConfig } from './config.ts';
import { type Fleet, makeFleet, type Principal } from './fleet.ts';
import { openLog } from './log-lines.ts';
import { addressText, customerId, emailText, makePeople, nameText, type People, phoneText } from './people.ts';
import { type Campaign, planCampaigns, runTraffic } from './traffic.ts';

/** A world that has been run: thefts are cut from it. */
export interface Base {
  readonly config: WorldConfig;
  readonly people: People;
  readonly fleet: Fleet;
  readonly campaigns: readonly Campaign[];
  readonly columns: Columns;
  readonly byPrincipal: Grouped;
  /** First second and the one after the last. */
  readonly from: number;
  readonly until: number;
}

/** The files of a world's folder that the product reads. */
export const worldFiles = {
  customers: 'customers.csv',
  principals: 'principals.csv',
  disclosures: 'disclosures.jsonl',
  world: 'world.json',
} as const;

/** Raised whenever a world of the same configuration comes out differently, so that old folders are made anew. */
const EDITION = 1;

/** Runs a world into a folder, unless it is there already; `keepsLog`: with the log that the product imports, by far the largest file. Streams: memory holds the people and twelve days of reads. */
export function writeWorld(config: WorldConfig, directory: string, keepsLog: boolean = true): void {
  const description = JSON.stringify({ edition: EDITION, config });
  const done = join(directory, worldFiles.world);
  const hasLog = ['home.json', worldFiles.disclosures].some((name) => existsSync(join(directory, name)));
  if (existsSync(done) && readFileSync(done, 'utf8') === description && (hasLog || !keepsLog)) return;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const { people, fleet, campaigns } = makeActors(config);
  writeCustomers(join(directory, worldFiles.customers), config, people);
  writeFileSync(join(directory, worldFiles.principals), principalsCsv(fleet.principals));
  const columns = openColumns(directory);
  const log = keepsLog ? openLog(join(directory, worldFiles.disclosures), fleet.principals) : null;
  for (const day of runTraffic(config, people, fleet, campaigns)) {
    columns.add(day);
    log?.add(day);
  }
  columns.close();
  log?.close();
  // Only a folder with this file is complete.
  writeFileSync(`${done}.part`, description);
  renameSync(`${done}.part`, done);
}

/** Loads a world that has been written: people and principals are made again, reads come from the column files. */
export function loadBase(config: WorldConfig, directory: string): Base {
  const actors = makeActors(config);
  const columns = readColumns(directory);
  const from = secondAt(secondsOf(config.start), 0, 0);
  const byPrincipal = groupBy(columns.principal, actors.fleet.principals.length);
  return { config, ...actors, columns, byPrincipal, from, until: from + config.days * DAY_SECONDS };
}

function makeActors(config: WorldConfig) {
  const people = makePeople(config);
  const fleet = makeFleet(config);
  return { people, fleet, campaigns: planCampaigns(config, fleet) };
}

/** All versions of all customers as dated rows (slowly changing dimension, type 2). */
function writeCustomers(path: string, config: WorldConfig, people: People): void {
  const file = openSync(path, 'w');
  let lines = ['customer_id,name,phone,email,address,created,valid_from,valid_to\n'];
  for (let c = 0; c < people.count; c++) {
    const last = (people.firstVersion[c + 1] as number) - 1;
    for (let v = people.firstVersion[c] as number; v <= last; v++) {
      const until = v < last ? (people.versionFrom[v + 1] as number) : (people.gone[c] as number);
      const cells = [
        customerId(c),
        nameText(c),
        phoneText(people.phone[v] as number),
        emailText(c),
        addressText(people.place[v] as number, config),
      ];
      const times = [people.created[c] as number, people.versionFrom[v] as number].map(isoOf);
      lines.push(`${cells.join(',')},${times.join(',')},${until === FOREVER ? '' : isoOf(until)}\n`);
    }
    if (lines.length > 5000 || c === people.count - 1) {
      writeAll(file, Buffer.from(lines.join('')));
      lines = [];
    }
  }
  closeSync(file);
}

const principalColumns = ['principal', 'kind', 'station', 'partner', 'role', 'model', 'build', 'updated'] as const;

function principalsCsv(principals: readonly Principal[]): string {
  const rows = principals.map((principal) => principalColumns.map((column) => principal[column]).join(','));
  return `${[principalColumns.join(','), ...rows].join('\n')}\n`;
}
