import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { type Host, runCommandLine } from '../../../src/cli/run.ts';
import { createServices } from '../../../src/compose.ts';
import { createFakeServices } from '../../cli/fake-services.ts';

/** What a command did. */
export interface Ran {
  readonly exit: number;
  readonly output: string;
  readonly errors: string;
  /** The code in brackets at the end of the error; '' when there is none. */
  readonly code: string;
}

/** A folder with a home, and the command line on it. */
export class Lab {
  readonly folder: string;
  readonly home: string;

  constructor(t: Pick<TestContext, 'after'>) {
    this.folder = mkdtempSync(path.join(tmpdir(), 'boltseal-ledger-'));
    this.home = path.join(this.folder, 'home');
    t.after(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  /** Runs `boltseal ledger WORDS`, on this home. */
  ledger(...words: string[]): Promise<Ran> {
    return this.run('ledger', ...words);
  }

  async run(...words: string[]): Promise<Ran> {
    let output = '';
    let errors = '';
    const host: Host = {
      version: '0',
      environment: {},
      userFolder: this.folder,
      workingFolder: this.folder,
      output: streamTo((text) => {
        output += text;
      }),
      errors: streamTo((text) => {
        errors += text;
      }),
      now: () => Date.now(),
      onInterrupt: () => {},
      untilInterrupted: () => new Promise(() => {}),
      createServices: () => ({
        ...createServices(),
        policies: createFakeServices().services.policies,
        principals: createFakeServices().services.principals,
        gateway: { serve: async () => {} },
      }),
    };
    const exit = await runCommandLine([...words, '--home', this.home], host);
    return { exit, output, errors, code: /\[([A-Z_]+)\]\n/.exec(errors)?.[1] ?? '' };
  }

  path(...names: string[]): string {
    return path.join(this.folder, ...names);
  }

  /** The folder of the only shard. */
  shard(...names: string[]): string {
    return path.join(this.home, 'ledger', this.shardName, ...names);
  }

  shardName = '';

  configure(ledger: object): void {
    const file = path.join(this.home, 'config.json');
    const config = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...config, ledger }));
  }

  /** Writes `count` made-up disclosures as JSON lines and gives the file; `seed` makes them others. */
  lines(name: string, count: number, seed = 0): string {
    const file = this.path(name);
    const lines = Array.from({ length: count }, (_, i) => JSON.stringify(disclosure(i, seed)));
    writeFileSync(file, `${lines.join('\n')}\n`);
    return file;
  }
}

function streamTo(write: (text: string) => void): Host['output'] {
  return { isTerminal: false, columns: () => 80, write };
}

/** One made-up disclosure. */
export function disclosure(number: number, seed = 0): object {
  return {
    at: Date.now() - 1000,
    principal: `scanner-${number % 7}`,
    subject: `customer-${seed}-${number % 50}`,
    fields: ['phone', 'name'],
    purpose: 'delivery',
    basis: `parcel ${seed} ${number}`,
    decision: 'allow',
    requestSignature: Buffer.alloc(64, number % 256).toString('base64'),
    idempotencyKey: `request ${seed} ${number}`,
  };
}

/** A home with a ledger of `count` disclosures, its origin named. */
export async function makeLab(t: Pick<TestContext, 'after'>, count: number): Promise<Lab> {
  const lab = new Lab(t);
  await lab.run('init');
  lab.configure({ origin: 'ledger.example/company' });
  const ran = await lab.ledger('append', lab.lines('first.jsonl', count));
  lab.shardName = /(\d{4}h[12])/.exec(ran.output)?.[1] ?? '';
  return lab;
}
