import { BoltsealError } from '../core/errors.ts';
import { deriveKey, rowCheckContext, rowContext } from '../core/fingerprint/keys.ts';
import type { RegisterBuilder } from '../register/builder.ts';
import { ROW_PRINT_BYTES, readRowPrints } from '../register/row-prints.ts';
import { readCurrent } from '../register/store.ts';
import type { Arena } from './arena.ts';
import type { ImageAddresses } from './context.ts';
import { meaningOf, type ScanPlan } from './plan.ts';

/** The kernel reads a fingerprint with the two bytes behind it. */
const BEHIND = 8;

/** How the rows of a snapshot are compared with those of the last one. */
export interface RowComparison {
  /** Null when the register has no rows with the same meaning. */
  readonly prints: ImageAddresses['prints'];
  /** The plan of a part: its rows have fingerprints when they have the same meaning as those of the first part. */
  planOf(plan: ScanPlan): ScanPlan;
}

/**
 * The first part of a snapshot decides which rows have fingerprints; loads those of the register, if they have the same meaning. Where there is no room for them beside a register that just fits,
 * every row is looked at; the builder gets them all the same, so that canaries keep theirs and are not the ones that change. Fails like `loadRegister`.
 */
export function beginComparison(
  home: string,
  registerKey: Uint8Array,
  first: ScanPlan,
  arena: Arena,
  builder: Pick<RegisterBuilder, 'expectRowPrints'>,
): RowComparison {
  const meaning = meaningOf(first);
  const printKey = deriveKey(registerKey, rowContext(meaning));
  const check = Buffer.from(deriveKey(printKey, rowCheckContext)).toString('hex', 0, 8);
  let at: number | null = null;
  const allocate = (byteLength: number): Uint8Array => {
    at = allocateSafely(arena, byteLength + BEHIND);
    return at === null ? new Uint8Array(byteLength) : arena.bytes(at, byteLength);
  };
  const old = readCurrent(home) === null ? null : readRowPrints(home, registerKey, check, allocate);
  const names = first.active.flatMap(({ field }) => (field === null ? [] : [field]));
  builder.expectRowPrints(check, names, old);
  return {
    prints: old === null || at === null ? null : { at, count: old.length / ROW_PRINT_BYTES },
    planOf: (plan) => (meaningOf(plan) === meaning ? { ...plan, printKey } : plan),
  };
}

/** Null when there is no room. */
function allocateSafely(arena: Arena, byteLength: number): number | null {
  try {
    return arena.allocate(byteLength);
  } catch (error) {
    if (error instanceof BoltsealError && error.code === 'MEMORY_TOO_SMALL') return null;
    throw error;
  }
}
