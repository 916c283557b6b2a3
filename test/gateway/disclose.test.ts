import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DisclosureRequest } from '../../src/contract/api/disclosures.ts';
import { BoltsealError } from '../../src/core/errors.ts';
import { disclose } from '../../src/gateway/disclose/disclose.ts';
import { isStillGiven } from '../../src/gateway/disclose/still-given.ts';
import { IdempotentAnswers } from '../../src/gateway/idempotent-answers.ts';
import { scanner, yesServices } from './pieces.ts';

const caller = { principal: scanner, by: 'signature', signature: Uint8Array.of(1, 2, 3) } as const;
const body: DisclosureRequest = {
  purpose: 'delivery',
  fields: { name: 'masked', phone: 'clear' },
  parcels: ['PKG00001'],
};
const ask = (services: ReturnType<typeof yesServices>, changes: Partial<DisclosureRequest> = {}) =>
  disclose(services, { caller, body: { ...body, ...changes }, idempotencyKeyOf: null });

test('values leave after the ledger has the entry, and count after that', async () => {
  const services = yesServices();
  const [result] = await ask(services);
  assert.deepEqual(services.steps, ['parcels', 'justify', 'policy', 'policy', 'reserve', 'read', 'append', 'settle']);
  assert.deepEqual(result, {
    parcel: 'PKG00001',
    decision: 'allowed',
    values: { name: { form: 'masked', value: '<masked>' }, phone: { form: 'clear', value: '+8613900000000' } },
    receipt: { log: 'test.example/log', shard: '2026h2', index: 0 },
  });
  assert.deepEqual(services.entries, [
    {
      principal: 'scanner-7',
      subject: 'of-PKG00001',
      fields: 'name/masked phone trackingNumber',
      purpose: 'delivery',
      basis: 'parcel at station st-1',
      decision: 'allow',
      requestSignature: caller.signature,
      timeMs: 1_700_000_000_000,
      idempotencyKey: null,
    },
  ]);
});

test('what is not there and what is not justified are refused alike, are in the ledger, and are not read', async () => {
  const services = yesServices({
    context: {
      justify: async (_principal, _request, matters) =>
        matters.map(() => ({ isJustified: false, code: 'GATEWAY_NOT_JUSTIFIED' })),
    },
  });
  const [there, none] = await ask(services, { parcels: ['PKG00001', 'NONE0001'] });
  assert.ok(there && none);
  assert.deepEqual({ ...there, parcel: '', receipt: null }, { ...none, parcel: '', receipt: null });
  assert.equal(there.code, 'GATEWAY_NOT_JUSTIFIED');
  assert.ok(!services.steps.includes('read'));
  assert.deepEqual(
    services.entries.map(({ subject, decision, basis }) => [subject, decision, basis]),
    [
      ['of-PKG00001', 'deny', 'GATEWAY_NOT_JUSTIFIED'],
      ['(unknown)', 'deny', 'GATEWAY_NOT_JUSTIFIED'],
    ],
  );
});

test('an exception goes on without a fact, is marked, and counts double', async () => {
  let weight = 0;
  const services = yesServices({
    context: {
      justify: async (_principal, _request, matters) =>
        matters.map(() => ({ isJustified: false, code: 'GATEWAY_NOT_JUSTIFIED' })),
    },
    budgets: {
      reserve: (request) => {
        weight = request.weight;
        return { isGranted: true, settle: () => undefined, release: () => undefined };
      },
    },
  });
  const [result] = await ask(services, { exception: { reason: 'label cannot be read' } });
  assert.equal(result?.decision, 'allowed');
  assert.equal(weight, 2);
  assert.equal(services.entries[0]?.basis, 'exception: label cannot be read');
});

test('one field that may not leave refuses the whole item', async () => {
  const services = yesServices({
    policies: {
      decide: ({ form }, fields) => ({ allowed: new Set(form === 'clear' ? [] : fields), version: 'v1' }),
      version: 'v1',
      changing: null,
    },
  });
  const [result] = await ask(services);
  assert.equal(result?.code, 'GATEWAY_POLICY');
  assert.equal(services.entries[0]?.decision, 'deny');
  assert.ok(!services.steps.includes('read'));
});

