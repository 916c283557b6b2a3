import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { createServices } from '../../../src/compose.ts';
import { type Lab, makeLab } from './lab.ts';

/** A witness that runs in this process. */
async function startWitness(
  t: TestContext,
  lab: Lab,
  name: string,
  port = 0,
): Promise<{ lines: string[]; port: number; stop(): Promise<void> }> {
  const policy = (await lab.ledger('policy')).output;
  const logs = [...policy.matchAll(/^log (\S+)$/gm)].map((match) => match[1] ?? '');
  const stopped = Promise.withResolvers<void>();
  const started = Promise.withResolvers<{ port: number; keys: readonly string[] }>();
  const served = createServices().ledger.serveWitness({
    host: '127.0.0.1',
    port,
    folder: lab.path(name),
    name: `${name}.example`,
    logs,
    onListening: started.resolve,
    untilStopped: stopped.promise,
  });
  served.catch(started.reject);
  // A failed test must not wait for it for ever.
  t.after(() => stopped.resolve());
  const { keys, port: listening } = await started.promise;
  return {
    lines: keys.map((key, i) => `witness ${name}-${i} ${key} http://127.0.0.1:${listening}`),
    port: listening,
    stop: async () => {
      stopped.resolve();
      await served;
    },
  };
}

function configureWitnesses(lab: Lab, lines: readonly string[], onMissingQuorum?: string): void {
  writeFileSync(path.join(lab.home, 'witnesses'), `${lines.join('\n')}\n`);
  const quorum = onMissingQuorum === undefined ? {} : { onMissingQuorum };
  lab.configure({ origin: 'ledger.example/company', witnesses: 'witnesses', ...quorum });
}

test('witnesses cosign; without a quorum a checkpoint is withheld or published, as configured, and that can be seen', async (t) => {
  const lab = await makeLab(t, 10);
  const one = await startWitness(t, lab, 'one');
  const two = await startWitness(t, lab, 'two');
  const lines = [one.lines[0] ?? '', two.lines[1] ?? '', 'group both all one-0 two-1', 'quorum both'];
  configureWitnesses(lab, lines);
  assert.match((await lab.ledger('status')).output, /0 of 2 cosigned \(none\), quorum MISSED/);
  assert.match((await lab.ledger('checkpoint')).output, /2 of 2 cosigned \(one-0, two-1\), quorum met/);
  await lab.ledger('append', lab.lines('more.jsonl', 600, 1));
  const [proof, policy] = [lab.path('p'), lab.path('policy')];
  await lab.ledger('policy', '--out', policy);
  await lab.ledger('prove', '--index', '500', '--out', proof);
  const verified = await lab.ledger('verify', proof, '--policy', policy);
  assert.match(verified.output, /witness {5}one-0 saw the log at 2/);

  await two.stop();
  const withheld = await lab.ledger('append', lab.lines('even-more.jsonl', 5, 2));
  assert.equal(withheld.exit, 0);
  assert.match(withheld.errors, /no checkpoint covers it yet.*\[LEDGER_QUORUM\]/);
  const status = await lab.ledger('status');
  assert.match(status.output, /durable {6}615 entries/);
  assert.match(status.output, /checkpoint 610 entries/);
  assert.equal((await lab.ledger('checkpoint')).code, 'LEDGER_QUORUM');
  assert.equal((await lab.ledger('fsck')).exit, 0);

  configureWitnesses(lab, lines, 'publish');
  const published = await lab.ledger('checkpoint');
  assert.match(published.output, /checkpoint 615 entries/);
  assert.match(published.output, /1 of 2 cosigned \(one-0\), quorum MISSED; without it: publish/);
  await lab.ledger('prove', '--index', '612', '--out', proof);
  assert.equal((await lab.ledger('verify', proof, '--policy', policy)).code, 'LEDGER_QUORUM');

  // Back with what it remembers: it is behind, says so, and gets a proof from there.
  const again = await startWitness(t, lab, 'two', two.port);
  assert.match((await lab.ledger('checkpoint')).output, /2 of 2 cosigned/);
  await lab.ledger('prove', '--index', '612', '--out', proof);
  assert.equal((await lab.ledger('verify', proof, '--policy', policy)).exit, 0);
  await again.stop();
  await one.stop();
});

test('a witness that saw more than there is keeps a rolled-back ledger from being cosigned, also when the second place was rolled back', async (t) => {
  const lab = await makeLab(t, 10);
  const one = await startWitness(t, lab, 'one');
  configureWitnesses(lab, [one.lines[0] ?? '', 'quorum one-0']);
  await lab.ledger('checkpoint');
  const { cpSync, rmSync } = await import('node:fs');
  const places = [path.join(lab.home, 'ledger'), `${lab.home}.checkpoints`];
  for (const [i, place] of places.entries()) cpSync(place, lab.path(`saved-${i}`), { recursive: true });
  await lab.ledger('append', lab.lines('more.jsonl', 20, 1));
  for (const [i, place] of places.entries()) {
    rmSync(place, { recursive: true });
    cpSync(lab.path(`saved-${i}`), place, { recursive: true });
  }
  const forked = await lab.ledger('append', lab.lines('other.jsonl', 5, 3));
  assert.match(forked.errors, /LEDGER_QUORUM/);
  assert.match((await lab.ledger('status')).output, /checkpoint 10 entries/);
  const remembered = readFileSync(lab.path('saved-0', lab.shardName, 'checkpoint'), 'utf8');
  assert.match(remembered, /\n10\n/);
  await one.stop();
});
