import assert from 'node:assert/strict';
import { BoltsealError } from '../../../src/core/errors.ts';
import type { EntryPlace } from '../../../src/core/ledger-entry/erased-entries.ts';
import { kindName } from '../../../src/core/ledger-entry/kinds.ts';
import { verifyConsistency } from '../../../src/core/merkle/consistency.ts';
import { readErasedHalves } from '../../../src/ledger/erasing/erased-halves.ts';
import { readWhole } from '../../../src/ledger/files/whole-files.ts';
import { OpeningsCheck } from '../../../src/ledger/openings/check-openings.ts';
import { readEntries } from '../../../src/ledger/read-entries.ts';
import { FolderSecondPlace } from '../../../src/ledger/second-place.ts';
import { sha256 } from '../../../src/ledger/sha256.ts';
import { openingsFile } from '../../../src/ledger/shard-place.ts';
import { isDropped } from '../../../src/ledger/shards.ts';
import { TreeReader } from '../../../src/ledger/tree-reader.ts';
import { randomChooser } from '../crash/scenario.ts';
import { leafOf, rootOf } from '../support/check-log.ts';
import { stubSigner } from '../support/stubs.ts';
import { HALF_YEAR_MS, type Machine, type Process, secondFolder, secrets, stateOf } from './machine.ts';

/** An entry of a shard that is kept, and what can be read of it. */
export interface SeenEntry extends EntryPlace {
  readonly kind: string;
  readonly values: ReadonlyMap<string, string>;
}

interface Disclosed extends EntryPlace {
  readonly id: string;
  readonly subject: string;
  readonly principal: string;
}

/** What was done, as whoever asked for it knows. */
export class Story {
  /** Disclosures that were acknowledged, or found after a crash. */
  readonly disclosed: Disclosed[] = [];
  /** Words of orders whose deeds were said to be done. */
  readonly done: string[] = [];
  #count = 0;

  next(what: string): string {
    return `${what} #${this.#count++}`;
  }
}

function isBefore(one: EntryPlace, other: EntryPlace): boolean {
  return one.origin < other.origin || (one.origin === other.origin && one.index < other.index);
}

export function readAll(process: Process): SeenEntry[] {
  return process.searched().flatMap(({ place, size, reader }) =>
    [...readEntries(place, reader, size, { from: 0, to: size })].map(({ index, entry, opening }) => ({
      origin: place.origin,
      index,
      kind: kindName(entry[1] ?? 0) ?? '',
      values: new Map(
        (opening?.fields ?? []).flatMap((field) =>
          'value' in field ? [[field.field.name, Buffer.from(field.value).toString()] as const] : [],
        ),
      ),
    })),
  );
}

export async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    return error instanceof BoltsealError ? error.code : String(error);
  }
}

/** Runs work; power is lost before the operation of that number, unless it ends before. */
export async function crashing(
  machine: Machine,
  end: () => void,
  { at, seed }: { readonly at: number | null; readonly seed: number },
  work: () => Promise<unknown>,
): Promise<string> {
  if (at === null) return outcomeOf(work());
  const { disk } = machine;
  let left = at;
  const lost = new Promise<string>((resolve) => {
    disk.onOperation = () => {
      if (left-- > 0) return;
      // Long enough for every request to be forgotten, and sometimes into the next half year.
      machine.crash(randomChooser(seed), 3_600_000 + (seed % 3 === 0 ? HALF_YEAR_MS : 0));
      end();
      resolve('crashed');
      throw Object.assign(new Error('there is no power'), { code: 'EIO' });
    };
  });
  const outcome = await Promise.race([outcomeOf(work()), lost]);
  if (machine.disk !== disk) return 'crashed';
  disk.onOperation = null;
  return outcome;
}

/** What a crash left of disclosures that nobody was told of is told from now on. */
export function adopt(process: Process, story: Story): void {
  const known = new Set(story.disclosed.map(({ id }) => id));
  for (const { origin, index, kind, values } of readAll(process)) {
    const [id, subject, principal] = ['basis', 'subject', 'principal'].map((name) => values.get(name));
    if (kind !== 'disclosure' || id === undefined || known.has(id)) continue;
    story.disclosed.push({ id, subject: subject ?? '', principal: principal ?? '', origin, index });
  }
}

