import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { BoltsealError } from '../../../src/core/errors.ts';
import { Frontier } from '../../../src/core/merkle/frontier.ts';
import { consistencyRanges, hashRange } from '../../../src/core/merkle/proof-nodes.ts';
import { hashLeaf } from '../../../src/core/merkle/tree-hash.ts';
import { formatCheckpoint, parseCheckpoint } from '../../../src/core/note/checkpoint.ts';
import { formatNote, parseNote } from '../../../src/core/note/signed-note.ts';
import { type NoteSigner, signLine, verifyNote } from '../../../src/core/note/verify-note.ts';
import {
  addCheckpoint,
  formatAddCheckpoint,
  type WitnessDuties,
  type WitnessStore,
} from '../../../src/ledger/witness/add-checkpoint.ts';
import { requestCosignatures } from '../../../src/ledger/witness/witness-client.ts';
import { createWitnessServer } from '../../../src/ledger/witness/witness-server.ts';
import { SqliteWitnessStore } from '../../../src/ledger/witness/witness-store.ts';
import { makeSigner, sha256, verifier } from '../../core/note/keys.ts';

const origin = 'log.example/2026h2';
const logSigner = makeSigner(origin, 0x01);
const cosigners = [makeSigner('witness.example', 0x04), makeSigner('witness.example', 0x06)];

/** A log of entries `<prefix> 0`, `<prefix> 1`, …, at any size. */
function makeLog(prefix: string) {
  const nodes = new Map<string, Uint8Array>();
  const roots: Uint8Array[] = [];
  const frontier = new Frontier(sha256);
  for (let i = 0; i <= 40; i++) {
    roots.push(frontier.root());
    const leaf = hashLeaf(sha256, Buffer.from(`${prefix} ${i}`));
    frontier.append(leaf, (level, index, hash) => nodes.set(`${level}/${index}`, hash));
  }
  const sign = (
    size: number,
    signer: NoteSigner = logSigner,
    root = roots[size] ?? sha256(Buffer.from('')),
    name = origin,
  ) => {
    const text = formatCheckpoint({ origin: name, size, root, extensions: [] });
    return formatNote({ text, signatures: [signLine(text, signer, 0)] });
  };
  const prove = (from: number, to: number) =>
    consistencyRanges(from, to).map((range) =>
      hashRange(sha256, range, ({ level, index }) => nodes.get(`${level}/${index}`) ?? new Uint8Array(32)),
    );
  return { sign, prove, roots };
}

const log = makeLog('entry');

function withStore(run: (duties: WitnessDuties, file: string) => void | Promise<void>) {
  return async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'boltseal-witness-'));
    const file = path.join(folder, 'witness.sqlite');
    const store = new SqliteWitnessStore(file);
    try {
      const logs = new Map([[origin, [logSigner.key]]]);
      await run({ logs, signers: cosigners, store, sha256, verifier, nowSeconds: () => 1_790_000_000 }, file);
    } finally {
      store.close();
      rmSync(folder, { recursive: true });
    }
  };
}

const add = (
  duties: WitnessDuties,
  from: number,
  to: number,
  proof = from === 0 ? [] : log.prove(from, to),
  signed = log.sign(to),
) => addCheckpoint(duties, formatAddCheckpoint(from, proof, signed));

test(
  'a growing log is cosigned, and the cosignatures hold',
  withStore((duties) => {
    for (const [from, to] of [
      [0, 5],
      [5, 5],
      [5, 8],
      [8, 23],
    ] as const) {
      const { status, body } = add(duties, from, to);
      assert.equal(status, 200);
      const note = parseNote(`${log.sign(to)}${body}`);
      assert.equal(
        verifyNote(
          note,
          cosigners.map(({ key }) => key),
          verifier,
        ).length,
        2,
      );
    }
    assert.equal(parseCheckpoint(parseNote(duties.store.checkpoint(origin) ?? '').text).size, 23);
  }),
);