test('what was decided by policies that hold no more is not recorded, but decided again', async () => {
  let version = 'v1';
  let released = 0;
  let changed: () => void = () => undefined;
  const changing = new Promise<void>((resolve) => {
    changed = resolve;
  });
  const services = yesServices({
    policies: {
      decide: (_question, fields) => ({ allowed: new Set(version === 'v1' ? fields : []), version }),
      get version() {
        return version;
      },
      get changing() {
        // The ledger gets the activation of v2 just now.
        return version === 'v1' ? changing : null;
      },
    },
    budgets: {
      reserve: () => ({ isGranted: true, settle: () => undefined, release: () => released++ }),
    },
  });
  const asked = ask(services);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(services.entries, [], 'it waits');
  version = 'v2';
  changed();
  const [result] = await asked;
  assert.equal(result?.code, 'GATEWAY_POLICY');
  assert.deepEqual(
    services.entries.map(({ decision, basis }) => [decision, basis]),
    [['deny', 'GATEWAY_POLICY']],
  );
  assert.equal(released, 1);
});

test('without room in the budget the ledger has the refusal and nothing is read', async () => {
  const services = yesServices({
    budgets: { reserve: () => ({ isGranted: false, budget: 'principal minute', limit: 30, retryAfterMs: 5000 }) },
  });
  await assert.rejects(ask(services), { code: 'GATEWAY_BUDGET' });
  assert.deepEqual(
    services.entries.map(({ decision, basis }) => [decision, basis]),
    [['deny', 'GATEWAY_BUDGET']],
  );
  assert.ok(!services.steps.includes('read'));
});

test('no ledger, no data: the reservation is given back and the error is the ledger’s', async () => {
  const services = yesServices({
    log: { append: () => Promise.reject(new BoltsealError('LEDGER_BUSY', { retryAfterMs: 100 })) },
  });
  await assert.rejects(ask(services), { code: 'LEDGER_BUSY' });
  assert.deepEqual(services.steps.slice(-2), ['read', 'release']);
});

test('a vault that fails gives nothing, and the reservation back', async () => {
  const yes = yesServices();
  const services = yesServices({
    vault: { ...yes.vault, read: () => Promise.reject(new BoltsealError('INTERNAL')) },
  });
  await assert.rejects(ask(services), { code: 'INTERNAL' });
  assert.equal(services.steps.at(-1), 'release');
  assert.equal(services.entries.length, 0);
});

test('a subject that was erased meanwhile is refused like one that never was', async () => {
  const services = yesServices();
  const [result] = await ask(services, { parcels: [], subjects: ['gone'] });
  assert.deepEqual(
    { ...result, receipt: null },
    { subject: 'gone', decision: 'refused', code: 'GATEWAY_NOT_JUSTIFIED', receipt: null },
  );
});

test('a request for nobody is refused', async () => {
  await assert.rejects(ask(yesServices(), { parcels: [] }), { code: 'GATEWAY_TARGETS' });
});

test('an exception tells by no refusal which of the guessed parcels are there', async () => {
  const exception = { reason: 'guessing numbers' };
  const parcels = ['PKG00001', 'NONE0001'];
  const context = {
    justify: async (_principal: unknown, _request: unknown, matters: readonly unknown[]) =>
      matters.map(() => ({ isJustified: false, code: 'GATEWAY_NOT_JUSTIFIED' }) as const),
  };
  const forbidding = yesServices({
    context,
    policies: { ...yesServices().policies, decide: () => ({ allowed: new Set(), version: 'v1' }) },
  });
  const [there, none] = await ask(forbidding, { exception, parcels });
  assert.deepEqual([there?.code, none?.code], ['GATEWAY_POLICY', 'GATEWAY_POLICY']);
  const room = { isGranted: false, budget: 'principal minute', limit: 30, retryAfterMs: 5000 } as const;
  for (const parcel of parcels) {
    const full = yesServices({
      context,
      budgets: { reserve: ({ subjects }) => (subjects.length === 0 ? grant : room) },
    });
    await assert.rejects(ask(full, { exception, parcels: [parcel] }), { code: 'GATEWAY_BUDGET' }, parcel);
  }
});

