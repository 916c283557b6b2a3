import { deriveKey } from '../core/fingerprint/keys.ts';
import {
  ACTIVE_STRIDE,
  COL_CLASS,
  COL_FIELD,
  COL_KEY,
  COL_SAME_FIELD,
  CTX_ACTIVE,
  CTX_BYTES,
  CTX_COLUMN_MAP,
  CTX_COLUMNS,
  CTX_CONFIRM,
  CTX_CONFIRM_INDEX,
  CTX_CONFIRM_SEEN,
  CTX_CONFIRMING,
  CTX_CONTROL_SEEN,
  CTX_CURRENT_PERIODS,
  CTX_FIELD_MASKS,
  CTX_FILTER,
  CTX_FIRST_PASS,
  CTX_HAS_REPEATS,
  CTX_HISTORY,
  CTX_ID_CELL,
  CTX_ID_COLUMN,
  CTX_IDENTIFYING,
  CTX_LAST_PASS,
  CTX_LINE_COUNT,
  CTX_MODE,
  CTX_NEWLINE,
  CTX_PRINT_COUNT,
  CTX_PRINT_KEY,
  CTX_PRINTS,
  CTX_QUOTE,
  CTX_RECORD_SEEN,
  CTX_REGION,
  CTX_ROW_KEY,
  CTX_SEPARATOR,
  CTX_SEPARATOR_LENGTH,
  CTX_STRONG,
  CTX_SUBJECT_FROM,
  CTX_TABLE,
  CTX_TIMES,
  CTX_TOUCHED,
  CTX_WANTS_PRINTS,
  MAX_COLUMNS,
  MODE_ADD,
  MODE_VERIFY,
  REGION_CN,
  REGION_NANP,
  REGION_OTHER,
} from '../kernel/layout.ts';
import type { ScanPlan } from './plan.ts';

/** Addresses of the register's image and of the marks, in the shared memory. */
export interface ImageAddresses {
  readonly table: number;
  readonly lineCount: number;
  /** One word a line: says of most absent fingerprints that they are. */
  readonly filter: number;
  readonly confirmIndex: number;
  readonly confirm: number;
  readonly currentPeriods: number;
  /** First subject that `confirmIndex` knows. */
  readonly subjectFrom: number;
  /** Add: fingerprints of the rows of the last snapshot, ROW_PRINT_BYTES a subject, and of how many subjects; null when rows are compared with none. */
  readonly prints: { readonly at: number; readonly count: number } | null;
}

/** Addresses of one thread's bitmaps: a bit a subject, subject, record, confirming entry, control. */
export interface MarkAddresses {
  /** Add: subjects whose row is that of the register. */
  readonly touched: number;
  readonly strong: number;
  readonly recordSeen: number;
  readonly confirmSeen: number;
  readonly controlSeen: number;
}

