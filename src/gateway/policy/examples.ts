import { purposes } from '../../contract/api/purposes.ts';
import {
  type DisclosureForm,
  disclosureForms,
  type PolicyAct,
  type PrincipalKind,
  policyActs,
  principalKinds,
  type VaultField,
  vaultFields,
} from '../../contract/api/words.ts';
import { BoltsealError } from '../../core/errors.ts';
import { printable } from '../../core/text.ts';
import type { Principal } from '../port.ts';
import type { FieldQuestion } from './ask.ts';
import { createAsker } from './asker.ts';
import { createLocalClock } from './local-clock.ts';
import type { PolicySetText } from './read-policies.ts';
import { sampleOf } from './roles.ts';
import { formsOf } from './schema.ts';

/** One line of a file of examples: every combination of its words is expected to be allowed, or refused. */
export interface Example {
  /** From 1. */
  readonly line: number;
  readonly isAllowed: boolean;
  readonly principal: Principal;
  readonly purposes: readonly string[];
  readonly fields: readonly VaultField[];
  readonly forms: readonly DisclosureForm[];
  readonly isException: boolean;
  readonly isBulk: boolean;
  readonly act: PolicyAct;
  /** Null: the time of the test. */
  readonly atMs: number | null;
}

/** A combination that was answered otherwise than expected. */
export interface FailedExample {
  readonly line: number;
  readonly isAllowed: boolean;
  readonly role: string;
  readonly purpose: string;
  readonly field: VaultField;
  readonly form: DisclosureForm;
  /** Rules that decided; none when no rule permits it. */
  readonly by: readonly string[];
}

export interface ExamplesResult {
  readonly lines: number;
  readonly questions: number;
  readonly failed: readonly FailedExample[];
}

const MOST_LINES = 10_000;

/**
 * Reads examples, one a line: `allow|deny ROLE PURPOSES FIELDS FORMS [bulk] [exception] [export|approve] [kind=… station=… partner=… id=… at=TIME NAME=VALUE]`, words separated by blanks, several purposes, fields
 * and forms by commas, `*` for all, `#` before a remark. `station=-` is none; other names are attributes. Fails with POLICY_EXAMPLES, which names the line.
 */