const grant = { isGranted: true, settle: () => undefined, release: () => undefined } as const;

test('a subject has one name in ledger, budgets and forms, however the caller writes it', async () => {
  const counted: string[] = [];
  const services = yesServices({
    budgets: {
      reserve: ({ subjects }) => {
        counted.push(...subjects);
        return grant;
      },
    },
  });
  const [first, second] = await ask(services, { parcels: [], subjects: ['C-1', ' \uff23-1 '] });
  assert.deepEqual([first?.subject, second?.subject], ['C-1', ' \uff23-1 ']);
  assert.deepEqual(counted, ['C-1']);
  assert.deepEqual(
    services.entries.map(({ subject }) => subject),
    ['C-1', 'C-1'],
  );
});

test('a subject that is not there comes into the ledger under no name', async () => {
  const services = yesServices();
  await ask(services, { parcels: [], subjects: ['gone'] });
  assert.deepEqual(
    services.entries.map(({ subject, decision }) => [subject, decision]),
    [['(unknown)', 'deny']],
  );
});

test('a parcel has one virtual number, however the caller writes its tracking number', async () => {
  const holders = new Set<string>();
  const services = yesServices({
    forms: { shape: (_form, { parcel }) => String(holders.add(String(parcel)).size) },
  });
  await ask(services, { parcels: ['PKG00001', 'pkg00001', 'P-K-G-00001'], fields: { phone: 'virtual' } });
  assert.deepEqual([...holders], ['PKG00001']);
});

test('what was kept for a repeated request is given while it would be given now, and otherwise decided again', async () => {
  const body: DisclosureRequest = {
    purpose: 'delivery',
    fields: { name: 'masked' },
    parcels: ['PKG00001', 'PKG00002'],
  };
  let allowed = true;
  let isJustified = true;
  const services = yesServices({
    policies: {
      decide: (_question, fields) => ({ allowed: new Set(allowed ? fields : []), version: 'v1' }),
      version: 'v1',
      changing: null,
    },
    context: {
      justify: async (_principal, _request, matters) =>
        matters.map(() =>
          isJustified
            ? { isJustified: true, basis: 'parcel at station st-1' }
            : { isJustified: false, code: 'GATEWAY_NOT_JUSTIFIED' },
        ),
    },
  });
  const answers = new IdempotentAnswers();
  const request = { caller, body, idempotencyKeyOf: null };
  const once = async () => {
    const results = await answers.once(
      'key',
      new Uint8Array(1),
      0,
      () => disclose(services, request),
      (answer) => isStillGiven(services, request, answer),
    );
    return results.map(({ decision, code }) => code ?? decision);
  };
  assert.deepEqual(await once(), ['allowed', 'allowed']);
  assert.deepEqual(await once(), ['allowed', 'allowed']);
  assert.equal(services.entries.length, 2, 'given again, and not recorded again');
  allowed = false;
  assert.deepEqual(await once(), ['GATEWAY_POLICY', 'GATEWAY_POLICY']);
  assert.equal(services.entries.length, 4, 'the refusal is recorded');
  allowed = true;
  assert.deepEqual(await once(), ['GATEWAY_POLICY', 'GATEWAY_POLICY'], 'a refusal is what was answered');
  const again = new IdempotentAnswers();
  const other = async () =>
    again.once(
      'key',
      new Uint8Array(1),
      0,
      () => disclose(services, request),
      (answer) => isStillGiven(services, request, answer),
    );
  assert.equal((await other())[0]?.decision, 'allowed');
  isJustified = false;
  assert.equal((await other())[0]?.code, 'GATEWAY_NOT_JUSTIFIED');
});
