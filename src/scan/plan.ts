import type { FieldName } from '../core/fields/field.ts';
import { fieldByName } from '../core/fields/registry.ts';
import { deriveKey, fingerprintContext, KEY_BYTES, rowsContext } from '../core/fingerprint/keys.ts';
import type { Dialect, Encoding } from '../dump/port.ts';
import {
  CLASS_CREATED,
  CLASS_CUSTOMER_ID,
  CLASS_EMAIL,
  CLASS_EXACT,
  CLASS_HASH,
  CLASS_LETTERS,
  CLASS_NATIONAL_ID,
  CLASS_PHONE,
  CLASS_TRACKING,
  CLASS_USERNAME,
  CLASS_VALID_FROM,
  CLASS_VALID_UNTIL,
  MAX_ACTIVE,
  MAX_COLUMNS,
} from '../kernel/layout.ts';

/** Times that a customer table may carry beside its fields. */
export type TimeColumn = 'created' | 'validFrom' | 'validUntil';

/** One column that the scanner looks at. */
export interface ActiveColumn {
  /** Position in the file from 0. */
  readonly index: number;
  readonly role: 'identifying' | 'confirming' | 'time';
  /** The field; null for times. */
  readonly field: FieldName | null;
  /** Field id; 0 for times. */
  readonly fieldId: number;
  /** The kernel's class. */
  readonly kernelClass: number;
  /** 32 bytes; null for times. */
  readonly key: Uint8Array | null;
}

/** Everything a thread needs to know to scan the rows of one part; can be sent to threads. */
export interface ScanPlan {
  readonly mode: 'verify' | 'add';
  readonly region: string;
  readonly encoding: Encoding;
  readonly dialect: Dialect;
  /** Columns of the file that are looked at (those beyond MAX_COLUMNS are not). */
  readonly columns: number;
  /** Identifying ones first, then confirming ones, then times. */
  readonly active: readonly ActiveColumn[];
  /** Add: which of `active` is the id; -1 in verify. */
  readonly idColumn: number;
  readonly isHistory: boolean;
  /** 16 bytes: key of the row hash. */
  readonly seed: Uint8Array;
  /** 32 bytes: key of the control values (add). */
  readonly controlsKey: Uint8Array | null;
  /** 32 bytes: key of the fingerprints of whole rows (add); null: rows have none. */
  readonly printKey: Uint8Array | null;
}

const fieldClass: Readonly<Record<FieldName, number>> = {
  phone: CLASS_PHONE,
  email: CLASS_EMAIL,
  nationalId: CLASS_NATIONAL_ID,
  trackingNumber: CLASS_TRACKING,
  username: CLASS_USERNAME,
  customerId: CLASS_CUSTOMER_ID,
  name: CLASS_LETTERS,
  address: CLASS_LETTERS,
  password: CLASS_EXACT,
  passwordHash: CLASS_HASH,
};

const timeClass: Readonly<Record<TimeColumn, number>> = {
  created: CLASS_CREATED,
  validFrom: CLASS_VALID_FROM,
  validUntil: CLASS_VALID_UNTIL,
};

export interface PlanInput {
  readonly mode: 'verify' | 'add';
  readonly registerKey: Uint8Array;
  readonly region: string;
  readonly encoding: Encoding;
  readonly dialect: Dialect;
  readonly columns: number;
  /** Field by position in the file. */
  readonly fields: readonly { readonly index: number; readonly field: FieldName }[];
  readonly times?: readonly { readonly index: number; readonly time: TimeColumn }[];
  readonly isHistory?: boolean;
  readonly controlsKey?: Uint8Array;
}

/** Bytes of the key of the row hash. */
const SEED_BYTES = 16;

const derived = new WeakMap<Uint8Array, Map<string, Uint8Array>>();

/** The first bytes of the key of one purpose; the same object each time, and derived once: a dump may have millions of parts. */
function keyOf(registerKey: Uint8Array, context: string, sizeBytes = KEY_BYTES): Uint8Array {
  let keys = derived.get(registerKey);
  if (keys === undefined) {
    keys = new Map();
    derived.set(registerKey, keys);
  }
  const known = keys.get(context) ?? deriveKey(registerKey, context).slice(0, sizeBytes);
  keys.set(context, known);
  return known;
}

/** Makes the plan of one part. At most MAX_ACTIVE columns are looked at: times and the id first, then identifying ones in the file's order. */
export function makePlan(input: PlanInput): ScanPlan {
  const columnsOf = (role: 'identifying' | 'confirming'): ActiveColumn[] =>
    input.fields
      .filter(({ index, field }) => index < MAX_COLUMNS && fieldByName(field).role === role)
      .map(({ index, field }) => {
        const entry = fieldByName(field);
        const key = keyOf(input.registerKey, fingerprintContext(entry));
        return { index, role, field, fieldId: entry.id, kernelClass: fieldClass[field], key };
      });
  const times: ActiveColumn[] = (input.times ?? []).map(({ index, time }) => ({
    index,
    role: 'time',
    field: null,
    fieldId: 0,
    kernelClass: timeClass[time],
    key: null,
  }));
  const room = MAX_ACTIVE - times.length;
  const isId = ({ field }: ActiveColumn): boolean => input.mode === 'add' && field === 'customerId';
  const identifying = columnsOf('identifying')
    .sort((a, b) => Number(isId(b)) - Number(isId(a)))
    .slice(0, room);
  const confirming = columnsOf('confirming').slice(0, room - identifying.length);
  const active = [...identifying, ...confirming, ...times];
  return {
    mode: input.mode,
    region: input.region,
    encoding: input.encoding,
    dialect: input.dialect,
    columns: Math.min(input.columns, MAX_COLUMNS),
    active,
    idColumn: input.mode === 'add' ? active.findIndex((column) => column.field === 'customerId') : -1,
    isHistory: input.isHistory ?? false,
    seed: keyOf(input.registerKey, rowsContext, SEED_BYTES),
    controlsKey: input.controlsKey ?? null,
    printKey: null,
  };
}

/**
 * What the cells of a row mean under a plan, in words: two rows with the same cells, in the same order, say the same under plans with the same meaning. Columns without a meaning are not part of it.
 */
export function meaningOf({ region, active }: ScanPlan): string {
  const columns = active
    .toSorted((a, b) => a.index - b.index)
    .map(({ field, kernelClass }) => {
      if (field !== null) return `${field} v${fieldByName(field).version}`;
      return Object.entries(timeClass).find(([, known]) => known === kernelClass)?.[0] ?? '';
    });
  return [region, ...columns].join(', ');
}
