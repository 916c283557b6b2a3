import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Device } from './lab.ts';
import { signedHeaders } from './lab.ts';
import { trackingNumberOf } from './network.ts';

/*
 * `boltseal serve` in a process of its own, asked by many, and killed at any moment.
 */

const main = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));

/** An answer that a client has read to its end. */
export interface Given {
  readonly principal: string;
  readonly parcel: string;
  readonly shard: string;
  readonly index: number;
}

/** A request that may have been let through; sent again as it is, it must not be. */
export interface Sent {
  readonly body: string;
  readonly headers: Record<string, string>;
  readonly isAnswered: boolean;
}

export interface Round {
  readonly given: Given[];
  /** Parcels that a service made and was told so. */
  readonly made: string[];
  readonly sent: Sent[];
  /** What the process wrote. */
  readonly written: string;
}

interface Serving {
  readonly child: ChildProcess;
  readonly address: string;
  /** Resolves with what it wrote when it has ended. */
  readonly ended: Promise<string>;
}

/** Starts `boltseal serve` at this port; 0: any. Rejects with what it wrote when it ends before it listens. */
export async function startServing(home: string, port: number): Promise<Serving> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', main, 'serve', '--home', home, '--listen', `127.0.0.1:${port}`],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let written = '';
  const ended = new Promise<string>((resolve) => child.once('close', () => resolve(written)));
  const address = await new Promise<string>((resolve, reject) => {
    const listen = (text: string): void => {
      written += text;
      const found = /listens at (http:\/\/[^\s]+?)\.?\s/.exec(written)?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stdout?.setEncoding('utf8').on('data', listen);
    child.stderr?.setEncoding('utf8').on('data', listen);
    child.once('close', () => reject(new Error(`it does not serve: ${written}`)));
  });
  return { child, address, ended };
}

/** Who asks, and who makes parcels meanwhile. */
export interface Load {
  readonly scanners: readonly Device[];
  readonly service: Device;
  readonly people: number;
  /** Begins the numbers of new parcels. */
  readonly prefix: string;
}

/** Asks with many clients until the process is killed, which it is so long after the first answer, or after it listens when that is negative. */
export async function askUntilKilled(
  { child, address, ended }: Serving,
  { scanners, service, people, prefix }: Load,
  afterMs: number,
): Promise<Round> {
  const given: Given[] = [];
  const made: string[] = [];
  const sent: Sent[] = [];
  let isOver = false;
  let next = 0;
  const ask = async (device: Device): Promise<void> => {
    while (!isOver) {
      const parcel = trackingNumberOf(next++ % people);
      const body = JSON.stringify({ purpose: 'sorting', fields: { name: 'masked' }, parcels: [parcel] });
      const url = new URL('/v1/disclosures', address);
      const headers = signedHeaders(device, 'POST', url, body);
      let isAnswered = false;
      try {
        const answer = await fetch(url, { method: 'POST', body, headers });
        const text = await answer.text();
        isAnswered = true;
        killSoon();
        if (answer.status === 200) {
          const [{ receipt }] = JSON.parse(text).disclosures;
          given.push({ principal: device.principal, parcel, shard: receipt.shard, index: receipt.index });
        } else if (answer.status !== 429) throw new Error(`answered with ${answer.status}: ${text}`);
      } catch (error) {
        if (isAnswered) throw error;
        isOver = true;
      }
      sent.push({ body, headers, isAnswered });
    }
  };
  const makeParcels = async (): Promise<void> => {
    for (let i = 0; !isOver; i++) {
      const trackingNumber = `${prefix}${i}`;
      const body = JSON.stringify({ parcels: [{ trackingNumber, recipient: 'c-0', status: 'announced' }] });
      const url = new URL('/v1/parcels', address);
      try {
        const headers = signedHeaders(service, 'POST', url, body);
        const answer = await fetch(url, { method: 'POST', body, headers });
        await answer.text();
        if (answer.status === 200) made.push(trackingNumber);
      } catch {
        isOver = true;
      }
    }
  };
  let timer: NodeJS.Timeout | null = null;
  const kill = (ms: number): void => {
    timer ??= setTimeout(() => child.kill('SIGKILL'), ms);
  };
  const killSoon = (): void => kill(Math.max(0, afterMs));
  if (afterMs < 0) kill(-afterMs);
  try {
    const asking = scanners.flatMap((device) => [ask(device), ask(device), ask(device), ask(device)]);
    await Promise.all([...asking, makeParcels()]);
  } finally {
    if (timer !== null) clearTimeout(timer);
    isOver = true;
    child.kill('SIGKILL');
  }
  return { given, made, sent, written: await ended };
}

/** Sends a request once more, exactly as it was; gives the status. */
export async function sendAgain(address: string, { body, headers }: Sent): Promise<number> {
  const answer = await fetch(new URL('/v1/disclosures', address), { method: 'POST', body, headers });
  await answer.text();
  return answer.status;
}
