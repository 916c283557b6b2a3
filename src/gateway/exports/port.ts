import type { ExportRequest, ExportState } from '../../contract/api/exports.ts';
import type { VaultField } from '../../contract/api/words.ts';

/** What is kept of an export. When it is over, who was named one by one is forgotten. */
export interface ExportRecord {
  readonly number: number;
  readonly id: string;
  readonly state: ExportState;
  readonly request: Omit<ExportRequest, 'selection'>;
  readonly selection: KeptSelection;
  readonly requestedBy: string;
  /** Milliseconds since 1970. */
  readonly requestedMs: number;
  readonly expiresMs: number;
  readonly approvalsNeeded: number;
  /** The first one first. */
  readonly approvals: readonly { readonly by: string; readonly atMs: number }[];
  readonly refusedBy: string | null;
  readonly beganMs: number | null;
  readonly endedMs: number | null;
  /** People whose data may have left, and lines with the canaries among them: never fewer than did. */
  readonly people: number;
  readonly rows: number;
  readonly isWhole: boolean;
}

export type KeptSelection =
  | { readonly kind: 'everybody' }
  | { readonly kind: 'station'; readonly station: string }
  /** `subjects` is empty when it is over. */
  | { readonly kind: 'subjects'; readonly count: number; readonly subjects: readonly string[] };

/** What the company has set for exports. */
export interface ExportSettings {
  /** How many others have to approve one. */
  readonly approvals: number;
  readonly validMs: number;
  /** People of one export at most, and of all within 30 days. */
  readonly people: number;
  readonly peopleAMonth: number;
}

/** One line of a file: a person, or a canary. */
export interface ExportRow {
  readonly id: string;
  /** In the form in which they leave; what somebody does not have is missing. */
  readonly values: Partial<Readonly<Record<VaultField, string>>>;
}
