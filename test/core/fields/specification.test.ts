import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Field } from '../../../src/core/fields/field.ts';
import { fieldById, fieldByName, fields, isFieldName } from '../../../src/core/fields/registry.ts';
import { headerKey } from '../../../src/core/text.ts';

const specification = readFileSync(new URL('../../../docs/spec/fields.md', import.meta.url), 'utf8');

interface Example {
  readonly field: Field;
  readonly cell: string;
  readonly region: string;
  readonly value: string | null;
}

function examplesOf(markdown: string): Example[] {
  const examples: Example[] = [];
  for (const section of markdown.split(/^## /m)) {
    const title = section.slice(0, section.indexOf('\n'));
    if (!isFieldName(title)) continue;
    for (const [, cell, region, value] of section.matchAll(/^\| `(".*?")` \| (?:([A-Z]{2}) \| )?`(null|".*?")` \|$/gm))
      examples.push({
        field: fieldByName(title),
        cell: JSON.parse(cell ?? ''),
        region: region ?? 'CN',
        value: JSON.parse(value ?? ''),
      });
  }
  return examples;
}

test('every example of the specification holds, and its value is a fixed point', () => {
  const examples = examplesOf(specification);
  assert.ok(examples.length >= 80, `${examples.length} examples were read`);
  for (const field of fields)
    assert.ok(
      examples.some((example) => example.field === field),
      field.name,
    );
  for (const { field, cell, region, value } of examples) {
    assert.equal(field.normalise(cell, { region }), value, `${field.name} of ${JSON.stringify(cell)} in ${region}`);
    if (value !== null) assert.equal(field.normalise(value, { region }), value);
  }
});

test('the table of fields in the specification is the registry', () => {
  for (const { name, id, role, exclusive, version } of fields)
    assert.match(
      specification,
      new RegExp(`^\\| ${name} \\| ${id} \\| ${role} \\| ${exclusive ? 'yes' : 'no'} \\| ${version} \\|`, 'm'),
    );
});

test('ids and names are unique and found again', () => {
  assert.equal(new Set(fields.map((field) => field.id)).size, fields.length);
  for (const field of fields) {
    assert.equal(fieldById(field.id), field);
    assert.equal(fieldByName(field.name), field);
    assert.equal(field.id < 8, field.role === 'identifying');
  }
  assert.equal(fieldById(7), null);
  assert.equal(isFieldName('constructor'), false);
});

test('headers are written as headerKey writes them and point to one field each', () => {
  const seen = new Map<string, string>();
  for (const field of fields)
    for (const header of field.headers) {
      assert.equal(headerKey(header), header, `${field.name}: ${header}`);
      assert.equal(seen.get(header) ?? field.name, field.name, header);
      seen.set(header, field.name);
    }
  assert.equal(seen.get(headerKey(' Phone_Number ')), 'phone');
  assert.equal(seen.get(headerKey('收件人－手机')), 'phone');
  assert.equal(seen.get(headerKey('身份证号')), 'nationalId');
  assert.equal(seen.get(headerKey('E-Mail')), 'email');
});