test(
  'every refusal has the status of the specification and changes nothing',
  withStore((duties) => {
    assert.equal(add(duties, 0, 9).status, 200);
    const fork = makeLog('other');
    const body = (from: number, to: number, signed: string, proof = log.prove(Math.max(1, from), to)) =>
      formatAddCheckpoint(from, proof, signed);
    const cases: readonly [number, string][] = [
      [400, ''],
      [400, 'old 9\n'],
      [400, body(9, 12, log.sign(12)).replace('old 9', 'old 09')],
      [400, body(9, 12, log.sign(12)).replace('old 9', 'old -9')],
      [400, `old 9\nAAAA\n\n${log.sign(12)}`],
      [400, `old 9\n${`${'A'.repeat(43)}=\n`.repeat(64)}\n${log.sign(12)}`],
      [400, 'old 9\n\nnot a checkpoint\n'],
      [400, body(9, 8, log.sign(8), [])],
      [403, body(9, 12, log.sign(12, makeSigner(origin, 0x01)))],
      [404, body(9, 12, log.sign(12, makeSigner('else.example', 0x01), undefined, 'else.example'))],
      [409, body(8, 12, log.sign(12))],
      [409, body(0, 12, log.sign(12), [])],
      [422, body(9, 12, log.sign(12), log.prove(9, 12).slice(1))],
      [422, body(9, 12, fork.sign(12), fork.prove(9, 12))],
      [422, body(9, 9, fork.sign(9), [])],
      [422, body(9, 12, log.sign(12), [...log.prove(9, 12), sha256(Buffer.from('x'))])],
    ];
    for (const [status, text] of cases) assert.equal(addCheckpoint(duties, text).status, status, text.slice(0, 30));
    const conflict = add(duties, 8, 12);
    assert.deepEqual([conflict.contentType, conflict.body], ['text/x.tlog.size', '9\n']);
    assert.equal(add(duties, 9, 12).status, 200);
  }),
);

test(
  'an empty log has one root, and nothing is proved of it',
  withStore((duties) => {
    assert.equal(add(duties, 0, 0, [], log.sign(0, logSigner, sha256(Buffer.from('x')))).status, 422);
    assert.equal(add(duties, 0, 0).status, 200);
    assert.equal(add(duties, 0, 3, [sha256(Buffer.from('x'))]).status, 422);
    assert.equal(add(duties, 0, 3).status, 200);
  }),
);

test(
  'of two requests from the same tree the one that comes second is refused, though it was checked before',
  withStore((duties) => {
    assert.equal(add(duties, 0, 5).status, 200);
    let isFirst = true;
    const racing: WitnessStore = {
      last: (name) => duties.store.last(name),
      checkpoint: (name) => duties.store.checkpoint(name),
      replace: (...given) => {
        if (isFirst) {
          isFirst = false;
          assert.equal(add(duties, 5, 20).status, 200);
        }
        return duties.store.replace(...given);
      },
    };
    const late = addCheckpoint({ ...duties, store: racing }, formatAddCheckpoint(5, log.prove(5, 8), log.sign(8)));
    assert.deepEqual([late.status, late.body], [409, '20\n']);
  }),
);

test(
  'what was cosigned is remembered by the next process',
  withStore((duties, file) => {
    assert.equal(add(duties, 0, 5).status, 200);
    const again = new SqliteWitnessStore(file);
    assert.equal(again.last(origin)?.size, 5);
    assert.deepEqual(Buffer.from(again.last(origin)?.root ?? ''), Buffer.from(log.roots[5] ?? ''));
    again.close();
  }),
);

test(
  'over HTTP: a log is cosigned, catches up by the size that the witness names, and is told when it is behind',
  withStore(async (duties) => {
    const failures: unknown[] = [];
    const server = createWitnessServer(duties, (error) => failures.push(error));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const address = { name: 'w', url, keys: cosigners.map(({ key }) => key) };
    const ask = (size: number, knownSize: number) => {
      const signed = log.sign(size);
      const prove = (from: number) => log.prove(from, size);
      return requestCosignatures(address, { signed, text: parseNote(signed).text, size, knownSize, prove }, verifier);
    };
    const isFailure = (error: unknown) => error instanceof BoltsealError && error.code === 'LEDGER_WITNESS';
    try {
      assert.equal((await ask(7, 0)).length, 2);
      assert.equal((await ask(20, 3)).length, 2);
      await assert.rejects(ask(12, 7), isFailure);
      const id = createHash('sha256').update(origin).digest('hex');
      const stored = await (await fetch(`${url}/${id}/checkpoint`)).text();
      assert.equal(parseCheckpoint(parseNote(stored).text).size, 20);
      assert.equal(verifyNote(parseNote(stored), address.keys, verifier).length, 2);
      for (const [route, init, status] of [
        [`/${'0'.repeat(64)}/checkpoint`, {}, 404],
        ['/add-checkpoint', {}, 405],
        ['/add-checkpoint', { method: 'POST', body: 'x'.repeat(600_000) }, 400],
        ['/add-checkpoint', { method: 'POST', body: Buffer.from([0xff, 0xfe]) }, 400],
        ['/', {}, 404],
      ] as const) {
        assert.equal((await fetch(`${url}${route}`, init)).status, status, route);
      }
      assert.deepEqual(failures, []);
    } finally {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
    await assert.rejects(ask(30, 20), isFailure);
  }),
);
