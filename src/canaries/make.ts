import { randomBytes } from 'node:crypto';
import {
  type Canary,
  type CanaryBatch,
  type CanaryField,
  type CanaryList,
  canaryFields,
  emptyCanaries,
  isSameRecipient,
  type Recipient,
} from '../contract/canaries.ts';
import type { CanarySettings } from '../contract/config.ts';
import { fields } from '../core/fields/registry.ts';
import type { LoadedRegister } from '../register/image-memory.ts';
import { loadRegister } from '../register/load.ts';
import { checkFieldVersions } from '../register/manifest.ts';
import type { StepListener } from '../register/store.ts';
import { type Chance, takeSome } from './chance.ts';
import { ValueDrawer } from './draw-values.ts';
import { readCanaries, writeCanaries } from './marker.ts';
import { plantCanaries } from './plant.ts';
import { allCanaries, dropUnplanted } from './stock.ts';

/** What canaries are wanted. The home's lock must be held until they are settled. */
export interface MakeCanariesRequest {
  readonly home: string;
  readonly registerKey: Uint8Array;
  readonly region: string;
  readonly settings: CanarySettings | undefined;
  readonly recipient: Recipient;
  readonly count: number;
  /** Null: every field that the register has and that can be made. */
  readonly columns: readonly CanaryField[] | null;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly chance: Chance;
  readonly onStep?: StepListener;
}

/** Canaries that stand in the register and wait to be exported. */
export interface MadeCanaries {
  readonly batch: CanaryBatch;
  /** They were made before, by a call that was cut off. */
  readonly isResumed: boolean;
  /** Columns that the register has of nobody: a dump's values of them are not looked up. */
  readonly unregistered: readonly CanaryField[];
}

/**
 * Makes canaries: takes them from the stock that the register has already, or, where that is too small, puts them into the register. Written to the marker first, as not exported, then to the register. Killed between the two, the next call drops them; killed after the second,
 * the next call for the same recipient, count and columns takes them up, and for anything else leaves them as they are.
 *
 * Fails with CANARIES_*, REGISTER_* and KEY_UNUSABLE; the register is then as it was.
 */
export function makeCanaries(request: MakeCanariesRequest): MadeCanaries {
  const { home, registerKey, recipient } = request;
  const onStep = request.onStep ?? (() => {});
  const allocate = (_name: string, byteLength: number): Uint8Array => new Uint8Array(byteLength);
  const register = loadRegister(home, registerKey, allocate);
  checkFieldVersions(register.manifest, fields);
  const list = dropUnplanted(readCanaries(home) ?? emptyCanaries, register.image);
  const columns = chooseColumns(request, register);
  const unregistered = columns.filter((column) => !hasField(register, column));
  const begun = list.batches.find(
    (batch) =>
      !batch.exported &&
      isSameRecipient(batch.for, recipient) &&
      batch.canaries.length === request.count &&
      batch.columns.join() === columns.join(),
  );
  if (begun !== undefined) return { batch: begun, isResumed: true, unregistered };
  const drawer = new ValueDrawer({ ...request, image: register.image, known: allCanaries(list) });
  const stocked = takeStock(request, list, columns, unregistered, drawer);
  const canaries = stocked?.canaries ?? invent(request.count, columns, drawer);
  const batch: CanaryBatch = {
    id: randomBytes(8).toString('hex'),
    for: recipient,
    madeAt: new Date(request.now).toISOString().replace(/\.\d+Z$/, 'Z'),
    columns,
    exported: false,
    canaries,
  };
  writeCanaries(home, { ...list, batches: [...list.batches, batch], stock: stocked?.rest ?? list.stock });
  onStep('marked');
  const { region, chance } = request;
  if (stocked === null) plantCanaries({ home, registerKey, register, region, canaries, drawer, chance, onStep });
  onStep('planted');
  return { batch, isResumed: false, unregistered };
}

/** Notes that canaries were exported. Only under the home's lock. Fails like `readCanaries` and `writeCanaries`. */
export function settleCanaries(home: string, id: string): void {
  const list = readCanaries(home) ?? emptyCanaries;
  const batches = list.batches.map((batch) => (batch.id === id ? { ...batch, exported: true } : batch));
  writeCanaries(home, { ...list, batches });
}

function hasField({ manifest }: LoadedRegister, field: CanaryField): boolean {
  return manifest.fields.some(({ name }) => name === field);
}

function chooseColumns({ columns, region }: MakeCanariesRequest, register: LoadedRegister): CanaryField[] {
  const isMade = (field: CanaryField): boolean => field !== 'nationalId' || region === 'CN';
  return canaryFields.filter((field) => {
    if (field === 'customerId') return true;
    return columns === null ? hasField(register, field) && isMade(field) : columns.includes(field);
  });
}

/** Canaries that the register has already, with the columns wanted, and what is left; null when there are too few. What the register has of nobody is drawn now. */
function takeStock(
  { count, chance }: MakeCanariesRequest,
  { stock }: CanaryList,
  columns: readonly CanaryField[],
  unregistered: readonly CanaryField[],
  drawer: ValueDrawer,
): { readonly canaries: Canary[]; readonly rest: readonly Canary[] } | null {
  const needed = columns.filter((column) => !unregistered.includes(column));
  const usable = stock.filter(({ values }) => needed.every((column) => values[column] !== undefined));
  if (usable.length < count) return null;
  for (const column of unregistered) drawer.checkRoom(column, count);
  const taken = new Set(takeSome(usable, count, chance));
  const canaries = [...taken].map((canary) => {
    const missing = unregistered.map((column) => [column, drawer.draw(column)] as const);
    const entries = [
      ...needed.map((column) => [column, { value: canary.values[column]!, choices: canary.choices[column]! }] as const),
      ...missing,
    ];
    return toCanary(canary, entries);
  });
  return { canaries, rest: stock.filter((canary) => !taken.has(canary)) };
}

function invent(count: number, columns: readonly CanaryField[], drawer: ValueDrawer): Canary[] {
  for (const column of columns) drawer.checkRoom(column, count);
  return Array.from({ length: count }, () => {
    const entries = columns.map((column) => [column, drawer.draw(column)] as const);
    const id = entries.find(([column]) => column === 'customerId')![1].print;
    return toCanary({ idLo: id.lo, idHi: id.hi }, entries);
  });
}

function toCanary(
  { idLo, idHi }: Pick<Canary, 'idLo' | 'idHi'>,
  entries: readonly (readonly [CanaryField, { readonly value: string; readonly choices: number }])[],
): Canary {
  return {
    idLo,
    idHi,
    values: Object.fromEntries(entries.map(([column, { value }]) => [column, value])),
    choices: Object.fromEntries(entries.map(([column, { choices }]) => [column, choices])),
  };
}
