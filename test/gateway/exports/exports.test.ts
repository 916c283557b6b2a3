import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ExportRequest } from '../../../src/contract/api/exports.ts';
import { BoltsealError } from '../../../src/core/errors.ts';
import { ExportBook, exportMigrations, MONTH_MS } from '../../../src/gateway/exports/export-book.ts';
import { type ExportParts, Exports, type RunningExport } from '../../../src/gateway/exports/exports.ts';
import { canariesFor } from '../../../src/gateway/exports/mix-canaries.ts';
import type { Caller, DecisionEntry, DecisionLog, Principal } from '../../../src/gateway/port.ts';
import { inTransaction, openSqlite } from '../../../src/store/sqlite.ts';
import { valuesOf } from '../pieces.ts';

/*
 * Exports over a vault, canaries and policies that are made up, so that there can be many people, much time, and kills.
 */

const start = Date.parse('2026-11-22T12:00:00Z');
const HOUR_MS = 3_600_000;

function personOf(id: string, role = 'privacy-officer'): Caller {
  const principal: Principal = { id, kind: 'staff', role, station: null, partner: null, attributes: {} };
  return { principal, by: 'session', signature: null };
}
const officer = personOf('officer');
const approverOf = (i: number): Caller => personOf(`approver-${i}`, 'approver');

const wanted: ExportRequest = {
  purpose: 'notice',
  fields: { name: 'masked', phone: 'clear' },
  selection: { kind: 'everybody' },
  people: 1000,
  recipient: 'mail-house-3',
  reason: 'recall of a charger',
};

/** Exports of a company with so many customers. */
function aWorld(people: number, changes: Partial<ExportParts> = {}) {
  const database = openSqlite(':memory:', { migrations: exportMigrations, durability: 'normal' });
  const key = new Uint8Array(32).fill(7);
  const book = new ExportBook({ database, transact: (work) => inTransaction(database, work) }, key);
  const state = {
    nowMs: start,
    reads: 0,
    entries: [] as DecisionEntry[],
    steps: [] as string[],
    told: [] as string[],
    gone: new Set<string>(),
    forbidden: new Set<string>(),
    ledgerError: null as BoltsealError | null,
    busy: 0,
  };
  const log: DecisionLog = {
    append: async (entries) => {
      await Promise.resolve();
      if (state.busy > 0 && state.busy-- > 0) throw new BoltsealError('LEDGER_BUSY', { retryAfterMs: 1 });
      if (state.ledgerError !== null) throw state.ledgerError;
      const first = state.entries.length;
      state.entries.push(...entries);
      return entries.map((_, i) => ({ log: 'l', shard: '2026h2', index: first + i }));
    },
  };
  const parts: ExportParts = {
    book,
    vault: {
      status: async () => ({ subjects: people }),
      list: async (after) => ({
        subjects: Array.from({ length: Math.min(1000, people - after) }, (_, i) => `C${after + i}`),
        next: after + 1000 < people ? after + 1000 : null,
      }),
      recipientsAt: async (station, after) => ({
        subjects: after === 0 ? [`${station}-1`, `${station}-2`, `${station}-1`] : [`${station}-2`, `${station}-3`],
        next: after === 0 ? 1 : null,
      }),
      read: async (subjects) => {
        state.reads++;
        // Every second has no telephone number.
        return subjects.map((id) =>
          id.startsWith('gone')
            ? null
            : valuesOf({
                name: `Name of ${id}`,
                ...(Number(id.slice(1)) % 2 === 0 ? {} : { phone: '+8613900000000' }),
              }),
        );
      },
    },
    policies: {
      version: '1',
      changing: null,
      decide: ({ principal, act }, fields) => ({
        allowed: new Set(
          !state.forbidden.has(principal.id) && (act === 'approve') === (principal.role === 'approver') ? fields : [],
        ),
        version: '1',
      }),
    },
    forms: { shape: (form, { value }) => (form === 'clear' ? value : `${value[0]}*`) },
    canaries: {
      check: () => undefined,
      make: async ({ count, scope }) =>
        Array.from({ length: count }, (_, i) => ({
          id: `${scope.slice(7, 11)}-canary-${i}`,
          values: { name: 'Known', phone: '13700000000' },
        })),
    },
    findActive: (id) =>
      state.gone.has(id) ? null : (id === officer.principal.id ? officer : personOf(id, 'approver')).principal,
    tell: async (record, { step, by }) => {
      await Promise.resolve();
      if (state.ledgerError !== null) throw state.ledgerError;
      state.steps.push(step);
      state.told.push(`${step} ${by} ${record.rows}`);
    },
    rowLog: () => log,
    settings: { approvals: 2, validMs: 24 * HOUR_MS, people: 1_000_000, peopleAMonth: 1_000_000 },
    nowMs: () => state.nowMs,
    ...changes,
  };
  const exports = new Exports(parts);
  const approved = async (request: Partial<ExportRequest> = {}): Promise<string> => {
    const { id } = await exports.request(officer, { ...wanted, ...request });
    await exports.approve(approverOf(1), id);
    assert.equal((await exports.approve(approverOf(2), id)).state, 'approved');
    return id;
  };
  return { exports, parts, book, state, approved };
}

