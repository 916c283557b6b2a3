import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { parseArguments } from '../../src/cli/arguments.ts';
import { type Command, type Context, commonOptions } from '../../src/cli/command.ts';
import { verificationsListCommand } from '../../src/cli/commands/verifications-list.ts';
import { verificationsRemoveCommand } from '../../src/cli/commands/verifications-remove.ts';
import { silentProgress } from '../../src/cli/progress.ts';
import { readEvidence, writeEvidence } from '../../src/verify/evidence-file.ts';
import { listVerifications, removeVerifications } from '../../src/verify/kept-verifications.ts';
import type { SubjectEvidence } from '../../src/verify/subject-evidence.ts';
import { createFakeServices } from '../cli/fake-services.ts';

const key = new Uint8Array(32).fill(7);
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'boltseal-kept-'));
after(() => fs.rmSync(home, { recursive: true }));
const folder = path.join(home, 'verifications');

function evidence(count: number): SubjectEvidence {
  const [subject, from] = [new Uint32Array(count), new Uint32Array(count)];
  return {
    subject,
    from,
    fields: new Uint16Array(count),
    until: new Uint32Array(count),
    strong: new Uint8Array(count),
  };
}

/** A verification written that many days after 1 November 2026. */
function keep(day: number, subjects: number): string {
  const createdAt = new Date(Date.UTC(2026, 10, 1 + day)).toISOString();
  const id = writeEvidence(home, key, { createdAt, registered: 100, copy: null }, evidence(subjects));
  fs.utimesSync(path.join(folder, `${id}.bin`), new Date(createdAt), new Date(createdAt));
  return id;
}

async function run(command: Command, words: string[]): Promise<string> {
  let printed = '';
  const { services } = createFakeServices({
    verifications: {
      list: async () => listVerifications(home, key),
      remove: async (_, kept) => removeVerifications(home, kept),
    },
  });
  const context: Context = {
    version: '0',
    services,
    home,
    workingFolder: '/',
    style: { columns: 80, colour: false },
    progress: silentProgress,
    now: () => 0,
    untilInterrupted: () => new Promise(() => {}),
    print: (text) => {
      printed += text;
    },
    note: () => undefined,
    openOutput: () => assert.fail('writes no file'),
  };
  await command.run(context, parseArguments(command.name, { ...command.options, ...commonOptions }, words));
  return printed;
}

test('evidence is listed oldest first, and what is removed is gone', async () => {
  assert.equal(await run(verificationsListCommand, []), 'No evidence is kept.\n');
  const ids = [keep(2, 1200), keep(1, 5), keep(3, 0)] as const;
  const damaged = keep(4, 7);
  fs.truncateSync(path.join(folder, `${damaged}.bin`), 40);
  const partial = 'a'.repeat(32);
  fs.writeFileSync(path.join(folder, `${partial}.bin.part`), 'x');
  fs.writeFileSync(path.join(folder, 'notes.txt'), 'somebody else');
  fs.utimesSync(path.join(folder, `${damaged}.bin`), 2e9, 2e9);
  fs.utimesSync(path.join(folder, `${partial}.bin.part`), 2e9 + 1, 2e9 + 1);

  const lines = (await run(verificationsListCommand, [])).trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => line.slice(0, 32)),
    [ids[1], ids[0], ids[2], damaged, partial],
  );
  assert.match(lines[1] ?? '', /2026-11-03T00:00:00.000Z {2}1,200 subjects/);
  assert.match(lines[3] ?? '', /damaged or written with another key/);
  assert.match(lines[4] ?? '', /begun and never finished/);

  assert.match(await run(verificationsRemoveCommand, ['--before', '2026-11-03T12:00']), /Removed 2, /);
  assert.throws(() => readEvidence(home, key, ids[0]), { code: 'EVIDENCE_NONE' });
  assert.equal(readEvidence(home, key, ids[2]).subjects.subject.length, 0);
  await assert.rejects(run(verificationsRemoveCommand, [ids[2], 'b'.repeat(32)]), { code: 'EVIDENCE_NONE' });
  assert.equal(listVerifications(home, key).length, 3, 'one id that is wrong removes nothing');
  assert.match(await run(verificationsRemoveCommand, [ids[2], damaged, partial]), /Removed 3, /);
  assert.deepEqual(fs.readdirSync(folder), ['notes.txt']);
});

test('removing takes ids or a time, and not neither or both', async () => {
  await assert.rejects(run(verificationsRemoveCommand, []), { code: 'USAGE_OPTION' });
  await assert.rejects(run(verificationsRemoveCommand, ['a'.repeat(32), '--before', '2026-01-01']), {
    code: 'USAGE_OPTION',
  });
});
