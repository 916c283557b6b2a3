import { type Canary, type CanaryField, type CanaryList, canaryFields, emptyCanaries } from '../contract/canaries.ts';
import type { CanarySettings } from '../contract/config.ts';
import { BoltsealError } from '../core/errors.ts';
import { fieldById } from '../core/fields/registry.ts';
import type { Fingerprint } from '../core/fingerprint/keys.ts';
import { NONE, type RegisterImage } from '../register/layout.ts';
import type { Companion, CompanionSource } from '../register/port.ts';
import type { Chance } from './chance.ts';
import { blendCreated } from './created.ts';
import { drawFingerprint, ValueDrawer } from './draw-values.ts';
import { readCanaries, writeCanaries } from './marker.ts';
import { subjectOf } from './registered.ts';

/** One in so many new subjects gets a canary behind it: a half per cent more register, and a first table of 20,000 brings a hundred canaries. */
const NEW_SUBJECTS_A_CANARY = 200;
/** More than this do not wait for a recipient. */
const MOST_STOCK = 10_000;

export interface StockInput {
  readonly home: string;
  readonly registerKey: Uint8Array;
  readonly region: string;
  readonly settings: CanarySettings;
  readonly chance: Chance;
  /** The register that is extended; null: there is none yet. */
  readonly image: RegisterImage | null;
}

/**
 * Canaries that come into the register among the new subjects of a table and wait there for a recipient. Which new subject has one behind it is chance, the same for each and independent of the others: neither the order
 * of subjects nor a comparison with an older copy tells it from them, and `canaries make` then changes nothing in the register.
 */
export class CanaryStock implements CompanionSource {
  readonly #input: StockInput;
  readonly #list: CanaryList;
  readonly #drawer: ValueDrawer;
  readonly #fields: readonly CanaryField[];
  readonly #made: { idLo: number; idHi: number; values: Record<string, string>; choices: Record<string, number> }[] =
    [];
  #gap: number;
  #isFull = false;

  /** Fails with CANARIES_LOST, CANARIES_DAMAGED, CANARIES_FORMAT, CANARIES_KEY. */
  constructor(input: StockInput) {
    this.#input = input;
    this.#list = dropUnplanted(readCanaries(input.home) ?? emptyCanaries, input.image);
    this.#drawer = new ValueDrawer({ ...input, known: allCanaries(this.#list) });
    this.#fields = fieldsToDraw(input);
    this.#gap = drawGap(input.chance);
  }

  next(): Companion | null {
    if (--this.#gap > 0 || this.#isFull) return null;
    this.#gap = drawGap(this.#input.chance);
    if (this.#list.stock.length + this.#made.length >= MOST_STOCK) this.#isFull = true;
    return this.#isFull ? null : this.#make();
  }

  /** Notes what was made, before the register has it. Fails with CANARIES_WRITE and CANARIES_KEY. */
  commit(): void {
    if (this.#made.length === 0) return;
    writeCanaries(this.#input.home, { ...this.#list, stock: [...this.#list.stock, ...this.#made] });
  }

  #make(): Companion | null {
    const { chance } = this.#input;
    const drawer = this.#drawer;
    const drawn = new Map<CanaryField, { value: string; print: Fingerprint; choices: number }>();
    try {
      for (const field of this.#fields) {
        drawer.checkRoom(field, 1);
        drawn.set(field, drawer.draw(field));
      }
    } catch (error) {
      // What is set aside is used up, or is wrong, which `canaries make` says: the table is added all the same.
      if (!(error instanceof BoltsealError)) throw error;
      this.#isFull = true;
      return null;
    }
    const id = drawn.get('customerId')!;
    const values: Record<string, string> = { customerId: id.value };
    const choices: Record<string, number> = { customerId: id.choices };
    this.#made.push({ idLo: id.print.lo, idHi: id.print.hi, values, choices });
    return {
      idLo: id.print.lo,
      idHi: id.print.hi,
      idBytes: drawer.idBytes(id.value),
      createdBetween: (before, next) => blendCreated(before, next, chance),
      printOf(field) {
        const name = canaryFields.find((known) => known === fieldById(field)?.name);
        const one = name === undefined || name in values ? undefined : drawn.get(name);
        if (name === undefined || one === undefined) return drawFingerprint(chance);
        values[name] = one.value;
        choices[name] = one.choices;
        return one.print;
      },
      neighboursOf(field) {
        const name = fieldById(field)?.name;
        return name === undefined ? new Uint32Array(0) : drawer.neighboursOf(name, values[name]);
      },
    };
  }
}

/** Whether a configuration allows canaries to be made ahead. */
export function canStock(settings: CanarySettings | undefined): settings is CanarySettings {
  return settings?.customerIds !== undefined;
}

/** All canaries of a list. */
export function allCanaries({ batches, stock }: CanaryList): Canary[] {
  return [...batches.flatMap(({ canaries }) => canaries), ...stock];
}

/** An addition to the register is whole or did not happen: of a batch that is not exported either all canaries are there or none. */
export function dropUnplanted({ format, batches, stock }: CanaryList, image: RegisterImage | null): CanaryList {
  const isThere = (canary: Canary): boolean => image !== null && subjectOf(image, canary) !== NONE;
  return {
    format,
    batches: batches.filter(({ exported, canaries }) => exported || canaries.some(isThere)),
    stock: stock.filter(isThere),
  };
}

function fieldsToDraw({ region, settings }: StockInput): CanaryField[] {
  const isSet: Partial<Record<CanaryField, boolean>> = {
    phone: settings.phoneBlocks !== undefined,
    email: settings.mailDomain !== undefined,
    trackingNumber: settings.trackingNumbers !== undefined,
    nationalId: region === 'CN',
  };
  return canaryFields.filter((field) => isSet[field] ?? true);
}

/** New subjects up to the next canary: geometric, so that what came before says nothing of what comes. */
function drawGap(chance: Chance): number {
  const uniform = (1 + chance.below(2 ** 32)) / (2 ** 32 + 1);
  return 1 + Math.floor(Math.log(uniform) / Math.log1p(-1 / NEW_SUBJECTS_A_CANARY));
}
