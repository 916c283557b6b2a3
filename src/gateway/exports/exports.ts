import { Readable } from 'node:stream';
import type { ExportFormat, ExportRequest } from '../../contract/api/exports.ts';
import { BoltsealError } from '../../core/errors.ts';
import type { VaultStatus } from '../../vault/port.ts';
import type { Forms } from '../forms.ts';
import type { Caller, DecisionLog, ExportCanaries, ExportCanary, PolicyEngine, Principal } from '../port.ts';
import type { EndState, ExportBook } from './export-book.ts';
import { rowWriter } from './formats.ts';
import { type Given, giveRows } from './give-rows.ts';
import { canariesFor } from './mix-canaries.ts';
import type { ExportRecord, ExportSettings } from './port.ts';
import { fieldsOf, isAllowed, maySee, requireOwnPerson } from './rights.ts';
import type { SelectingVault } from './select-people.ts';
import type { MadeStep } from './steps.ts';

/** Requests of one person that wait: nobody decides about more. */
const MOST_OPEN = 20;
const PAGE = 100;
/** However slowly somebody reads: then it is cut off. */
const LONGEST_MS = 3_600_000;

/** What exports need. */
export interface ExportParts {
  readonly book: ExportBook;
  readonly vault: SelectingVault & { status(): Promise<Pick<VaultStatus, 'subjects'>> };
  readonly policies: PolicyEngine;
  readonly forms: Forms;
  readonly canaries: ExportCanaries;
  /** Somebody who may ask now; null: nobody who may. */
  readonly findActive: (id: string) => Principal | null;
  /** Enters a step into audit and ledger, durably. Rejects with LEDGER_*; then it is in neither. */
  readonly tell: (record: ExportRecord, step: MadeStep) => Promise<void>;
  /** Of rows; canaries that are made for them raise no alarm. */
  readonly rowLog: (isOwnCanary: (subject: string) => boolean) => DecisionLog;
  readonly settings: ExportSettings;
  readonly nowMs: () => number;
}

/** A file that is being given. */
export interface RunningExport {
  readonly record: ExportRecord;
  readonly contentType: string;
  readonly stream: Readable;
  /** To be called once: whether everything reached the other side. */
  end(isComplete: boolean): void;
}

/**
 * Exports of many people: asked for by one, approved by others, given once, row by row in the ledger before it leaves (docs/spec/exports.md). Steps go one after the other. Every call but `find` and `list`
 * rejects with GATEWAY_FORBIDDEN, GATEWAY_NOT_FOUND, EXPORT_STATE, EXPORT_WRITE and, when the ledger does not take the step, LEDGER_*; then nothing has changed.
 */
export class Exports {
  readonly #parts: ExportParts;
  /** Being prepared or given, by id. */
  readonly #running = new Map<string, (isComplete: boolean) => void>();
  #turn: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  /** What was being given when the process ended is broken off. Fails with EXPORT_WRITE. */
  constructor(parts: ExportParts) {
    this.#parts = parts;
    for (const record of parts.book.running()) parts.book.end(record, { state: 'broken', nowMs: parts.nowMs() });
  }

