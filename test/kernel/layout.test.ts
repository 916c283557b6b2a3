import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instantiateKernel } from '../../src/kernel/kernel.ts';
import {
  ACTIVE_STRIDE,
  BATCH,
  COUNTERS_BYTES,
  CTX_ACTIVE,
  CTX_COLUMN_MAP,
  CTX_COUNTERS,
  CTX_FACTORS,
  CTX_ROW_KEY,
  LAYOUT_MARK,
  MAX_ACTIVE,
  MAX_COLUMNS,
  ROW_START,
  ROWS,
  STEP,
} from '../../src/kernel/layout.ts';

test('the built kernel and layout.ts belong together', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true });
  assert.equal(instantiateKernel(memory).layoutMark() >>> 0, LAYOUT_MARK);
});

test('what stands at the beginning of a context does not overlap', () => {
  assert.ok(CTX_COUNTERS + COUNTERS_BYTES <= CTX_ROW_KEY);
  assert.ok(CTX_ROW_KEY + 64 <= CTX_FACTORS);
  assert.ok(CTX_FACTORS + 8 * MAX_ACTIVE <= CTX_COLUMN_MAP);
  assert.ok(CTX_COLUMN_MAP + MAX_COLUMNS <= CTX_ACTIVE);
  assert.ok(CTX_ACTIVE + ACTIVE_STRIDE * MAX_ACTIVE <= ROW_START);
  assert.equal(ROWS % STEP, 0);
  assert.equal(STEP % BATCH, 0);
});
