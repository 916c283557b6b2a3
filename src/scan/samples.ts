import { maskUnknown } from '../core/fields/masks.ts';
import { fieldByName } from '../core/fields/registry.ts';
import { findRowEnd, fitRow, splitRow } from '../dump/exact-rows.ts';
import { KIND_CHIMERA, KIND_STRONG, KIND_WEAK } from '../kernel/layout.ts';
import { decodeUtf8 } from './exact-path.ts';
import { isEmptyRow } from './feeder.ts';
import type { SampleRow } from './messages.ts';
import type { ScanPlan } from './plan.ts';

/** Rows of each kind that a report shows. */
const PER_KIND = 4;
const ROWS_LOOKED_AT = 4000;
const BYTES_LOOKED_AT = 1_048_576;

function kindName(kind: number): SampleRow['kind'] {
  if (kind === KIND_STRONG) return 'strong';
  if (kind === KIND_WEAK) return 'weak';
  return kind === KIND_CHIMERA ? 'chimera' : 'none';
}

/** Masked examples from a block's first rows; `kinds` holds the kind of each row by its number in the block. */
export function pickSamples(block: Uint8Array, kinds: Uint8Array, plan: ScanPlan): SampleRow[] {
  // A copy: the readers want memory that no other thread writes to.
  const bytes = block.slice(0, BYTES_LOOKED_AT);
  const fieldOf = new Map(plan.active.map((column) => [column.index, column.field]));
  const samples: SampleRow[] = [];
  const taken = new Map<string, number>();
  let at = 0;
  for (let row = 0; row < Math.min(ROWS_LOOKED_AT, kinds.length) && at < bytes.length; ) {
    const end = findRowEnd(bytes, at, bytes.length, plan.dialect, block.length <= bytes.length);
    if (end < 0) break;
    const cells = splitRow(bytes, at, end, plan.dialect);
    const isEmpty = isEmptyRow(bytes, at, end, plan.dialect);
    at = end;
    if (isEmpty) continue;
    const kind = kindName(kinds[row]!);
    row++;
    const fitted = fitRow(cells, plan.columns);
    const count = taken.get(kind) ?? 0;
    if ('rejected' in fitted || count >= PER_KIND) continue;
    taken.set(kind, count + 1);
    samples.push({
      kind,
      cells: fitted.cells.map((cell, index) => {
        const field = fieldOf.get(index);
        const text = decodeUtf8(cell);
        return field ? fieldByName(field).mask(text) : maskUnknown(text);
      }),
    });
    if (samples.length === PER_KIND * 4) break;
  }
  return samples;
}
