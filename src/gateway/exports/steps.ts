import type { ErrorCode } from '../../core/errors.ts';
import type { Caller, DecisionEntry, DecisionLog } from '../port.ts';
import type { ExportRecord } from './port.ts';
import { fieldsOf } from './rights.ts';

/** What happens to an export. `denied`: somebody tried what policies do not allow. */
export type ExportStep = 'requested' | 'approved' | 'refused' | 'denied' | 'begun' | 'given' | 'broken' | 'expired';

/** Whom entries about an export itself name: it is of many, and of nobody in particular. */
export const exportSubject = '(export)';

/** One step, and who made it. */
export interface MadeStep {
  readonly step: ExportStep;
  readonly by: string;
  readonly nowMs: number;
  readonly signature?: Caller['signature'];
  /** Why it was denied. */
  readonly code?: ErrorCode;
  /** Names the step to the ledger, so that it is one entry when it is told twice. */
  readonly idempotencyKey?: Uint8Array;
}

/** Writes a step to the ledger. Rejects with LEDGER_*; then it is not there. */
export async function writeStep(log: DecisionLog, record: ExportRecord, made: MadeStep): Promise<void> {
  const { step, by, nowMs, signature = null, code, idempotencyKey = null } = made;
  const entry: DecisionEntry = {
    principal: by,
    subject: exportSubject,
    fields: fieldsText(Object.fromEntries(fieldsOf(record.request.fields))),
    purpose: record.request.purpose,
    basis: code ?? basisText(record, step),
    // Nothing leaves with it: what does has entries of its own.
    decision: code === undefined ? 'step' : 'deny',
    requestSignature: signature,
    timeMs: nowMs,
    idempotencyKey,
  };
  await log.append([entry]);
}

/** What the ledger keeps as the reason of each row. */
export function rowBasis({ id }: Pick<ExportRecord, 'id'>): string {
  return `export ${id}`;
}

/** Fields as entries name them, with those forms that are not the clear; the id is part of every row. */
export function fieldsText(forms: Readonly<Record<string, string>>): string {
  const texts = Object.entries(forms).map(([field, form]) => (form === 'clear' ? field : `${field}/${form}`));
  return ['customerId', ...texts].sort().join(' ');
}

function basisText(record: ExportRecord, step: ExportStep): string {
  const { id, request, approvals, approvalsNeeded, rows } = record;
  const what: Readonly<Record<ExportStep, string>> = {
    requested: `requested, ${selectionText(record)}, ${request.people} people at most, for ${request.recipient}`,
    approved: `approved, ${approvals.length + 1} of ${approvalsNeeded}`,
    refused: 'refused',
    denied: 'denied',
    begun: 'begun',
    given: `given, ${rows} rows`,
    broken: `broken off, ${rows} rows at most`,
    expired: 'expired',
  };
  return `${rowBasis({ id })}: ${what[step]}`;
}

function selectionText({ selection }: ExportRecord): string {
  if (selection.kind === 'everybody') return 'of everybody';
  return selection.kind === 'station' ? `of station ${selection.station}` : `of ${selection.count} people`;
}
