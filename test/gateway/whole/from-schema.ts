import fc from 'fast-check';

/*
 * Values from JSON Schema as the gateway's OpenAPI document has it, and values that are nearly so. Free texts carry a mark, so that they can be found again.
 */

export interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

export const mark = 'ZQMARKED';
const marked = fc.integer({ min: 100_000, max: 999_999 }).map((n) => `${mark}${n}`);

/** What the schema allows; where it says nothing, anything. */
export function valueBy(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(valueBy));
  switch (schema.type) {
    case 'string':
      return textOf(schema);
    case 'integer':
    case 'number':
      return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 1_000_000 });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.uniqueArray(valueBy(schema.items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 3, Math.max(3, schema.minItems ?? 0)),
        selector: (item) => JSON.stringify(item),
      });
    case 'object':
      return objectOf(schema);
    default:
      return fc.oneof(marked, fc.constant(null), fc.constant({}), fc.constant([]));
  }
}

function textOf({ pattern, format, minLength = 0, maxLength = 60 }: Schema): fc.Arbitrary<string> {
  if (format === 'date-time')
    return fc
      .date({ min: new Date('2020-01-01'), max: new Date('2027-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString());
  if (pattern === undefined) return marked.map((text) => text.padEnd(minLength, 'x').slice(0, maxLength));
  const fits = new RegExp(pattern, 'u');
  // Filled up or cut where that still fits: to look for one by chance could take for ever.
  const byPattern = fc.stringMatching(new RegExp(pattern)).map((text) => {
    const right = `${'A'.repeat(Math.max(0, minLength - text.length))}${text}`.slice(0, maxLength);
    return fits.test(right) ? right : text;
  });
  // A mark wherever the pattern has room for one.
  return fits.test(`${mark}123456`) && maxLength >= 14 && minLength <= 14 ? fc.oneof(marked, byPattern) : byPattern;
}

function objectOf({ properties = {}, required = [], patternProperties = {} }: Schema): fc.Arbitrary<unknown> {
  const members = Object.fromEntries(Object.entries(properties).map(([key, schema]) => [key, valueBy(schema)]));
  const named = fc.record(members, { requiredKeys: required.filter((key) => Object.hasOwn(members, key)) });
  const [pattern] = Object.entries(patternProperties);
  if (pattern === undefined) return named;
  const free = fc.dictionary(fc.stringMatching(new RegExp(pattern[0])), valueBy(pattern[1]), { maxKeys: 3 });
  return fc.tuple(free, named).map(([more, own]) => ({ ...more, ...own }));
}

const strange: readonly unknown[] = [
  null,
  true,
  -1,
  1e308,
  '',
  `${mark}000000`,
  `${mark}é欧😀\u0000\u2028`,
  mark.repeat(200),
  [],
  [[[]]],
  {},
  { [`${mark}000001`]: 1 },
];

/** A value one place of which is something else, is missing, or is one too many. */
export function nearly(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc
    .tuple(value, fc.nat(), fc.constantFrom(...strange), fc.constantFrom('replace', 'remove', 'add'))
    .map(([whole, place, other, how]) => bend(whole, place, other, how));
}

function bend(value: unknown, place: number, other: unknown, how: string): unknown {
  if (typeof value !== 'object' || value === null || place % 7 === 0) return other;
  const entries = Object.entries(value);
  if (how === 'add' || entries.length === 0)
    return Array.isArray(value) ? [...value, other] : { ...value, [`${mark}000002`]: other };
  const chosen = place % entries.length;
  const bent = entries.flatMap(([key, member], i) => {
    if (i !== chosen) return [[key, member] as const];
    return how === 'remove' ? [] : [[key, bend(member, Math.floor(place / 7), other, how)] as const];
  });
  return Array.isArray(value) ? bent.map(([, member]) => member) : Object.fromEntries(bent);
}
