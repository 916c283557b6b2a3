import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type DisclosureForm, vaultFields } from '../../../src/contract/api/words.ts';
import { BoltsealError } from '../../../src/core/errors.ts';
import { readDefaultPolicies } from '../../../src/gateway/policy/default-policies.ts';
import { createPolicyEngine } from '../../../src/gateway/policy/engine.ts';
import { inspectPolicies } from '../../../src/gateway/policy/read-policies.ts';
import type { PolicyQuestion, Principal } from '../../../src/gateway/port.ts';

const scanner: Principal = {
  id: 'dev-1',
  kind: 'device',
  role: 'scanner',
  station: 'st-1',
  partner: 'p-1',
  attributes: { model: 'M1' },
};
const monday9Ms = Date.UTC(2026, 10, 23, 9, 30);

function question(changes: Partial<PolicyQuestion> = {}): PolicyQuestion {
  return {
    principal: scanner,
    purpose: 'sorting',
    form: 'masked',
    isException: false,
    isBulk: false,
    nowMs: monday9Ms,
    ...changes,
  };
}

const permitName = 'permit (principal in Role::"scanner", action == Action::"read-masked", resource == Field::"name")';

function engineOf(text: string, timeZone = 'UTC') {
  const engine = createPolicyEngine({ text, version: '1', timeZone });
  return {
    engine,
    allows: (changes: Partial<PolicyQuestion> = {}) => [...engine.decide(question(changes), vaultFields).allowed],
  };
}

