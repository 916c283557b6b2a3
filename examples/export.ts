import { createPrivateKey, createPublicKey, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createClient } from '../src/client/client.ts';
import { GatewayError } from '../src/client/gateway-error.ts';
import { importPrivateKey, keyIdOf } from '../src/client/keys.ts';

/*
 * With Node 22.18 or newer, such as node_modules/.bin/node:
 *
 * node examples/export.ts ADDRESS KEY.pem request REASON     asks for the names and telephone numbers of everybody, to tell them something
 * node examples/export.ts ADDRESS KEY.pem approve ID         with the key of somebody else who may, and of another one
 * node examples/export.ts ADDRESS KEY.pem fetch ID > FILE    with the key of who asked: once
 */

const [address, keyFile, what, given] = process.argv.slice(2);
if (address === undefined || keyFile === undefined || what === undefined || given === undefined)
  throw new TypeError('usage: node examples/export.ts ADDRESS KEY.pem request REASON | approve ID | fetch ID');

const privateKey = createPrivateKey(readFileSync(keyFile));
const spki = new Uint8Array(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }));
const { exports } = createClient({
  baseUrl: address,
  key: await importPrivateKey(new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }))),
  keyId: await keyIdOf(await webcrypto.subtle.importKey('spki', spki, 'Ed25519', true, ['verify'])),
});

try {
  if (what === 'fetch') await pipeline(await exports.fetch(given, 'csv'), process.stdout);
  else {
    const { id, state, approvals, approvalsNeeded } =
      what === 'approve'
        ? await exports.approve(given)
        : await exports.request({
            purpose: 'notice',
            fields: { name: 'clear', phone: 'clear' },
            selection: { kind: 'everybody' },
            people: 1000,
            recipient: 'mail-house',
            reason: given,
          });
    console.log(`${id} is ${state}: ${approvals.length} of ${approvalsNeeded} approvals`);
  }
} catch (error) {
  if (!(error instanceof GatewayError)) throw error;
  console.error(`${error.status} ${error.code}: ${error.message}\n  ${error.detail}`);
  process.exitCode = 1;
}
