import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { disclosure, Lab, makeLab } from './lab.ts';

test('from disclosures to a proof that others check, with only the named fields in it', async (t) => {
  const lab = await makeLab(t, 300);
  const status = await lab.ledger('status');
  assert.match(status.output, /durable {6}300 entries/);
  assert.match(status.output, /checkpoint 300 entries/);
  assert.match(status.output, /second {5}300 entries/);
  const [proof, policy] = [lab.path('e.tlog-proof'), lab.path('policy')];
  assert.equal((await lab.ledger('policy', '--out', policy)).exit, 0);
  assert.equal((await lab.ledger('prove', '--index', '299', '--reveal', 'subject,time', '--out', proof)).exit, 0);
  rmSync(lab.home, { recursive: true });
  const verified = await lab.ledger('verify', proof, '--policy', policy);
  assert.equal(verified.exit, 0, verified.errors);
  assert.match(verified.output, /PROVED/);
  assert.match(verified.output, /subject {5}customer-0-49\n/);
  assert.match(verified.output, /closed {6}principal, fields, purpose, basis, decision, requestSignature\n/);
  const text = readFileSync(proof, 'utf8');
  const extra = Buffer.from(/^extra (.+)$/m.exec(text)?.[1] ?? '', 'base64').toString('utf8');
  assert.ok(extra.includes('customer-0-49'));
  for (const closed of ['scanner', 'delivery', 'parcel']) assert.ok(!extra.includes(closed), closed);
  assert.equal(statSync(proof).mode & 0o777, 0o600);
});

