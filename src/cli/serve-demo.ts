import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDeviceKey } from '../client/keys.ts';
import { fromBase64 } from '../core/base64.ts';
import { epcisConfig, makeCompany } from '../demo/network/company.ts';
import { live } from '../demo/network/life.ts';
import { createRandom } from '../demo/random.ts';
import type { ServeRequest } from '../gateway/serve-request.ts';
import type { Context } from './command.ts';

/** A gateway on a home of its own that goes with it, and a small carrier that lives in it. Rejects as `serve`, and with GatewayError. */
export async function serveDemo(
  context: Context,
  request: Omit<ServeRequest, 'home' | 'onListening' | 'untilStopped'>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'boltseal-gateway-demo-'));
  const home = join(folder, 'home');
  const keyFile = join(folder, 'scanner-1.pem');
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const untilStopped = Promise.race([context.untilInterrupted(), failed]);
  let life: Promise<void> = Promise.resolve();
  try {
    await context.services.initialise({ home, region: 'CN' });
    configure(home);
    await context.services.gateway.serve({
      ...request,
      home,
      untilStopped,
      onListening: ({ address, firstLink }) => {
        life = begin(context, { home, keyFile, address, firstLink, untilStopped });
        life.catch(fail);
      },
    });
    await life;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Beginning {
  readonly home: string;
  readonly keyFile: string;
  readonly address: string;
  readonly firstLink: string | null;
  readonly untilStopped: Promise<void>;
}

async function begin(context: Context, { home, keyFile, address, firstLink, untilStopped }: Beginning): Promise<void> {
  const administrator = await makeDeviceKey();
  const admin = { id: 'demo-admin', kind: 'staff', role: 'administrator', station: null, partner: null } as const;
  const spki = fromBase64(administrator.publicKey);
  await context.services.principals.add(home, { ...admin, attributes: {} }, spki, context.now());
  const random = createRandom(1);
  const nowMs = context.now();
  const handKey = makeKeyFile(keyFile);
  const company = await makeCompany({ baseUrl: address, administrator, handKey, random, nowMs });
  context.print(describe(address, firstLink, home, keyFile, company.stayingParcel));
  const tell = (text: string): void =>
    context.print(`  ${new Date(context.now()).toISOString().slice(11, 19)}  ${text}\n`);
  await live({ company, random, now: context.now, tell, untilStopped });
}

function describe(address: string, firstLink: string | null, home: string, keyFile: string, parcel: string): string {
  return `The gateway listens at ${address}. A small carrier lives in it: three stations with a scanner each, and 400 people who do not exist.
Things to try, in another terminal:

  Ask as the scanner of station st-1, for a parcel that is there, and for one that is not:
    examples/ask.sh ${address} ${keyFile} ${parcel}
    examples/ask.sh ${address} ${keyFile} DEMO1000
  The same with the client:
    node_modules/.bin/node examples/ask.ts ${address} ${keyFile} ${parcel}
  What anybody may see:
    curl ${address}/ledger/checkpoint
${firstLink === null ? '' : `  Sign in as an administrator (once, within 15 minutes), and go on to all that can be asked:\n    ${firstLink}\n`}  Who is who, and out with one of them; a line below says what becomes of it:
    ./boltseal gateway principals --home ${home}
    ./boltseal gateway revoke scanner-3 --home ${home}
  Stop it with Ctrl-C: everything goes with it.

`;
}

/** What makes addresses of the invented carrier parcels and stations. */
function configure(home: string): void {
  const file = join(home, 'config.json');
  writeFileSync(
    file,
    `${JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), epcis: epcisConfig }, null, 2)}\n`,
  );
}

/** Makes a key in a file and gives its public half, SubjectPublicKeyInfo in DER as Base64. */
function makeKeyFile(file: string): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(file, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).toString('base64');
}
