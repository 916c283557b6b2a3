import type { Canary, CanaryField } from '../contract/canaries.ts';
import type { CanarySettings } from '../contract/config.ts';
import { BoltsealError } from '../core/errors.ts';
import type { FieldName } from '../core/fields/field.ts';
import { makeNeighbours } from '../core/fields/neighbours.ts';
import { fieldByName } from '../core/fields/registry.ts';
import {
  controlsContext,
  deriveKey,
  type Fingerprint,
  fingerprint,
  fingerprintContext,
} from '../core/fingerprint/keys.ts';
import type { RegisterImage } from '../register/layout.ts';
import { findRecords } from '../register/lookup.ts';
import type { Chance } from './chance.ts';
import { type Invention, inventionOf } from './invent.ts';

/** What values are drawn for. */
export interface DrawerInput {
  readonly registerKey: Uint8Array;
  readonly region: string;
  readonly settings: CanarySettings | undefined;
  /** The whole register; null: there is none yet. */
  readonly image: RegisterImage | null;
  /** Canaries that there are. */
  readonly known: readonly Canary[];
  readonly chance: Chance;
}

/** A value that belongs to nobody. */
export interface DrawnValue {
  readonly value: string;
  readonly print: Fingerprint;
  /** As many it was drawn from. */
  readonly choices: number;
}

/** A space is full when so many draws were in vain. */
const TRIES = 200;
/** More than this of what the company set aside would show what the rest is. */
const MOST_SHARE = 0.5;
/** Fields whose sampled values have control values in a register, and how many each (docs/spec/register.md): canaries have them too. */
const CONTROLLED: readonly FieldName[] = ['phone', 'nationalId'];
const NEIGHBOURS = 4;

/** Draws values that neither a canary has nor anybody in the register, nor one of its control values. */
export class ValueDrawer {
  readonly #input: DrawerInput;
  readonly #inventions = new Map<CanaryField, Invention>();
  readonly #used = new Map<CanaryField, Set<string>>();
  readonly #hash: (name: FieldName, value: string) => Fingerprint;

  constructor(input: DrawerInput) {
    this.#input = input;
    this.#hash = hasher(input.registerKey);
  }

  /** Fails with CANARIES_ROOM when there is no room for so many more of a field. */
  checkRoom(field: CanaryField, count: number): void {
    const { choices } = this.#inventionOf(field);
    if (fieldByName(field).role === 'identifying' && this.#usedOf(field).size + count > choices * MOST_SHARE)
      throw new BoltsealError('CANARIES_ROOM', { field, choices });
  }

  /** Fails with CANARIES_SETTING, CANARIES_FIELD, CANARIES_VALUE and CANARIES_ROOM. */
  draw(field: CanaryField): DrawnValue {
    const { choices, draw } = this.#inventionOf(field);
    const isIdentifying = fieldByName(field).role === 'identifying';
    const used = this.#usedOf(field);
    for (let tries = 0; tries < TRIES; tries++) {
      const value = draw();
      const form = this.#normalise(field, value);
      if (form === null) throw new BoltsealError('CANARIES_VALUE', { field });
      const print = this.#hash(field, form);
      if (isIdentifying && (used.has(form) || this.#isKnown(print))) continue;
      if (isIdentifying) used.add(form);
      return { value, print, choices };
    }
    throw new BoltsealError('CANARIES_ROOM', { field, choices });
  }

  /** The fingerprint of a value that was drawn. */
  printOf(field: CanaryField, value: string): Fingerprint {
    return this.#hash(field, this.#normalise(field, value) ?? '');
  }

  /** The id of a canary as the register has it, in UTF-8. */
  idBytes(customerId: string): Uint8Array {
    return Buffer.from(this.#normalise('customerId', customerId) ?? '', 'utf8');
  }

  /** Control values for a field, as pairs (lo, hi): of its value, or of nothing where it has none. Empty for fields without. */
  neighboursOf(field: FieldName, value: string | undefined): Uint32Array {
    const { registerKey, region, chance } = this.#input;
    if (!CONTROLLED.includes(field)) return new Uint32Array(0);
    const form = value === undefined ? null : fieldByName(field).normalise(value, { region });
    const prints =
      form === null
        ? Array.from({ length: NEIGHBOURS }, () => drawFingerprint(chance))
        : (makeNeighbours(field, form, deriveKey(registerKey, controlsContext), NEIGHBOURS) ?? []).map((one) =>
            this.#hash(field, one),
          );
    return Uint32Array.from(prints.flatMap(({ lo, hi }) => [lo, hi]));
  }

  #inventionOf(field: CanaryField): Invention {
    const { region, settings, chance } = this.#input;
    const invention = this.#inventions.get(field) ?? inventionOf(field, region, settings, chance);
    this.#inventions.set(field, invention);
    return invention;
  }

  #usedOf(field: CanaryField): Set<string> {
    let used = this.#used.get(field);
    if (used === undefined) {
      used = new Set(this.#input.known.flatMap(({ values }) => this.#normalise(field, values[field] ?? '') ?? []));
      this.#used.set(field, used);
    }
    return used;
  }

  #isKnown({ lo, hi }: Fingerprint): boolean {
    const { image } = this.#input;
    return image !== null && findRecords(image, lo, hi).count > 0;
  }

  #normalise(field: CanaryField, value: string): string | null {
    return value === '' ? null : fieldByName(field).normalise(value, { region: this.#input.region });
  }
}

/** The fingerprint of nothing: as random as any. */
export function drawFingerprint(chance: Chance): Fingerprint {
  return { lo: chance.below(2 ** 32), hi: chance.below(2 ** 32) };
}

/** Fingerprints of normalised values: the key of each field is derived once. */
export function hasher(registerKey: Uint8Array): (name: FieldName, value: string) => Fingerprint {
  const keys = new Map<FieldName, Uint8Array>();
  return (name, value) => {
    let key = keys.get(name);
    if (key === undefined) {
      key = deriveKey(registerKey, fingerprintContext(fieldByName(name)));
      keys.set(name, key);
    }
    return fingerprint(key, value);
  };
}
