import assert from 'node:assert/strict';
import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { disclosure, Lab } from './lab.ts';

const order = ['--basis', 'retention of one year', '--by', 'officer'];

function setDate(t: TestContext, date: string): void {
  t.mock.timers.setTime(Date.parse(`${date}T12:00:00Z`));
}

async function count(lab: Lab): Promise<string> {
  return /disclosures {2}(\S+)/.exec((await lab.run('disclosures', 'status')).output)?.[1] ?? '';
}

/** A ledger over two and a half years: 300 disclosures in March 2026, 40 in August, among them imports of March, 5 in September 2027. */
async function makeOldLab(t: TestContext): Promise<Lab> {
  t.mock.timers.enable({ apis: ['Date'], now: Date.parse('2026-03-10T12:00:00Z') });
  const lab = new Lab(t);
  await lab.run('init');
  lab.configure({ origin: 'ledger.example/company', retentionDays: 365 });
  const first = await lab.ledger('append', lab.lines('march.jsonl', 300));
  assert.match(first.output, /2026h1 0 to 299/);
  setDate(t, '2026-08-01');
  const august = lab.lines('august.jsonl', 20, 1);
  // Of people and a month of the first half year: their keys serve both shards.
  for (let i = 0; i < 20; i++) {
    const at = Date.parse('2026-03-10T11:00:00Z') + i;
    appendFileSync(
      august,
      `${JSON.stringify({ ...disclosure(i, 0), at, basis: `late ${i}`, idempotencyKey: `late ${i}` })}\n`,
    );
  }
  const second = await lab.ledger('append', august);
  assert.match(second.output, /2026h2 0 to 39/);
  return lab;
}

test('an append in a new half year begins its shard, and the one before is sealed; the same requests are not known there', async (t) => {
  const lab = await makeOldLab(t);
  const { output } = await lab.ledger('status');
  assert.match(output, /^shard {8}2026h1, sealed, kept until 2027-08-01: 301 entries/m);
  assert.match(output, /^shard {8}2026h2: 40 entries/m);
  assert.match(output, /^retention {4}365 days/m);
  const policy = lab.path('policy');
  for (const [shard, index] of [
    ['2026h1', '300'],
    ['2026h2', '0'],
  ] as const) {
    await lab.ledger('policy', '--shard', shard, '--out', policy);
    await lab.ledger('prove', '--shard', shard, '--index', index, '--out', lab.path(`proof ${shard}`));
    const proved = await lab.ledger('verify', lab.path(`proof ${shard}`), '--policy', policy);
    assert.match(proved.output, shard === '2026h1' ? /: seal,/ : /: disclosure,/);
  }
  assert.equal((await lab.ledger('fsck')).exit, 0);
});

