import assert from 'node:assert/strict';
import { withLedger } from '../../../src/compose/ledger.ts';
import { createServices, openGatewayStores } from '../../../src/compose.ts';
import { BudgetJournal } from '../../../src/gateway/budgets/journal.ts';
import { askUntilKilled, type Given, type Sent, sendAgain, startServing } from './kill-serving.ts';
import { addDevice, makeHome, withGateway } from './lab.ts';
import { fillNetwork, setBudgets, subjectOf, trackingNumberOf } from './network.ts';

export interface KillPlan {
  readonly rounds: number;
  readonly people: number;
  readonly scanners: number;
  /** Of each scanner, in a month. */
  readonly limit: number;
  /** When a round is killed, after its first answer; negative: after it listens. */
  readonly killAfterMs: (round: number) => number;
  /** Hears of each round. */
  readonly note: (text: string) => void;
}

/**
 * Serves, asks, kills, again and again; then looks whether everything that was promised is there. Fails with what is not.
 */
export async function killAgainAndAgain(t: { after(work: () => void): void }, plan: KillPlan): Promise<void> {
  const home = await makeHome(t);
  setBudgets(home, [{ scope: 'principal', role: 'scanner', purpose: '*', window: 'month', limit: plan.limit }]);
  const { scanners, service } = await withGateway(home, async (gateway, stores) => {
    const filled = await fillNetwork(gateway, stores, { people: plan.people, scanners: plan.scanners, couriers: 0 });
    const orders = { id: 'orders-1', kind: 'service', role: 'orders', station: null, partner: null } as const;
    return { ...filled, service: addDevice(gateway, { ...orders, attributes: {} }) };
  });
  const made: string[] = [];
  const given: Given[] = [];
  let before: Sent[] = [];
  let port = 0;
  for (let round = 0; round < plan.rounds; round++) {
    const serving = await startServing(home, port);
    port = Number(new URL(serving.address).port);
    // What was answered before the kill is refused after it, however fresh it is.
    for (const sent of before) {
      const status = await sendAgain(serving.address, sent);
      assert.equal(status, 401, 'a nonce was taken twice');
    }
    const load = { scanners, service, people: plan.people, prefix: `NEW-${round}-` };
    const asked = await askUntilKilled(serving, load, plan.killAfterMs(round));
    given.push(...asked.given);
    made.push(...asked.made);
    assert.ok(!/欧阳|139\d{8}|PKG\d|NEW-/.test(asked.written), 'the process wrote a value');
    before = asked.sent.filter(({ isAnswered }) => isAnswered).slice(-5);
    plan.note(
      `round ${round}: ${asked.given.length} disclosures and ${asked.made.length} new parcels were acknowledged`,
    );
  }
  assert.ok(given.length > 0, 'nobody was answered: nothing is tested');
  for (const { principal } of scanners) {
    const people = new Set(given.filter((one) => one.principal === principal).map(({ parcel }) => parcel));
    assert.ok(people.size <= plan.limit, `${people.size} people in a budget of ${plan.limit}`);
  }
  await checkHome(home, given, made, plan.people);
}

async function checkHome(
  home: string,
  given: readonly Given[],
  made: readonly string[],
  people: number,
): Promise<void> {
  await withLedger(home, async ({ ledger, prover }) => {
    await ledger.checkpoint();
    for (const { principal, parcel, shard, index } of given) {
      const value = (field: string): string => Buffer.from(prover.valueOf(shard, index, field) ?? []).toString('utf8');
      assert.equal(value('principal'), principal);
      assert.equal(value('subject'), subjectOf(Number(parcel.slice(3))));
      assert.equal(value('decision'), 'mask');
      assert.equal(value('fields'), 'name/masked trackingNumber');
    }
  });
  const stores = await openGatewayStores(home, { onFailure: () => undefined });
  try {
    // Whoever got an answer stands in the journal of budgets.
    const counted = new Map<string, Set<number>>();
    const journal = new BudgetJournal(`${stores.folder}/budgets`);
    for await (const use of journal.read(Date.now())) {
      const own = counted.get(use.principal) ?? new Set();
      for (const person of use.people) own.add(person);
      counted.set(use.principal, own);
    }
    journal.close();
    for (const principal of new Set(given.map((one) => one.principal))) {
      const parcels = new Set(given.filter((one) => one.principal === principal).map(({ parcel }) => parcel));
      assert.ok((counted.get(principal)?.size ?? 0) >= parcels.size, 'people were given and not counted');
    }
    for (let i = 0; i < people; i++) {
      const [values] = await stores.vault.read([subjectOf(i)], ['name', 'phone']);
      assert.equal(values?.name?.value, `欧阳${i}号`);
      const [parcel] = await stores.vault.parcels([trackingNumberOf(i)]);
      assert.equal(parcel?.parties.recipient, subjectOf(i));
    }
    for (const number of made) {
      const [parcel] = await stores.vault.parcels([number]);
      assert.equal(parcel?.parties.recipient, 'c-0', 'a parcel was acknowledged and is not there');
    }
  } finally {
    await stores.close();
  }
  const report = await createServices().ledger.fsckHome(home, () => undefined);
  assert.deepEqual(report.findings, []);
}
