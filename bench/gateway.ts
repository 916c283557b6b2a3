/*
 * sh tools/node.sh bench/gateway.ts [--subjects N] [--requests N] [--runs N] [--connections 1,50,200]: signed disclosures of one parcel, durable, beside a bare Fastify route that verifies the same
 * Ed25519 signature and gives the same JSON (budget: 0.6 of it). Requests are signed beforehand; both servers are processes of their own, the client is this one; runs alternate.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { createServices, openGatewayStores } from '../src/compose.ts';
import { writeDigest } from '../src/core/http-signature/content-digest.ts';
import { planSignature } from '../src/core/http-signature/profile.ts';
import { assembleGateway } from '../src/gateway/assemble.ts';
import { jwkThumbprint } from '../src/gateway/directory/keys.ts';
import { settingsOf } from '../src/gateway/settings.ts';
import { dataDirectory } from './generate.ts';
import { judge, printTargets, writeResult } from './machine.ts';
import { median, round } from './process.ts';

const { values } = parseArgs({
  options: {
    subjects: { type: 'string', default: '100000' },
    requests: { type: 'string', default: '12000' },
    runs: { type: 'string', default: '3' },
    connections: { type: 'string', default: '1,50,200' },
    fresh: { type: 'boolean', default: false },
  },
});
const subjects = Number(values.subjects);
const runs = Number(values.runs);
const home = join(dataDirectory, `gateway-${subjects}`);
const keyFile = join(home, 'bench-device.pem');
const kinds = ['bare', 'gateway'] as const;
type Kind = (typeof kinds)[number];
/** Until neither server is compiled any further: what is measured is one that has been up for a while. The bare route needs a tenth of it. */
const WARM_REQUESTS = 30_000;
const WARM_PART = 5000;

const privateKey = await prepareHome();
const keyId = jwkThumbprint(publicOf(privateKey));
const results = [];
for (const connections of values.connections.split(',').map(Number)) {
  const requests = connections === 1 ? Math.ceil(Number(values.requests) / 4) : Number(values.requests);
  const seen: Record<Kind, Run[]> = { bare: [], gateway: [] };
  for (let run = 0; run < runs; run++)
    for (const kind of kinds) seen[kind].push(await measure(kind, connections, requests));
  const ratio = median(seen.gateway.map(({ rate }, i) => rate / (seen.bare[i]?.rate ?? Number.NaN)));
  results.push({
    connections,
    requests,
    ratio: round(ratio),
    bare: summary(seen.bare),
    gateway: summary(seen.gateway),
  });
  console.log(`${connections} connections: ${ratio.toFixed(2)} of bare`, summary(seen.bare), summary(seen.gateway));
}
const targets = results
  .filter(({ connections }) => connections > 1)
  .map(({ connections, ratio }) =>
    judge(`durable disclosures beside the bare route, ${connections} connections`, ratio, 'at least', 0.6, 'times'),
  );
console.log(writeResult('gateway', { subjects, runs, results, targets }));
printTargets(targets);

interface Run {
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly processorMicroseconds: number;
  readonly rssBytes: number;
}

function summary(all: readonly Run[]): Run {
  const of = (pick: (run: Run) => number): number => round(median(all.map(pick)));
  return {
    rate: of(({ rate }) => rate),
    p50Ms: of(({ p50Ms }) => p50Ms),
    p99Ms: of(({ p99Ms }) => p99Ms),
    processorMicroseconds: of(({ processorMicroseconds }) => processorMicroseconds),
    rssBytes: of(({ rssBytes }) => rssBytes),
  };
}

async function measure(kind: Kind, connections: number, requests: number): Promise<Run> {
  const spki = publicOf(privateKey).export({ format: 'der', type: 'spki' }).toString('base64');
  const server = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'gateway-server.ts'), kind, home, spki],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const port = Number((await lines.next()).value);
  // In parts, so that no signature is too old when its turn comes.
  for (let done = 0; done < WARM_REQUESTS; done += WARM_PART) await load(port, 50, signAll(port, WARM_PART, 'w'));
  const signed = signAll(port, requests, 'm');
  const before = processorSecondsOf(server.pid ?? 0);
  const { seconds, latenciesMs } = await load(port, connections, signed);
  // The ledger's derivation goes on for some entries; what it owes is small beside the rest.
  const processorSeconds = processorSecondsOf(server.pid ?? 0) - before;
  const { rssBytes } = await end(server, lines);
  latenciesMs.sort();
  const at = (share: number): number => latenciesMs[Math.floor(share * (latenciesMs.length - 1))] ?? Number.NaN;
  return {
    rate: requests / seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    processorMicroseconds: (processorSeconds * 1e6) / requests,
    rssBytes,
  };
}

/** User and system time of a process with all of its threads (proc_pid_stat(5); 100 ticks a second on every Linux). */
function processorSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function end(server: ChildProcess, lines: AsyncIterator<string>): Promise<{ rssBytes: number }> {
  server.stdin?.end();
  const last = JSON.parse((await lines.next()).value ?? '{}');
  await once(server, 'exit');
  return last;
}

