import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { Frontier } from '../../../src/core/merkle/frontier.ts';
import { hashLeaf } from '../../../src/core/merkle/tree-hash.ts';
import { formatCheckpoint } from '../../../src/core/note/checkpoint.ts';
import { formatNote } from '../../../src/core/note/signed-note.ts';
import { formatVerifierKey } from '../../../src/core/note/verifier-key.ts';
import { signLine } from '../../../src/core/note/verify-note.ts';
import { formatEntryBundle } from '../../../src/core/tlog/entry-bundle.ts';
import { parsePolicy } from '../../../src/core/tlog/policy.ts';
import { tilePath, tilesOf } from '../../../src/core/tlog/tile-path.ts';
import { checkLog } from '../../../src/ledger/fsck/check-log.ts';
import { type LogSource, openLogFolder, openLogUrl } from '../../../src/ledger/fsck/log-source.ts';
import { makeSigner, sha256, verifier } from '../../core/note/keys.ts';

const signer = makeSigner('log.example', 0x01);
const policy = parsePolicy(sha256, `log ${formatVerifierKey(signer.key)}\nquorum none\n`);
const entryOf = (i: number): Buffer => Buffer.from(`entry ${i}`);

/** Writes a log of `size` entries as the specification has it. */
function writeLog(folder: string, size: number): void {
  const write = (name: string, bytes: Uint8Array | string): void => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), bytes);
  };
  const levels = new Map<number, Uint8Array[]>();
  const frontier = new Frontier(sha256);
  for (let i = 0; i < size; i++) {
    frontier.append(hashLeaf(sha256, entryOf(i)), (level, _index, hash) => {
      if (level % 8 !== 0) return;
      const hashes = levels.get(level / 8) ?? [];
      hashes.push(hash);
      levels.set(level / 8, hashes);
    });
  }
  const cut = (level: number | 'entries', each: (from: number, to: number) => Uint8Array): void => {
    const { full, partialWidth } = tilesOf(level, size);
    for (let index = 0; index < full; index++)
      write(tilePath({ level, index, width: 256 }), each(index * 256, index * 256 + 256));
    if (partialWidth > 0)
      write(tilePath({ level, index: full, width: partialWidth }), each(full * 256, full * 256 + partialWidth));
  };
  for (const [level, hashes] of levels) cut(level, (from, to) => Buffer.concat(hashes.slice(from, to)));
  cut('entries', (from, to) => formatEntryBundle(Array.from({ length: to - from }, (_, i) => entryOf(from + i))));
  const text = formatCheckpoint({ origin: 'log.example', size, root: frontier.root(), extensions: [] });
  write('checkpoint', formatNote({ text, signatures: [signLine(text, signer, 0)] }));
}

function withLog(size: number, run: (folder: string) => Promise<void>) {
  return async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'boltseal-fsck-'));
    try {
      writeLog(folder, size);
      await run(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}

const check = (source: LogSource) =>
  checkLog({
    source,
    policy,
    sha256,
    verifier,
    range: null,
    isEntry: (entry) => Buffer.from(entry).toString().startsWith('entry '),
    onEntries: () => {},
  });

for (const size of [0, 1, 255, 256, 257, 700]) {
  test(
    `a sound log of ${size} entries has no fault`,
    withLog(size, async (folder) => {
      const { entries, faults, checkpoint } = await check(openLogFolder(folder));
      assert.deepEqual([entries, faults, checkpoint?.size], [size, [], size]);
    }),
  );
}

test(
  'a full tile stands for the partial one that it replaced',
  withLog(700, async (folder) => {
    const partial = path.join(folder, 'tile/entries/002.p/188');
    const bytes = readFileSync(partial);
    rmSync(path.dirname(partial), { recursive: true });
    writeFileSync(path.join(folder, 'tile/entries/002'), Buffer.concat([bytes, formatEntryBundle([entryOf(700)])]));
    const hashes = path.join(folder, 'tile/0/002.p/188');
    const tile = Buffer.concat([readFileSync(hashes), Buffer.alloc(68 * 32)]);
    rmSync(path.dirname(hashes), { recursive: true });
    writeFileSync(path.join(folder, 'tile/0/002'), tile);
    assert.deepEqual((await check(openLogFolder(folder))).faults, []);
  }),
);

const flip = (folder: string, name: string, at: number): void => {
  const bytes = readFileSync(path.join(folder, name));
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path.join(folder, name), bytes);
};