describe('policy engine', () => {
  it('holds to a prohibition that asks whether something is there that always is', () => {
    for (const what of ['context has hour', 'context has weekday', 'context has now', 'principal has kind'])
      assert.deepEqual(
        engineOf(`${permitName}; forbid (principal, action, resource) when { ${what} };`).allows(),
        [],
        what,
      );
  });

  it('permits what a policy permits, and nothing else', () => {
    const { allows } = engineOf(`${permitName};`);
    assert.deepEqual(allows(), ['name']);
    assert.deepEqual(allows({ form: 'clear' }), []);
    assert.deepEqual(allows({ principal: { ...scanner, role: 'courier' } }), []);
    assert.deepEqual(engineOf('').allows(), []);
  });

  it('gives no more than the fields that were asked for', () => {
    const { engine } = engineOf('permit (principal, action, resource);');
    assert.deepEqual([...engine.decide(question(), ['phone']).allowed], ['phone']);
    assert.deepEqual([...engine.decide(question(), ['name', 'phone']).allowed], ['name', 'phone']);
    assert.deepEqual([...engine.decide(question(), []).allowed], []);
  });

  it('refuses unknown purposes, forms and fields, and virtual forms of all but telephone numbers', () => {
    const { engine, allows } = engineOf('permit (principal, action, resource);');
    assert.deepEqual(allows({ purpose: 'curiosity' }), []);
    assert.deepEqual(allows({ purpose: 'toString' }), []);
    assert.deepEqual(allows({ form: 'naked' as DisclosureForm }), []);
    assert.deepEqual(allows({ form: 'virtual' }), ['phone']);
    assert.deepEqual([...engine.decide(question(), ['password' as 'name']).allowed], []);
  });

  it('lets a change of policies take effect with the next call', () => {
    const { engine, allows } = engineOf(`${permitName};`);
    for (let i = 0; i < 3; i++) assert.deepEqual(allows(), ['name']);
    engine.use({ text: `${permitName}; forbid (principal, action, resource == Field::"name");`, version: '2' });
    assert.deepEqual(allows(), []);
    assert.equal(engine.decide(question(), ['name']).version, '2');
    engine.use({ text: `${permitName};`, version: '3' });
    assert.deepEqual(allows(), ['name']);
  });

  it('keeps the old policies when the new ones are broken', () => {
    const { engine, allows } = engineOf(`${permitName};`);
    const broken = [
      'permit (principal, action, resource',
      'permit (principal, action, resource == Field::"shoe");',
      'permit (principal in Role::"scanner", action == Action::"raed", resource);',
      'permit (principal, action, resource) when { context.purpose == Purpose::"sortin" };',
      'permit (principal, action, resource) when { principal.station == Station::"st-1" };',
      'permit (principal == ?principal, action, resource);',
    ];
    for (const text of broken) {
      assert.throws(
        () => engine.use({ text, version: '2' }),
        (error) => error instanceof BoltsealError && error.code === 'POLICY_INVALID',
        text,
      );
      assert.deepEqual(allows(), ['name']);
      assert.equal(engine.version, '1');
    }
  });

  it('lets a prohibition that cannot be evaluated prohibit', () => {
    const { allows } = engineOf(
      `${permitName}; forbid (principal, action, resource) when { principal.getTag("model") == "M2" };`.replace(
        'principal.getTag',
        'principal.hasTag("model") && context.hour * 9223372036854775807 > 0 && principal.getTag',
      ),
    );
    assert.deepEqual(allows(), []);
    assert.deepEqual(allows({ nowMs: Date.UTC(2026, 10, 23, 0, 30) }), ['name']);
  });

  it('tells classes apart by whatever the policies look at', () => {
    const cases: readonly [string, Partial<PolicyQuestion>][] = [
      ['principal == Principal::"dev-1"', { principal: { ...scanner, id: 'dev-2' } }],
      ['principal.kind == Kind::"device"', { principal: { ...scanner, kind: 'service' } }],
      ['principal has station', { principal: { ...scanner, station: null } }],
      ['principal has partner', { principal: { ...scanner, partner: null } }],
      ['principal has station && principal.station == Station::"st-1"', { principal: { ...scanner, station: 'st-2' } }],
      ['principal has partner && principal.partner == Partner::"p-1"', { principal: { ...scanner, partner: 'p-2' } }],
      [
        'principal.hasTag("model") && principal.getTag("model") == "M1"',
        { principal: { ...scanner, attributes: { model: 'M2' } } },
      ],
      ['principal.hasTag("model")', { principal: { ...scanner, attributes: {} } }],
      ['[Principal::"dev-1"].contains(principal)', { principal: { ...scanner, id: 'dev-2' } }],
      ['{p: principal}.p has station', { principal: { ...scanner, station: null } }],
      ['principal in Principal::"dev-1"', { principal: { ...scanner, id: 'dev-2' } }],
      ['principal in [Principal::"dev-1"]', { principal: { ...scanner, id: 'dev-2' } }],
      ['context.hour == 9', { nowMs: monday9Ms + 3_600_000 }],
      ['context.weekday == 1', { nowMs: monday9Ms + 86_400_000 }],
      ['{c: context}.c.hour == 9', { nowMs: monday9Ms + 3_600_000 }],
      ['context.now < datetime("2026-11-23T09:30:01Z")', { nowMs: monday9Ms + 1000 }],
      ['context.purpose == Purpose::"sorting"', { purpose: 'delivery' }],
      ['!context.bulk', { isBulk: true }],
      ['!context.exception', { isException: true }],
    ];
    for (const [condition, other] of cases) {
      const { allows } = engineOf(`${permitName} when { ${condition} };`);
      assert.deepEqual(allows(), ['name'], condition);
      assert.deepEqual(allows(other), [], condition);
      assert.deepEqual(allows(), ['name'], condition);
    }
    const scope = engineOf('permit (principal == Principal::"dev-1", action, resource == Field::"name");');
    assert.deepEqual(scope.allows(), ['name']);
    assert.deepEqual(scope.allows({ principal: { ...scanner, id: 'dev-2' } }), []);
    const within = engineOf(
      'permit (principal is Principal in Principal::"dev-1", action, resource == Field::"name");',
    );
    assert.deepEqual(within.allows(), ['name']);
    assert.deepEqual(within.allows({ principal: { ...scanner, id: 'dev-2' } }), []);
  });

  it('means hours where the company is', () => {
    const text = `${permitName} when { context.hour == 17 && context.weekday == 1 };`;
    assert.deepEqual(engineOf(text, 'Asia/Shanghai').allows(), ['name']);
    assert.deepEqual(engineOf(text, 'UTC').allows(), []);
    const night = `${permitName} when { context.hour == 0 && context.weekday == 2 };`;
    assert.deepEqual(engineOf(night, 'Asia/Shanghai').allows({ nowMs: Date.UTC(2026, 10, 23, 16, 0) }), ['name']);
  });

  it('refuses when the time is none', () => {
    const { allows } = engineOf(`${permitName} when { context.hour < 24 };`);
    assert.deepEqual(allows({ nowMs: Number.NaN }), []);
    assert.deepEqual(allows(), ['name']);
  });

  it('refuses text that exhausts Cedar, and goes on with other text', () => {
    const deep = [
      `${permitName} when { ${'('.repeat(5000)}true${')'.repeat(5000)} };`,
      `${permitName} when { ${'['.repeat(5000)}true${']'.repeat(5000)} == [1] };`,
      `${permitName} when { 1${'+1'.repeat(1500)} == 1 };`,
      `${permitName} when { ${'true && '.repeat(2000)}true };`,
      `${permitName} when { ${'if true then '.repeat(2000)}true${' else false'.repeat(2000)} };`,
      `// ${'x'.repeat(200_000)}\n${permitName};`,
      `${permitName} when { "\0" == "" };`,
      `${permitName} when { "\ud800" == "" };`,
    ];
    for (const text of deep) {
      assert.throws(
        () => createPolicyEngine({ text, version: '1' }),
        (error) => error instanceof BoltsealError && error.code === 'POLICY_INVALID',
      );
    }
    assert.deepEqual(engineOf(`${permitName};`).allows(), ['name']);
  });

  it('names line and column of a mistake behind letters of several bytes', () => {
    const text = `// 许可\npermit (principal in Role::"x", action in Action::"read", resource) when { "许" == "可" && actio };`;
    const column = (text.split('\n')[1] ?? '').indexOf('actio }') + 1;
    assert.throws(
      () => createPolicyEngine({ text, version: '1' }),
      (error) => error instanceof BoltsealError && error.parameters.place === `line 2, column ${column}`,
    );
  });

  it('reads any text, or refuses it with a code', () => {
    const words = readDefaultPolicies().split(/(\s+|(?<=[,.;()[\]{}"]))/);
    const text = fc.tuple(fc.nat(words.length), fc.nat(6), fc.string({ maxLength: 6 })).map(([at, count, instead]) => {
      const changed = [...words];
      changed.splice(at, count, instead);
      return changed.join('');
    });
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: 'binary' })), (given) => {
        const { problems, set } = inspectPolicies(given);
        assert.ok(
          set === null ? problems.length > 0 && problems.every(({ reason }) => reason !== '') : problems.length === 0,
        );
      }),
      { numRuns: 12 },
    );
  });

  it('answers any question, and refuses what it does not know', () => {
    const engine = createPolicyEngine({ text: readDefaultPolicies(), version: '1' });
    const word = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom('scanner', 'sorting', '__proto__', '"', '\\'),
    );
    const asked = fc.record({
      principal: fc.record({
        id: word,
        kind: fc.constantFrom('device' as const, 'staff' as const, 'service' as const),
        role: word,
        station: fc.option(word),
        partner: fc.option(word),
        attributes: fc.dictionary(word, word, { maxKeys: 3 }),
      }),
      purpose: word,
      form: fc.constantFrom('masked' as const, 'virtual' as const, 'clear' as const),
      isException: fc.boolean(),
      isBulk: fc.boolean(),
      nowMs: fc.oneof(fc.integer(), fc.constant(Number.NaN), fc.constant(Number.POSITIVE_INFINITY)),
    });
    fc.assert(
      fc.property(asked, (given) => {
        const { allowed, version } = engine.decide(given, vaultFields);
        assert.equal(version, '1');
        if (given.principal.role !== 'scanner' || given.purpose !== 'sorting') assert.equal(allowed.size, 0);
        assert.ok([...allowed].every((field) => field === 'name' || field === 'address'));
      }),
      { numRuns: 150 },
    );
  });

  it('has default policies that it can read', () => {
    const { allows } = engineOf(readDefaultPolicies());
    assert.deepEqual(allows(), ['name', 'address']);
  });
});