test('a shard is dropped when its time is over and not before; what is left proves what was, and everything else stays', async (t) => {
  const lab = await makeOldLab(t);
  const [proof, policy] = [lab.path('p'), lab.path('policy')];
  await lab.ledger('policy', '--shard', '2026h1', '--out', policy);
  await lab.ledger('prove', '--shard', '2026h1', '--index', '7', '--reveal', 'subject', '--out', proof);
  // Its tombstone stands in the second shard and speaks of both.
  assert.match((await lab.ledger('erase', '--subject', 'customer-0-3', '--basis', 'x')).output, /what 7 entries hold/);
  const drop = (...words: string[]) => lab.ledger('drop', '--shard', ...words);
  const refusal = async (...words: string[]) => (await drop(...words, '--yes', ...order)).errors;
  assert.match(await refusal('2026h1'), /its time is over on 2027-08-01.*\[LEDGER_RETENTION\]/s);
  assert.match(await refusal('2026h2'), /it still takes entries.*\[LEDGER_RETENTION\]/s);
  assert.match(await refusal('1999h1'), /\[LEDGER_SHARD\]/);
  setDate(t, '2027-09-01');
  await lab.ledger('append', lab.lines('late.jsonl', 5, 2));
  assert.match((await lab.ledger('status')).output, /2026h1, sealed, DUE to be dropped since 2027-08-01/);
  assert.equal(await count(lab), '338');

  const hold = await lab.ledger('hold', '--subject', 'customer-0-9', '--basis', 'court');
  assert.match((await drop('2026h1')).output, /CANNOT be dropped/);
  assert.match(await refusal('2026h1'), /\[LEDGER_HELD\]/);
  const place = /Held: (\S+)/.exec(hold.output)?.[1] ?? '';
  await lab.ledger('hold', '--release', place, '--subject', 'customer-0-9', '--basis', 'court');
  const plan = await drop('2026h1');
  // 49 people, 7 principals of that month: but the imports of August need 20 of the keys, less the erased one, and of principals all.
  assert.match(plan.output, /2026h1: 301 entries/);
  assert.match(plan.output, /none on anybody/);
  assert.equal((await drop('2026h1', '--yes')).code, 'USAGE_OPTION');
  assert.equal((await lab.ledger('fsck')).exit, 0, 'a plan changes nothing');

  const dropped = await drop('2026h1', '--yes', ...order);
  assert.match(
    dropped.output,
    /^Dropped 2026h1; (\d+) keys were destroyed; entry 7 of ledger\.example\/company\/2027h2/,
  );
  const folder = path.join(lab.home, 'ledger', '2026h1');
  assert.deepEqual(readdirSync(folder).sort(), ['checkpoint', 'erased', 'log.json']);
  assert.match((await lab.ledger('status')).output, /2026h1, dropped on 2027-09-01, once: 301 entries/);
  const sound = await lab.ledger('fsck');
  assert.equal(sound.exit, 0, sound.output);
  assert.match(sound.output, /2026h1: dropped; its last checkpoint has 301 entries/);
  assert.equal(await count(lab), '44', 'rows of the other shards stay');
  assert.equal((await drop('2026h1', '--yes', ...order)).code, 'LEDGER_DROPPED');
  for (const words of [
    ['prove', '--index', '7', '--out', lab.path('q')],
    ['export', '--out', lab.path('all')],
  ])
    assert.equal((await lab.ledger(...words, '--shard', '2026h1')).code, 'LEDGER_DROPPED');
  assert.equal((await lab.ledger('verify', proof, '--policy', policy)).exit, 0);
  // Keys that both shards needed still open.
  const late = await lab.ledger(
    'prove',
    '--shard',
    '2026h2',
    '--index',
    '25',
    '--reveal',
    'subject',
    '--out',
    lab.path('late'),
  );
  assert.equal(late.exit, 0, late.errors);
  assert.equal((await lab.ledger('prove', '--index', '7', '--reveal', 'log,basis', '--out', lab.path('d'))).exit, 0);
  await lab.ledger('policy', '--out', lab.path('policy-2'));
  const said = await lab.ledger('verify', lab.path('d'), '--policy', lab.path('policy-2'));
  assert.match(said.output, /log {9}ledger\.example\/company\/2026h1/);

  setDate(t, '2028-12-01');
  await lab.ledger('append', lab.lines('end.jsonl', 2, 3));
  assert.match((await drop('2026h2', '--yes', ...order)).output, /^Dropped 2026h2/);
  const end = await lab.ledger('fsck');
  assert.equal(end.exit, 0, end.output);
  assert.equal(await count(lab), '7');
});

test('shards go oldest first, and only when a time is configured', async (t) => {
  const lab = await makeOldLab(t);
  setDate(t, '2029-01-01');
  await lab.ledger('append', lab.lines('late.jsonl', 5, 2));
  lab.configure({ origin: 'ledger.example/company' });
  assert.match((await lab.ledger('drop', '--shard', '2026h1')).errors, /no time of retention is configured/);
  assert.match((await lab.ledger('status')).output, /no time is configured/);
  for (const retentionDays of [29, 1.5, '365', 36_526]) {
    lab.configure({ origin: 'ledger.example/company', retentionDays });
    assert.equal((await lab.ledger('status')).code, 'HOME_CONFIG', String(retentionDays));
  }
  setDate(t, '2030-03-01');
  lab.configure({ origin: 'ledger.example/company', retentionDays: 30 });
  assert.match((await lab.ledger('drop', '--shard', '2026h2')).errors, /an older one, 2026h1, comes first/);
});

