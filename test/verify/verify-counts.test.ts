import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseVerification } from '../../src/contract/validate.ts';
import { type Customer, customers, Lab, stable } from './verify-lab.ts';

/*
 * A dump held against a register of two snapshots, by `verifyDump` and by maps and loops.
 */

const fields = ['phone', 'email', 'name'] as const;
type FieldName = (typeof fields)[number];
type Row = Readonly<Record<FieldName, string>>;
/** Value → whether it is still current, by field. */
type Subject = Readonly<Record<FieldName, Map<string, boolean>>>;

const COMMON = 64;
const switchboard = '16210000000';
let state = 7;
function random(below: number): number {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  return (state >>> 8) % below;
}

const earlier = customers(0, 3000).map((person, index): Customer => {
  if (index % 30 === 0) return { ...person, phone: switchboard };
  // Families share an address; some people share a name.
  if (index % 7 === 1) return { ...person, email: `someone${index - 1}@example.net` };
  return index % 5 === 2 ? { ...person, name: 'Same Name' } : person;
});
/** Some left, some changed a value, some are new. */
const later = [
  ...earlier
    .filter((_, index) => index % 11 !== 4)
    .map((person, index) => {
      if (index % 9 === 3) return { ...person, phone: `163${person.phone.slice(3)}` };
      return index % 13 === 5 ? { ...person, name: `${person.name} Changed` } : person;
    }),
  ...customers(5000, 5200),
];

function model(): Map<string, Subject> {
  const subjects = new Map<string, Subject>();
  for (const [people, isCurrent] of [
    [earlier, false],
    [later, true],
  ] as const) {
    for (const person of people) {
      const subject = subjects.get(person.id) ?? { phone: new Map(), email: new Map(), name: new Map() };
      subjects.set(person.id, subject);
      for (const field of fields) subject[field].set(person[field], isCurrent);
    }
  }
  return subjects;
}

const strangers = customers(10_000, 10_400);
const all = [...earlier, ...later];
/** Rows of one customer, of two of them mixed, of strangers, and with cells missing. */
const rows: Row[] = Array.from({ length: 6000 }, () => {
  const one = random(8) === 0 ? strangers[random(400)]! : all[random(all.length)]!;
  const other = random(6) === 0 ? all[random(all.length)]! : one;
  return {
    phone: random(5) === 0 ? '' : one.phone,
    email: random(4) === 0 ? '' : other.email,
    name: random(3) === 0 ? '' : random(9) === 0 ? 'Nobody' : one.name,
  };
});

interface Expected {
  kinds: Record<'strong' | 'weak' | 'chimera' | 'none', number>;
  identifiable: number;
  multiple: number;
  distinct: number;
  touched: Set<string>;
  strong: Set<string>;
  fields: Record<string, { rows: number; matched: number; current: number }>;
  states: Map<string, Map<FieldName, boolean>>;
}

/** docs/spec/matching.md, word by word. */
function expect(subjects: Map<string, Subject>): Expected {
  const owners = { phone: new Map<string, string[]>(), email: new Map<string, string[]>() };
  for (const [id, subject] of subjects) {
    for (const field of ['phone', 'email'] as const) {
      for (const value of subject[field].keys()) owners[field].set(value, [...(owners[field].get(value) ?? []), id]);
    }
  }
  const found: Expected = {
    kinds: { strong: 0, weak: 0, chimera: 0, none: 0 },
    identifiable: 0,
    multiple: 0,
    distinct: new Set(rows.map((row) => JSON.stringify(row))).size,
    touched: new Set(),
    strong: new Set(),
    fields: Object.fromEntries(fields.map((field) => [field, { rows: 0, matched: 0, current: 0 }])),
    states: new Map(),
  };
  for (const row of rows) {
    const identifying = (['phone', 'email'] as const).filter((field) => row[field] !== '');
    found.identifiable += Number(identifying.length > 0);
    found.multiple += Number(identifying.length > 1);
    for (const field of fields) if (row[field] !== '') found.fields[field]!.rows++;
    const candidates = new Set(
      identifying.flatMap((field) => {
        const owning = owners[field].get(row[field]) ?? [];
        return owning.length > COMMON ? [] : owning;
      }),
    );
    const agreeing = new Map<string, Set<FieldName>>();
    for (const id of candidates) {
      const subject = subjects.get(id)!;
      const has = fields.filter((field) => row[field] !== '' && subject[field].has(row[field]));
      agreeing.set(id, new Set(has));
      found.touched.add(id);
      if (has.length >= 2) found.strong.add(id);
      const states = found.states.get(id) ?? new Map<FieldName, boolean>();
      found.states.set(id, states);
      for (const field of has) states.set(field, (states.get(field) ?? false) || subject[field].get(row[field])!);
    }
    const best = Math.max(0, ...[...agreeing.values()].map((has) => has.size));
    const union = new Set([...agreeing.values()].flatMap((has) => [...has]));
    const idFields = identifying.filter((field) => union.has(field)).length;
    const kind = best >= 2 ? 'strong' : best === 0 ? 'none' : idFields >= 2 ? 'chimera' : 'weak';
    found.kinds[kind]++;
    for (const field of union) {
      const counts = found.fields[field]!;
      counts.matched++;
      const having = [...agreeing].filter(([, has]) => has.has(field));
      const bestOnes = having.filter(([, has]) => has.size === best);
      const judged = bestOnes.length > 0 ? bestOnes : having;
      if (judged.some(([id]) => subjects.get(id)![field].get(row[field]))) counts.current++;
    }
  }
  return found;
}

