import type { Caller } from '../port.ts';
import type { ExportRecord } from './port.ts';

/** What happens to an export. `denied`: somebody tried what policies do not allow. */
export type ExportStep = 'requested' | 'approved' | 'refused' | 'denied' | 'begun' | 'given' | 'broken' | 'expired';

/** One step, and who made it. */
export interface MadeStep {
  readonly step: ExportStep;
  readonly by: string;
  readonly nowMs: number;
  readonly signature?: Caller['signature'];
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

/** What the audit says of an export: no reason and nobody by name. */
export function stepDetail({
  request,
  selection,
  approvals,
  approvalsNeeded,
  rows,
}: ExportRecord): Record<string, unknown> {
  const { purpose, fields, people, recipient } = request;
  const of = selection.kind === 'subjects' ? { subjects: selection.count } : { ...selection };
  return { purpose, fields, ...of, people, recipient, approvals: approvals.length, approvalsNeeded, rows };
}
