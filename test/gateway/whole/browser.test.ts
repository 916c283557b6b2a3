import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { serve } from '../../../src/gateway/server.ts';
import { findBrowser, openBrowser, type Page } from './browser.ts';
import { makeHome } from './lab.ts';

const program = findBrowser();
const options = program === null ? { skip: 'no Chromium here; BOLTSEAL_BROWSER names one' } : {};

/** Browsers know the gateway by its port, so it must be known before. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

async function open(t: TestContext): Promise<{ page: Page; origin: string; firstLink: string; stop(): Promise<void> }> {
  const home = await makeHome(t);
  const port = await freePort();
  let stop: () => void = () => undefined;
  let ended: Promise<void> = Promise.resolve();
  const firstLink = await new Promise<string | null>((resolve, reject) => {
    ended = serve({
      ...{ home, version: '0.0.0', host: '127.0.0.1', port, tls: null, allowsPlain: false },
      onListening: (listening) => resolve(listening.firstLink),
      note: () => undefined,
      untilStopped: new Promise((done) => {
        stop = done;
      }),
    });
    ended.catch(reject);
  });
  const page = await openBrowser(t, program ?? '');
  const origin = `http://localhost:${port}`;
  return {
    ...{ page, origin, firstLink: firstLink ?? '' },
    async stop() {
      stop();
      await ended;
    },
  };
}

const said = (text: string): string => `document.getElementById('said').textContent.includes(${JSON.stringify(text)})`;
const press = (id: string): string => `document.getElementById('${id}').click()`;

test(
  'in a browser: a link signs in once, a passkey is added and signs in, and whoever signs out is out',
  options,
  async (t) => {
    const { page, origin, firstLink, stop } = await open(t);
    await page.open(firstLink);
    await page.until(said('Signed in as administrator-1 (administrator).'));
    assert.equal(await page.evaluate('location.href'), `${origin}/sign-in`, 'the token stands nowhere any more');
    await page.send('WebAuthn.enable');
    const authenticator = { protocol: 'ctap2', transport: 'internal', automaticPresenceSimulation: true };
    const verifies = { hasResidentKey: true, hasUserVerification: true, isUserVerified: true };
    await page.send('WebAuthn.addVirtualAuthenticator', { options: { ...authenticator, ...verifies } });
    await page.evaluate(press('add'));
    await page.until(said('The passkey is added'));
    await page.evaluate(press('out'));
    await page.until(said('Signed out.'));
    assert.equal(await page.evaluate(`fetch('/v1/session').then(({ status }) => status)`), 401);
    assert.deepEqual(
      page.complaints.splice(0).filter((text) => !text.includes('/v1/session')),
      [],
    );

    await page.open(firstLink);
    await page.until(said('the link was used'));
    page.complaints.length = 0;
    await page.open(`${origin}/sign-in`);
    await page.evaluate(press('passkey'));
    await page.until(said('Signed in as administrator-1'));
    assert.equal(await page.evaluate('document.cookie'), '', 'no script reads the session');

    await page.open(`${origin}/docs`);
    await page.until(`document.body.innerText.includes('Asks for personal data')`);
    const text = String(await page.evaluate('document.body.innerText'));
    assert.doesNotMatch(text, /Ask AI|Generate MCP|Deploy|Share/, 'what would send the document to others');
    await assert.rejects(page.evaluate(`fetch('https://example.org/')`));
    assert.deepEqual(
      page.asked.filter((url) => !url.startsWith(origin) && !/^(about|data|blob):/.test(url)),
      [],
      'nothing is asked of anybody else',
    );
    assert.deepEqual(
      page.complaints.filter((one) => !one.includes('favicon.ico') && !one.includes('example.org')),
      [],
    );
    await stop();
  },
);
