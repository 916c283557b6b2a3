import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Chance, countPattern, fillPattern, systemChance } from '../../src/canaries/chance.ts';
import { writeCsv } from '../../src/canaries/csv.ts';
import { inventionOf } from '../../src/canaries/invent.ts';
import { drawNationalId, nationalIdChoices } from '../../src/canaries/national-id.ts';
import { canaryFields } from '../../src/contract/canaries.ts';
import { fieldByName } from '../../src/core/fields/registry.ts';
import { settings } from './support.ts';

test('invented values look like their field to whoever reads them, in every region', () => {
  for (const region of ['CN', 'US', 'FR']) {
    const all = { ...settings, trackingNumbers: 'SF99**********' };
    for (const field of canaryFields) {
      if (field === 'nationalId' && region !== 'CN') continue;
      const { draw, choices } = inventionOf(field, region, all, systemChance);
      const { normalise, classify } = fieldByName(field);
      assert.ok(choices >= 1000, field);
      for (let i = 0; i < 50; i++) {
        const value = draw();
        assert.notEqual(normalise(value, { region }), null, field);
        assert.ok(classify(value, { region }) > 0.2, `${field} in ${region}`);
      }
    }
  }
});

test('a phone is written as its region writes it and stays in its block', () => {
  const { draw } = inventionOf('phone', 'CN', settings, systemChance);
  for (let i = 0; i < 20; i++) assert.match(draw(), /^1620000\d{4}$/);
  const abroad = inventionOf('phone', 'US', settings, systemChance);
  assert.match(abroad.draw(), /^\+861620000\d{4}$/);
});

test('an identity number is valid and was given to nobody: its county had ended before the birth', () => {
  const seen = new Set<string>();
  for (let i = 0; i < 300; i++) {
    const id = drawNationalId(systemChance);
    seen.add(id);
    assert.ok(fieldByName('nationalId').classify(id, { region: 'CN' }) > 0.98);
    const year = Number(id.slice(6, 10));
    assert.ok(year >= 1996 && year <= 2005, id.slice(6, 10));
    assert.match(id, /^(?:31022[124]|320222|32052[245]|33012[45]|44012[1235])/);
  }
  assert.ok(seen.size > 295 && nationalIdChoices > 1e7);
});

test('what the configuration does not set aside is an error that names the setting', () => {
  const missing = {
    customerId: 'customerIds',
    phone: 'phoneBlocks',
    email: 'mailDomain',
    trackingNumber: 'trackingNumbers',
  } as const;
  for (const [field, setting] of Object.entries(missing)) {
    assert.throws(() => inventionOf(field as keyof typeof missing, 'CN', undefined, systemChance), {
      code: 'CANARIES_SETTING',
      remedy: new RegExp(`canaries\\.${setting}`),
    });
  }
  assert.throws(() => inventionOf('nationalId', 'US', settings, systemChance), { code: 'CANARIES_FIELD' });
});

test('patterns', () => {
  const nines: Chance = { below: (limit) => limit - 1 };
  assert.equal(fillPattern(nines, 'C-**x*'), 'C-99x9');
  assert.equal(countPattern('C-**x*'), 1000);
});

test('the export is CSV that no spreadsheet runs', () => {
  const values = { customerId: '=1+1', name: 'O"Neill, Ann', phone: '+33639980000' };
  const canary = { idLo: 0, idHi: 0, values, choices: {} };
  assert.equal(
    writeCsv({ columns: ['customerId', 'name', 'phone'], canaries: [canary] }),
    'customer_id,name,phone\r\n\'=1+1,"O""Neill, Ann",+33639980000\r\n',
  );
});
