import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readServedLog } from './support/check-log.ts';
import { stubEntry } from './support/stubs.ts';
import { openWorkerLog, readContents } from './support/worker-parts.ts';

/*
 * node test/ledger/kill-loop.ts [--rounds N] [--folder DIR] [--seed N]
 *
 * A process appends as fast as it can and writes down what it was told; it is killed with SIGKILL at a random moment, again and again, while it starts, appends,
 * derives, makes segments, publishes. After each kill: what is served is sound, the log opens, nothing that was acknowledged is missing, every entry stands where it was.
 */

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '30' },
    folder: { type: 'string', default: tmpdir() },
    seed: { type: 'string', default: '1' },
    /** Internal: this process is the one that appends. */
    append: { type: 'string' },
  },
});

/** Small segments and rounds, so that kills fall into everything. */
const options = { segmentBytes: 256 * 1024, roundEntries: 700, checkpointMs: 15 };

async function append(folder: string): Promise<void> {
  const log = await openWorkerLog(folder, options);
  let { size } = log.status();
  process.stdout.write(`open ${size}\n`);
  for (let turn = 0; ; turn++) {
    // Three calls at a time, of many sizes; the next wait for them.
    const calls = [1, 1 + ((turn * 37) % 400), 3].map((count) => {
      const from = size;
      size += count;
      return log.append(Array.from({ length: count }, (_, i) => stubEntry(`id ${from + i}`)));
    });
    await Promise.all(calls);
    process.stdout.write(`acknowledged ${size}\n`);
  }
}

/** Lets a process append and kills it some time after its start, or after it has opened the log; gives the size that it was last told. */
async function appendAndKill(folder: string, afterMs: number, isOpen: boolean): Promise<number> {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', fileURLToPath(import.meta.url), '--append', folder],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let told = '';
  const killLater = () => setTimeout(() => child.kill('SIGKILL'), afterMs);
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    told = (told + text).slice(-200);
  });
  if (isOpen) child.stdout?.once('data', killLater);
  else killLater();
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    child.once('close', (_code, signal) => resolve(signal)),
  );
  const signal = await ended;
  if (signal !== 'SIGKILL') throw new Error('the process that appends ended by itself');
  // The last line may be cut.
  const sizes = [...told.matchAll(/(\d+)\n/g)].map(([, size]) => Number(size));
  return sizes.at(-1) ?? 0;
}

async function main(): Promise<void> {
  const folder = fs.mkdtempSync(path.join(values.folder, 'boltseal-kill-'));
  let acknowledged = 0;
  let seed = Number(values.seed);
  try {
    for (let round = 0; round < Number(values.rounds); round++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      // One round in three is killed while it starts.
      const killed = await appendAndKill(folder, 50 + (seed % 1000), round % 3 !== 2);
      acknowledged = Math.max(acknowledged, killed);
      const before = readServedLog(readContents(folder), folder);
      const log = await openWorkerLog(folder, options);
      const { size } = log.status();
      if (size < acknowledged)
        throw new Error(`round ${round}: ${acknowledged} entries were acknowledged, and ${size} are there`);
      await log.close();
      const after = readServedLog(readContents(folder), folder);
      const wrong = after?.ids.findIndex((id, index) => id !== `id ${index}`) ?? 0;
      if (wrong >= 0 || after?.entries.length !== size)
        throw new Error(`round ${round}: entry ${wrong} stands elsewhere`);
      const changed = before?.entries.findIndex(
        (entry, index) => !Buffer.from(entry).equals(after.entries[index] ?? Buffer.alloc(0)),
      );
      if (changed !== undefined && changed >= 0)
        throw new Error(`round ${round}: entry ${changed} changed after it was signed`);
      console.log(
        `round ${round}: ${acknowledged} acknowledged, ${size} there, ${before?.entries.length ?? 0} were published`,
      );
    }
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

await (values.append === undefined ? main() : append(values.append));