/** Which pass this is, when the register is read in several. */
export interface PassInfo {
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

function regionCode(region: string): number {
  if (region === 'CN') return REGION_CN;
  return region === 'US' || region === 'CA' ? REGION_NANP : REGION_OTHER;
}

const rowKeys = new WeakMap<Uint8Array, Uint8Array>();

/** Both keys of the row hash, one after the other; kept as long as their seed, because all threads have the same. */
function rowKeysOf({ seed }: ScanPlan): Uint8Array {
  let keys = rowKeys.get(seed);
  if (keys === undefined) {
    keys = new Uint8Array(64);
    for (let half = 0; half < 2; half++) keys.set(deriveKey(seed, `boltseal 2026-11 rows ${half}`), 32 * half);
    rowKeys.set(seed, keys);
  }
  return keys;
}

/** Writes a thread's context: what the kernel must know of the plan, the register and the pass. Counters and lists start empty. */
export function writeContext(
  memory: WebAssembly.Memory,
  context: number,
  plan: ScanPlan,
  image: ImageAddresses,
  marks: MarkAddresses,
  pass: PassInfo,
): void {
  const bytes = new Uint8Array(memory.buffer, context, CTX_BYTES);
  const view = new DataView(memory.buffer, context, CTX_BYTES);
  bytes.fill(0, 0, CTX_ACTIVE + ACTIVE_STRIDE * plan.active.length);
  const set = (at: number, value: number): void => view.setUint32(at, value, true);

  const { separator, quote, newline } = plan.dialect;
  set(CTX_MODE, plan.mode === 'add' ? MODE_ADD : MODE_VERIFY);
  set(CTX_SEPARATOR_LENGTH, separator.length);
  for (let i = 0; i < separator.length; i++) bytes[CTX_SEPARATOR + i] = separator.charCodeAt(i);
  set(CTX_QUOTE, quote === null ? 0 : quote.charCodeAt(0));
  set(CTX_NEWLINE, newline.charCodeAt(0));
  set(CTX_COLUMNS, plan.columns);
  set(CTX_REGION, regionCode(plan.region));
  set(CTX_TABLE, image.table);
  set(CTX_LINE_COUNT, image.lineCount);
  set(CTX_FILTER, image.filter);
  set(CTX_CONFIRM_INDEX, image.confirmIndex);
  set(CTX_CONFIRM, image.confirm);
  set(CTX_CURRENT_PERIODS, image.currentPeriods);
  set(CTX_SUBJECT_FROM, image.subjectFrom);
  set(CTX_TOUCHED, marks.touched);
  set(CTX_STRONG, marks.strong);
  set(CTX_RECORD_SEEN, marks.recordSeen);
  set(CTX_CONFIRM_SEEN, marks.confirmSeen);
  set(CTX_CONTROL_SEEN, marks.controlSeen);
  set(CTX_FIRST_PASS, pass.isFirst ? 1 : 0);
  set(CTX_LAST_PASS, pass.isLast ? 1 : 0);
  set(CTX_ID_COLUMN, Math.max(0, plan.idColumn));
  set(CTX_ID_CELL, plan.active[plan.idColumn]?.index ?? 0);
  set(CTX_PRINTS, image.prints?.at ?? 0);
  set(CTX_PRINT_COUNT, image.prints?.count ?? 0);
  set(CTX_WANTS_PRINTS, plan.printKey === null ? 0 : 1);
  const setKey = (at: number, bytesOfKey: Uint8Array): void => {
    const key = new DataView(bytesOfKey.buffer, bytesOfKey.byteOffset, 32);
    for (let word = 0; word < 8; word++) {
      for (let lane = 0; lane < 4; lane++) set(at + word * 16 + lane * 4, key.getUint32(word * 4, true));
    }
  };
  if (plan.printKey !== null) setKey(CTX_PRINT_KEY, plan.printKey);
  set(CTX_HISTORY, plan.isHistory ? 1 : 0);
  bytes.set(rowKeysOf(plan), CTX_ROW_KEY);
  const fieldsOnly = plan.active.flatMap(({ field }) => (field === null ? [] : [field]));
  set(CTX_HAS_REPEATS, new Set(fieldsOnly).size < fieldsOnly.length ? 1 : 0);

  bytes.fill(255, CTX_COLUMN_MAP, CTX_COLUMN_MAP + MAX_COLUMNS);
  const count = (role: string): number => plan.active.filter((column) => column.role === role).length;
  set(CTX_IDENTIFYING, count('identifying'));
  set(CTX_CONFIRMING, count('confirming'));
  set(CTX_TIMES, count('time'));
  plan.active.forEach((column, place) => {
    bytes[CTX_COLUMN_MAP + column.index] = place;
    const at = CTX_ACTIVE + ACTIVE_STRIDE * place;
    set(at + COL_CLASS, column.kernelClass);
    set(at + COL_FIELD, column.fieldId);
    if (column.key === null) return;
    const sameField = plan.active.reduce(
      (mask, other, index) => (index < place && other.field === column.field ? mask | (1 << index) : mask),
      0,
    );
    set(at + COL_SAME_FIELD, sameField);
    const masks = CTX_FIELD_MASKS + 4 * column.fieldId;
    set(masks, view.getUint32(masks, true) | (1 << place));
    setKey(at + COL_KEY, column.key);
  });
}
