import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { HeldValue, StoredSubject } from './model.ts';
import { Model } from './model.ts';
import { openTestVault } from './support.ts';

const source = new Uint8Array(16);
const fields = ['name', 'phone', 'email'] as const;
const ids = ['C-1', 'C-2', 'C-3'];
const phones = ['13812345678', '+86 138 1234 5678', '13912345678', 'none'];

const change = fc.record({
  id: fc.constantFrom(...ids),
  atMs: fc.integer({ min: 1, max: 20 }),
  fields: fc.dictionary(fc.constantFrom(...fields), fc.constantFrom(null, ...phones), { maxKeys: 3 }),
});
const operation = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      changes: fc.array(change, { minLength: 1, maxLength: 4 }),
      admits: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('erase' as const), id: fc.constantFrom(...ids) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rotate' as const) }) },
);

test('whatever is written, erased and rotated in whatever order: the vault answers as a plain map would', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 15 }), async (operations) => {
      const { vault } = await openTestVault();
      const model = new Model();
      for (const each of operations) {
        if (each.kind === 'write') {
          const { changes, admits } = each;
          const summary = await vault.importSubjects(changes, source, changes.length, admits);
          assert.deepEqual(summary, model.write(changes, admits));
        } else if (each.kind === 'erase') assert.equal(await vault.erase(each.id), model.erase(each.id));
        else await vault.rotate(() => undefined);
      }
      const expected: (Readonly<Record<string, HeldValue>> | null)[] = ids.map((id) => model.valuesOf(id));
      assert.deepEqual(await vault.read(ids, fields), expected);
      for (const phone of phones) assert.deepEqual([...(await vault.find('phone', phone))].sort(), model.find(phone));
      const told = await vault.news(0, 1000);
      const left: StoredSubject[] = [...model.subjects()];
      for (const { id, history } of left)
        for (const [field, value] of history)
          assert.ok(
            told.versions.some(
              (version) => version.subject === id && version.field === field && version.value === value,
            ),
            'a version that the register does not hear of',
          );
      assert.equal((await vault.status()).subjects, left.length);
      await vault.close();
    }),
    { numRuns: Number(process.env.BOLTSEAL_PROPERTY_RUNS ?? 60) },
  );
});
