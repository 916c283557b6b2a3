import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { BoltsealError } from '../../../src/core/errors.ts';
import { Events, type GatewayEvent } from '../../../src/gateway/observe/events.ts';
import { type OcsfEvent, OcsfEvents } from '../../../src/gateway/observe/ocsf.ts';
import { Webhooks, webhookMigrations, webhookSignature } from '../../../src/gateway/observe/webhooks.ts';
import type { DecisionEntry, DecisionLog } from '../../../src/gateway/port.ts';
import { inTransaction, openSqlite } from '../../../src/store/sqlite.ts';

const log: DecisionLog = {
  append: async (entries) => entries.map((_, index) => ({ log: 'l', shard: '2026h2', index })),
};
const entry = (subject: string, changes: Partial<DecisionEntry> = {}): DecisionEntry => ({
  principal: 'scanner-7',
  subject,
  fields: 'name/masked',
  purpose: 'sorting',
  basis: 'parcel at station st-1',
  decision: 'mask',
  requestSignature: null,
  timeMs: 5,
  idempotencyKey: null,
  ...changes,
});

test('canaries, spent budgets and a ledger that refuses are events, without anybody whose data it is', async () => {
  const told: GatewayEvent[] = [];
  let now = 1000;
  const events = new Events([(event) => told.push(event)], () => now);
  const watching = events.watchingLog(log, (subject) => subject === 'Canary-1');
  await watching.append([entry('Planted-1'), entry('Canary-1')]);
  const madeUp = { purpose: 'Planted-13812345678', decision: 'deny', basis: 'GATEWAY_BUDGET' };
  const spent = () => watching.append([entry('Planted-1', madeUp)]);
  await spent();
  await spent();
  now += 60_000;
  await spent();
  const failing = events.watchingLog(
    { append: async () => Promise.reject(new BoltsealError('LEDGER_DISK_FULL', { path: 'x' })) },
    () => true,
  );
  await assert.rejects(failing.append([entry('Canary-1')]), { code: 'LEDGER_DISK_FULL' });
  assert.deepEqual(
    told.map(({ type, principal, isAlarm }) => [type, principal, isAlarm]),
    [
      ['canary.asked', 'scanner-7', true],
      ['budget.exceeded', 'scanner-7', false],
      ['budget.exceeded', 'scanner-7', false],
      ['ledger.trouble', null, true],
    ],
  );
  assert.deepEqual(told[0]?.facts, { purpose: 'sorting', decision: 'mask', shard: '2026h2', index: 1 });
  assert.doesNotMatch(JSON.stringify(told), /Planted|Canary-1/);
});

