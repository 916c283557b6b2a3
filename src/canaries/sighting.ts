import type { Canary, CanaryBatch } from '../contract/canaries.ts';
import type { FieldName } from '../core/fields/field.ts';

/** What a dump has of one canary. */
export interface CanarySighting {
  readonly batch: CanaryBatch;
  readonly canary: Canary;
  /** Whether the register has it. */
  readonly isRegistered: boolean;
  /** Fields of it that the dump has; none: it is not there. */
  readonly fields: readonly FieldName[];
  /** Whether two of its values agree in one row. */
  readonly isStrong: boolean;
}
