import { createPrivateKey, createPublicKey, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createClient } from '../src/client/client.ts';
import { GatewayError } from '../src/client/gateway-error.ts';
import { importPrivateKey, keyIdOf } from '../src/client/keys.ts';

/*
 * node_modules/.bin/node examples/ask.ts ADDRESS KEY.pem TRACKING-NUMBER
 *
 * The same as ask.sh, with the client: it signs, repeats what is worth repeating, and corrects its clock. Node 22.18 or newer runs it, such as the one in node_modules.
 */

const [address, keyFile, trackingNumber] = process.argv.slice(2);
if (address === undefined || keyFile === undefined || trackingNumber === undefined)
  throw new TypeError('usage: node_modules/.bin/node examples/ask.ts ADDRESS KEY.pem TRACKING-NUMBER');

const privateKey = createPrivateKey(readFileSync(keyFile));
const spki = new Uint8Array(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }));
const client = createClient({
  baseUrl: address,
  key: await importPrivateKey(new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }))),
  keyId: await keyIdOf(await webcrypto.subtle.importKey('spki', spki, 'Ed25519', true, ['verify'])),
});

try {
  const { disclosures } = await client.disclose({
    purpose: 'sorting',
    fields: { name: 'masked', address: 'masked' },
    parcels: [trackingNumber],
  });
  for (const { decision, code, values, receipt } of disclosures)
    console.log(
      decision,
      code ?? Object.values(values ?? {}).map(({ value }) => value),
      `entry ${receipt.index} of ${receipt.shard}`,
    );
} catch (error) {
  if (!(error instanceof GatewayError)) throw error;
  console.error(`${error.status} ${error.code}: ${error.message}\n  ${error.detail}`);
  process.exitCode = 1;
}
