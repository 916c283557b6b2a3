import { BoltsealError } from '../../core/errors.ts';
import type { FieldName } from '../../core/fields/field.ts';
import { isFieldName } from '../../core/fields/registry.ts';
import { fieldOfName, maskOf } from './field-names.ts';
import { parseZone } from './log-time.ts';
import type { TableRule } from './pgaudit-statement.ts';
import type { ReadingRules, RuleWords, UrlRule } from './rules.ts';
import { parseUrlPattern } from './url-pattern.ts';

/** Understands what the user said about logs. Fails with DISCLOSURES_OPTION. */
export function readRules(words: RuleWords, region: string): ReadingRules {
  const zoneSeconds = words.zone === null ? null : parseZone(words.zone);
  if (words.zone !== null && zoneSeconds === null) throw refuse('--zone must be like +08:00, -0500 or UTC');
  const fields = words.fields.length === 0 ? null : maskOf(words.fields);
  return {
    format: words.format,
    map: words.map,
    fields,
    urls: words.urls.map(readUrl),
    tables: words.tables.map(readTable),
    logPrefix: words.logPrefix,
    zoneSeconds,
    region,
  };
}

/** `/customers/{subject}`, or with fields behind a blank: `/customers/{subject}/contact phone,email`. */
function readUrl(text: string): UrlRule {
  const [address = '', ...list] = text.trim().split(/\s+/);
  const pattern = parseUrlPattern(address);
  if (pattern === null) {
    throw refuse("--subject-pattern must be a path with {subject} in it once, for example '/customers/{subject}'");
  }
  const names = list
    .join(',')
    .split(',')
    .filter((name) => name !== '');
  return {
    pattern,
    fields: names.length === 0 ? null : maskOf(names.map((name) => readField('--subject-pattern', name))),
  };
}

/** `customers:id=name,phone:mobile`, or with a schema before the table. */
function readTable(text: string): TableRule {
  const match = /^(?:([^.:=]{1,128})\.)?([^.:=]{1,128}):([^.:=]{1,128})=(.{1,4096})$/.exec(text.trim());
  if (match === null)
    throw refuse('--table must be NAME:KEY=FIELD[:COLUMN],..., for example customers:id=name,phone:mobile');
  const [, schema = null, table = '', key = '', list = ''] = match;
  return {
    schema,
    table,
    key,
    fields: list.split(',').map((item) => {
      const [name = '', column = null] = item.trim().split(':');
      return { field: readField('--table', name), column };
    }),
  };
}

function readField(option: string, name: string): FieldName {
  const field = isFieldName(name) ? name : fieldOfName(name);
  if (field === null) throw refuse(`${option} names a field that Boltseal does not know`);
  return field;
}

function refuse(problem: string): BoltsealError {
  return new BoltsealError('DISCLOSURES_OPTION', { problem, command: 'disclosures import' });
}
