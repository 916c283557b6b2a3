import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Caller } from '../../../src/gateway/port.ts';
import { createSubjectAccess } from '../../../src/gateway/subjects/access.ts';
import type { SubjectReport } from '../../../src/vault/port.ts';
import { parcelOf, valuesOf, yesServices } from '../pieces.ts';

const officer: Caller = {
  principal: { id: 'officer-1', kind: 'staff', role: 'privacy-officer', station: null, partner: null, attributes: {} },
  by: 'session',
  signature: null,
};

function anAccess(changes: Parameters<typeof yesServices>[0] = {}) {
  const services = yesServices(changes);
  const report: SubjectReport = {
    subject: 'C-1',
    values: valuesOf({ name: 'Planted Name', phone: '+8613900000000' }),
    parcels: [
      { ...parcelOf('PKG1', 'C-1'), parties: { recipient: 'C-1', sender: 'S-OTHER' } },
      { ...parcelOf('PKG2', 'C-2'), parties: { recipient: 'C-2', sender: 'C-1' } },
    ],
  };
  const access = createSubjectAccess(services, { report: async () => report });
  return { services, access };
}

test('a person is shown everything, after the ledger has it, tracking numbers too', async () => {
  const { services, access } = anAccess();
  const answer = JSON.stringify(await access.report(officer, 'C-1', '77'));
  const { values, parcels } = JSON.parse(answer);
  assert.deepEqual(
    values.map(({ field, value }: { field: string; value: string }) => [field, value]),
    [
      ['name', 'Planted Name'],
      ['phone', '+8613900000000'],
    ],
  );
  assert.deepEqual(
    parcels.map(({ trackingNumber, as }: { trackingNumber: string; as: string[] }) => [trackingNumber, as]),
    [
      ['PKG1', ['recipient']],
      ['PKG2', ['sender']],
    ],
  );
  assert.doesNotMatch(answer, /S-OTHER|C-2/);
  const [entry] = services.entries;
  assert.equal(entry?.purpose, 'subject-access');
  assert.equal(entry?.subject, 'C-1');
  assert.equal(entry?.fields, 'name phone trackingNumber');
});

test('who may not ask at all stands in the ledger with what was asked for, and with nobody who is not there', async () => {
  const { services, access } = anAccess();
  const caller: Caller = { ...officer, principal: { ...officer.principal, id: 'scanner-1', role: 'scanner' } };
  await access.refuse(caller, 'C-1', '77');
  await access.refuse(caller, 'gone', '77');
  assert.deepEqual(
    services.entries.map(({ principal, subject, purpose, basis, decision }) => [
      ...[principal, subject, purpose, basis, decision],
    ]),
    [
      ['scanner-1', 'C-1', 'subject-access', 'GATEWAY_FORBIDDEN', 'deny'],
      ['scanner-1', '(unknown)', 'subject-access', 'GATEWAY_FORBIDDEN', 'deny'],
    ],
  );
});

test('an export is the format that the vault writes', async () => {
  const { access } = anAccess();
  const document = JSON.parse(JSON.stringify(await access.export(officer, 'C-1', '77')));
  assert.deepEqual(Object.keys(document), ['format', 'subject', 'values', 'parcels']);
  assert.equal(document.format, 'boltseal-person-1');
});

test('without a ticket of theirs nothing leaves, and the ledger has the refusal', async () => {
  const { services, access } = anAccess({
    context: {
      justify: async (_principal, _request, matters) =>
        matters.map(() => ({ isJustified: false, code: 'GATEWAY_NOT_JUSTIFIED' as const })),
    },
  });
  await assert.rejects(access.report(officer, 'C-1', '78'), { code: 'GATEWAY_NOT_JUSTIFIED' });
  assert.equal(services.entries[0]?.decision, 'deny');
});

test('no ledger, no data', async () => {
  const { access } = anAccess({ log: { append: async () => Promise.reject(new Error('LEDGER')) } });
  await assert.rejects(access.export(officer, 'C-1', '77'));
});
