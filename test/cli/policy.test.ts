import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { runCommandLine } from '../../src/cli/run.ts';
import { createServices, openGatewayDatabase } from '../../src/compose.ts';
import { openPolicies } from '../../src/gateway/policy/policies.ts';
import { policyMigrations } from '../../src/gateway/policy/policy-store.ts';
import { createPolicyTool } from '../../src/gateway/policy/tool.ts';
import { inTransaction, openSqlite } from '../../src/store/sqlite.ts';
import { createFakeServices } from './fake-services.ts';

const base = mkdtempSync(join(tmpdir(), 'boltseal-policy-cli-'));
const home = join(base, 'home');
after(() => rmSync(base, { recursive: true }));

async function run(...words: string[]): Promise<{ exit: number; output: string; errors: string }> {
  const written = { output: '', errors: '' };
  const to = (stream: 'output' | 'errors') => ({
    isTerminal: false,
    columns: () => 80,
    write: (text: string) => {
      written[stream] += text;
    },
  });
  const exit = await runCommandLine([...words, '--home', home], {
    version: '0',
    environment: {},
    userFolder: base,
    workingFolder: base,
    output: to('output'),
    errors: to('errors'),
    now: () => Date.UTC(2026, 10, 23, 9),
    onInterrupt: () => {},
    untilInterrupted: () => new Promise(() => {}),
    createServices: () => ({
      ...createServices(),
      policies: createPolicyTool(openGatewayDatabase),
      principals: createFakeServices().services.principals,
      gateway: { serve: async () => {} },
    }),
  });
  return { exit, ...written };
}

describe('policy commands', () => {
  it('show, check and test the policies of a home', async () => {
    assert.equal((await run('init')).exit, 0);
    const shown = await run('policy', 'show');
    assert.match(shown.output, /^\/\/ Who may see what/);
    assert.match(shown.errors, /no gateway was opened/);
    mkdirSync(join(home, 'gateway'));
    const database = openSqlite(join(home, 'gateway', 'policies.sqlite'), {
      migrations: policyMigrations,
      durability: 'full',
    });
    const store = { database, transact: <T>(work: () => T) => inTransaction(database, work) };
    const { version } = openPolicies(store, { timeZone: 'UTC', nowMs: 0 }).active();
    database.close();
    assert.match((await run('policy', 'show')).errors, new RegExp(`active version ${version}`));
    const checked = await run('policy', 'check');
    assert.match(checked.output, /notice +bulk: scanner may read name, address masked for sorting/);
    assert.ok(!checked.output.includes('danger'));
    const tested = await run('policy', 'test');
    assert.equal(tested.exit, 0);
    assert.match(tested.output, /all answered as expected/);
  });

  it('take files, and end with 1 when an answer is not as expected', async () => {
    writeFileSync(join(base, 'open.cedar'), 'permit (principal, action, resource);');
    writeFileSync(join(base, 'cases.txt'), 'deny scanner sorting name clear\nallow scanner sorting name masked\n');
    const checked = await run('policy', 'check', 'open.cedar');
    assert.equal(checked.exit, 0);
    assert.match(checked.output, /danger +bulk-clear/);
    const failed = await run('policy', 'test', 'cases.txt', '--policies', 'open.cedar');
    assert.equal(failed.exit, 1);
    assert.equal(failed.output, 'line 1: scanner sorting name clear is allowed (rule 1)\n');
    assert.match(failed.errors, /1 of 2 questions .*\[POLICY_EXPECTED\]/s);
    assert.equal((await run('policy', 'test', 'cases.txt')).exit, 0);
  });

  it('say what is wrong with a file', async () => {
    writeFileSync(join(base, 'broken.cedar'), '\npermit (principal, action);');
    const broken = await run('policy', 'check', 'broken.cedar');
    assert.equal(broken.exit, 1);
    assert.match(broken.errors, /line 2, column \d+.*\[POLICY_INVALID\]/s);
    assert.match((await run('policy', 'check', 'none.cedar')).errors, /ENOENT.*\[POLICY_FILE\]/s);
    writeFileSync(join(base, 'cases-broken.txt'), '# cases\nallow nobody\n');
    assert.match((await run('policy', 'test', 'cases-broken.txt')).errors, /line 2 .*\[POLICY_EXAMPLES\]/s);
    for (const words of [
      ['policy', 'test', '--time-zone', 'Nowhere/Else'],
      ['policy', 'show', '--default', '--examples'],
      ['policy', 'check', 'a', 'b'],
    ])
      assert.match((await run(...words)).errors, /\[USAGE_OPTION\]/);
  });
});