test('lines that are no disclosures are named by number and reason, with nothing of their values; the others are recorded', async (t) => {
  const lab = await makeLab(t, 1);
  const good = disclosure(7, 9) as Record<string, unknown>;
  const bad: [object | string, string][] = [
    ['{"at": secret-1}', 'no-json'],
    ['["secret-2"]', 'no-object'],
    [{ ...good, secret3: 1 }, 'unknown-key'],
    [{ ...good, at: 'secret-4' }, 'bad-at'],
    [{ ...good, at: -1 }, 'bad-at'],
    [{ ...good, at: '2026-02-30T25:00:00Z' }, 'bad-at'],
    [{ ...good, principal: '' }, 'bad-principal'],
    [{ ...good, subject: 17 }, 'bad-subject'],
    [{ ...good, subject: 'x'.repeat(4097) }, 'bad-subject'],
    [{ ...good, fields: [] }, 'bad-fields'],
    [{ ...good, fields: ['a,b'] }, 'bad-fields'],
    [{ ...good, purpose: null }, 'bad-purpose'],
    [{ ...good, requestSignature: '%' }, 'bad-requestSignature'],
    [{ ...good, idempotencyKey: 5 }, 'bad-idempotencyKey'],
    [{ ...good, basis: '\ud800' }, 'bad-basis'],
    [{ ...good, decision: 'x'.repeat(70_000) }, 'too-long'],
  ];
  const file = lab.path('bad.jsonl');
  for (const [line] of bad) appendFileSync(file, `${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
  appendFileSync(file, `\n${JSON.stringify(good)}`);
  const ran = await lab.ledger('append', file);
  assert.equal(ran.exit, 1);
  assert.equal(ran.code, 'LEDGER_LINES');
  for (const [i, [, problem]] of bad.entries())
    assert.match(ran.errors, new RegExp(`^line ${i + 1}: ${problem}$`, 'm'));
  assert.match(ran.output, /Appended 1 disclosures, \S+ 1 to 1\./);
  assert.ok(!ran.errors.includes('secret'));
});

test('the same requests again are the same entries, also in another process', async (t) => {
  const lab = await makeLab(t, 40);
  const again = await lab.ledger('append', lab.lines('again.jsonl', 50));
  assert.match(again.output, /Appended 50 disclosures \(40 were there already\)/);
  assert.match((await lab.ledger('status')).output, /durable {6}50 entries/);
});

test('what is erased can be read no more, and everything that was proved stays so', async (t) => {
  const lab = await makeLab(t, 260);
  const [proof, policy] = [lab.path('p'), lab.path('policy')];
  await lab.ledger('policy', '--out', policy);
  await lab.ledger('prove', '--index', '3', '--reveal', 'subject', '--out', proof);
  const order = ['--subject', 'customer-0-3', '--basis', 'order 7', '--by', 'clerk'];
  const held = await lab.ledger('hold', ...order);
  const place = /Held: (\S+)/.exec(held.output)?.[1] ?? '';
  assert.equal((await lab.ledger('erase', ...order)).code, 'LEDGER_HELD');
  assert.equal((await lab.ledger('hold', '--list')).output, `${place}\n`);
  assert.equal((await lab.ledger('hold', '--release', place, ...order)).exit, 0);
  const erased = await lab.ledger('erase', ...order);
  // Six of 260 disclosures are of customer 3, and the hold and its release name the subject, too.
  assert.match(erased.output, /Erased what 8 entries hold/);
  assert.equal((await lab.ledger('erase', ...order)).code, 'LEDGER_ERASED_NONE');
  assert.equal(
    (await lab.ledger('prove', '--index', '3', '--reveal', 'subject', '--out', proof)).code,
    'LEDGER_REVEAL',
  );
  assert.equal((await lab.ledger('verify', proof, '--policy', policy)).exit, 0);
  const other = lab.path('other');
  assert.equal((await lab.ledger('prove', '--index', '3', '--reveal', 'principal', '--out', other)).exit, 0);
  assert.match((await lab.ledger('verify', other, '--policy', policy)).output, /principal {3}scanner-3/);
  assert.equal((await lab.ledger('fsck')).exit, 0);
});

test('new keys sign after a rotation; who has the old policy still checks old proofs, and nothing newer', async (t) => {
  const lab = await makeLab(t, 5);
  const [before, after] = [lab.path('policy-1'), lab.path('policy-2')];
  await lab.ledger('policy', '--out', before);
  await lab.ledger('prove', '--index', '1', '--out', lab.path('old'));
  assert.match((await lab.ledger('rotate-key', '--basis', 'yearly')).output, /generation 2/);
  await lab.ledger('append', lab.lines('more.jsonl', 3, 1));
  await lab.ledger('policy', '--out', after);
  await lab.ledger('prove', '--index', '6', '--out', lab.path('new'));
  assert.equal((await lab.ledger('verify', lab.path('old'), '--policy', before)).exit, 0);
  assert.equal((await lab.ledger('verify', lab.path('old'), '--policy', after)).exit, 0);
  assert.equal((await lab.ledger('verify', lab.path('new'), '--policy', after)).exit, 0);
  assert.equal((await lab.ledger('verify', lab.path('new'), '--policy', before)).code, 'LEDGER_SIGNATURE');
  await lab.ledger('prove', '--index', '5', '--reveal', 'newKeys', '--out', lab.path('rotation'));
  const shown = await lab.ledger('verify', lab.path('rotation'), '--policy', after);
  assert.match(shown.output, /keyRotation/);
  assert.equal((await lab.ledger('fsck')).exit, 0);
});

test('an export is a log that fsck reads without the home; a part of it has all tiles and the bundles asked for', async (t) => {
  const lab = await makeLab(t, 600);
  const all = lab.path('all');
  assert.match((await lab.ledger('export', '--out', all)).output, /3 bundles, 4 tiles/);
  const checked = await lab.ledger('fsck', all, '--policy', join(all, 'policy'));
  assert.match(checked.output, /Checked 600 entries: everything is sound/);
  assert.equal((await lab.ledger('export', '--out', all)).code, 'LEDGER_EXISTS');
  assert.match(
    (await lab.ledger('export', '--from', '300', '--to', '301', '--out', lab.path('part'))).output,
    /1 bundles, 4 tiles/,
  );
  assert.deepEqual(readdirSync(lab.path('part', 'tile', 'entries')), ['001']);
  assert.equal((await lab.ledger('export', '--to', '600', '--out', lab.path('none'))).code, 'LEDGER_INDEX');
  const served = readdirSync(all, { recursive: true })
    .map(String)
    .filter((name) => statSync(join(all, name)).isFile());
  for (const name of served) assert.ok(!readFileSync(join(all, name), 'latin1').includes('customer'), name);
});

test('a part of a log says which part it is: what is missing in it is found, and it is not taken for the whole', async (t) => {
  const lab = await makeLab(t, 1000);
  const part = lab.path('part');
  await lab.ledger('export', '--from', '300', '--to', '600', '--out', part);
  const policy = join(part, 'policy');
  const check = (...words: string[]) => lab.ledger('fsck', part, '--policy', policy, ...words);
  const sound = await check('--part');
  assert.equal(sound.exit, 0, sound.output);
  assert.match(sound.output, /^note {2}a part of the log: entries 300 to 600 of 1000 must be there/m);
  assert.match(sound.output, /Checked 512 entries: everything is sound/);
  const whole = await check();
  assert.equal(whole.code, 'LEDGER_FSCK');
  assert.match(whole.output, /^export-part {2}/m);
  const bundles = join(part, 'tile', 'entries');
  assert.deepEqual(readdirSync(bundles).sort(), ['001', '002']);
  const tricks: readonly (readonly [string, RegExp])[] = [
    [join(bundles, '002'), /^bundle-missing {2}log: tile\/entries\/002/m],
    [join(part, 'tile', '0', '000'), /^tile-missing {2}log: tile\/0\/000/m],
    [join(part, 'tile', '0', '002'), /^tile-missing {2}log: tile\/0\/002/m],
    [join(part, 'export.json'), /^bundle-missing {2}log: tile\/entries\/000/m],
  ];
  for (const [file, found] of tricks) {
    const bytes = readFileSync(file);
    rmSync(file);
    assert.match((await check('--part')).output, found, file);
    writeFileSync(file, bytes);
  }
  const flip = (file: string, at: number): (() => void) => {
    const bytes = readFileSync(file);
    writeFileSync(
      file,
      bytes.map((byte, i) => (i === at ? byte ^ 1 : byte)),
    );
    return () => writeFileSync(file, bytes);
  };
  for (const [file, found] of [
    [join(bundles, '001'), /^tile-differs/m],
    [join(part, 'tile', '0', '000'), /^(?:tile|root)-differs/m],
    [join(part, 'tile', '0', '003.p', '232'), /^root-differs/m],
  ] as const) {
    const undo = flip(file, 40);
    assert.match((await check('--part')).output, found, file);
    undo();
  }
  const manifest = readFileSync(join(part, 'export.json'), 'utf8');
  for (const [text, found] of [
    [manifest.replace('1000', '999'), /^export-differs/m],
    [manifest.replace('/company/', '/rival/'), /^export-differs/m],
    [manifest.replace('"to": 600', '"to": 1000'), /^export-malformed/m],
    [manifest.replace('"from": 300', '"from": 601'), /^export-malformed/m],
    ['[]', /^export-malformed/m],
    ['{"format":'.repeat(900), /^export-malformed/m],
  ] as const) {
    writeFileSync(join(part, 'export.json'), text);
    assert.match((await check('--part')).output, found);
  }
  assert.equal((await lab.ledger('fsck', '--part')).code, 'USAGE_OPTION');
});

test('a log at an address is checked as one in a folder; what the server does is no fault of the log', async (t) => {
  const lab = await makeLab(t, 600);
  const [all, part] = [lab.path('all'), lab.path('part')];
  await lab.ledger('export', '--out', all);
  await lab.ledger('export', '--from', '0', '--to', '100', '--out', part);
  const policy = join(all, 'policy');
  let asked = 0;
  const server = createServer(({ url = '' }, response) => {
    asked++;
    const file = lab.path(...new URL(url, 'http://host').pathname.split('/'));
    if (url.startsWith('/refusing')) response.writeHead(403).end();
    else if (url.startsWith('/away')) response.writeHead(302, { location: `/all${url.slice(5)}` }).end();
    else if (!existsSync(file)) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const check = (name: string, ...words: string[]) =>
    lab.ledger('fsck', `http://127.0.0.1:${address.port}/${name}`, '--policy', policy, ...words);
  const sound = await check('all/');
  assert.equal(sound.exit, 0, sound.output);
  assert.match(sound.output, /Checked 600 entries: everything is sound/);
  assert.ok(asked > 8);
  assert.equal((await check('part', '--part')).exit, 0);
  assert.match((await check('part')).output, /^export-part/m);
  rmSync(join(all, 'tile', 'entries', '001'));
  assert.match((await check('all')).output, /^bundle-missing {2}log: tile\/entries\/001/m);
  assert.match((await check('nothing')).output, /^checkpoint-missing/m);
  for (const name of ['refusing', 'away']) assert.equal((await check(name)).code, 'LEDGER_SOURCE', name);
});

test('a rotation that was cut off is repeated with the same keys and the same entry, however late', async (t) => {
  const lab = await makeLab(t, 5);
  const description = readFileSync(lab.shard('log.json'));
  const rotate = () => lab.ledger('rotate-key', '--basis', 'yearly');
  const first = await rotate();
  assert.match(first.output, /generation 2 sign from now on; entry 5 of/);
  // As if it had been killed before the new keys were named: the old ones sign, and others append.
  writeFileSync(lab.shard('log.json'), description);
  await lab.ledger('append', lab.lines('more.jsonl', 300, 1));
  const again = await rotate();
  assert.equal(again.output, first.output);
  assert.match((await lab.ledger('status')).output, /306 entries, keys of generation 2/);
  assert.match((await rotate()).output, /generation 3 sign from now on; entry 306 of/);
  assert.equal((await lab.ledger('fsck')).exit, 0);
});

test('columns follow the ledger, lose who is erased, and can be made again from it', async (t) => {
  const lab = await makeLab(t, 100);
  const count = async (): Promise<string> =>
    /disclosures {2}(\S+)/.exec((await lab.run('disclosures', 'status')).output)?.[1] ?? '';
  assert.equal(await count(), '100');
  await lab.ledger('erase', '--subject', 'customer-0-3', '--basis', 'order');
  assert.equal(await count(), '98');
  await lab.ledger('append', lab.lines('more.jsonl', 10, 1));
  assert.equal(await count(), '108');
  assert.equal((await lab.ledger('fsck')).exit, 0);
  rmSync(join(lab.home, 'disclosures'), { recursive: true });
  const behind = await lab.ledger('fsck');
  assert.equal(behind.code, 'LEDGER_FSCK');
  assert.match(behind.output, /^columns-behind {2}disclosures: 108 disclosures are missing/m);
  assert.match((await lab.ledger('rebuild-columns')).output, /has 108 disclosures that can be read; 108 were missing/);
  assert.equal(await count(), '108');
  assert.match((await lab.ledger('rebuild-columns')).output, /; 0 were missing/);
  assert.equal((await lab.ledger('fsck')).exit, 0);
});

test('a lost second place is replaced only when that is said', async (t) => {
  const lab = await makeLab(t, 4);
  rmSync(`${lab.home}.checkpoints`, { recursive: true });
  assert.equal((await lab.ledger('checkpoint')).code, 'LEDGER_SECOND_PLACE');
  assert.equal((await lab.ledger('append', lab.path('first.jsonl'))).code, 'LEDGER_SECOND_PLACE');
  const taken = await lab.ledger('checkpoint', '--new-second-place');
  assert.match(taken.output, /second {5}4 entries/);
  assert.equal((await lab.ledger('fsck')).exit, 0);
});

test('commands without a ledger, with a wrong origin, or beside a writer say so', async (t) => {
  const lab = new Lab(t);
  await lab.run('init');
  for (const words of [['status'], ['fsck'], ['policy'], ['prove', '--index', '0', '--out', lab.path('x')]])
    assert.equal((await lab.ledger(...words)).code, 'LEDGER_NONE', words[0]);
  assert.ok(!existsSync(join(lab.home, 'ledger')));
  await lab.ledger('append', lab.lines('a.jsonl', 2));
  lab.configure({ origin: 'ledger.example/other' });
  assert.equal((await lab.ledger('status')).code, 'LEDGER_ORIGIN');
  lab.configure({ origin: 'a b' });
  assert.equal((await lab.ledger('status')).code, 'HOME_CONFIG');
  lab.configure({ witnesses: 'nothing-there' });
  assert.equal((await lab.ledger('status')).code, 'LEDGER_FILE');
  writeFileSync(join(lab.home, 'bad-policy'), 'witness w\n');
  lab.configure({ witnesses: 'bad-policy' });
  assert.equal((await lab.ledger('append', lab.path('a.jsonl'))).code, 'LEDGER_POLICY');
  lab.configure({});
  assert.equal((await lab.ledger('append', lab.path('missing'))).code, 'LEDGER_FILE');
  assert.equal((await lab.ledger('prove', '--index', '2', '--out', lab.path('x'))).code, 'LEDGER_INDEX');
  assert.equal(
    (await lab.ledger('prove', '--index', '0', '--shard', '1999h1', '--out', lab.path('x'))).code,
    'LEDGER_SHARD',
  );
  assert.equal(
    (await lab.ledger('prove', '--index', '0', '--reveal', 'nonsense', '--out', lab.path('x'))).code,
    'LEDGER_REVEAL',
  );
  assert.ok(!existsSync(lab.path('x')));
});