export function readExamples(text: string): readonly Example[] {
  const lines = text.split(/\r?\n/);
  if (lines.length > MOST_LINES) throw exampleError(MOST_LINES + 1, `a file has at most ${MOST_LINES} lines`);
  return lines.flatMap((content, i) => {
    const words = content
      .replace(/(?:^|\s)#.*$/, '')
      .trim()
      .split(/\s+/);
    return words[0] === '' ? [] : [readExample(words, i + 1)];
  });
}

function readExample([verb, role, why, what, how, ...rest]: readonly string[], line: number): Example {
  if (verb !== 'allow' && verb !== 'deny') throw exampleError(line, 'it begins with neither "allow" nor "deny"');
  if (role === undefined || why === undefined || what === undefined || how === undefined)
    throw exampleError(line, 'it needs a role, purposes, fields and forms');
  const settings = new Map<string, string>();
  for (const word of rest) {
    const [, name, value] = /^([A-Za-z][\w.-]*)(?:=(.+))?$/.exec(word) ?? [];
    if (name === undefined || settings.has(name) || (value === undefined) !== flags.includes(name))
      throw exampleError(line, `"${printable(word, 40)}" is not understood`);
    settings.set(name, value ?? '');
  }
  const acts = policyActs.filter((act) => settings.has(act));
  if (acts.length > 1) throw exampleError(line, 'it is about an export or about its approval, not both');
  const [act = 'read'] = acts;
  if (act !== 'read' && (settings.has('bulk') || settings.has('exception')))
    throw exampleError(line, 'exports are neither "bulk" nor "exception": they are of many, and a way of their own');
  return {
    line,
    act,
    isAllowed: verb === 'allow',
    principal: readPrincipal(role, settings, line),
    purposes: readWords(why, purposes, 'purpose', line),
    fields: readWords(what, vaultFields, 'field', line),
    forms: readWords(how, disclosureForms, 'form', line),
    isException: settings.has('exception'),
    isBulk: act !== 'read' || settings.has('bulk'),
    atMs: readTime(settings.get('at'), line),
  };
}

const flags: readonly string[] = ['bulk', 'exception', 'export', 'approve'];
const known: readonly string[] = [...flags, 'kind', 'station', 'partner', 'id', 'at'];

function readPrincipal(role: string, settings: ReadonlyMap<string, string>, line: number): Principal {
  const given = settings.get('kind');
  const kind = principalKinds.find((one) => one === given);
  if (given !== undefined && kind === undefined)
    throw exampleError(line, `"kind" is one of ${principalKinds.join(', ')}`);
  const orNone = (name: string): string | null => (settings.get(name) === '-' ? null : (settings.get(name) ?? null));
  const changes: { -readonly [K in keyof Principal]?: Principal[K] } = {};
  if (kind !== undefined) changes.kind = kind satisfies PrincipalKind;
  if (settings.has('id')) changes.id = settings.get('id') ?? '';
  if (settings.has('station')) changes.station = orNone('station');
  if (settings.has('partner')) changes.partner = orNone('partner');
  changes.attributes = Object.fromEntries([...settings].filter(([name]) => !known.includes(name)));
  return sampleOf(role, changes);
}

function readWords<T extends string>(text: string, words: readonly T[], what: string, line: number): readonly T[] {
  if (text === '*') return words;
  return text.split(',').map((given) => {
    const word = words.find((one) => one === given);
    if (word === undefined) throw exampleError(line, `there is no ${what} "${printable(given, 40)}"`);
    return word;
  });
}

function readTime(text: string | undefined, line: number): number | null {
  if (text === undefined) return null;
  const timeMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(timeMs)) throw exampleError(line, '"at" is a time such as 2026-11-23T09:00+08:00');
  return timeMs;
}

function exampleError(line: number, problem: string): BoltsealError {
  return new BoltsealError('POLICY_EXAMPLES', { line, problem });
}

/** Asks the policies for every combination of every example. A virtual form of a field that has none is no combination. */
export function runExamples(
  set: PolicySetText,
  examples: readonly Example[],
  { nowMs, timeZone = 'UTC' }: { readonly nowMs: number; readonly timeZone?: string },
): ExamplesResult {
  const names = ruleNames(set);
  const asker = createAsker(set.text, (id) => names.get(id) ?? id);
  const clockAt = createLocalClock(timeZone);
  const failed: FailedExample[] = [];
  let questions = 0;
  for (const example of examples)
    for (const question of questionsOf(example, clockAt(example.atMs ?? nowMs), set.looks.at)) {
      questions++;
      const { isAllowed, by } = asker.ask(question);
      if (isAllowed === example.isAllowed) continue;
      const { purpose, field, form } = question;
      failed.push({ line: example.line, isAllowed, role: example.principal.role, purpose, field, form, by });
    }
  return { lines: examples.length, questions, failed };
}

function questionsOf(
  example: Example,
  clock: FieldQuestion['clock'],
  at: FieldQuestion['at'],
): readonly FieldQuestion[] {
  const { principal, isException, isBulk, act } = example;
  return example.purposes.flatMap((purpose) =>
    example.fields.flatMap((field) =>
      example.forms
        .filter((form) => formsOf(field, act).includes(form))
        .map((form) => ({ principal, purpose, field, form, isException, isBulk, act, clock, at })),
    ),
  );
}

/** What people call the rules: their annotation `@id`, or their place. */
export function ruleNames({ policies }: PolicySetText): ReadonlyMap<string, string> {
  return new Map(policies.map(({ annotations }, i) => [`policy${i}`, annotations?.id ?? `rule ${i + 1}`]));
}
