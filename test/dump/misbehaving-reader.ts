/* A reading process that goes wrong in the way that its first input says; for tests of the process that starts it. */
import { readFileSync, writeSync } from 'node:fs';
import { canonicalDialect } from '../../src/dump/port.ts';
import { frameHeader, MESSAGE, type ReaderMessage } from '../../src/dump/sandbox/frames.ts';
import { FRAMES_FD, REQUEST_FD, type ReaderRequest } from '../../src/dump/sandbox/reader-request.ts';

const request = JSON.parse(readFileSync(REQUEST_FD, 'utf8')) as ReaderRequest;
const [mode = ''] = request.options.passwords;

function send(message: ReaderMessage): void {
  const text = Buffer.from(JSON.stringify(message));
  writeSync(FRAMES_FD, Buffer.concat([frameHeader(MESSAGE, text.length), text]));
}

/** A table with one row. */
function table(number: number, unit: number, reason = ''): void {
  send({ type: 'at', name: `unit ${unit}`, unit });
  send({
    type: 'table',
    description: {
      table: number,
      name: `unit ${unit}`,
      format: 'test',
      containers: [],
      encoding: 'utf-8',
      foundEncoding: 'utf-8',
      encodingConfidence: 1,
      dialect: canonicalDialect,
      columns: [{ index: 0, name: null, field: null, kind: 'text', confidence: 0, reason }],
      headerRows: 0,
      sizeBytes: null,
      plainFile: null,
      head: [],
      readings: [],
    },
  });
  const row = Buffer.from(`row of ${unit}\n`);
  writeSync(FRAMES_FD, Buffer.concat([frameHeader(number, row.length), row]));
}

const faults: Readonly<Record<string, () => void>> = {
  crash: () => process.abort(),
  exit: () => process.exit(7),
  hang: () => {
    for (;;);
  },
  memory: () => {
    const kept: Buffer[] = [];
    for (;;) kept.push(Buffer.alloc(10_000_000, 1));
  },
  garbage: () => {
    writeSync(FRAMES_FD, frameHeader(MESSAGE, 8));
    writeSync(FRAMES_FD, Buffer.from('no json!'));
  },
};

// What is told of no unit comes again from every process.
if (mode === 'crash') send({ type: 'failure', name: 'a link', code: 'DUMP_NOT_FILE', parameters: { kind: 'link' } });
if (mode === 'rejections') {
  for (let table = 0; table < 100_500; table++) send({ type: 'rejected', table, reason: 'bad-line', count: 2 });
}
let number = 0;
if (mode === 'mapped') {
  if (request.hasFit) send({ type: 'failure', name: 'told', code: 'DUMP_EMPTY', parameters: {} });
  else {
    table(0, 0, 'given by --map');
    process.abort();
  }
  send({ type: 'end', error: null });
  process.exit(0);
}
if (mode === 'untold') {
  for (let unit = request.skipUnits; unit < 3; unit++) {
    // As with joined tables: what is read is told when it is over, unless that was asked for.
    const isJoining = unit >= (request.joinFrom ?? Number.POSITIVE_INFINITY);
    if (unit === 1 && isJoining) {
      send({ type: 'done', units: 1 });
      process.abort();
    }
    table(number++, unit);
    if (unit === 1) process.abort();
  }
  send({ type: 'end', error: null });
  process.exit(0);
}
for (let unit = 0; unit < 3; unit++) {
  if (unit < request.skipUnits) continue;
  table(number++, unit);
  // The second unit breaks it, whenever it is read.
  if (unit === 1) faults[mode]?.();
}
send({ type: 'end', error: null });
