import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { readContext, readDocument } from '../../../src/gateway/epcis/document.ts';
import { readEvent } from '../../../src/gateway/epcis/event.ts';
import { defaultMapping, trackingNumberOf } from '../../../src/gateway/epcis/mapping.ts';

const nowMs = Date.parse('2026-11-22T12:00:00Z');
const folder = path.join(import.meta.dirname, '../../vectors/epcis');
const standard = path.join(import.meta.dirname, '../../../../shared/data/vectors/epcis');

/** What is wrong with each event of a document; null: nothing. */
function problemsOf(text: string): (string | null)[] {
  const { events, prefixes } = readDocument(JSON.parse(text));
  return events.map((json) => {
    const own = (json as Record<string, unknown>)['@context'];
    const event = readEvent(json, own === undefined ? prefixes : readContext(own, ''), nowMs);
    return 'problem' in event ? event.place : null;
  });
}
const read = (name: string) => readFileSync(path.join(folder, name), 'utf8');

for (const name of globSync('*.json', { cwd: folder }).sort())
  test(`${name} is taken`, () => {
    const problems = problemsOf(read(name));
    assert.deepEqual(
      problems,
      problems.map(() => null),
    );
  });

const refused: [name: string, places: string[]][] = [
  ['Combination_of_events_with_missing_mandatory_fields', ['/action', '/eventTime', '', '/eventTimeZoneOffset']],
  ['Combination_of_multiple_invalid_fields', ['/bizStep', '/disposition', '/sourceList/0/type', '/ilmd', '/eventTime']],
  ['ObjectEvent_with_invalid_certificationInfo', ['/certificationInfo']],
  ['ObjectEvent_with_single_element_lists', ['']],
];
for (const [name, places] of refused)
  test(`${name} is refused`, () => assert.deepEqual(problemsOf(read(`invalid/${name}.json`)), places));

test('every invalid document is looked at', () => {
  assert.deepEqual(
    globSync('*.json', { cwd: path.join(folder, 'invalid') }).sort(),
    refused.map(([name]) => `${name}.json`),
  );
});

test('of all keys of GS1, logistic units are parcels, and the same one in both ways', () => {
  const { events } = readDocument(JSON.parse(read('epcisDocWithAllGS1Keys.json')));
  const { epcList } = events[0] as { epcList: string[] };
  const numbers = epcList.map((epc) => trackingNumberOf(defaultMapping, epc)).filter((number) => number !== null);
  assert.deepEqual(numbers, ['040123450000003338', '040123450000003338']);
});

test('the examples of the standard are taken', {
  skip: existsSync(standard) ? false : 'the examples of gs1/EPCIS are not here: no licence to copy them',
}, () => {
  for (const name of globSync('**/*.jsonld', { cwd: standard }))
    assert.ok(
      problemsOf(readFileSync(path.join(standard, name), 'utf8')).every((place) => place === null),
      name,
    );
});