const tampering: readonly [string, (folder: string) => void, readonly string[]][] = [
  ['a bit of an entry', (folder) => flip(folder, 'tile/entries/001', 702), ['tile-differs', 'root-differs']],
  ['a bit of a length', (folder) => flip(folder, 'tile/entries/001', 1), ['bundle-malformed']],
  ['a bit of a tile', (folder) => flip(folder, 'tile/0/001', 700), ['tile-differs']],
  ['a bit of a tile above', (folder) => flip(folder, 'tile/1/000.p/2', 7), ['tile-differs']],
  ['a bundle removed', (folder) => unlinkSync(path.join(folder, 'tile/entries/001')), ['bundle-missing']],
  ['a tile removed', (folder) => unlinkSync(path.join(folder, 'tile/0/000')), ['tile-missing']],
  [
    'a tile cut',
    (folder) =>
      writeFileSync(path.join(folder, 'tile/0/000'), readFileSync(path.join(folder, 'tile/0/000')).subarray(0, 8160)),
    ['tile-differs'],
  ],
  [
    'a tile that goes on',
    (folder) =>
      writeFileSync(
        path.join(folder, 'tile/0/000'),
        Buffer.concat([readFileSync(path.join(folder, 'tile/0/000')), Buffer.alloc(32)]),
      ),
    ['tile-differs'],
  ],
  [
    'two bundles swapped',
    (folder) => {
      const [a, b] = ['tile/entries/000', 'tile/entries/001'].map((name) => path.join(folder, name));
      const bytes = readFileSync(a ?? '');
      writeFileSync(a ?? '', readFileSync(b ?? ''));
      writeFileSync(b ?? '', bytes);
    },
    ['tile-differs', 'root-differs'],
  ],
  [
    'an entry replaced, tiles with it',
    (folder) => {
      const saved = readFileSync(path.join(folder, 'checkpoint'));
      writeLog(folder, 699);
      writeFileSync(path.join(folder, 'checkpoint'), saved);
      rmSync(path.join(folder, 'tile/entries/002.p/188'));
      rmSync(path.join(folder, 'tile/0/002.p/188'));
    },
    ['bundle-missing'],
  ],
  ['a bit of the size', (folder) => flip(folder, 'checkpoint', 13), ['checkpoint-untrusted']],
  ['the checkpoint removed', (folder) => unlinkSync(path.join(folder, 'checkpoint')), ['checkpoint-missing']],
  [
    'a checkpoint that is none',
    (folder) => writeFileSync(path.join(folder, 'checkpoint'), Buffer.from([0xff, 0x0a])),
    ['checkpoint-malformed'],
  ],
  [
    'a checkpoint by another key',
    (folder) => {
      const text = readFileSync(path.join(folder, 'checkpoint'), 'utf8').split('\n\n')[0] ?? '';
      const forged = formatNote({
        text: `${text}\n`,
        signatures: [signLine(`${text}\n`, makeSigner('log.example', 0x01), 0)],
      });
      writeFileSync(path.join(folder, 'checkpoint'), forged);
    },
    ['checkpoint-untrusted'],
  ],
  ['everything removed', (folder) => rmSync(path.join(folder, 'tile'), { recursive: true }), ['bundle-missing']],
];

for (const [name, tamper, kinds] of tampering) {
  test(
    `found: ${name}`,
    withLog(700, async (folder) => {
      tamper(folder);
      const { faults } = await check(openLogFolder(folder));
      assert.deepEqual([...new Set(faults.map(({ kind }) => kind))], kinds);
    }),
  );
}

test(
  'an entry of no known kind is told with its index',
  withLog(700, async (folder) => {
    const { faults } = await checkLog({
      source: openLogFolder(folder),
      policy,
      sha256,
      verifier,
      range: null,
      isEntry: (entry) => !Buffer.from(entry).equals(entryOf(300)),
      onEntries: () => {},
    });
    assert.deepEqual(faults, [{ kind: 'entry-malformed', path: 'tile/entries/001', index: 300 }]);
  }),
);

test(
  'over HTTP the same is found, and a server that fails for a moment is asked again',
  withLog(700, async (folder) => {
    let isTroubled = true;
    const server = createServer((request, response) => {
      if (isTroubled && request.url === '/log/tile/0/000') {
        isTroubled = false;
        return response.writeHead(503).end();
      }
      try {
        return response.end(readFileSync(path.join(folder, (request.url ?? '').replace('/log/', ''))));
      } catch {
        return response.writeHead(404).end();
      }
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const source = openLogUrl(`http://127.0.0.1:${(server.address() as AddressInfo).port}/log/`);
    try {
      assert.deepEqual((await check(source)).faults, []);
      assert.equal(isTroubled, false);
      flip(folder, 'tile/entries/001', 702);
      assert.equal((await check(source)).faultCount, 3, 'the tile, the one above it, and the root');
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }),
);
