import type { FieldName } from '../core/fields/field.ts';
import type { RejectReason } from '../dump/port.ts';

/** What the scan of a dump counted, before anything is concluded from it. All counts are exact unless said. */
export interface Findings {
  readonly rows: {
    /** Rows read, rejected ones not among them. */
    readonly read: number;
    readonly rejected: ReadonlyMap<RejectReason, number>;
    /** Rows with at least one valid identifying value: only these can match at all. */
    readonly identifiable: number;
    /** Rows with at least two different identifying values: only these can be chimeras. */
    readonly multiple: number;
    /** strong + weak + chimera. */
    readonly matched: number;
    readonly strong: number;
    readonly weak: number;
    readonly chimera: number;
    readonly distinct: number;
    /** Relative standard error of `distinct`: 0 when it is exact. */
    readonly distinctError: number;
  };
  readonly fields: ReadonlyMap<FieldName, FieldFindings>;
  readonly subjects: {
    readonly registered: number;
    /** Subjects that at least one identifying value in the dump has ever belonged to. */
    readonly touched: number;
    /** Subjects with at least one row in which two different values agree with them. */
    readonly strong: number;
    /** Per month of creation, ascending; empty when the register has no creation times. */
    readonly byMonth: readonly { readonly month: string; readonly registered: number; readonly matched: number }[];
  };
  /** Per controlled field (phone, nationalId): how many of the sampled customers' values and of the control values the dump has. Distinct values. */
  readonly controls: readonly ControlFindings[];
}

export interface FieldFindings {
  readonly exclusive: boolean;
  /** Rows with a value of the field (identifying: a valid one; confirming: a cell that is not empty). */
  readonly rows: number;
  /** Rows whose value belongs, or has belonged, to a subject that the row matches. */
  readonly matched: number;
  /** Of those: the value is still that subject's. */
  readonly current: number;
  readonly stale: number;
}

export interface ControlFindings {
  readonly field: FieldName;
  readonly sampled: number;
  readonly sampledSeen: number;
  readonly controls: number;
  readonly controlsSeen: number;
}
