import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createServices, openGatewayStores } from '../../../src/compose.ts';
import { BoltsealError } from '../../../src/core/errors.ts';
import { buildApp, defaultLimits } from '../../../src/gateway/app.ts';
import { type AssembledGateway, assembleGateway } from '../../../src/gateway/assemble.ts';
import type { DecisionEntry } from '../../../src/gateway/port.ts';
import { settingsOf } from '../../../src/gateway/settings.ts';
import type { GatewayStores } from '../../../src/gateway/stores.ts';
import { addDevice, ask, type Device, makeHome, signedHeaders, withGateway } from './lab.ts';
import { changeConfig } from './network.ts';

/*
 * Exports over HTTP, on one home: who may what, each given once, canaries in it, everything in the ledger before it leaves.
 */

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const PEOPLE = 700;
/** Long enough that a file does not fit into the buffers of a connection. */
const filler = '长'.repeat(2500);
const marked = { name: '欧阳标记', address: '北京市海淀区标记值路' };
const idOf = (i: number): string => `C10${String(i).padStart(6, '0')}`;
const someone = { kind: 'staff' as const, station: null, partner: null, attributes: {} };

interface World {
  readonly home: string;
  readonly officer: Device;
  readonly colleague: Device;
  readonly approvers: readonly Device[];
  readonly auditor: Device;
  readonly admin: Device;
  readonly analyst: Device;
  readonly courier: Device;
  readonly machine: Device;
}

async function makeWorld(t: TestContext): Promise<World> {
  const home = await makeHome(t);
  changeConfig(home, {
    canaries: { customerIds: 'C99******', phoneBlocks: ['+8617000******'], mailDomain: 'mail.example.com' },
  });
  const devices = await withGateway(home, async (gateway, { vault }) => {
    const numbers = Array.from({ length: PEOPLE }, (_, i) => i);
    await vault.write(
      numbers.map((i) => ({
        id: idOf(i),
        atMs: Date.now() - 5000 - PEOPLE + i,
        fields: {
          name: `${marked.name}${i}`,
          phone: `139${String(20_000_000 + i)}`,
          address: `${marked.address}${i}号${filler}`,
        },
      })),
    );
    await vault.writeParcels([
      {
        trackingNumber: 'PKG0000001',
        atMs: Date.now() - 4000,
        parties: { recipient: idOf(1) },
        status: 'at-station',
        station: 'st-1',
      },
    ]);
    const staff = (id: string, role: string): Device => addDevice(gateway, { ...someone, id, role });
    return {
      officer: staff('officer-1', 'privacy-officer'),
      colleague: staff('officer-2', 'privacy-officer'),
      approvers: [1, 2, 3].map((i) => staff(`approver-${i}`, 'export-approver')),
      auditor: staff('auditor-1', 'auditor'),
      admin: staff('admin-1', 'administrator'),
      courier: staff('courier-1', 'courier'),
      analyst: staff('analyst-1', 'analyst'),
      machine: addDevice(gateway, { ...someone, id: 'machine-1', kind: 'service', role: 'privacy-officer' }),
    };
  });
  await createServices().vault.feed(home);
  return { home, ...devices };
}

interface Served {
  readonly address: string;
  readonly recorded: DecisionEntry[];
  readonly faults: unknown[];
  readonly events: string[];
  readonly gateway: AssembledGateway;
  readonly stores: GatewayStores;
  /** The ledger refuses, until this is taken back. */
  refuses: boolean;
}

/** Serves a home, and remembers what the ledger took. */
async function serving(home: string, work: (served: Served) => Promise<void>): Promise<readonly string[]> {
  const stores = await openGatewayStores(home, { onFailure: () => undefined });
  const state = { refuses: false };
  const recorded: DecisionEntry[] = [];
  const append: GatewayStores['log']['append'] = async (entries) => {
    if (state.refuses) throw new BoltsealError('LEDGER_DISK_FULL', { needBytes: 1, freeBytes: 0 });
    const places = await stores.log.append(entries);
    recorded.push(...entries);
    return places;
  };
  const administration: GatewayStores['governance']['administration'] = async (entries) => {
    if (state.refuses) throw new BoltsealError('LEDGER_DISK_FULL', { needBytes: 1, freeBytes: 0 });
    return stores.governance.administration(entries);
  };
  const faults: unknown[] = [];
  const events: string[] = [];
  const gateway = await assembleGateway(
    { ...stores, log: { append }, governance: { ...stores.governance, administration } },
    {
      ...settingsOf(stores.config, 'http://localhost'),
      version: '0.0.0',
      onFault: (error) => faults.push(error),
      onOcsf: (lines) => events.push(lines),
    },
  );
  const app = await buildApp(gateway.services, defaultLimits);
  try {
    const address = await app.listen({ host: '127.0.0.1', port: 0 });
    await work(Object.assign(state, { address, recorded, faults, events, gateway, stores }));
    assert.deepEqual(faults, []);
  } finally {
    await app.close();
    gateway.close();
    await stores.close();
  }
  return events;
}

