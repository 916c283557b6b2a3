import type { Canary } from '../contract/canaries.ts';
import type { FieldContext, FieldName } from '../core/fields/field.ts';
import { fieldById, fieldByName, fields, isFieldName } from '../core/fields/registry.ts';
import type { Fingerprint } from '../core/fingerprint/keys.ts';
import { RegisterBuilder } from '../register/builder.ts';
import type { LoadedRegister } from '../register/image-memory.ts';
import { NONE, STILL_CURRENT } from '../register/layout.ts';
import type { ControlNeighbours, FingerprintedBlock } from '../register/port.ts';
import type { StepListener } from '../register/store.ts';
import type { Chance } from './chance.ts';
import { drawFingerprint, hasher, type ValueDrawer } from './draw-values.ts';
import { chooseTwins, type Twin } from './twins.ts';

/** Canaries and the register that they go into. The home's lock must be held from before the register was loaded. */
export interface Planting {
  readonly home: string;
  readonly registerKey: Uint8Array;
  readonly register: LoadedRegister;
  readonly region: string;
  readonly canaries: readonly Canary[];
  readonly drawer: ValueDrawer;
  readonly chance: Chance;
  readonly onStep: StepListener;
}

const customerIdField = fieldByName('customerId').id;

/**
 * Writes canaries into the register as customers of the table that last brought some: each has the fields and times of one of them, its twin. A field that the twin has and the canary has not
 * gets a fingerprint of nothing, as random as any. Fails with CANARIES_TWIN and with what an addition to the register fails with.
 */
export function plantCanaries(planting: Planting): void {
  const { home, registerKey, register, canaries, chance, onStep } = planting;
  const wanted = [...new Set(canaries.flatMap(({ values }) => Object.keys(values)))].filter(isFieldName);
  const twins = chooseTwins(
    register,
    customerIdField,
    wanted.map((name) => fieldByName(name).id),
    canaries.length,
    chance,
  );
  const builder = new RegisterBuilder({
    home,
    key: registerKey,
    old: register,
    options: { mode: 'history', asOfSeconds: register.manifest.latestSeconds, exclusive: [], joinsLast: true },
    fields,
    seen: null,
    onStep,
  });
  builder.addBlock(toBlock(planting, twins, (field) => builder.controlThreshold(field)));
  builder.finish();
}

/** One block with a row for each canary and each time since which it has a value. */
function toBlock(
  planting: Planting,
  twins: readonly Twin[],
  thresholdOf: (field: number) => number,
): FingerprintedBlock {
  const { registerKey, region, canaries, chance, drawer } = planting;
  const hash = hasher(registerKey);
  const rows: { canary: Canary; id: Uint8Array; created: number; from: number }[] = [];
  const novel: { row: number; field: number; print: Fingerprint }[] = [];
  const controls: ControlNeighbours[] = [];
  canaries.forEach((canary, place) => {
    const twin = twins[place]!;
    const rowOf = new Map<number, number>();
    const id = Buffer.from(normalised('customerId', canary.values.customerId ?? '', { region }) ?? '', 'utf8');
    const rowSince = (from: number): number => {
      const row = rowOf.get(from) ?? rows.length;
      if (row === rows.length) {
        rowOf.set(from, row);
        rows.push({ canary, id, created: twin.createdSeconds, from });
      }
      return row;
    };
    rowSince(twin.fromSeconds[customerIdField]!);
    twin.fromSeconds.forEach((from, field) => {
      const name = fieldById(field)?.name;
      if (from === 0 || field === customerIdField || name === undefined) return;
      const value = normalised(name, canary.values[name] ?? '', { region });
      const print = value === null ? drawFingerprint(chance) : hash(name, value);
      novel.push({ row: rowSince(from), field, print });
      if (print.hi >= thresholdOf(field)) return;
      const neighbours = drawer.neighboursOf(name, value === null ? undefined : canary.values[name]);
      if (neighbours.length > 0) controls.push({ field, sampleHi: print.hi, neighbours });
    });
  });
  const offsets = new Uint32Array(rows.length + 1);
  rows.forEach(({ id }, row) => {
    offsets[row + 1] = offsets[row]! + id.length;
  });
  return {
    rows: rows.length,
    sequence: 0,
    subject: new Uint32Array(rows.length).fill(NONE),
    idLo: Uint32Array.from(rows, ({ canary }) => canary.idLo),
    idHi: Uint32Array.from(rows, ({ canary }) => canary.idHi),
    idBytes: Buffer.concat(rows.map(({ id }) => id)),
    idOffsets: offsets,
    created: Uint32Array.from(rows, ({ created }) => created),
    validFrom: Uint32Array.from(rows, ({ from }) => from),
    validUntil: new Uint32Array(rows.length).fill(STILL_CURRENT),
    prints: null,
    unchanged: 0,
    novel: {
      count: novel.length,
      row: Uint32Array.from(novel, ({ row }) => row),
      field: Uint8Array.from(novel, ({ field }) => field),
      lo: Uint32Array.from(novel, ({ print }) => print.lo),
      hi: Uint32Array.from(novel, ({ print }) => print.hi),
    },
    controls,
    rejected: new Map(),
  };
}

function normalised(name: FieldName, value: string, context: FieldContext): string | null {
  return value === '' ? null : fieldByName(name).normalise(value, context);
}
