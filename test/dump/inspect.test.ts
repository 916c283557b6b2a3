import assert from 'node:assert/strict';
import { truncate } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { inspectDump } from '../../src/dump/inspect.ts';
import { openDump } from '../../src/dump/open-dump.ts';
import { tarEntry } from './containers/archive-tools.ts';
import { temporaryFile } from './samples.ts';

const header = 'phone,name\n';
const rows = (count: number): string =>
  Array.from({ length: count }, (_, row) => `138${10_000_000 + row},Ann\n`).join('');
const options = { region: 'CN', map: [], passwords: [] };

test('an inspection says how much of each file was looked at', async (t) => {
  const small = await temporaryFile(t, header + rows(10));
  const large = await temporaryFile(t, header + rows(200_000));
  const json = await temporaryFile(t, rows(10).replaceAll(/(\d+),(\w+)/g, '{"phone":"$1","name":"$2"}'));
  const { parts, complete } = await inspectDump([small, large, json], options, 60_000);
  assert.deepEqual(
    parts.map(({ looked }) => looked.whole),
    [true, false, true],
  );
  const bytes = parts.map(({ looked }) => looked.bytes ?? 0);
  assert.equal(bytes[0], Buffer.byteLength(header + rows(10)));
  // A start of 1 MiB and sixteen stretches of 32 KiB.
  assert.ok(bytes[1] !== undefined && bytes[1] > 1_048_576 + 15 * 32_768 && bytes[1] <= 1_048_576 + 16 * 32_768);
  assert.equal(complete, true);
});

test('an inspection ends, however far away the next member of an archive is', async (t) => {
  // Two terabytes of nothing behind its first rows, and no member after that.
  const sizeBytes = 2 * 1024 ** 4;
  const start = Buffer.from(header + rows(100_000));
  const size = Buffer.alloc(12);
  size.writeBigUInt64BE(BigInt(sizeBytes), 4);
  size[0] = 0x80;
  const file = await temporaryFile(t, tarEntry('big.csv', start, '0', size.toString('latin1')));
  await truncate(file, sizeBytes);
  const { parts, complete } = await inspectDump([file], options);
  assert.deepEqual(
    parts.map(({ name, looked }) => [name.split(' › ')[1], looked.whole]),
    [['big.csv', false]],
  );
  assert.equal(complete, false);
});

test('an inspection is ended when the reading process does not end it', async (t) => {
  const file = await temporaryFile(t, 'x');
  const program = path.join(import.meta.dirname, 'misbehaving-reader.ts');
  const processLimits = { memoryBytes: 400_000_000, silenceSeconds: 60, program };
  const dump = await openDump([file], { region: 'CN', passwords: ['hang'], processLimits, inspectMilliseconds: 100 });
  const reading = dump.open();
  const names: string[] = [];
  for await (const part of reading.parts()) names.push(part.name);
  await reading.close();
  assert.ok(names.length > 0);
  assert.equal(reading.isComplete, false);
  assert.equal(reading.failureCount, 0);
});