/** Takes a whole file, as a connection would. */
async function takeAll({ stream, end }: RunningExport): Promise<string> {
  let text = '';
  for await (const part of stream) text += String(part);
  end(true);
  return text;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'nothing';
  } catch (error) {
    return error instanceof BoltsealError ? error.code : String(error);
  }
}

describe('exports', () => {
  it('give exactly as many people as were asked for, with canaries in between that look like those beside them', async () => {
    for (const [inVault, people, isWhole] of [
      [3000, 1000, false],
      [3000, 700, false],
      [700, 300, false],
      [1000, 1000, true],
      [999, 1000, true],
      [256, 256, true],
      [257, 256, false],
      [1, 5, true],
    ] as const) {
      const { exports, book, state, approved } = aWorld(inVault);
      const id = await approved({ people });
      const text = await takeAll(await exports.begin(officer, id, 'jsonl'));
      const rows = text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      const canaries = rows.filter(({ customerId }) => customerId.includes('canary'));
      const count = Math.min(inVault, people);
      assert.equal(rows.length - canaries.length, count);
      assert.equal(canaries.length, canariesFor(count));
      assert.deepEqual(new Set(rows.map(({ customerId }) => customerId)).size, rows.length);
      for (const { name } of canaries) assert.equal(name, 'K*');
      const kept = book.needed(id);
      assert.deepEqual([kept.state, kept.people, kept.rows, kept.isWhole], ['given', count, rows.length, isWhole]);
      const ofRows = state.entries.filter(({ basis }) => basis === `export ${id}`);
      assert.deepEqual(
        ofRows.map(({ subject }) => subject),
        rows.map(({ customerId }) => customerId),
      );
    }
  });

  it('have canaries at other places each time, and without what the people there do not have', async () => {
    const places = new Set<string>();
    let withoutPhone = 0;
    for (let i = 0; i < 12; i++) {
      const { exports, approved } = aWorld(14);
      const text = await takeAll(await exports.begin(officer, await approved(), 'jsonl'));
      const rows = text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      const canaries = rows.flatMap((row, at) => (row.customerId.includes('canary') ? [[row, at] as const] : []));
      places.add(canaries.map(([, at]) => at).join());
      withoutPhone += canaries.filter(([row]) => row.phone === undefined).length;
    }
    assert.ok(places.size > 6, [...places].join(' '));
    assert.ok(withoutPhone > 0 && withoutPhone < 36, `${withoutPhone}`);
  });

  it('take the recipients of parcels at a station once each, and pass over who is not there', async () => {
    const { exports, approved } = aWorld(5);
    const there = await takeAll(
      await exports.begin(officer, await approved({ selection: { kind: 'station', station: 'st' } }), 'csv'),
    );
    const own = there
      .split('\r\n')
      .filter((line) => line.startsWith('st-'))
      .map((line) => line.split(',')[0]);
    assert.deepEqual(own.sort(), ['st-1', 'st-2', 'st-3']);
    const named = await approved({ selection: { kind: 'subjects', subjects: ['gone-1', 'gone-2'] } });
    assert.equal(await takeAll(await exports.begin(officer, named, 'csv')), 'customer_id,name,phone\r\n');
    assert.equal(exports.find(officer, named).rows, 0);
    // Fewer than expected: the canaries whose places would have come later are there all the same.
    const few = await approved({
      selection: { kind: 'subjects', subjects: ['C1', ...Array.from({ length: 200 }, (_, i) => `gone-${i}`)] },
    });
    assert.equal((await takeAll(await exports.begin(officer, few, 'csv'))).match(/canary/g)?.length, 3);
  });

  it('read no more than somebody takes', async () => {
    const { exports, state, approved, book } = aWorld(1_000_000);
    const id = await approved({ people: 1_000_000 });
    const { stream, end } = await exports.begin(officer, id, 'csv');
    const parts = stream[Symbol.asyncIterator]();
    await parts.next();
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.ok(state.reads <= 6, `${state.reads} parts were read and one taken`);
    end(false);
    await new Promise((resolve) => setTimeout(resolve, 10));
    const { state: is, rows } = book.needed(id);
    assert.equal(is, 'broken');
    assert.equal(state.entries.filter(({ basis }) => basis === `export ${id}`).length, rows);
    assert.ok(rows < 2000);
    assert.equal(await codeOf(exports.begin(officer, id, 'csv')), 'EXPORT_STATE');
  });

  it('have every row in the ledger before it is handed on', async () => {
    const { exports, state, approved } = aWorld(2000);
    const { stream, end } = await exports.begin(officer, await approved(), 'jsonl');
    let rows = 0;
    for await (const part of stream) {
      const recorded = new Set(state.entries.map(({ subject }) => subject));
      for (const line of String(part).trimEnd().split('\n')) {
        assert.ok(recorded.has(JSON.parse(line).customerId));
        rows++;
      }
    }
    end(true);
    assert.ok(rows > 1000);
  });

  it('are used once, by one of a hundred at once, and approved by each person once', async () => {
    const { exports, approved, state } = aWorld(600);
    const id = await approved();
    const begun = await Promise.allSettled(Array.from({ length: 100 }, () => exports.begin(officer, id, 'csv')));
    const running = begun.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    assert.equal(running.length, 1);
    for (const one of running) await takeAll(one);
    assert.equal(state.steps.filter((step) => step === 'begun').length, 1);

    const { id: other } = await exports.request(officer, wanted);
    await Promise.all(Array.from({ length: 100 }, () => exports.approve(approverOf(1), other)));
    assert.deepEqual(
      [exports.find(officer, other).state, exports.find(officer, other).approvals.length],
      ['requested', 1],
    );
    assert.equal(await codeOf(exports.approve(officer, other)), 'EXPORT_SELF');
  });

  it('of a month have room together for so many people, exact with many at once', async () => {
    const { exports, state, approved, parts } = aWorld(1000, {
      settings: { approvals: 2, validMs: 24 * HOUR_MS, people: 1000, peopleAMonth: 700 },
    });
    const ids: string[] = [];
    for (let i = 0; i < 10; i++) ids.push(await approved({ people: 100 }));
    const begun = await Promise.allSettled(ids.map((id) => exports.begin(officer, id, 'csv')));
    const running = begun.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    assert.equal(running.length, 7);
    // Those that are running have all of their room.
    assert.equal(await codeOf(exports.begin(officer, ids.at(-1) ?? '', 'csv')), 'EXPORT_BUDGET');
    for (const one of running.slice(1)) await takeAll(one);
    running[0]?.end(false);
    assert.equal(parts.book.roomLeft(700, state.nowMs), 0);
    state.nowMs += MONTH_MS + 1;
    assert.equal(parts.book.roomLeft(700, state.nowMs), 700);
    assert.equal(await codeOf(exports.request(officer, { ...wanted, people: 1001 })), 'EXPORT_MOST');
  });

  it('expire, and nothing of who was named is kept when one is over', async () => {
    const { exports, state, approved, book } = aWorld(10);
    const id = await approved({ selection: { kind: 'subjects', subjects: ['C1', 'C2'] }, people: 2 });
    const kept = book.needed(id).selection;
    assert.deepEqual(kept, { kind: 'subjects', subjects: ['C1', 'C2'], count: 2 });
    state.nowMs += 24 * HOUR_MS;
    assert.equal(await codeOf(exports.begin(officer, id, 'csv')), 'EXPORT_STATE');
    assert.equal(await codeOf(exports.approve(approverOf(3), id)), 'EXPORT_STATE');
    await exports.upkeep();
    assert.equal(book.needed(id).state, 'expired');
    assert.deepEqual(book.needed(id).selection, { kind: 'subjects', subjects: [], count: 2 });
    assert.equal(state.steps.at(-1), 'expired');
    await exports.upkeep();
    assert.equal(state.steps.filter((step) => step === 'expired').length, 1);
  });

  it('end with who is revoked, with policies that change, and when somebody stops them', async () => {
    for (const stop of [
      ({ state }: ReturnType<typeof aWorld>) => state.gone.add('officer'),
      ({ state }: ReturnType<typeof aWorld>) => state.forbidden.add('officer'),
      ({ exports }: ReturnType<typeof aWorld>, id: string) => exports.refuse(approverOf(1), id),
      ({ state }: ReturnType<typeof aWorld>) => {
        state.nowMs += 2 * HOUR_MS;
      },
      ({ exports }: ReturnType<typeof aWorld>) => exports.close(),
    ]) {
      const world = aWorld(100_000);
      const id = await world.approved({ people: 100_000 });
      const { stream, end } = await world.exports.begin(officer, id, 'csv');
      stream.once('error', () => end(false));
      const parts = stream[Symbol.asyncIterator]();
      await parts.next();
      await stop(world, id);
      await assert.rejects(async () => {
        for (let i = 0; i < 20; i++) if ((await parts.next()).done === true) throw new Error('ended');
      });
      await new Promise((resolve) => setImmediate(resolve));
      const { state, rows } = world.book.needed(id);
      assert.equal(state, 'broken', String(stop));
      assert.ok(rows < 3000, `${rows} after ${String(stop)}`);
    }
  });

  it('count approvals of those alone who may approve when it is fetched', async () => {
    const { exports, state, approved } = aWorld(10);
    const id = await approved();
    state.gone.add('approver-1');
    assert.equal(await codeOf(exports.begin(officer, id, 'csv')), 'EXPORT_UNAPPROVED');
    state.gone.clear();
    state.forbidden.add('approver-2');
    assert.equal(await codeOf(exports.begin(officer, id, 'csv')), 'EXPORT_UNAPPROVED');
    await exports.approve(approverOf(3), id);
    await takeAll(await exports.begin(officer, id, 'csv'));
  });

  it('wait for a ledger that is busy, and go on where one that failed gave nothing', async () => {
    const { exports, state, approved, book } = aWorld(600);
    const id = await approved();
    state.ledgerError = new BoltsealError('LEDGER_DISK_FULL', { needBytes: 1, freeBytes: 0 });
    assert.equal(await codeOf(exports.begin(officer, id, 'csv')), 'LEDGER_DISK_FULL');
    assert.deepEqual([book.needed(id).state, book.needed(id).rows], ['approved', 0]);
    state.ledgerError = null;
    const running = await exports.begin(officer, id, 'csv');
    state.busy = 3;
    const text = await takeAll(running);
    assert.equal(text.trimEnd().split('\r\n').length, 1 + 600 + canariesFor(600));

    const other = await approved();
    const { stream, end } = await exports.begin(officer, other, 'csv');
    stream.once('error', () => end(false));
    const parts = stream[Symbol.asyncIterator]();
    await parts.next();
    state.ledgerError = new BoltsealError('LEDGER_DISK_FULL', { needBytes: 1, freeBytes: 0 });
    await assert.rejects(async () => {
      for (let i = 0; i < 5; i++) await parts.next();
    });
    await new Promise((resolve) => setImmediate(resolve));
    const rows = state.entries.filter(({ basis }) => basis === `export ${other}`).length;
    assert.deepEqual([book.needed(other).state, book.needed(other).rows], ['broken', rows]);
    // The ledger did not hear of the end, and does when it can.
    assert.notEqual(state.steps.at(-1), 'broken');
    state.ledgerError = null;
    await exports.upkeep();
    assert.equal(state.steps.at(-1), 'broken');
  });

  it('that a kill cut off are broken at the next start, and say so', async () => {
    const { exports, state, approved, book, parts } = aWorld(5000);
    const id = await approved({ people: 5000 });
    const { stream } = await exports.begin(officer, id, 'csv');
    await stream[Symbol.asyncIterator]().next();
    await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(book.needed(id).state, 'running');
    const again = new Exports(parts);
    const rows = state.entries.filter(({ basis }) => basis === `export ${id}`).length;
    assert.deepEqual([book.needed(id).state, book.needed(id).rows], ['broken', rows]);
    await again.upkeep();
    assert.equal(state.steps.at(-1), 'broken');
    assert.equal(state.told.at(-1), `broken officer ${rows}`);
    assert.equal(await codeOf(again.begin(officer, id, 'csv')), 'EXPORT_STATE');
  });

  it('cannot be taken out of what is kept of them, nor used again there', () => {
    const { book, parts } = aWorld(1);
    book.add('e-1', { request: wanted, by: 'officer', nowMs: start, expiresMs: start + 1, approvals: 2 });
    assert.ok(book.end(book.needed('e-1'), { state: 'refused', nowMs: start }));
    assert.equal(book.end(book.needed('e-1'), { state: 'given', nowMs: start }), false);
    assert.equal(book.begin(book.needed('e-1').number, start), false);
    assert.equal(parts.book.needed('e-1').state, 'refused');
  });
});
