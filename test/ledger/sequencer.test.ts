import assert from 'node:assert/strict';
import { createHash, createSecretKey } from 'node:crypto';
import { describe, it } from 'node:test';
import { BoltsealError } from '../../src/core/errors.ts';
import { makeRequestFingerprint, RecentRequests } from '../../src/ledger/idempotency.ts';
import type { NewEntry } from '../../src/ledger/port.ts';
import { Sequencer } from '../../src/ledger/sequencer.ts';
import type { WalWriter } from '../../src/ledger/wal/writer.ts';
import { stubCodec, stubEntry, stubFingerprint } from './support/stubs.ts';

/** A log whose syncs end when the test says so. */
class SlowWal {
  readonly groups: { readonly firstIndex: number; readonly ids: string[]; readonly end: (error?: unknown) => void }[] =
    [];

  write(firstIndex: number, count: number, plain: Uint8Array): Promise<void> {
    const ids: string[] = [];
    for (let at = 0; at < plain.length; ) {
      const { record, end } = stubCodec.decode(plain, at);
      ids.push(Buffer.from(record.fields[0] ?? []).toString());
      at = end;
    }
    assert.equal(ids.length, count);
    return new Promise((resolve, reject) => {
      this.groups.push({ firstIndex, ids, end: (error) => (error === undefined ? resolve() : reject(error)) });
    });
  }

