import { CONTROL_BIT, FIELD_SHIFT, type RegisterImage } from './layout.ts';
import { forEachRecord } from './lookup.ts';
import type { ControlCount } from './manifest.ts';
import type { ControlNeighbours } from './port.ts';

/** Sampled values per field. With four neighbours each, a lift of 1.1 is told from 1 when a dump has a tenth of them. */
export const SAMPLES_PER_FIELD = 32_768;
/** Where a threshold starts: (nearly) every value is sampled. */
export const FIRST_THRESHOLD = 0xffffffff;
/** Identifying fields. */
const FIELDS = 8;
const noNeighbours = new Uint32Array(0);

/**
 * The sample of values that have control values: per field the values with the lowest fingerprints, so that a sample does not depend on the order of rows and
 * stays the same sample while the register grows. The threshold only ever falls.
 */
export class ControlSample {
  readonly #thresholds = new Uint32Array(FIELDS).fill(FIRST_THRESHOLD);
  /** Per field: neighbours by the high half of the sampled value. Two values may share a high half; their neighbours then stand together. */
  readonly #samples = new Map<number, Map<number, Uint32Array>>();
  readonly #samplesPerField: number;

  constructor(samplesPerField = SAMPLES_PER_FIELD) {
    this.#samplesPerField = samplesPerField;
  }

  /** Takes over the sample of a register: its values count, its controls stay in the old table. */
  resume(image: RegisterImage, controls: readonly ControlCount[]): void {
    let highest = 0;
    for (const { id, threshold } of controls) {
      this.#thresholds[id] = threshold;
      this.#samples.set(id, new Map());
      highest = Math.max(highest, threshold);
    }
    if (highest === 0) return;
    // The table is in the order of fingerprints: the whole sample stands at its front.
    const visit = (_lo: number, hi: number, record: number): void => {
      const owner = image.table[4 * record + 2]!;
      const field = (owner >>> FIELD_SHIFT) & 7;
      const samples = this.#samples.get(field);
      if (owner < CONTROL_BIT && samples !== undefined && hi < this.#thresholds[field]!) samples.set(hi, noNeighbours);
    };
    forEachRecord(image, visit, highest);
    for (const { id } of controls) this.#limit(id, 1);
  }

  /** By field id; values at or above their field's threshold need no neighbours. */
  get thresholds(): Uint32Array {
    return this.#thresholds;
  }

  /** The fields that are controlled. */
  get fields(): number[] {
    return [...this.#samples.keys()].sort((a, b) => a - b);
  }

  add({ field, sampleHi, neighbours }: ControlNeighbours): void {
    if (sampleHi >= this.#thresholds[field]!) return;
    let samples = this.#samples.get(field);
    if (samples === undefined) {
      samples = new Map();
      this.#samples.set(field, samples);
    }
    const known = samples.get(sampleHi);
    if (known === undefined || known.length === 0) samples.set(sampleHi, neighbours.slice());
    else if (!holds(known, neighbours)) samples.set(sampleHi, Uint32Array.from([...known, ...neighbours]));
    this.#limit(field, 2);
  }

  /** Cuts every sample to its final size; then visits the controls, ascending by sample within a field. */
  finish(visit: (lo: number, hi: number, field: number, sampleHi: number) => void): void {
    for (const field of this.fields) {
      this.#limit(field, 1);
      const samples = this.#samples.get(field)!;
      for (const sampleHi of Uint32Array.from(samples.keys()).sort()) {
        const neighbours = samples.get(sampleHi)!;
        for (let i = 0; i < neighbours.length; i += 2) visit(neighbours[i]!, neighbours[i + 1]!, field, sampleHi);
      }
    }
  }

  /** Cuts a sample to its size once it has `slack` times as many: rarely, so that each value costs little. */
  #limit(field: number, slack: number): void {
    const samples = this.#samples.get(field)!;
    if (samples.size <= slack * this.#samplesPerField) return;
    const threshold = Uint32Array.from(samples.keys()).sort()[this.#samplesPerField]!;
    this.#thresholds[field] = threshold;
    for (const sampleHi of samples.keys()) if (sampleHi >= threshold) samples.delete(sampleHi);
  }
}

/** True when the pairs of `part` stand in `whole` one after the other: the same value came again. */
function holds(whole: Uint32Array, part: Uint32Array): boolean {
  for (let start = 0; start + part.length <= whole.length; start += 2) {
    if (part.every((word, i) => whole[start + i] === word)) return true;
  }
  return false;
}
