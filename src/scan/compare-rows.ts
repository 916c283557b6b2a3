import { deriveKey, rowCheckContext, rowContext } from '../core/fingerprint/keys.ts';
import type { RegisterBuilder } from '../register/builder.ts';
import { ROW_PRINT_BYTES, readRowPrints } from '../register/row-prints.ts';
import { readCurrent } from '../register/store.ts';
import type { Arena } from './arena.ts';
import type { ImageAddresses } from './context.ts';
import { meaningOf, type ScanPlan } from './plan.ts';

/** How the rows of a snapshot are compared with those of the last one. */
export interface RowComparison {
  /** Null when the register has no rows with the same meaning. */
  readonly prints: ImageAddresses['prints'];
  /** The plan of a part: its rows have fingerprints when they have the same meaning as those of the first part. */
  planOf(plan: ScanPlan): ScanPlan;
}

/** The first part of a snapshot decides which rows have fingerprints; loads those of the register, if they have the same meaning. Fails like `loadRegister`. */
export function beginComparison(
  home: string,
  registerKey: Uint8Array,
  first: ScanPlan,
  arena: Arena,
  builder: RegisterBuilder,
): RowComparison {
  const meaning = meaningOf(first);
  const printKey = deriveKey(registerKey, rowContext(meaning));
  const check = Buffer.from(deriveKey(printKey, rowCheckContext)).toString('hex', 0, 8);
  let at = 0;
  // The kernel reads a fingerprint with the two bytes behind it.
  const allocate = (byteLength: number): Uint8Array => {
    at = arena.allocate(byteLength + 8);
    return arena.bytes(at, byteLength);
  };
  const old = readCurrent(home) === null ? null : readRowPrints(home, registerKey, check, allocate);
  const names = first.active.flatMap(({ field }) => (field === null ? [] : [field]));
  builder.expectRowPrints(check, names, old);
  return {
    prints: old === null ? null : { at, count: old.length / ROW_PRINT_BYTES },
    planOf: (plan) => (meaningOf(plan) === meaning ? { ...plan, printKey } : plan),
  };
}
