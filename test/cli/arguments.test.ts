import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArguments } from '../../src/cli/arguments.ts';
import type { OptionSpecs } from '../../src/cli/command.ts';

const specs: OptionSpecs = {
  json: { value: 'OUT', text: '' },
  map: { value: 'FIELD=COL', multiple: true, continues: (word) => word.includes('='), text: '' },
  separator: { value: 'TEXT', dashes: true, text: '' },
  quiet: { text: '' },
};

const parse = (...words: string[]) => parseArguments('verify', specs, words);

test('options and files may stand in any order', () => {
  const given = parse('a.csv', '--json', 'out', '--quiet', 'b.csv');
  assert.deepEqual(given.positionals, ['a.csv', 'b.csv']);
  assert.equal(given.text('json'), 'out');
  assert.ok(given.flag('quiet'));
  assert.equal(given.text('map'), undefined);
});

test('a single dash is a file as well as a value', () => {
  const given = parse('-', '--json', '-');
  assert.deepEqual(given.positionals, ['-']);
  assert.equal(given.text('json'), '-');
});

test('an option with several values takes those that look like one; the next file is a file', () => {
  const given = parse('--map', 'phone=1', 'email=2', 'dump.csv', 'x=3');
  assert.deepEqual(given.list('map'), ['phone=1', 'email=2']);
  assert.deepEqual(given.positionals, ['dump.csv', 'x=3']);
});

test('a separator of dashes is a value, after "--" everything is a file', () => {
  const given = parse('--separator', '----', '--', '--json', '-x');
  assert.equal(given.text('separator'), '----');
  assert.deepEqual(given.positionals, ['--json', '-x']);
});

test('mistakes name the option and what was expected', () => {
  for (const [words, message] of [
    [['--jsn', 'x'], /there is no option "--jsn"/],
    [['-x'], /there is no option "-x"/],
    [['--json'], /--json needs a value: --json OUT/],
    [['--json='], /--json needs a value/],
    [['--json', '--quiet'], /--json needs a value/],
    [['--json', 'a', '--json', 'b'], /--json was given twice/],
    [['--quiet=yes'], /--quiet takes no value/],
    [['--constructor'], /there is no option/],
    [['--no-quiet'], /there is no option "--no-quiet"/],
  ] as const) {
    assert.throws(() => parse(...words), { code: 'USAGE_OPTION', message }, words.join(' '));
  }
});