const wanted = {
  purpose: 'notice',
  fields: { name: 'masked', phone: 'clear' },
  selection: { kind: 'everybody' },
  people: PEOPLE,
  recipient: 'mail-house-3',
  reason: 'recall of a charger',
};

test('an export goes from a request over two approvals to one file with canaries, and the ledger has it all', async (t) => {
  const world = await makeWorld(t);
  const { home, officer, colleague, approvers, auditor, admin, analyst, machine, courier } = world;
  const [first, second, third] = approvers as [Device, Device, Device];
  const events = await serving(home, async (served) => {
    const as = (who: Device, method: string, path: string, body: unknown = null) =>
      ask(served.address, who, method, path, body);
    const request = async (changes: object = {}): Promise<string> => {
      const answer = await as(officer, 'POST', '/v1/exports', { ...wanted, ...changes });
      assert.equal(answer.status, 201, answer.text);
      return answer.json().id;
    };
    const approved = async (changes: object = {}): Promise<string> => {
      const id = await request(changes);
      for (const who of [first, second]) assert.equal((await as(who, 'POST', `/v1/exports/${id}/approve`)).status, 200);
      return id;
    };
    const fetchRows = (who: Device, id: string, format = 'csv') =>
      as(who, 'POST', `/v1/exports/${id}/rows`, { format });
    const stateOf = async (id: string) => (await as(auditor, 'GET', `/v1/exports/${id}`)).json();
    const stepsOf = async (id: string): Promise<string[]> => {
      const found: string[] = [];
      for (let after = 0; ; ) {
        const { entries } = (await as(auditor, 'GET', `/v1/audit?after=${after}`)).json();
        for (const { number, action, object, actor } of entries) {
          after = number;
          if (object === id) found.push(`${action} ${actor}`);
        }
        if (entries.length === 0) return found;
      }
    };

    await t.test('who may ask, approve, see and fetch', async () => {
      for (const who of [first, auditor, admin, analyst, machine])
        assert.equal((await as(who, 'POST', '/v1/exports', wanted)).status, 403);
      assert.equal(
        (await as(officer, 'POST', '/v1/exports', { ...wanted, fields: { nationalId: 'masked' } })).status,
        403,
      );
      assert.equal((await as(officer, 'POST', '/v1/exports', { ...wanted, fields: { phone: 'virtual' } })).status, 400);
      assert.equal((await as(officer, 'POST', '/v1/exports', { ...wanted, purpose: 'statistics' })).status, 403);
      assert.equal((await as(officer, 'POST', '/v1/exports', { ...wanted, people: 200_000 })).status, 422);
      const id = await request();
      assert.equal((await as(officer, 'POST', `/v1/exports/${id}/approve`)).json().code, 'EXPORT_SELF');
      for (const who of [colleague, analyst, machine])
        for (const [method, path] of [
          ['GET', ''],
          ['POST', '/approve'],
          ['POST', '/refuse'],
        ] as const)
          assert.equal((await as(who, method, `/v1/exports/${id}${path}`)).status, 404, who.principal);
      for (const who of [auditor, admin]) {
        assert.equal((await as(who, 'GET', `/v1/exports/${id}`)).status, 200);
        assert.equal((await as(who, 'POST', `/v1/exports/${id}/approve`)).json().code, 'GATEWAY_POLICY');
      }
      assert.equal((await as(auditor, 'POST', `/v1/exports/${id}/refuse`)).status, 403);
      assert.equal((await fetchRows(officer, id)).json().code, 'EXPORT_STATE');
      // The same person twice is one person.
      for (let i = 0; i < 2; i++)
        assert.equal((await as(first, 'POST', `/v1/exports/${id}/approve`)).json().state, 'requested');
      assert.equal((await fetchRows(officer, id)).json().code, 'EXPORT_STATE');
      assert.equal((await as(second, 'POST', `/v1/exports/${id}/approve`)).json().state, 'approved');
      for (const who of [first, second, auditor, admin]) assert.equal((await fetchRows(who, id)).status, 403);
      assert.deepEqual(
        (await as(officer, 'GET', '/v1/exports')).json().exports.map((one: { id: string }) => one.id),
        [id],
      );
      assert.deepEqual((await as(colleague, 'GET', '/v1/exports')).json().exports, []);
      assert.equal((await as(officer, 'POST', `/v1/exports/${id}/refuse`)).json().state, 'refused');
      assert.equal((await fetchRows(officer, id)).json().code, 'EXPORT_STATE');
      assert.deepEqual(await stepsOf(id), [
        'export requested officer-1',
        'export denied auditor-1',
        'export denied admin-1',
        'export approved approver-1',
        'export approved approver-2',
        'export refused officer-1',
      ]);
    });

    await t.test('one file, of exactly so many people and some who do not exist', async () => {
      const id = await approved({ people: 500 });
      const answers = await Promise.all(Array.from({ length: 5 }, () => fetchRows(officer, id)));
      const given = answers.filter(({ status }) => status === 200);
      assert.equal(given.length, 1, 'each export is given once');
      for (const { status, text } of answers) if (status !== 200) assert.match(text, /EXPORT_STATE/);
      const [head, ...lines] = (given[0]?.text ?? '').trimEnd().split('\r\n');
      assert.equal(head, 'customer_id,name,phone');
      const canaries = lines.filter((line) => line.startsWith('C99'));
      assert.equal(lines.length - canaries.length, 500);
      assert.equal(canaries.length, 3);
      for (const line of canaries) assert.match(line, /^C99\d{6},\p{Script=Han}\*+,1?7000\d{6}$/u);
      for (const line of lines) assert.match(line, /^C\d{8},[^,]\*+,1\d{10}$/u);
      const rows = served.recorded.filter(({ basis }) => basis === `export ${id}`);
      assert.deepEqual(rows.map(({ subject }) => subject).sort(), lines.map((line) => line.split(',')[0]).sort());
      for (const row of rows) {
        assert.deepEqual(
          [row.principal, row.decision, row.fields],
          ['officer-1', 'allow', 'customerId name/masked phone'],
        );
        assert.ok(row.requestSignature !== null);
      }
      const { state, rows: counted, isWhole } = await stateOf(id);
      assert.deepEqual([state, counted, isWhole], ['given', 503, false]);
      assert.equal((await fetchRows(officer, id)).json().code, 'EXPORT_STATE');
      const { batches } = await createServices().canaries.list(home);
      const batch = batches.find(
        ({ recipient }) => 'scope' in recipient && recipient.scope === `export ${id} for mail-house-3`,
      );
      assert.deepEqual([batch?.count, batch?.registered, batch?.isExported], [3, 3, true]);
    });

    await t.test('people by their ids; what looks like a formula is text', async () => {
      await served.stores.vault.write([
        { id: '=1+1', atMs: Date.now(), fields: { name: '=cmd|x', phone: '+8613900000000' } },
      ]);
      const named = await approved({
        selection: { kind: 'subjects', subjects: [idOf(5), '=1+1', 'nobody'] },
        fields: { name: 'clear', phone: 'clear' },
        people: 3,
      });
      // As the example does, with the client.
      const key = join(home, '..', 'officer.pem');
      writeFileSync(key, officer.privateKey.export({ type: 'pkcs8', format: 'pem' }));
      const example = [
        '--disable-warning=ExperimentalWarning',
        'examples/export.ts',
        served.address,
        key,
        'fetch',
        named,
      ];
      const { stdout } = await run(process.execPath, example, { cwd: root });
      await assert.rejects(run(process.execPath, example, { cwd: root }), /409 EXPORT_STATE/);
      const own = stdout.split('\r\n').filter((line) => line !== '' && !line.startsWith('C99'));
      assert.deepEqual(own.slice(1).sort(), ["'=1+1,'=cmd|x,+8613900000000", `${idOf(5)},${marked.name}5,13920000005`]);
      assert.equal((await stateOf(named)).isWhole, true);
    });

    await t.test('a ledger that refuses, and an approver who is revoked or has lost the right', async () => {
      const id = await approved({ people: 5 });
      served.refuses = true;
      assert.equal((await fetchRows(officer, id)).status, 503);
      assert.equal((await as(officer, 'POST', '/v1/exports', wanted)).status, 503);
      served.refuses = false;
      assert.equal((await stateOf(id)).state, 'approved');
      const change = { actor: 'admin-1', nowMs: Date.now() };
      served.gateway.directory.setState('approver-2', 'suspended', change);
      assert.equal((await fetchRows(officer, id)).json().code, 'EXPORT_UNAPPROVED');
      assert.equal((await as(third, 'POST', `/v1/exports/${id}/approve`)).status, 200);
      const answer = await fetchRows(officer, id);
      assert.equal(answer.status, 200, answer.text);
      served.gateway.directory.setState('approver-2', 'active', change);
    });

    await t.test('exceptions are listed for auditors, who say what they think of them', async () => {
      const handedOver = {
        purpose: 'delivery',
        fields: { phone: 'masked' },
        parcels: ['PKG0000001'],
        exception: { reason: 'of a colleague who is ill' },
      };
      assert.equal((await as(courier, 'POST', '/v1/disclosures', handedOver)).status, 200);
      for (const who of [officer, courier, first]) assert.equal((await as(who, 'GET', '/v1/exceptions')).status, 403);
      const listed = await as(auditor, 'GET', '/v1/exceptions?open=true');
      assert.equal(listed.status, 200, listed.text);
      const [one, ...others] = listed.json().exceptions;
      assert.equal(others.length, 0);
      assert.deepEqual([one.principal, one.reason], ['courier-1', 'of a colleague who is ill']);
      assert.ok(!listed.text.includes(idOf(1)) && !listed.text.includes('PKG0000001'));
      const path = `/v1/exceptions/${one.id}/reviews`;
      assert.equal((await as(admin, 'POST', path, { finding: 'justified' })).status, 403);
      assert.equal((await as(auditor, 'POST', path, { finding: 'justified' })).json().review.by, 'auditor-1');
      assert.deepEqual((await as(auditor, 'GET', '/v1/exceptions?open=true')).json().exceptions, []);
      assert.equal((await as(admin, 'GET', '/v1/exceptions')).json().exceptions.length, 1);
      assert.deepEqual(await stepsOf(one.id), ['exception reviewed auditor-1']);
    });

    await t.test('a connection that breaks uses it up, and what left is counted', async () => {
      const id = await approved({ fields: { name: 'clear', address: 'clear' } });
      const before = served.recorded.length;
      await breakOff(new URL(`/v1/exports/${id}/rows`, served.address), officer);
      for (let i = 0; i < 300 && (await stepsOf(id)).at(-1) !== 'export broken officer-1'; i++)
        await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal((await stepsOf(id)).at(-1), 'export broken officer-1');
      const record = await stateOf(id);
      assert.equal(record.state, 'broken');
      const inLedger = served.recorded.slice(before).filter(({ basis }) => basis === `export ${id}`).length;
      assert.equal(record.rows, inLedger);
      assert.ok(inLedger > 0);
      assert.equal((await fetchRows(officer, id)).json().code, 'EXPORT_STATE');
    });
  });

  assert.ok(events.some((line) => line.includes('export given')));
  assert.ok(!events.some((line) => line.includes('canary.asked')), 'its own canaries raise no alarm');
  assertNowhere(home, [marked.name, marked.address, '1392000', 'recall of a charger', idOf(5)]);
});

/** Reads the first bytes of an answer and hangs up. */
function breakOff(url: URL, who: Device): Promise<void> {
  const body = JSON.stringify({ format: 'csv' });
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { method: 'POST', headers: signedHeaders(who, 'POST', url, body) }, (answer) => {
      assert.equal(answer.statusCode, 200);
      answer.once('data', () => {
        answer.pause();
        // So long that everything would be there, if it were read without being taken.
        setTimeout(() => {
          sent.destroy();
          resolve();
        }, 300);
      });
      answer.on('error', () => undefined);
    });
    sent.on('error', (error) => ((error as { code?: string }).code === 'ECONNRESET' ? undefined : reject(error)));
    sent.end(body);
  });
}

function assertNowhere(folder: string, values: readonly string[]): void {
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const file = join(folder, entry);
    if (!statSync(file).isFile()) continue;
    const bytes = readFileSync(file);
    for (const value of values) assert.ok(!bytes.includes(value), `a planted value stands in ${entry}`);
  }
}