/** Requests as bytes, each for another parcel and with a nonce of its own. */
function signAll(port: number, count: number, salt: string): Buffer[] {
  const authority = `127.0.0.1:${port}`;
  return Array.from({ length: count }, (_, i) => {
    const body = Buffer.from(
      JSON.stringify({
        purpose: 'sorting',
        fields: { name: 'masked', address: 'masked' },
        parcels: [parcelOf((i * 7919 + salt.length) % subjects)],
      }),
    );
    const headers = new Map<string, readonly string[]>([
      ['content-type', ['application/json']],
      ['content-digest', [writeDigest('sha-256', createHash('sha256').update(body).digest())]],
    ]);
    const message = {
      method: 'POST',
      target: '/v1/disclosures',
      authority,
      scheme: 'http' as const,
      headers,
      body,
      certificate: null,
    };
    const plan = planSignature(message, {
      keyId,
      createdSeconds: Math.floor(Date.now() / 1000),
      nonce: randomBytes(15).toString('base64url'),
    });
    if (plan === null) throw new Error('not signable');
    const fields = plan.fields(sign(null, Buffer.from(plan.base), privateKey));
    const head = [
      'POST /v1/disclosures HTTP/1.1',
      `host: ${authority}`,
      ...[...headers].map(([name, [value]]) => `${name}: ${value}`),
      ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`),
      `content-length: ${body.length}`,
    ];
    return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
  });
}

/** Sends all requests over so many connections, one at a time on each; fails when an answer is not 200. */
async function load(
  port: number,
  connections: number,
  requests: readonly Buffer[],
): Promise<{ seconds: number; latenciesMs: Float64Array }> {
  const latenciesMs = new Float64Array(requests.length);
  let next = 0;
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect(port, '127.0.0.1').setNoDelay(true);
      await once(socket, 'connect');
      for (let i = next++; i < requests.length; i = next++) {
        const sentMs = performance.now();
        socket.write(requests[i]!);
        await readAnswer(socket);
        latenciesMs[i] = performance.now() - sentMs;
      }
      socket.destroy();
    }),
  );
  return { seconds: (performance.now() - begin) / 1000, latenciesMs };
}

async function readAnswer(socket: ReturnType<typeof connect>): Promise<void> {
  let text = '';
  for (;;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    text += chunk.toString('latin1');
    const head = text.indexOf('\r\n\r\n');
    if (head < 0) continue;
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
    if (text.length < head + 4 + length) continue;
    if (!text.startsWith('HTTP/1.1 200')) throw new Error(text.slice(0, 600));
    return;
  }
}

function parcelOf(i: number): string {
  return `SF${String(1_000_000_000_000 + i)}`;
}

function publicOf(key: KeyObject): KeyObject {
  return createPublicKey(key);
}

async function prepareHome(): Promise<KeyObject> {
  if (values.fresh) rmSync(home, { recursive: true, force: true });
  if (existsSync(keyFile)) return createPrivateKey(readFileSync(keyFile));
  rmSync(home, { recursive: true, force: true });
  rmSync(`${home}.checkpoints`, { recursive: true, force: true });
  mkdirSync(dataDirectory, { recursive: true });
  await createServices().initialise({ home, region: 'CN' });
  const stores = await openGatewayStores(home, { onFailure: () => undefined });
  const gateway = await assembleGateway(stores, {
    ...settingsOf({}, 'http://localhost'),
    version: '0',
    onFault: () => undefined,
  });
  const atMs = Date.now() - 60_000;
  for (let from = 0; from < subjects; from += 1000) {
    const ids = Array.from({ length: Math.min(1000, subjects - from) }, (_, i) => from + i);
    await stores.vault.write(
      ids.map((i) => ({
        id: `c-${i}`,
        atMs,
        fields: {
          name: '张三',
          phone: `+86139${String(i).padStart(8, '0')}`,
          address: `北京市海淀区中关村大街${i}号院3单元502室`,
        },
      })),
    );
    await stores.vault.writeParcels(
      ids.map((i) => ({
        trackingNumber: parcelOf(i),
        atMs,
        parties: { recipient: `c-${i}` },
        status: 'at-station' as const,
        station: 'st-1',
      })),
    );
  }
  const change = { actor: 'bench', nowMs: Date.now() };
  gateway.places.putPartner({ id: 'p-1', attributes: {} }, change);
  gateway.places.putStation({ id: 'st-1', partner: 'p-1', attributes: {} }, change);
  gateway.directory.addPrincipal(
    { id: 'scanner-1', kind: 'device', role: 'scanner', station: 'st-1', partner: 'p-1', attributes: {} },
    change,
  );
  const pair = generateKeyPairSync('ed25519');
  const spki = pair.publicKey.export({ format: 'der', type: 'spki' });
  gateway.directory.addKey(
    { principal: 'scanner-1', use: 'signature', spki, notBeforeMs: 0, notAfterMs: null },
    change,
  );
  gateway.close();
  await stores.close();
  writeFileSync(keyFile, pair.privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  return pair.privateKey;
}
