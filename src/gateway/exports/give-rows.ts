import { setTimeout as sleep } from 'node:timers/promises';
import type { VaultField } from '../../contract/api/words.ts';
import { BoltsealError } from '../../core/errors.ts';
import type { Forms } from '../forms.ts';
import type { Caller, DecisionEntry, DecisionLog, ExportCanary } from '../port.ts';
import type { RowWriter } from './formats.ts';
import { CanaryMix } from './mix-canaries.ts';
import type { ExportRecord, ExportRow } from './port.ts';
import { fieldsOf } from './rights.ts';
import { type SelectingVault, selectPeople } from './select-people.ts';
import { fieldsText, rowBasis } from './steps.ts';

/** How often a ledger that is busy is asked again; then the export breaks off. */
const MOST_TRIES = 40;
const MOST_WAIT_MS = 500;

/** What giving needs. */
export interface GiveParts {
  readonly vault: SelectingVault;
  readonly forms: Forms;
  /** Of rows: it must have them durably before they leave. */
  readonly log: DecisionLog;
  /** Notes how many people and lines may have left, before they do. */
  readonly count: (people: number, rows: number) => void;
  /** Rejects when the rest must not be given any more: asked before each part, and what follows a yes is appended at once. */
  readonly check: () => Promise<void>;
  readonly nowMs: () => number;
}

/** What is given, to whom. */
export interface Giving {
  readonly record: ExportRecord;
  readonly caller: Caller;
  readonly canaries: readonly ExportCanary[];
  /** About how many people it will be. */
  readonly expectedPeople: number;
  readonly writer: RowWriter;
}

/** How far it came; lines are people and canaries. */
export interface Given {
  people: number;
  rows: number;
  isWhole: boolean;
}

/**
 * The file, part by part: each is read, put into its form, mixed with canaries and written to the ledger before it is handed on, and the next one is not begun before somebody takes it. Fails with
 * LEDGER_*, VAULT_*, and as `check`; what was handed on before stays given.
 */
export async function* giveRows(parts: GiveParts, giving: Giving, given: Given): AsyncGenerator<Buffer> {
  const { record, canaries, expectedPeople, writer } = giving;
  const { request, selection } = record;
  const shape = async (id: string, values: Iterable<readonly [VaultField, string]>): Promise<ExportRow> => {
    const shaped: Partial<Record<VaultField, string>> = {};
    for (const [field, value] of values)
      shaped[field] = await parts.forms.shape(request.fields[field] ?? 'masked', {
        field,
        value,
        subject: id,
        parcel: null,
        purpose: request.purpose,
      });
    return { id, values: shaped };
  };
  const fields = fieldsOf(request.fields).map(([field]) => field);
  const standIns: ExportRow[] = [];
  for (const { id, values } of canaries)
    standIns.push(
      await shape(
        id,
        entriesOf(fields, (field) => values[field]),
      ),
    );
  const mix = new CanaryMix(standIns, expectedPeople);
  const selecting = { selection, fields, most: request.people };
  let head = writer.head;
  for await (const { people, isLast, isWhole } of selectPeople(parts.vault, selecting)) {
    const persons: ExportRow[] = [];
    for (const { id, values } of people)
      persons.push(
        await shape(
          id,
          entriesOf(fields, (field) => values[field]?.value),
        ),
      );
    const rows = mix.mix(persons, isLast);
    if (rows.length > 0) await recordRows(parts, giving, given, rows, people.length);
    given.isWhole = isWhole;
    const text = head + writer.write(rows);
    head = '';
    if (text !== '') yield Buffer.from(text);
  }
}

function entriesOf(
  fields: readonly VaultField[],
  heldOf: (field: VaultField) => string | undefined,
): (readonly [VaultField, string])[] {
  return fields.flatMap((field) => {
    const value = heldOf(field);
    return value === undefined ? [] : [[field, value] as const];
  });
}

/** Counts rows first and has the ledger take them then: a kill in between counts what did not leave, never the other way round. */
async function recordRows(
  { log, check, count, nowMs }: GiveParts,
  { record, caller }: Giving,
  given: Given,
  rows: readonly ExportRow[],
  people: number,
): Promise<void> {
  const { purpose, fields: forms } = record.request;
  const entries = rows.map(({ id, values }): DecisionEntry => {
    const own = Object.fromEntries(fieldsOf(forms).filter(([field]) => field in values));
    return {
      principal: caller.principal.id,
      subject: id,
      fields: fieldsText(own),
      purpose,
      basis: rowBasis(record),
      decision: Object.values(own).includes('clear') ? 'allow' : 'mask',
      requestSignature: caller.signature,
      timeMs: nowMs(),
      idempotencyKey: null,
    };
  });
  count(given.people + people, given.rows + rows.length);
  try {
    await appendPatiently(log, check, entries);
  } catch (error) {
    count(given.people, given.rows);
    throw error;
  }
  given.people += people;
  given.rows += rows.length;
}

async function appendPatiently(
  log: DecisionLog,
  check: () => Promise<void>,
  entries: readonly DecisionEntry[],
): Promise<void> {
  for (let tries = 1; ; tries++) {
    await check();
    try {
      await log.append(entries);
      return;
    } catch (error) {
      if (!(error instanceof BoltsealError) || error.code !== 'LEDGER_BUSY' || tries >= MOST_TRIES) throw error;
      const waitMs = Number(error.parameters.retryAfterMs);
      await sleep(Math.min(MOST_WAIT_MS, Number.isFinite(waitMs) ? Math.max(1, waitMs) : MOST_WAIT_MS));
    }
  }
}