test('every trick with dropped shards is found', async (t) => {
  const lab = await makeOldLab(t);
  await lab.ledger('erase', '--subject', 'customer-0-3', '--basis', 'x');
  setDate(t, '2027-09-01');
  await lab.ledger('append', lab.lines('late.jsonl', 5, 2));
  const ledger = path.join(lab.home, 'ledger');
  cpSync(ledger, lab.path('before'), { recursive: true });
  await lab.ledger('drop', '--shard', '2026h1', '--yes', ...order);
  const old = path.join(ledger, '2026h1');
  cpSync(lab.home, lab.path('whole'), { recursive: true });
  cpSync(`${lab.home}.checkpoints`, lab.path('second'), { recursive: true });
  const edit = (file: string, from: RegExp, to: string): void => {
    const text = readFileSync(file, 'utf8');
    assert.match(text, from);
    writeFileSync(file, text.replace(from, to));
  };
  const keys = (sql: string) => (): void => {
    const database = new DatabaseSync(path.join(ledger, 'keys.sqlite'));
    database.exec(sql);
    database.close();
  };
  const tricks: readonly (readonly [string, () => void, RegExp])[] = [
    [
      'openings put back',
      () => cpSync(lab.path('before', '2026h1', 'openings'), path.join(old, 'openings'), { recursive: true }),
      /dropped-back/,
    ],
    [
      'the dropped shard put back whole',
      () => cpSync(lab.path('before', '2026h1'), old, { recursive: true }),
      /opening-differs|openings-missing/,
    ],
    ['its last checkpoint deleted', () => rmSync(path.join(old, 'checkpoint')), /LEDGER_DAMAGED/],
    ['its last checkpoint changed', () => edit(path.join(old, 'checkpoint'), /\n301\n/, '\n300\n'), /LEDGER_DAMAGED/],
    ['its folder deleted', () => rmSync(old, { recursive: true }), /shard-missing/],
    ['what it left of erasures deleted', () => rmSync(path.join(old, 'erased')), /erased-missing/],
    ['what it left of erasures changed', () => writeFileSync(path.join(old, 'erased'), Buffer.alloc(14)), /tombstone-/],
    [
      'what it left of erasures cut',
      () => writeFileSync(path.join(old, 'erased'), readFileSync(path.join(old, 'erased')).subarray(3)),
      /LEDGER_DAMAGED/,
    ],
    ['called undropped', () => edit(path.join(old, 'log.json'), /,\s*"droppedMs": \d+/, ''), /bundle-missing/],
    [
      'another shard called dropped',
      () => {
        const other = path.join(ledger, '2026h2');
        edit(path.join(other, 'log.json'), /("sealedMs": \d+)/, '$1, "droppedMs": 1');
        for (const name of readdirSync(other))
          if (!['log.json', 'checkpoint'].includes(name)) rmSync(path.join(other, name), { recursive: true });
        writeFileSync(path.join(other, 'erased'), '');
      },
      /drop-unannounced/,
    ],
    ['a sealed shard deleted', () => rmSync(path.join(ledger, '2026h2'), { recursive: true }), /shard-missing/],
    [
      'its checkpoint in the second place deleted',
      () => {
        for (const name of readdirSync(`${lab.home}.checkpoints`)) {
          const file = path.join(`${lab.home}.checkpoints`, name, 'checkpoint');
          if (name !== 'new' && readFileSync(file, 'utf8').includes('/2026h1\n'))
            rmSync(path.dirname(file), { recursive: true });
        }
      },
      /LEDGER_SECOND_PLACE/,
    ],
    [
      'the drop announced at another place',
      keys("UPDATE erasures SET entry = 2 WHERE shard <> ''"),
      /erasure-unannounced/,
    ],
  ];
  const missed: string[] = [];
  for (const [name, trick, found] of tricks) {
    trick();
    const ran = await lab.ledger('fsck');
    if (ran.exit !== 1 || !found.test(ran.output + ran.errors)) missed.push(`${name}: ${ran.exit} ${ran.output}`);
    for (const [folder, copy] of [
      [lab.home, 'whole'],
      [`${lab.home}.checkpoints`, 'second'],
    ] as const) {
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
      cpSync(lab.path(copy), folder, { recursive: true });
    }
  }
  t.diagnostic(`tricks with dropped shards: ${tricks.length} tried, ${tricks.length - missed.length} found`);
  assert.deepEqual(missed, []);
  assert.equal((await lab.ledger('fsck')).exit, 0);
});
