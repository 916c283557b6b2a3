import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArguments } from '../../src/cli/arguments.ts';
import type { Command, Context } from '../../src/cli/command.ts';
import { commonOptions } from '../../src/cli/command.ts';
import { disclosuresImportCommand } from '../../src/cli/commands/disclosures-import.ts';
import { disclosuresStatusCommand } from '../../src/cli/commands/disclosures-status.ts';
import { principalsImportCommand } from '../../src/cli/commands/principals-import.ts';
import { silentProgress } from '../../src/cli/progress.ts';
import { createFakeServices } from './fake-services.ts';

async function run(command: Command, ...words: string[]): Promise<{ printed: string; request: unknown }> {
  const { services, requests } = createFakeServices();
  let printed = '';
  const context: Context = {
    version: '0',
    services,
    home: '/home',
    workingFolder: '/',
    style: { columns: 80, colour: false },
    progress: silentProgress,
    now: () => 0,
    untilInterrupted: () => new Promise(() => {}),
    print: (text) => {
      printed += text;
    },
    note: () => {},
    openOutput: () => {
      throw new Error('nothing is written');
    },
  };
  await command.run(context, parseArguments(command.name, { ...command.options, ...commonOptions }, words));
  return { printed, request: requests[0] };
}

test('disclosures import passes on what it was told', async () => {
  const { request, printed } = await run(
    disclosuresImportCommand,
    'a.log',
    '--map',
    'at=time,principal=user',
    'purpose=why',
    '--fields',
    'name,phone',
    '--subject-pattern',
    '/customers/{subject}',
    '--table',
    'customers:id=name',
    '--zone=+08:00',
    '--format',
    'access',
  );
  assert.deepEqual(request, {
    home: '/home',
    inputs: ['a.log'],
    words: {
      format: 'access',
      map: new Map([
        ['at', 'time'],
        ['principal', 'user'],
        ['purpose', 'why'],
      ]),
      fields: ['name', 'phone'],
      urls: ['/customers/{subject}'],
      tables: ['customers:id=name'],
      logPrefix: null,
      zone: '+08:00',
    },
  });
  assert.match(
    printed,
    /^Read 1,200 disclosures from 2024-03-01 .* 2 files; 1 were imported before\.\nLeft out: 3 bad-time\./,
  );
  assert.match(printed, /There are 5,000 disclosures\.\n$/);
});

test('mistakes of the command line are told', async () => {
  const usage = { code: 'USAGE_OPTION' };
  await assert.rejects(run(disclosuresImportCommand), usage);
  await assert.rejects(run(disclosuresImportCommand, 'a', '--map', 'phone=1'), usage);
  await assert.rejects(run(disclosuresImportCommand, 'a', '--map', 'at='), usage);
  await assert.rejects(run(disclosuresImportCommand, 'a', '--fields', 'birthday'), usage);
  await assert.rejects(run(disclosuresImportCommand, 'a', '--format', 'csv'), usage);
  await assert.rejects(run(disclosuresStatusCommand, 'a'), usage);
  await assert.rejects(run(principalsImportCommand), usage);
});

test('principals import and disclosures status say what there is', async () => {
  const { request, printed } = await run(principalsImportCommand, 'p.csv', '--principal', 'device', '--at', '2');
  assert.deepEqual(request, { home: '/home', inputs: ['p.csv'], principal: 'device', at: '2' });
  assert.match(printed, /Read 12 rows; left out: 1 no-principal\.\nAttributes: kind, station\.\n/);
  const status = await run(disclosuresStatusCommand);
  assert.match(status.printed, /disclosures {2}5,000\n[\s\S]*12\.0 bytes each/);
});
