/* A reading process that tries what it must not do and tells how that went. The path of a file that is no input comes as the first password. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { frameHeader, MESSAGE, type ReaderMessage } from '../../src/dump/sandbox/frames.ts';
import { closeNetwork } from '../../src/dump/sandbox/no-network.ts';
import { FRAMES_FD, REQUEST_FD, type ReaderRequest } from '../../src/dump/sandbox/reader-request.ts';

closeNetwork();
const { lookup, promises: dns } = await import('node:dns');
const { createSocket } = await import('node:dgram');
const { connect } = await import('node:net');
const request = JSON.parse(readFileSync(REQUEST_FD, 'utf8')) as ReaderRequest;
const [input = ''] = request.inputs;
const [other = ''] = request.options.passwords;

function send(message: ReaderMessage): void {
  const text = Buffer.from(JSON.stringify(message));
  writeSync(FRAMES_FD, Buffer.concat([frameHeader(MESSAGE, text.length), text]));
}

async function attempt(name: string, action: () => unknown): Promise<void> {
  let reason = 'done';
  try {
    await action();
  } catch (error) {
    reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
  }
  send({ type: 'failure', name, code: 'DUMP_CRASHED', parameters: { path: name, reason } });
}

await attempt('read the input', () => readFileSync(input));
await attempt('read another file', () => readFileSync(other));
await attempt('write beside the input', () => writeFileSync(join(dirname(input), 'more'), 'x'));
await attempt('write into the scratch folder', () => writeFileSync(join(request.scratchPath, 'more'), 'x'));
const [folder] = Object.values(request.folders);
if (folder !== undefined) await attempt('write through a link', () => writeFileSync(join(folder, 'more'), 'x'));
await attempt('start a process', () => spawnSync('true'));
await attempt('connect to an address', () => connect(9, '127.0.0.1'));
await attempt('fetch', () => fetch('http://127.0.0.1:9/'));
await attempt('open a web socket', () => new WebSocket('ws://127.0.0.1:9/'));
await attempt('send a datagram', () => createSocket('udp4').send('x', 9, '127.0.0.1'));
await attempt('look up a name', () => lookup('localhost', () => undefined));
await attempt('ask a name server', () => dns.resolve('localhost'));
send({ type: 'end', error: null });
process.exit(0);
