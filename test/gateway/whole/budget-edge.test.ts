import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createServices, openGatewayStores } from '../../../src/compose.ts';
import { BoltsealError } from '../../../src/core/errors.ts';
import { buildApp, defaultLimits } from '../../../src/gateway/app.ts';
import { assembleGateway } from '../../../src/gateway/assemble.ts';
import type { DecisionEntry } from '../../../src/gateway/port.ts';
import { settingsOf } from '../../../src/gateway/settings.ts';
import { type Answer, ask, type Device, makeHome, startGateway, withGateway } from './lab.ts';
import { fillNetwork, setBudgets, trackingNumberOf } from './network.ts';

const CLIENTS = 200;
const sorting = { purpose: 'sorting', fields: { name: 'masked' } } as const;
const handedOver = {
  purpose: 'delivery',
  fields: { name: 'masked' },
  exception: { reason: 'handed over by a colleague' },
} as const;

/** Whom answers are about, of those that gave something. */
function givenIn(answers: readonly Answer[]): Set<string> {
  const given = new Set<string>();
  for (const answer of answers)
    for (const { decision, parcel } of answer.json().disclosures ?? []) if (decision === 'allowed') given.add(parcel);
  return given;
}

/** Each client asks for all of its parcels, one after the other, beside all the others. */
function askAll(work: readonly (() => Promise<Answer>[])[]): Promise<Answer[]> {
  return Promise.all(work.flatMap((client) => client()));
}

async function makeNetwork(t: TestContext, couriers = 0) {
  const home = await makeHome(t);
  setBudgets(home, [
    { scope: 'principal', role: 'scanner', purpose: '*', window: 'minute', limit: 30 },
    { scope: 'station', role: 'scanner', purpose: '*', window: 'hour', limit: 100 },
    { scope: 'principal', role: 'courier', purpose: '*', window: 'day', limit: 15 },
  ]);
  const principals = await withGateway(home, (gateway, stores) =>
    fillNetwork(gateway, stores, { people: CLIENTS, scanners: 4, couriers }),
  );
  return { home, ...principals };
}

test('200 clients at the edge of two budgets at once get as many people as fit, and not one more, also after a restart', async (t) => {
  const { home, scanners } = await makeNetwork(t);
  const gateway = await startGateway(home);
  const scannerOf = (i: number): Device => scanners[i % 4] as Device;
  const clients = Array.from({ length: CLIENTS }, (_, i) => () => {
    const body = { ...sorting, parcels: [trackingNumberOf(i)] };
    const key = { 'idempotency-key': `scan-of-parcel-${i}` };
    // Once with a key, the same again beside it, and once without.
    return [key, key, {}].map((headers) =>
      ask(gateway.address, scannerOf(i), 'POST', '/v1/disclosures', body, headers),
    );
  });
  const answers = await askAll(clients);
  for (const { status, text } of answers) assert.ok(status === 200 || status === 429, text);
  const given = givenIn(answers);
  assert.equal(given.size, 100, 'the budget of the station is used up to the last place');
  for (const [i] of scanners.entries()) {
    const own = [...given].filter((parcel) => Number(parcel.slice(3)) % 4 === i);
    assert.ok(own.length <= 30, `a scanner got ${own.length}`);
  }
  // Of two requests with one key, both were answered or none, and with the same: the ledger has one entry for both.
  for (let i = 0; i < CLIENTS; i++) {
    const [first, second] = answers.slice(3 * i, 3 * i + 2);
    if (first?.status === 200 && second?.status === 200) assert.equal(first.text, second.text);
  }
  await gateway.stop();
  assert.deepEqual(gateway.notes, []);

  const again = await startGateway(home);
  const repeated = await askAll(
    Array.from({ length: CLIENTS }, (_, i) => () => {
      const body = { ...sorting, parcels: [trackingNumberOf(i)] };
      return [ask(again.address, scannerOf(i), 'POST', '/v1/disclosures', body)];
    }),
  );
  assert.deepEqual(givenIn(repeated), given, 'the same people are free, and nobody else');
  await again.stop();
  assert.deepEqual((await createServices().ledger.fsckHome(home, () => undefined)).findings, []);
});

test('a ledger that refuses in between, and exceptions that count double, leave no room unused and none used twice', async (t) => {
  const { home, couriers } = await makeNetwork(t, 2);
  const recorded: DecisionEntry[] = [];
  const faults: unknown[] = [];
  const answers = await withListening(home, recorded, faults, async (address) => {
    const all: Answer[] = [];
    // Whoever is turned away by the ledger asks again, until nobody is.
    for (let turn = 0; turn < 8; turn++) {
      const asking = Array.from({ length: turn === 0 ? CLIENTS : 30 }, (_, i) => {
        const body = { ...handedOver, parcels: [trackingNumberOf(i)] };
        return () => [ask(address, couriers[i % 2] as Device, 'POST', '/v1/disclosures', body)];
      });
      all.push(...(await askAll(asking)));
    }
    return all;
  });
  assert.deepEqual(faults, []);
  const statuses = new Set(answers.map(({ status }) => status));
  assert.deepEqual([...statuses].sort(), [200, 429, 503]);
  const given = givenIn(answers);
  for (const which of [0, 1]) {
    const own = [...given].filter((parcel) => Number(parcel.slice(3)) % 2 === which);
    // 15 places hold seven people that count double.
    assert.equal(own.length, 7);
  }
  const inLedger = new Set(recorded.filter(({ decision }) => decision === 'mask').map(({ subject }) => subject));
  for (const parcel of given) assert.ok(inLedger.has(`c-${Number(parcel.slice(3))}`), 'given and not recorded');
});

/** A gateway that listens over a ledger that refuses now and then, at once and late. */
async function withListening<T>(
  home: string,
  recorded: DecisionEntry[],
  faults: unknown[],
  work: (address: string) => Promise<T>,
): Promise<T> {
  const stores = await openGatewayStores(home, { onFailure: () => undefined });
  let appends = 0;
  const append = async (entries: readonly DecisionEntry[]) => {
    appends++;
    if (appends % 3 === 0) throw new BoltsealError('LEDGER_BUSY', { retryAfterMs: 100 });
    if (appends % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    if (appends % 10 === 0) throw new BoltsealError('LEDGER_BUSY', { retryAfterMs: 100 });
    const places = await stores.log.append(entries);
    recorded.push(...entries);
    return places;
  };
  const settings = settingsOf(stores.config, 'http://localhost');
  const assembled = await assembleGateway(
    { ...stores, log: { append } },
    { ...settings, version: '0.0.0', onFault: (error) => faults.push(error) },
  );
  const app = await buildApp(assembled.services, defaultLimits);
  try {
    return await work(await app.listen({ host: '127.0.0.1', port: 0 }));
  } finally {
    await app.close();
    assembled.close();
    await stores.close();
  }
}