  /** Asks for an export. Rejects with EXPORT_MOST, EXPORT_OPEN, GATEWAY_POLICY, CANARIES_SETTING, CANARIES_FIELD. */
  request(caller: Caller, request: ExportRequest): Promise<ExportRecord> {
    return this.#inTurn(async () => {
      const { book, policies, canaries, settings } = this.#parts;
      const { id: by } = caller.principal;
      const nowMs = this.#parts.nowMs();
      requireOwnPerson(caller);
      const wanted = request.selection.kind === 'subjects' ? request.selection.subjects.length : 1;
      if (wanted > request.people)
        throw new BoltsealError('GATEWAY_REQUEST', { place: '/people', problem: 'is less than the people named' });
      if (request.people > settings.people) throw new BoltsealError('EXPORT_MOST', { most: settings.people });
      if (book.countOpen(by) >= MOST_OPEN) throw new BoltsealError('EXPORT_OPEN', { most: MOST_OPEN });
      const id = book.newId();
      const record = newRecord(id, request, by, nowMs, settings);
      if (!isAllowed(policies, 'export', caller.principal, request, nowMs)) await this.#deny(record, caller, nowMs);
      canaries.check(fieldsOf(request.fields).map(([field]) => field));
      await this.#parts.tell(record, { step: 'requested', by, nowMs, signature: caller.signature });
      return book.add(id, { request, by, nowMs, expiresMs: record.expiresMs, approvals: record.approvalsNeeded });
    });
  }

  /** Approves it; again: as before. Rejects with EXPORT_SELF, GATEWAY_POLICY. */
  approve(caller: Caller, id: string): Promise<ExportRecord> {
    return this.#inTurn(async () => {
      const { book, policies } = this.#parts;
      const { id: by } = caller.principal;
      const nowMs = this.#parts.nowMs();
      const record = this.#visible(caller, id, nowMs);
      requireOwnPerson(caller);
      if (by === record.requestedBy) throw new BoltsealError('EXPORT_SELF');
      if (!isAllowed(policies, 'approve', caller.principal, record.request, nowMs))
        await this.#deny(record, caller, nowMs);
      if (record.approvals.some((approval) => approval.by === by)) return record;
      // Also one more than is needed: in place of somebody who may approve no longer.
      if (record.state !== 'requested' && record.state !== 'approved') throw stateError(record);
      if (record.expiresMs <= nowMs) throw new BoltsealError('EXPORT_STATE', { state: 'expired' });
      await this.#parts.tell(record, { step: 'approved', by, nowMs, signature: caller.signature });
      book.approve(record, by, nowMs);
      return book.needed(id);
    });
  }

  /** Refuses it, takes it back, or stops it while it is being given: who asked, who may approve it, and administrators may. */
  refuse(caller: Caller, id: string): Promise<ExportRecord> {
    return this.#inTurn(async () => {
      const { book } = this.#parts;
      const nowMs = this.#parts.nowMs();
      const record = this.#visible(caller, id, nowMs);
      const { id: by, role } = caller.principal;
      requireOwnPerson(caller);
      if (role === 'auditor' && by !== record.requestedBy) throw new BoltsealError('GATEWAY_FORBIDDEN');
      if (!['requested', 'approved', 'running'].includes(record.state)) throw stateError(record);
      await this.#parts.tell(record, { step: 'refused', by, nowMs, signature: caller.signature });
      if (record.state === 'running') {
        this.#running.get(id)?.(false);
        return book.needed(id);
      }
      book.end(record, { state: 'refused', nowMs, by });
      book.told(record.number);
      return book.needed(id);
    });
  }

  /** Fails with GATEWAY_NOT_FOUND for what somebody may not know of. */
  find(caller: Caller, id: string): ExportRecord {
    return this.#visible(caller, id, this.#parts.nowMs());
  }

  /** Those that somebody may know of, the newest first; `next`: the number below which there may be more. */
  list(
    caller: Caller,
    before: number | null,
  ): { readonly exports: readonly ExportRecord[]; readonly next: number | null } {
    const { book, policies } = this.#parts;
    const nowMs = this.#parts.nowMs();
    const page = book.list(before, PAGE);
    return {
      exports: page.filter((record) => maySee(policies, caller.principal, record, nowMs)),
      next: page.length < PAGE ? null : (page.at(-1)?.number ?? null),
    };
  }

  /**
   * Begins to give an approved export to who asked for it: from then on it is used up, unless nothing of it could be recorded. Rejects with EXPORT_UNAPPROVED, EXPORT_BUDGET, EXPORT_CANARIES,
   * GATEWAY_POLICY, VAULT_*.
   */
  async begin(caller: Caller, id: string, format: ExportFormat): Promise<RunningExport> {
    const { book, vault, canaries } = this.#parts;
    const record = this.#visible(caller, id, this.#parts.nowMs());
    requireOwnPerson(caller);
    if (caller.principal.id !== record.requestedBy) throw new BoltsealError('GATEWAY_FORBIDDEN');
    this.#checkBeginning(record);
    if (this.#running.has(id)) throw new BoltsealError('EXPORT_STATE', { state: 'running' });
    this.#running.set(id, () => undefined);
    try {
      const { request, selection } = record;
      const all = selection.kind === 'subjects' ? selection.count : (await vault.status()).subjects;
      const expectedPeople = Math.min(all, request.people);
      const made = await makeCanaries(canaries, record, canariesFor(expectedPeople));
      await this.#inTurn(() => this.#use(caller, id));
      return await this.#start({ record: book.needed(id), caller, canaries: made, expectedPeople }, format);
    } catch (error) {
      this.#running.delete(id);
      throw error;
    }
  }

  /** Ends what has expired, and tells the ledger of ends that it has not heard of. What fails is done by the next call. */
  upkeep(): Promise<void> {
    return this.#inTurn(async () => {
      const { book, nowMs } = this.#parts;
      for (const record of book.due(nowMs()))
        if (!this.#running.has(record.id)) book.end(record, { state: 'expired', nowMs: record.expiresMs });
      for (const record of book.untold()) {
        const { number, state, refusedBy, requestedBy, endedMs } = record;
        const by = refusedBy ?? requestedBy;
        await this.#parts.tell(record, { step: state as EndState, by, nowMs: endedMs ?? nowMs() });
        book.told(number);
      }
    });
  }

  /** Breaks off what is being given; the ledger hears of it from the next start. */
  close(): void {
    this.#isClosed = true;
    for (const end of this.#running.values()) end(false);
  }

  /** Uses the export up, unless something changed since it was approved. */
  async #use(caller: Caller, id: string): Promise<void> {
    const { book, policies, settings, findActive } = this.#parts;
    const nowMs = this.#parts.nowMs();
    const record = book.needed(id);
    const { request, approvals, approvalsNeeded, number } = record;
    this.#checkBeginning(record);
    if (!isAllowed(policies, 'export', caller.principal, request, nowMs)) await this.#deny(record, caller, nowMs);
    const counting = approvals.filter(({ by }) => {
      const principal = findActive(by);
      return principal !== null && isAllowed(policies, 'approve', principal, request, nowMs);
    });
    if (counting.length < approvalsNeeded) throw new BoltsealError('EXPORT_UNAPPROVED');
    if (request.people > book.roomLeft(settings.peopleAMonth, nowMs))
      throw new BoltsealError('EXPORT_BUDGET', { limit: settings.peopleAMonth });
    await this.#parts.tell(record, { step: 'begun', by: caller.principal.id, nowMs, signature: caller.signature });
    if (!book.begin(number, nowMs)) throw stateError(book.needed(id));
  }

  async #start(
    giving: { record: ExportRecord; caller: Caller; canaries: readonly ExportCanary[]; expectedPeople: number },
    format: ExportFormat,
  ): Promise<RunningExport> {
    const { book, vault, forms, rowLog, nowMs } = this.#parts;
    const { record, canaries } = giving;
    const { id, number, request } = record;
    const own = new Set(canaries.map((canary) => canary.id));
    const given: Given = { people: 0, rows: 0, isWhole: false };
    const writer = rowWriter(
      format,
      fieldsOf(request.fields).map(([field]) => field),
    );
    let isOver = false;
    let stream: Readable | null = null;
    const end = (isComplete: boolean): void => {
      if (isOver) return;
      isOver = true;
      this.#running.delete(id);
      stream?.destroy();
      this.#over(record, isComplete ? 'given' : 'broken', given);
      if (!this.#isClosed) this.upkeep().catch(() => undefined);
    };
    this.#running.set(id, end);
    const check = async (): Promise<void> => {
      // The ledger says by where an entry stands which policies decided.
      const { changing } = this.#parts.policies;
      if (changing !== null) await changing;
      if (isOver || this.#isClosed) throw new BoltsealError('EXPORT_STATE', { state: 'broken' });
      this.#checkGoingOn(giving.caller, record);
    };
    const count = (people: number, rows: number): void => book.count(number, people, rows);
    const log = rowLog((subject) => own.has(subject));
    const rows = giveRows({ vault, forms, log, count, check, nowMs }, { ...giving, writer }, given);
    try {
      const first = await rows.next();
      await check();
      stream = Readable.from(startingWith(first, rows), { highWaterMark: 1 });
      return { record, contentType: writer.contentType, stream, end };
    } catch (error) {
      // The ledger has nothing of it, so nothing can have left: it can be begun again.
      if (given.rows === 0 && !isOver) book.takeBack(number);
      else end(false);
      throw error;
    }
  }

  #over(record: ExportRecord, state: EndState, { isWhole }: Given): void {
    try {
      this.#parts.book.end(record, { state, nowMs: this.#parts.nowMs(), isWhole: state === 'given' && isWhole });
    } catch {
      // A full disk: it is used up as it stands, and broken with the next start.
    }
  }

  #checkBeginning(record: ExportRecord): void {
    if (this.#isClosed) throw new BoltsealError('GATEWAY_STOPPING');
    if (record.state !== 'approved') throw stateError(record);
    if (record.expiresMs <= this.#parts.nowMs()) throw new BoltsealError('EXPORT_STATE', { state: 'expired' });
  }

  /** Somebody who was revoked gets not one part more, nor does anybody when policies have changed. */
  #checkGoingOn({ principal }: Caller, { request, beganMs }: ExportRecord): void {
    const { policies, findActive } = this.#parts;
    const nowMs = this.#parts.nowMs();
    const now = findActive(principal.id);
    if (now === null || !isAllowed(policies, 'export', now, request, nowMs)) throw new BoltsealError('GATEWAY_POLICY');
    if (nowMs > (beganMs ?? nowMs) + LONGEST_MS) throw new BoltsealError('EXPORT_STATE', { state: 'broken' });
  }

  /** Fails with GATEWAY_NOT_FOUND. */
  #visible({ principal }: Caller, id: string, nowMs: number): ExportRecord {
    const { book, policies } = this.#parts;
    const record = book.needed(id);
    if (!maySee(policies, principal, record, nowMs)) throw new BoltsealError('GATEWAY_NOT_FOUND');
    return record;
  }

  async #deny(record: ExportRecord, { principal, signature }: Caller, nowMs: number): Promise<never> {
    await this.#parts.tell(record, { step: 'denied', by: principal.id, nowMs, signature });
    throw new BoltsealError('GATEWAY_POLICY');
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work, work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