test('events for a SIEM have what their classes require, and nobody whose data it is', async () => {
  const made: OcsfEvent[] = [];
  const ocsf = new OcsfEvents(
    '1.0',
    () => 7,
    (event) => made.push(event),
  );
  await ocsf
    .tellingLog(log)
    .append([
      entry('Planted-1'),
      entry('Planted-2', { purpose: 'Planted-purpose', decision: 'deny', basis: 'GATEWAY_POLICY' }),
    ]);
  ocsf.observe({ id: '1', method: 'GET', route: null, status: 401, code: 'AUTH_TIME', role: null, milliseconds: 1 });
  ocsf.observe({
    id: '2',
    method: 'GET',
    route: null,
    status: 403,
    code: 'GATEWAY_POLICY',
    role: 'shop',
    milliseconds: 1,
  });
  const events = new Events([ocsf.listen], () => 8);
  events.onAudit({
    number: 1,
    timeMs: 8,
    actor: 'admin',
    action: 'principal revoked',
    object: 'scanner-7',
    detail: {},
  });
  const changes: readonly (readonly [action: string, detail: Record<string, unknown>, typeUid: number])[] = [
    ['principal made', { role: 'scanner' }, 300101],
    ['principal active', {}, 300102],
    ['principal suspended', {}, 300105],
    ['principal changed', { role: 'courier' }, 300503],
    ['passkey made', { principal: 'agent' }, 300110],
    ['passkey revoked', { principal: 'agent' }, 300111],
    ['key made', { principal: 'scanner-7' }, 300401],
    ['key revoked', { principal: 'scanner-7' }, 300404],
    ['station put', {}, 300403],
    ['partner removed', {}, 300404],
    ['budgets changed', {}, 300403],
  ];
  for (const [i, [action, detail]] of changes.entries())
    events.onAudit({ number: i + 2, timeMs: 8, actor: 'admin', action, object: 'x-1', detail });
  const told = made.splice(4, changes.length);
  assert.deepEqual(
    told.map(({ type_uid, status_id }) => [type_uid, status_id]),
    changes.map(([, , typeUid]) => [typeUid, 1]),
  );
  assert.deepEqual([told[3]?.privileges, told[4]?.user], [['courier'], { uid: 'agent' }]);
  await events.watchingLog(log, () => true).append([entry('Planted-3', { purpose: 'Planted-purpose' })]);
  assert.deepEqual(
    made.map((event) => [event.class_uid, event.type_uid, event.severity_id, event.status_id, event.time]),
    [
      [6003, 600302, 1, 1, 5],
      [6003, 600302, 2, 2, 5],
      [3002, 300201, 2, 2, 7],
      [3001, 300106, 1, 1, 8],
      [2004, 200401, 4, 1, 8],
    ],
  );
  // What github.com/ocsf/ocsf-schema calls required at 1.3.0 (events/base_event.json, iam/, application/api_activity.json, findings/finding.json), and the activities that it knows.
  const base = ['activity_id', 'category_uid', 'class_uid', 'type_uid', 'time', 'severity_id', 'metadata'];
  const required: Record<number, readonly string[]> = {
    6003: ['actor', 'api', 'src_endpoint'],
    3001: ['user'],
    3002: ['user', 'service'],
    3004: ['entity'],
    3005: ['user', 'privileges'],
    2004: ['finding_info'],
  };
  const activities: Record<number, number> = { 6003: 4, 3001: 12, 3002: 5, 3004: 4, 3005: 4, 2004: 3 };
  for (const event of [...made, ...told]) {
    for (const name of [...base, ...(required[event.class_uid] ?? [])]) assert.ok(name in event, name);
    const { class_uid, category_uid, activity_id, type_uid } = event;
    assert.ok(activity_id >= 1 && activity_id <= (activities[class_uid] ?? 0), `${class_uid} ${activity_id}`);
    assert.deepEqual([type_uid, category_uid], [class_uid * 100 + activity_id, Math.floor(class_uid / 1000)]);
    const { version, product } = event.metadata as { version: string; product: Record<string, unknown> };
    assert.deepEqual([version, typeof product.name, typeof product.vendor_name], ['1.3.0', 'string', 'string']);
  }
  assert.doesNotMatch(JSON.stringify(made), /Planted/);
});

test('a webhook is signed, sent again until it is taken, also after a restart, and given up at last', async () => {
  const database = openSqlite(':memory:', { migrations: webhookMigrations, durability: 'normal' });
  const store = { database, transact: <T>(work: () => T) => inTransaction(database, work) };
  const secret = new Uint8Array(32).fill(7);
  const sent: { headers: Record<string, string>; body: string }[] = [];
  let status = 500;
  let nowMs = 1_000_000;
  const options = {
    hooks: [
      { url: 'https://a.example/', secret, types: null },
      { url: 'https://b.example/', secret, types: ['ledger.trouble' as const] },
    ],
    store,
    nowMs: () => nowMs,
    fetch: (async (url: string, init: { headers: Record<string, string>; body: string }) => {
      assert.equal(url, 'https://a.example/');
      sent.push(init);
      return new Response(null, { status });
    }) as unknown as typeof fetch,
  };
  const first = new Webhooks(options);
  new Events([first.listen], () => nowMs).onTrouble('feeding', null);
  await first.send();
  await first.send();
  assert.equal(sent.length, 1);
  first.close();

  const second = new Webhooks(options);
  nowMs += 5000;
  status = 204;
  await second.send();
  nowMs += 10 ** 9;
  await second.send();
  assert.equal(sent.length, 2);
  const { headers, body } = sent[1] ?? { headers: {}, body: '' };
  const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  assert.equal(headers['webhook-signature'], `v1,${createHmac('sha256', secret).update(content).digest('base64')}`);
  assert.equal(headers['webhook-id'], sent[0]?.headers['webhook-id']);
  assert.equal(JSON.parse(body).type, 'background.trouble');

  status = 500;
  new Events([second.listen], () => nowMs).onTrouble('feeding', null);
  for (let i = 0; i < 12; i++) {
    await second.send();
    nowMs += 10 ** 9;
  }
  assert.equal(sent.length, 2 + 10);
  second.close();
});

test('the signature is that of the vector of Standard Webhooks', () => {
  // Its libraries' own example: secret, id, time, body and signature.
  const secret = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
  const headers = webhookSignature(secret, 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330, '{"test": 2432232314}');
  assert.equal(headers['webhook-signature'], 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});
