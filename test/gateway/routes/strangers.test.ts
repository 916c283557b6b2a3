import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { Links } from '../../../src/gateway/auth/links.ts';
import { Nonces } from '../../../src/gateway/auth/nonces.ts';
import { Passkeys } from '../../../src/gateway/auth/passkeys.ts';
import { defaultSessionLimits, Sessions } from '../../../src/gateway/auth/sessions.ts';
import { Enrolments } from '../../../src/gateway/directory/enrolments.ts';
import { enrolmentRoutes } from '../../../src/gateway/routes/enrolments.ts';
import { sessionRoutes } from '../../../src/gateway/routes/sessions.ts';
import { SoftwareAuthenticator } from '../auth/software-authenticator.ts';
import { atEnd, makeFolder, openDirectory, START_MS } from '../auth/world.ts';
import { aCaller, anApp } from './an-app.ts';

const origin = 'https://gate.example';
const planted = 'PLANTED13812345678';

test('whatever strangers send to the routes that are open to them: never a fault, and nothing of it in the answer', async (t) => {
  const folder = makeFolder(t);
  const { store, database, directory } = openDirectory(join(folder, 'directory.sqlite'));
  let nowMs = START_MS;
  const options = { folder: join(folder, 'n'), skewSeconds: 30, most: 1000, nowMs, boot: null };
  const nonces = new Nonces(options);
  atEnd(t, () => {
    nonces.close();
    database.close();
  });
  const { call, as } = anApp((app) => {
    const enrolments = new Enrolments(store, directory);
    enrolmentRoutes(app, {
      enrolments,
      signatures: { nonces, skewSeconds: 30, authorities: null },
      nowMs: () => nowMs,
    });
    sessionRoutes(app, {
      directory,
      sessions: new Sessions(store, defaultSessionLimits),
      links: new Links(store, directory),
      passkeys: new Passkeys(store, directory, origin),
      oidc: null,
      publicOrigin: origin,
      nowMs: () => nowMs,
    });
  });
  // Who is signed in may add a passkey: whatever the browser says then comes from outside too.
  as({ ...aCaller('auditor', { kind: 'staff' }), by: 'session' });
  const passkey = new SoftwareAuthenticator(origin);
  const right: [string, unknown][] = [
    ['/v1/enrolments/claim', { code: 'AAAA-BBBB-CCCC-DDDD', publicKey: 'A'.repeat(60), attributes: { model: 'm' } }],
    ['/v1/session/link', { token: 'A'.repeat(43) }],
    ['/v1/session/passkey/options', {}],
    ['/v1/session/passkey', passkey.get({ challenge: 'A'.repeat(43) })],
    ['/v1/passkeys', passkey.create({ challenge: 'A'.repeat(43) })],
  ];
  const junk = fc.oneof(fc.constant(planted), fc.jsonValue({ maxDepth: 2 }), fc.constant(`${planted}é\u0000`));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...right), fc.nat(), junk, async ([url, body], at, value) => {
      // Strangers are let in only so often.
      nowMs += 60_000;
      const { status, text } = await call('POST', url, replaceOne(body, at, value));
      assert.ok(status < 500, `${status} ${text}`);
      assert.ok(!text.includes(planted), text);
    }),
    { numRuns: 300 },
  );
});

/** The same JSON with one of its values replaced. */
function replaceOne(json: unknown, at: number, value: unknown): unknown {
  const places: [object, string][] = [];
  const copy: unknown = structuredClone({ whole: json });
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const key of Object.keys(node)) {
      places.push([node, key]);
      visit((node as Record<string, unknown>)[key]);
    }
  };
  visit(copy);
  const [node, key] = places[at % places.length]!;
  (node as Record<string, unknown>)[key] = value;
  return (copy as { whole: unknown }).whole;
}