function newRecord(
  id: string,
  { selection, ...request }: ExportRequest,
  by: string,
  nowMs: number,
  { approvals, validMs }: ExportSettings,
): ExportRecord {
  return {
    number: 0,
    id,
    state: 'requested',
    request,
    selection: selection.kind === 'subjects' ? { ...selection, count: selection.subjects.length } : selection,
    requestedBy: by,
    requestedMs: nowMs,
    expiresMs: nowMs + validMs,
    approvalsNeeded: approvals,
    approvals: [],
    refusedBy: null,
    beganMs: null,
    endedMs: null,
    people: 0,
    rows: 0,
    isWhole: false,
  };
}

function stateError({ state }: ExportRecord): BoltsealError {
  return new BoltsealError('EXPORT_STATE', { state });
}

/** Rejects with EXPORT_CANARIES, or, when it may pass, with HOME_LOCKED and HOME_TASK. */
async function makeCanaries(
  canaries: ExportCanaries,
  { id, request }: ExportRecord,
  count: number,
): Promise<readonly ExportCanary[]> {
  const fields = fieldsOf(request.fields).map(([field]) => field);
  try {
    return await canaries.make({ scope: `export ${id} for ${request.recipient}`, count, fields });
  } catch (cause) {
    if (!(cause instanceof BoltsealError) || cause.code === 'HOME_LOCKED' || cause.code === 'HOME_TASK') throw cause;
    throw new BoltsealError('EXPORT_CANARIES', { reason: cause.code }, { cause });
  }
}

async function* startingWith(first: IteratorResult<Buffer>, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  if (first.done !== true) yield first.value;
  yield* rest;
}