/** What must hold at any time, whatever happened before. */
export async function check(process: Process, story: Story): Promise<void> {
  const { disk, machine } = process;
  await process.ledger.checkpoint();
  const seen = readAll(process);
  const second = new FolderSecondPlace(disk, secondFolder);
  const dropped = new Set(
    process
      .shards()
      .filter(isDropped)
      .map(({ description }) => description.origin),
  );

  // Served: what is signed is what the entries hash to, and every checkpoint that anybody saw is a beginning of it.
  const openings = new OpeningsCheck({
    secrets,
    keys: process.keys,
    tombstoneOf: (erasure) => process.erasures.tombstoneOf(erasure),
  });
  for (const shard of process.shards()) {
    const { origin } = shard.description;
    const state = stateOf(disk, shard);
    const note = second.read(origin);
    assert.ok(
      note !== null && stubSigner.open(origin, note).size === state.size,
      'the second place has another checkpoint',
    );
    if (dropped.has(origin)) {
      openings.addDropped(
        origin,
        readErasedHalves(disk, shard.folder) ?? assert.fail('what is left of erasures is gone'),
      );
      assert.deepEqual(disk.list(shard.folder).sort(), ['checkpoint', 'erased', 'log.json']);
      continue;
    }
    const tree = new TreeReader({ files: disk, folder: shard.folder }, state.size);
    const leaves: Buffer[] = [];
    for (let bundle = 0; bundle * 256 < state.size; bundle++) {
      const entries = tree.entries(bundle);
      leaves.push(...entries.map(leafOf));
      openings.addBundle(origin, bundle, readWhole(disk, openingsFile(shard.folder, bundle)), entries);
    }
    assert.ok(rootOf(leaves).equals(state.root), 'the root is not that of the entries');
    for (const earlier of machine.published.get(origin) ?? []) {
      const proof = earlier.size === 0 ? [] : tree.consistencyProof(earlier.size);
      const claim = { size1: earlier.size, root1: earlier.root, size2: state.size, root2: state.root, proof };
      assert.ok(verifyConsistency(sha256, claim), 'a checkpoint is of another history');
    }
  }
  assert.deepEqual(openings.finish(), []);
  const newest = process.shards().findLast(isDropped);
  assert.ok(newest === undefined || openings.dropOf(newest.description.origin) !== null, 'a drop was not announced');

  // Acknowledged: each disclosure stands where it was said to stand, and is read unless it was erased behind it.
  const tombstones = seen.filter(({ kind }) => kind === 'erasure');
  const isErased = (place: EntryPlace, name: string): boolean =>
    tombstones.some(
      (tombstone) => (tombstone.values.get('basis') ?? '').includes(` ${name} #`) && isBefore(place, tombstone),
    );
  const byPlace = new Map(seen.map((entry) => [`${entry.origin} ${entry.index}`, entry]));
  for (const { origin, index, id, subject, principal } of story.disclosed) {
    if (dropped.has(origin)) continue;
    const entry = byPlace.get(`${origin} ${index}`);
    assert.equal(entry?.kind, 'disclosure', `${id} is missing`);
    assert.equal(entry.values.get('basis'), isErased(entry, subject) ? undefined : id);
    assert.equal(entry.values.get('subject'), isErased(entry, subject) ? undefined : subject);
    assert.equal(entry.values.get('principal'), isErased(entry, principal) ? undefined : principal);
  }

  for (const { origin, index, kind } of seen)
    if (kind === 'seal') assert.ok(!byPlace.has(`${origin} ${index + 1}`), 'an entry stands behind a seal');

  // Once: what was ordered and done stands in the log one time, and nothing stands there twice.
  const words = seen.flatMap(({ kind, values }) =>
    (kind === 'seal' ? [] : [values.get('basis') ?? '']).filter((basis) => basis !== ''),
  );
  assert.deepEqual(words.length, new Set(words).size, 'an entry stands twice');
  for (const basis of story.done) {
    // Erased with their subject, or gone with their shard.
    if (/^(?:hold|release) /.test(basis) || dropped.size > 0) continue;
    assert.ok(words.includes(basis), `${basis} is missing`);
  }
}
