import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FramesPipe } from '../../src/dump/sandbox/frames-pipe.ts';

const folder = mkdtempSync(join(tmpdir(), 'boltseal-pipe-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** A process that writes to descriptor 3. */
function writeFrom(pipe: FramesPipe, program: string): ReturnType<typeof spawn> {
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'ignore', 'inherit', pipe.writable] });
  closeSync(pipe.writable);
  return child;
}

const hasPipes = FramesPipe.open(folder);
if (hasPipes !== null) {
  closeSync(hasPipes.writable);
  hasPipes.close();
}
const skip = hasPipes === null ? 'this system has no named pipes' : false;

test('all bytes come, in order, and then the end', { skip }, async () => {
  const pipe = FramesPipe.open(folder);
  assert.ok(pipe !== null);
  assert.deepEqual(readdirSync(folder), []);
  writeFrom(
    pipe,
    'const b = Buffer.alloc(3_000_001); for (let i = 0; i < b.length; i++) b[i] = (i * 7 + (i >> 8)) & 255; for (let d = 0; d < b.length;) d += require("fs").writeSync(3, b, d);',
  );
  let at = 0;
  for await (const piece of pipe) {
    for (const byte of piece) {
      if (byte !== ((at * 7 + (at >> 8)) & 255)) assert.fail(`byte ${at}`);
      at++;
    }
    if (at % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.equal(at, 3_000_001);
  pipe.close();
});

test('whoever reads no more ends the pipe for the writer; one that is never read is closed', { skip }, async () => {
  const pipe = FramesPipe.open(folder);
  assert.ok(pipe !== null);
  const child = writeFrom(
    pipe,
    'try { for (;;) require("fs").writeSync(3, Buffer.alloc(65536)); } catch { process.exit(7); }',
  );
  for await (const piece of pipe) if (piece.length > 0) break;
  pipe.close();
  assert.equal(await new Promise((resolve) => child.once('exit', resolve)), 7);
});

test('a killed writer ends the pipe', { skip }, async () => {
  const pipe = FramesPipe.open(folder);
  assert.ok(pipe !== null);
  const child = writeFrom(pipe, 'require("fs").writeSync(3, "begun"); setInterval(() => {}, 1000);');
  let text = '';
  for await (const piece of pipe) {
    text += new TextDecoder().decode(piece);
    child.kill('SIGKILL');
  }
  assert.equal(text, 'begun');
  pipe.close();
});

test('where no pipe can be made there is none', () => {
  assert.equal(FramesPipe.open(join(folder, 'not-there')), null);
});
