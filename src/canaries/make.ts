import { randomBytes } from 'node:crypto';
import {
  type Canary,
  type CanaryBatch,
  type CanaryField,
  canaryFields,
  isSameRecipient,
  type Recipient,
} from '../contract/canaries.ts';
import type { CanarySettings } from '../contract/config.ts';
import { BoltsealError } from '../core/errors.ts';
import { fieldByName, fields } from '../core/fields/registry.ts';
import type { LoadedRegister } from '../register/image-memory.ts';
import { NONE } from '../register/layout.ts';
import { loadRegister } from '../register/load.ts';
import { findRecords } from '../register/lookup.ts';
import { checkFieldVersions } from '../register/manifest.ts';
import type { StepListener } from '../register/store.ts';
import type { Chance } from './chance.ts';
import { type Invention, inventionOf } from './invent.ts';
import { readCanaries, writeCanaries } from './marker.ts';
import { hasher, plantCanaries } from './plant.ts';
import { subjectOf } from './registered.ts';

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

/** A space is full enough when this share of it was tried without luck. */
const TRIES = 200;
/** More than this of what the company set aside would show what the rest is. */
const MOST_SHARE = 0.5;

/**
 * Makes canaries and puts them into the register: written to the marker first, as not exported, then to the register. Killed between the two, the next call drops them; killed after the second,
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
  const known = dropUnplanted(readCanaries(home) ?? [], register);
  const columns = chooseColumns(request, register);
  const unregistered = columns.filter((column) => !register.manifest.fields.some(({ name }) => name === column));
  const begun = known.find(
    (batch) =>
      !batch.exported &&
      isSameRecipient(batch.for, recipient) &&
      batch.canaries.length === request.count &&
      batch.columns.join() === columns.join(),
  );
  if (begun !== undefined) return { batch: begun, isResumed: true, unregistered };
  const canaries = invent(request, columns, register, known);
  const batch: CanaryBatch = {
    id: randomBytes(8).toString('hex'),
    for: recipient,
    madeAt: new Date(request.now).toISOString().replace(/\.\d+Z$/, 'Z'),
    columns,
    exported: false,
    canaries,
  };
  writeCanaries(home, [...known, batch]);
  onStep('marked');
  const { region, chance } = request;
  plantCanaries({ home, registerKey, register, region, canaries, chance, onStep });
  onStep('planted');
  return { batch, isResumed: false, unregistered };
}

/** Notes that canaries were exported. Only under the home's lock. Fails like `readCanaries` and `writeCanaries`. */
export function settleCanaries(home: string, id: string): void {
  const batches = readCanaries(home) ?? [];
  writeCanaries(
    home,
    batches.map((batch) => (batch.id === id ? { ...batch, exported: true } : batch)),
  );
}

/** An addition to the register is whole or did not happen: of a batch that is not exported either all canaries are there or none. */
function dropUnplanted(batches: readonly CanaryBatch[], { image }: LoadedRegister): readonly CanaryBatch[] {
  return batches.filter(
    ({ exported, canaries }) => exported || canaries.some((canary) => subjectOf(image, canary) !== NONE),
  );
}

function chooseColumns({ columns, region }: MakeCanariesRequest, { manifest }: LoadedRegister): CanaryField[] {
  const has = (field: CanaryField): boolean => manifest.fields.some(({ name }) => name === field);
  const isMade = (field: CanaryField): boolean => field !== 'nationalId' || region === 'CN';
  return canaryFields.filter((field) =>
    field === 'customerId' ? true : columns === null ? has(field) && isMade(field) : columns.includes(field),
  );
}

function invent(
  { registerKey, region, settings, count, chance }: MakeCanariesRequest,
  columns: readonly CanaryField[],
  { image }: LoadedRegister,
  known: readonly CanaryBatch[],
): Canary[] {
  const hash = hasher(registerKey);
  const earlier = known.flatMap(({ canaries }) => canaries);
  const drawers = columns.map((field) => {
    const invention = inventionOf(field, region, settings, chance);
    const used = new Set(earlier.map(({ values }) => normalise(field, values[field] ?? '', region)));
    if (fieldByName(field).role === 'identifying') checkRoom(invention, used.size + count);
    return { field, choices: invention.choices, draw: () => drawUnused(invention, used) };
  });
  const isIdentifying = (field: CanaryField): boolean => fieldByName(field).role === 'identifying';

  /** A value that neither a canary has nor anybody in the register, nor one of its control values. */
  function drawUnused(invention: Invention, used: Set<string | null>): string {
    for (let tries = 0; tries < TRIES; tries++) {
      const value = invention.draw();
      if (!isIdentifying(invention.field)) return value;
      const form = normalise(invention.field, value, region);
      if (form === null) throw new BoltsealError('CANARIES_VALUE', { field: invention.field });
      const { lo, hi } = hash(invention.field, form);
      if (used.has(form) || findRecords(image, lo, hi).count > 0) continue;
      used.add(form);
      return value;
    }
    throw new BoltsealError('CANARIES_ROOM', { field: invention.field, choices: invention.choices });
  }

  return Array.from({ length: count }, () => {
    const values = Object.fromEntries(drawers.map(({ field, draw }) => [field, draw()]));
    const id = hash('customerId', normalise('customerId', values.customerId ?? '', region) ?? '');
    const choices = Object.fromEntries(drawers.map((drawer) => [drawer.field, drawer.choices]));
    return { idLo: id.lo, idHi: id.hi, values, choices };
  });
}

function checkRoom({ field, choices }: Invention, needed: number): void {
  if (needed > choices * MOST_SHARE) throw new BoltsealError('CANARIES_ROOM', { field, choices });
}

function normalise(field: CanaryField, value: string, region: string): string | null {
  return value === '' ? null : fieldByName(field).normalise(value, { region });
}