const subjects = model();
const expected = expect(subjects);
const lab = await Lab.of(earlier);
await lab.addCustomers(later, { asOfSeconds: 1_700_100_000 });
const lines = rows.map(({ phone, email, name }) => `${phone}|${email}|${name}\r\n`);
const dump = lab.file(`phone|email|name\r\n${lines.join('')}`);

test('the situation has everything in it', () => {
  for (const count of Object.values(expected.kinds)) assert.ok(count > 50, JSON.stringify(expected.kinds));
  assert.ok(expected.fields.phone!.current < expected.fields.phone!.matched);
});

test('counts of rows, subjects and fields are those of plain loops, with any number of threads', async () => {
  for (const threads of [1, 3]) {
    const found = await lab.verify([dump], { threads });
    assert.deepEqual(found.rows, {
      identifiable: expected.identifiable,
      multiple: expected.multiple,
      matched: 6000 - expected.kinds.none,
      strong: expected.kinds.strong,
      weak: expected.kinds.weak,
      chimera: expected.kinds.chimera,
      distinct: expected.distinct,
      distinctError: 0,
    });
    assert.equal(found.subjects.registered, subjects.size);
    assert.equal(found.subjects.matched, expected.touched.size);
    assert.equal(found.subjects.strong, expected.strong.size);
    for (const field of fields) {
      const { rows: filled, matched, current } = found.fields[field]!;
      assert.deepEqual({ rows: filled, matched, current }, expected.fields[field], field);
    }
    assert.deepEqual(parseVerification(JSON.parse(JSON.stringify(found))), JSON.parse(JSON.stringify(found)));
  }
});

test('those affected are those whom plain loops find, each with the same fields', async () => {
  let text = '';
  await lab.verify([dump], {
    affected: (more) => {
      text += more;
    },
  });
  const [header, ...found] = text.trimEnd().split('\r\n');
  assert.equal(header, 'subject_id,certainty,phone,email,name');
  const wanted = [...expected.touched].map((id) => {
    const states = fields.map((field) => {
      const isCurrent = expected.states.get(id)?.get(field);
      return isCurrent === undefined ? '' : isCurrent ? 'current' : 'stale';
    });
    return [id, expected.strong.has(id) ? 'sure' : 'possible', ...states].join(',');
  });
  assert.deepEqual(found.sort(), wanted.sort());
});

test('a dump in two files, and the same in three encodings of its line ends, says the same', async () => {
  const whole = await lab.verify([dump]);
  const quoted = rows.map(({ phone, email, name }) => `${phone},${email},"${name}"`);
  const halves = [quoted.slice(0, 2500), quoted.slice(2500)].map((half) => `phone,email,name\n${half.join('\n')}`);
  const files = halves.map((text) => lab.file(text));
  const other = lab.file(halves[1]!.replaceAll('\n', '\r'));
  for (const paths of [files, [files[0]!, other], [other, files[0]!]]) {
    const found = await lab.verify(paths);
    assert.deepEqual(found.rows, whole.rows);
    assert.deepEqual(found.fields, whole.fields);
    assert.deepEqual({ ...found.subjects }, { ...whole.subjects });
    assert.deepEqual(found.parts.map(({ rows: read }) => read).sort(), [2500, 3500]);
    assert.equal(found.file.rows, 6000);
  }
});

test('files with different columns add up; a column more, another order, another separator', async () => {
  const first = lab.file(`name;phone\n${rows.map(({ phone, name }) => `${name};${phone}\n`).join('')}`);
  const second = lab.file(`1----${rows.map(({ email }, index) => `${email}----${index}\n`).join('1----')}`);
  const apart = [await lab.verify([first]), await lab.verify([second])];
  const together = await lab.verify([first, second]);
  for (const key of ['identifiable', 'matched', 'strong', 'weak', 'chimera'] as const) {
    assert.equal(together.rows[key], apart[0]!.rows[key] + apart[1]!.rows[key], key);
  }
  assert.equal(together.fields.email!.matched, apart[1]!.fields.email!.matched);
});

test('threads change nothing but the clock', async () => {
  const results = [];
  for (const threads of [1, 2, 5]) results.push(stable(await lab.verify([dump], { threads })));
  for (const result of results) assert.deepEqual(result, results[0]);
});
