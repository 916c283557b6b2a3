import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { parseEntryBundle } from '../../../src/core/tlog/entry-bundle.ts';
import { tilePath } from '../../../src/core/tlog/tile-path.ts';
import type { TreeState } from '../../../src/ledger/port.ts';
import { testOrigin } from './open-log.ts';
import { readStubOpenings, stubSigner } from './stubs.ts';

/*
 * Checks what a log serves by recomputing it in the plainest way, from the files alone, without any code of the ledger's store.
 */

/** What the files of a log say. */
export interface ServedLog {
  readonly state: TreeState;
  readonly entries: readonly Uint8Array[];
  /** First fields by index, from the openings. */
  readonly ids: readonly string[];
}

/** Reads a served log: every tile that its checkpoint calls for is there, and right. Null when there is no checkpoint yet. */
export function readServedLog(contents: ReadonlyMap<string, Uint8Array>, folder: string): ServedLog | null {
  const note = contents.get(`${folder}/log/checkpoint`);
  if (note === undefined) return null;
  const state = stubSigner.open(testOrigin, note);
  const fileOf = (path: string): Uint8Array => {
    const full =
      contents.get(`${folder}/log/${path}`) ?? contents.get(`${folder}/log/${path.replace(/\.p\/\d+$/, '')}`);
    assert.ok(full, `${path} is missing`);
    return full;
  };
  const entries: Uint8Array[] = [];
  const ids: string[] = [];
  for (let index = 0; index * 256 < state.size; index++) {
    const width = Math.min(256, state.size - 256 * index);
    const bundle = parseEntryBundle(fileOf(tilePath({ level: 'entries', index, width })));
    assert.ok(bundle !== null && bundle.length >= width);
    entries.push(...bundle.slice(0, width));
    const name = tilePath({ level: 'entries', index, width: 256 }).slice('tile/entries/'.length);
    ids.push(...readStubOpenings(fileOf(`openings/${name}`)).slice(0, width));
  }
  assert.equal(ids.length, state.size, 'an opening is missing');
  let hashes = entries.map(leafOf);
  assert.ok(rootOf(hashes).equals(state.root), 'the root of the checkpoint is not that of the entries');
  for (let level = 0; hashes.length > 0; level++) {
    const above: Buffer[] = [];
    for (let index = 0; index * 256 < hashes.length; index++) {
      const expected = hashes.slice(256 * index, 256 * index + 256);
      const tile = fileOf(tilePath({ level, index, width: expected.length }));
      assert.ok(Buffer.concat(expected).equals(tile.subarray(0, 32 * expected.length)), `tile ${level}/${index}`);
      if (expected.length === 256) above.push(rootOf(expected));
    }
    hashes = above;
  }
  return { state, entries, ids };
}

/** Root of a tree from the hashes of its leaves: RFC 6962, section 2.1, level by level, an odd one out going up as it is. */
export function rootOf(hashes: readonly Buffer[]): Buffer {
  let level = hashes;
  while (level.length > 1) {
    const above: Buffer[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = level.slice(i, i + 2);
      if (left !== undefined) above.push(right === undefined ? left : sha256(Buffer.of(1), left, right));
    }
    level = above;
  }
  return level[0] ?? sha256();
}

/** Hash of a leaf. */
export function leafOf(entry: Uint8Array): Buffer {
  return sha256(Buffer.of(0), entry);
}

/** States of one run share nearly all of their hashes. */
const known = new Map<string, Buffer>();

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const all = Buffer.concat(parts);
  const key = all.toString('latin1');
  let hashed = known.get(key);
  if (hashed === undefined) {
    hashed = hash('sha256', all, 'buffer');
    if (known.size > 100_000) known.clear();
    known.set(key, hashed);
  }
  return hashed;
}