  async endNext(error?: unknown): Promise<void> {
    await settle();
    this.groups[this.#ended++]?.end(error);
    await settle();
  }

  #ended = 0;
}

function makeSequencer(entries = 100) {
  const wal = new SlowWal();
  const failures: BoltsealError[] = [];
  const requests = new RecentRequests({ windowMs: 1000, mostRequests: 1000 }, 0);
  const sequencer = new Sequencer({
    codec: stubCodec,
    wal: wal as unknown as WalWriter,
    size: 0,
    requests,
    fingerprint: stubFingerprint,
    limits: { groupBytes: 1 << 20, entries, bytes: 1 << 20 },
    nowMs: () => 0,
    refusal: () => null,
    onDurable: () => {},
    onFailure: (error) => failures.push(error),
  });
  return { wal, sequencer, failures };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const entries = (...ids: string[]): NewEntry[] => ids.map((id) => stubEntry(id));
const key = (value: number): Uint8Array => new Uint8Array(16).fill(value);

describe('the sequencer', () => {
  it('gathers while a sync runs, and answers when its own group is durable', async () => {
    const { wal, sequencer } = makeSequencer();
    const answered: number[] = [];
    const append = (...ids: string[]) =>
      sequencer.append(entries(...ids)).then(({ firstIndex }) => answered.push(firstIndex));
    append('a');
    await settle();
    append('b', 'c');
    append('d');
    await settle();
    assert.deepEqual(answered, []);
    await wal.endNext();
    assert.deepEqual(answered, [0]);
    assert.equal(sequencer.size, 1);
    await wal.endNext();
    assert.deepEqual(answered, [0, 1, 3]);
    assert.deepEqual(
      wal.groups.map(({ firstIndex, ids }) => ({ firstIndex, ids })),
      [
        { firstIndex: 0, ids: ['a'] },
        { firstIndex: 1, ids: ['b', 'c', 'd'] },
      ],
    );
  });

  it('says busy when the queue is full, and takes more when it is not', async () => {
    const { wal, sequencer } = makeSequencer(3);
    const first = sequencer.append(entries('a', 'b', 'c'));
    await assert.rejects(sequencer.append(entries('d')), (error: BoltsealError) => {
      assert.equal(error.code, 'LEDGER_BUSY');
      assert.ok(Number(error.parameters.retryAfterMs) >= 1);
      return true;
    });
    await wal.endNext();
    assert.equal((await first).firstIndex, 0);
    const next = sequencer.append(entries('d'));
    await wal.endNext();
    assert.equal((await next).firstIndex, 3);
  });

  it('refuses calls that fit into no group', async () => {
    const { sequencer } = makeSequencer(5000);
    const code = { code: 'LEDGER_BATCH' };
    await assert.rejects(sequencer.append([]), code);
    await assert.rejects(sequencer.append(Array.from({ length: 1025 }, (_, i) => stubEntry(`${i}`))), code);
    await assert.rejects(sequencer.append(Array.from({ length: 20 }, () => stubEntry('x'.repeat(60_000)))), code);
  });

  it('gives a repeated request the index of the first, waiting for it where it is not durable yet', async () => {
    const { wal, sequencer } = makeSequencer();
    const order: string[] = [];
    const note = (name: string) => (answer: unknown) => order.push(`${name} ${JSON.stringify(answer)}`);
    sequencer.append([stubEntry('a', key(1))]).then(note('first'));
    await settle();
    sequencer.append([stubEntry('a', key(1))]).then(note('again'));
    sequencer
      .append([stubEntry('b'), stubEntry('a', key(1)), stubEntry('c', key(2)), stubEntry('c', key(2))])
      .then(note('mixed'));
    await settle();
    assert.deepEqual(order, []);
    await wal.endNext();
    assert.deepEqual(order, ['first {"firstIndex":0,"indices":null}', 'again {"firstIndex":0,"indices":[0]}']);
    await wal.endNext();
    assert.equal(order[2], 'mixed {"firstIndex":1,"indices":[1,0,2,2]}');
    assert.deepEqual(await sequencer.append([stubEntry('a', key(1))]), { firstIndex: 0, indices: [0] });
    assert.equal(wal.groups.length, 2);
  });

  it('takes the same key with other content for another request: nobody keeps a disclosure out of the log with the key of another', async () => {
    const { wal, sequencer } = makeSequencer();
    const both = sequencer.append([stubEntry('a', key(1)), stubEntry('b', key(1))]);
    await wal.endNext();
    assert.deepEqual(await both, { firstIndex: 0, indices: null });
  });

  it('takes indices back that were refused for lack of room, and goes on', async () => {
    const { wal, sequencer, failures } = makeSequencer();
    const refused = [sequencer.append([stubEntry('a', key(1))])];
    await settle();
    refused.push(sequencer.append(entries('b')));
    const results = Promise.allSettled(refused);
    await wal.endNext(new BoltsealError('LEDGER_DISK_FULL'));
    for (const result of await results) {
      assert.equal(result.status === 'rejected' && result.reason.code, 'LEDGER_DISK_FULL');
    }
    const again = sequencer.append([stubEntry('a', key(1))]);
    await wal.endNext();
    assert.deepEqual(await again, { firstIndex: 0, indices: null });
    assert.deepEqual(failures, []);
  });

  it('fails closed: after an error of the disk nobody is answered, and nothing is taken', async () => {
    const { wal, sequencer, failures } = makeSequencer();
    const waiting = [sequencer.append(entries('a'))];
    await settle();
    waiting.push(sequencer.append(entries('b')));
    const results = Promise.allSettled(waiting);
    await wal.endNext(Object.assign(new Error('sync'), { code: 'EIO' }));
    for (const result of await results)
      assert.equal(result.status === 'rejected' && result.reason.code, 'LEDGER_FAILED');
    await assert.rejects(sequencer.append(entries('c')), { code: 'LEDGER_FAILED' });
    assert.equal(wal.groups.length, 1);
    assert.equal(failures.length, 1);
    assert.equal(failures[0]?.parameters.reason, 'EIO');
  });

  it('closes when what was queued is durable', async () => {
    const { wal, sequencer } = makeSequencer();
    const last = sequencer.append(entries('a'));
    const closed = sequencer.close();
    await assert.rejects(sequencer.append(entries('b')), { code: 'LEDGER_CLOSED' });
    await wal.endNext();
    await closed;
    assert.equal((await last).firstIndex, 0);
  });
});

describe('the fingerprint of a request', () => {
  const disclosed: NewEntry = {
    kind: 1,
    timeMs: 5,
    idempotencyKey: key(9),
    fields: ['scanner', 'customer', 'name', 'delivery', 'parcel', '5', 'allow', 'signature'].map((text) =>
      Buffer.from(text),
    ),
  };
  const keyed = (fill: number) => makeRequestFingerprint(createSecretKey(Buffer.alloc(32, fill)));

  it('is keyed: who has only the entry and its idempotency key cannot make it', () => {
    const one = keyed(1)(disclosed);
    assert.equal(one?.length, 16);
    assert.deepEqual(keyed(1)(disclosed), one);
    assert.notDeepEqual(keyed(2)(disclosed), one);
    assert.equal(keyed(1)({ ...disclosed, idempotencyKey: null }), null);
  });

  it('is that of docs/spec/ledger.md', () => {
    const parts: Uint8Array[] = [Buffer.alloc(32, 1), Buffer.alloc(32), key(9), Buffer.of(1)];
    for (const i of [0, 1, 2, 3, 4, 6]) {
      const field = disclosed.fields[i] ?? Buffer.alloc(0);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(field.length);
      parts.push(length, field);
    }
    const expected = createHash('sha256').update(Buffer.concat(parts)).digest().subarray(0, 16);
    assert.deepEqual(keyed(1)(disclosed), expected);
  });

  it('differs with everything but time and signature, also behind a value that is longer than all before', () => {
    const fingerprint = keyed(1);
    const one = fingerprint(disclosed);
    for (let i = 0; i < disclosed.fields.length; i++) {
      const fields = disclosed.fields.with(i, Buffer.alloc(4096, i));
      assert.equal(
        Buffer.from(fingerprint({ ...disclosed, fields }) ?? []).equals(one ?? Buffer.alloc(0)),
        i === 5 || i === 7,
      );
    }
    const long = { ...disclosed, fields: disclosed.fields.map(() => Buffer.alloc(4096, 1)) };
    const [first, second] = [fingerprint(long), fingerprint(long)];
    assert.deepEqual([first, second], [keyed(1)(long), first]);
    assert.deepEqual(fingerprint(disclosed), one);
    assert.notDeepEqual(fingerprint({ ...disclosed, idempotencyKey: key(8) }), one);
  });
});

describe('recent requests', () => {
  it('are known for a window at least, and forgotten after two', () => {
    const requests = new RecentRequests({ windowMs: 1000, mostRequests: 1000 }, 0);
    requests.note(key(1), 7, 100);
    requests.note(key(2), 8, 1099);
    assert.equal(requests.find(key(1)), 7);
    requests.note(key(3), 9, 2300);
    assert.equal(requests.find(key(1)), null);
    requests.note(key(4), 10, 9000);
    assert.equal(requests.find(key(3)), null);
    assert.equal(requests.find(key(4)), 10);
  });

  it('are bounded', () => {
    const requests = new RecentRequests({ windowMs: 1e9, mostRequests: 4000 }, 0);
    const random = (i: number): Uint8Array => new Uint8Array(Uint32Array.of(Math.imul(i, 0x9e3779b9), i, 0, 0).buffer);
    for (let i = 0; i < 20_000; i++) requests.note(random(i), i, 1);
    assert.ok(requests.count <= 4000);
    for (let i = 18_001; i < 20_000; i++) assert.equal(requests.find(random(i)), i);
  });
});
