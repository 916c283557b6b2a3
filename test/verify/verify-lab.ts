import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { systemChance } from '../../src/canaries/chance.ts';
import { readCanaries } from '../../src/canaries/marker.ts';
import type { CanarySighting } from '../../src/canaries/sighting.ts';
import { allCanaries, CanaryStock } from '../../src/canaries/stock.ts';
import { emptyCanaries } from '../../src/contract/canaries.ts';
import type { CanarySettings } from '../../src/contract/config.ts';
import type { Verification } from '../../src/contract/verification.ts';
import type { OpenDumpOptions } from '../../src/dump/open-dump.ts';
import type { Dump, DumpReading } from '../../src/dump/port.ts';
import { createHome, homePaths } from '../../src/home/home.ts';
import { createKeyFile, readKeyFile } from '../../src/register/key-file.ts';
import type { RegisterImage } from '../../src/register/layout.ts';
import { acquireHomeLock } from '../../src/register/lock.ts';
import { addTable, type TablePart } from '../../src/scan/add-table.ts';
import type { TimeColumn } from '../../src/scan/plan.ts';
import { verifyDump } from '../../src/verify/verify.ts';
import { openInProcess } from '../dump/in-process.ts';

/*
 * A home with a register of invented customers, and everything that `verify` does but for the command line.
 */

const region = 'CN';

/** An invented customer; no number or address of this shape is anybody's. */
export interface Customer {
  readonly id: string;
  readonly phone: string;
  readonly email: string;
  readonly name: string;
}

/** Customers number `from` to `to`, all values different. */
export function customers(from: number, to: number): Customer[] {
  return Array.from({ length: to - from }, (_, index) => {
    const number = from + index;
    return {
      id: `K${String(number).padStart(7, '0')}`,
      phone: `162${String(10_000_000 + number * 37).slice(-8)}`,
      email: `someone${number}@example.net`,
      name: `Person ${number.toString(26).replace(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)]!)}`,
    };
  });
}

export interface TableOptions {
  readonly asOfSeconds?: number;
  readonly threads?: number;
  readonly mode?: 'snapshot' | 'delta' | 'history';
  /** Makes canaries ahead, of what is set aside. */
  readonly stock?: CanarySettings;
}

export interface VerifyOptions {
  /** Instead of the files. */
  readonly dump?: Dump;
  readonly threads?: number;
  readonly memoryBytes?: number;
  readonly affected?: (text: string) => void;
  readonly reading?: Partial<OpenDumpOptions>;
  /** Called after the dump was opened and before it is read. */
  readonly onPasses?: (passes: number) => void;
  readonly onRead?: (bytes: number) => void;
  readonly onCanaries?: (sightings: readonly CanarySighting[]) => void;
}

/** What of a verification does not depend on the clock or on how the work was shared out. */
export function stable(verification: Verification): Omit<Verification, 'timing' | 'createdAt'> {
  const { timing: _timing, createdAt: _createdAt, ...rest } = verification;
  return rest;
}

const timeColumns: Readonly<Record<string, TimeColumn>> = {
  created_at: 'created',
  valid_from: 'validFrom',
  valid_to: 'validUntil',
};

/** The parts of a table; columns `created_at`, `valid_from` and `valid_to` have its times. */
async function* tablesOf(reading: DumpReading): AsyncGenerator<TablePart, void> {
  for await (const part of reading.parts()) {
    const times = part.columns.flatMap(({ name, index }) => {
      const time = timeColumns[name ?? ''];
      return time === undefined ? [] : [{ index, time }];
    });
    const columns = part.columns.map((column) =>
      timeColumns[column.name ?? ''] === undefined ? column : { ...column, field: null },
    );
    yield { part, columns, times };
  }
}

export class Lab {
  readonly folder: string;
  readonly home: string;
  readonly key: Uint8Array;
  #files = 0;

  private constructor(folder: string, home: string) {
    this.folder = folder;
    this.home = home;
    this.key = readKeyFile(homePaths(home).key);
  }

  /** A new home below the system's folder for temporary files; removed after the tests. */
  static async create(): Promise<Lab> {
    const folder = mkdtempSync(join(tmpdir(), 'boltseal-lab-'));
    after(() => rmSync(folder, { recursive: true, force: true }));
    const home = join(folder, 'home');
    await createHome(home, region, createKeyFile);
    return new Lab(folder, home);
  }

  /** A home with a register of these customers. */
  static async of(people: readonly Customer[]): Promise<Lab> {
    const lab = await Lab.create();
    await lab.addCustomers(people);
    return lab;
  }

  /** Writes a file; answers its path. */
  file(bytes: string | Uint8Array, name = `file-${this.#files++}`): string {
    const path = join(this.folder, name);
    writeFileSync(path, bytes);
    return path;
  }

  addCustomers(people: readonly Customer[], options: TableOptions = {}): Promise<unknown> {
    const rows = people.map(({ id, phone, email, name }) => `${id},${phone},${email},${name}\n`);
    return this.addTable([this.file(`customer_id,phone,email,name\n${rows.join('')}`)], options);
  }

  /** Adds tables whose column `customer_id` is the id. */
  async addTable(paths: readonly string[], options: TableOptions = {}): Promise<Awaited<ReturnType<typeof addTable>>> {
    const { asOfSeconds = 1_700_000_000, threads = 2, mode = 'snapshot' } = options;
    const dump = await openInProcess(paths, { region });
    const reading = dump.open();
    const lock = acquireHomeLock(this.home);
    try {
      return await addTable({
        home: this.home,
        key: this.key,
        region,
        parts: tablesOf(reading),
        mode,
        asOfSeconds,
        exclusive: [],
        threads,
        kept: allCanaries(readCanaries(this.home) ?? emptyCanaries),
        ...(options.stock === undefined ? {} : { companions: this.#stockOf(options.stock) }),
        onRead: () => undefined,
        onStep: () => undefined,
      });
    } finally {
      await reading.close();
      lock.release();
    }
  }

  #stockOf(settings: CanarySettings) {
    const { home, key: registerKey } = this;
    return (image: RegisterImage | null) =>
      new CanaryStock({ home, registerKey, region, settings, chance: systemChance, image });
  }

  async verify(paths: readonly string[], options: VerifyOptions = {}): Promise<Verification> {
    const dump = options.dump ?? (await openInProcess(paths, { region, ...options.reading }));
    return verifyDump({
      home: this.home,
      key: this.key,
      region,
      version: '0.0.0',
      dump,
      threads: options.threads ?? 1,
      memoryBytes: options.memoryBytes ?? null,
      onRead: options.onRead ?? (() => undefined),
      onPasses: options.onPasses ?? (() => undefined),
      readCanaries: () => readCanaries(this.home),
      onCanaries: options.onCanaries ?? (() => undefined),
      keepsEvidence: false,
      writeAffected: options.affected ?? null,
    });
  }
}
