import { type FoundCanary, logAccident, probabilityOfAccident } from '../canaries/accident.ts';
import { subjectOf } from '../canaries/registered.ts';
import type { CanarySighting } from '../canaries/sighting.ts';
import {
  type Canary,
  type CanaryBatch,
  type CanaryList,
  isSameRecipient,
  type Recipient,
  recipientTitle,
} from '../contract/canaries.ts';
import type { Verification } from '../contract/verification.ts';
import type { FieldName } from '../core/fields/field.ts';
import { fieldById } from '../core/fields/registry.ts';
import { FIELD_SHIFT, NONE, type RegisterImage, SUBJECT_MASK } from '../register/layout.ts';
import type { ResidentRegister } from '../scan/image.ts';
import { forEachBit, hasBit, type Marks } from '../scan/marks.ts';
import type { NotBefore } from './dating/date-copy.ts';

/** Chance of an accident up to which canaries are proof enough: for a verdict, and for a time after which something was copied. */
export const SURE = 1e-4;
/** Nothing is taken for less likely: clocks are set wrong, and lists are copied into the wrong place, more often. */
const LEAST_CHANCE = 1e-6;

/** Finds canaries in what a scan has marked, and takes them out of the marks: they are no customers. */
export class CanaryFinder {
  /** Those in stock have no batch: they count as no customers, and nobody got them. */
  readonly #canaries: { readonly batch: CanaryBatch | null; readonly canary: Canary }[];
  /** By place in the list: the subject, or NONE while it was not met. */
  readonly #subject: Uint32Array;
  readonly #mask: Uint16Array;
  readonly #isStrong: Uint8Array;

  constructor({ batches, stock }: CanaryList) {
    this.#canaries = [
      ...batches.flatMap((batch) => batch.canaries.map((canary) => ({ batch, canary }))),
      ...stock.map((canary) => ({ batch: null, canary })),
    ];
    this.#subject = new Uint32Array(this.#canaries.length).fill(NONE);
    this.#mask = new Uint16Array(this.#canaries.length);
    this.#isStrong = new Uint8Array(this.#canaries.length);
  }

  /** Canaries that the register has, once all passes are over. */
  get registered(): number {
    return this.#subject.reduce((count, subject) => count + (subject === NONE ? 0 : 1), 0);
  }

  /** Looks at one pass, before anything else does; the image then has no creation times of canaries. Answers which subjects of the pass are canaries, one bit each; null: none. */
  gather({ loaded: { image, range } }: Pick<ResidentRegister, 'loaded'>, marks: Marks): Uint32Array | null {
    const placeOf = new Map<number, number>();
    let planted: Uint32Array | null = null;
    let isAny = false;
    this.#canaries.forEach(({ canary }, place) => {
      if (this.#subject[place] === NONE) this.#subject[place] = subjectOf(image, canary);
      const subject = this.#subject[place]!;
      if (subject === NONE) return;
      image.created[subject] = 0;
      if (subject < range.from || subject >= range.to) return;
      placeOf.set(subject, place);
      planted ??= new Uint32Array(new SharedArrayBuffer(4 * ((range.to >>> 5) + 1)));
      planted[subject >>> 5]! |= 1 << (subject & 31);
      if (!hasBit(marks.touched, subject)) return;
      isAny = true;
      if (hasBit(marks.strong, subject)) this.#isStrong[place] = 1;
      clearBit(marks.touched, subject);
      clearBit(marks.strong, subject);
      if (marks.confirmSeen.length > 0) this.#takeConfirming(image, marks.confirmSeen, subject, range.from, place);
    });
    if (!isAny) return planted;
    forEachBit(marks.recordSeen, image.entryCount, (record) => {
      const owner = image.table[4 * record + 2]!;
      // Controls have bit 31, and no canary has their numbers.
      const place = owner >>> 31 === 1 ? undefined : placeOf.get(owner & SUBJECT_MASK);
      if (place === undefined) return;
      this.#mask[place]! |= 1 << (owner >>> FIELD_SHIFT);
      clearBit(marks.recordSeen, record);
    });
    return planted;
  }

  #takeConfirming(
    { confirmIndex, confirmFields }: RegisterImage,
    seen: Uint32Array,
    subject: number,
    firstSubject: number,
    place: number,
  ): void {
    const at = subject - firstSubject;
    for (let entry = confirmIndex[at]!; entry < confirmIndex[at + 1]!; entry++) {
      if (!hasBit(seen, entry)) continue;
      this.#mask[place]! |= 1 << confirmFields[entry]!;
      clearBit(seen, entry);
    }
  }

  /** What was found of canaries that somebody got, one by one. */
  sightings(): CanarySighting[] {
    return this.#canaries.flatMap(({ batch, canary }, place) => {
      if (batch === null) return [];
      const isRegistered = this.#subject[place] !== NONE;
      const isStrong = this.#isStrong[place] === 1;
      return [{ batch, canary, isRegistered, fields: fieldsOf(this.#mask[place]!), isStrong }];
    });
  }
}

function fieldsOf(mask: number): FieldName[] {
  const names: FieldName[] = [];
  for (let id = 0; id < 16; id++) {
    const name = ((mask >>> id) & 1) === 1 ? fieldById(id)?.name : undefined;
    if (name !== undefined) names.push(name);
  }
  return names;
}

function clearBit(bits: Uint32Array, at: number): void {
  bits[at >>> 5] = bits[at >>> 5]! & ~(1 << (at & 31));
}

/** The canaries of a verification, recipients with the least likely accident first; null where there are none. `rows`: of the dump. */
export function summariseCanaries(sightings: readonly CanarySighting[], rows: number): Verification['canaries'] {
  const planted = sightings.filter(({ isRegistered }) => isRegistered);
  if (planted.length === 0) return null;
  const recipients: { readonly recipient: Recipient; readonly sightings: CanarySighting[] }[] = [];
  for (const sighting of planted) {
    const known = recipients.find(({ recipient }) => isSameRecipient(recipient, sighting.batch.for));
    if (known === undefined) recipients.push({ recipient: sighting.batch.for, sightings: [sighting] });
    else known.sightings.push(sighting);
  }
  const found = recipients
    .map(({ recipient, sightings: own }) => {
      const seen = own.filter(({ fields }) => fields.length > 0);
      return {
        ...recipient,
        found: seen.length,
        planted: own.length,
        madeAt: seen.reduce((latest, { batch }) => (batch.madeAt > latest ? batch.madeAt : latest), ''),
        probabilityOfAccident: probabilityOfAccident(
          seen.map((sighting) => logAccident(asFound(sighting), rows)),
          own.length,
        ),
      };
    })
    .filter((one) => one.found > 0)
    .sort((a, b) => a.probabilityOfAccident - b.probabilityOfAccident || b.found - a.found);
  return {
    found: found.reduce((sum, one) => sum + one.found, 0),
    planted: planted.length,
    recipients: recipients.length,
    for: found,
  };
}

/** What the canaries in a dump say about its time: batch by batch, none of it existed before it was made, but for an accident. `rows`: of the dump. */
export function boundsOf(sightings: readonly CanarySighting[], rows: number): NotBefore[] {
  const batches = Map.groupBy(
    sightings.filter(({ isRegistered }) => isRegistered),
    ({ batch }) => batch,
  );
  return [...batches].flatMap(([batch, own]) => {
    const seen = own.filter(({ fields }) => fields.length > 0);
    if (seen.length === 0) return [];
    const accidents = seen.map((sighting) => logAccident(asFound(sighting), rows));
    const chance = probabilityOfAccident(accidents, own.length);
    return [{ seconds: Date.parse(batch.madeAt) / 1000, logChance: Math.log(Math.max(chance, LEAST_CHANCE)) }];
  });
}

function asFound({ canary, fields, isStrong }: CanarySighting): FoundCanary {
  return { values: canary.values, choices: canary.choices, fields, isStrong };
}

/** The verdict with what canaries add to it: a reason; and where nothing else was decisive, that some of the dump is ours. */
export function weighCanaries(
  verdict: Verification['verdict'],
  canaries: Verification['canaries'],
): Verification['verdict'] {
  const [best] = canaries?.for ?? [];
  if (best === undefined || canaries === null) return verdict;
  const others = canaries.for.length - 1;
  const reason = `Canaries, people whom only our own data has, are in it: ${best.found} of ${best.planted} of ${recipientTitle(best)}${others > 0 ? `, and of ${others} others` : ''}. Chance of an accident: ${chanceWords(best.probabilityOfAccident)}.`;
  const isUndecided = verdict.kind === 'not-ours' || verdict.kind === 'undetermined';
  return isUndecided && best.probabilityOfAccident <= SURE
    ? { kind: 'partly-ours', reasons: [reason, ...verdict.reasons] }
    : { kind: verdict.kind, reasons: [...verdict.reasons, reason] };
}

/** 0.02 → "2%", 0.00004 → "1 in 25,000". */
export function chanceWords(probability: number): string {
  if (probability >= 0.01) return `${Number((100 * probability).toPrecision(2))}%`;
  if (probability < 1e-12) return 'less than 1 in 10^12';
  const [digits = '1', power = '0'] = (1 / probability).toExponential(0).split('e+');
  const times = Number(digits) * 10 ** Number(power);
  return `1 in ${times >= 1e7 ? `${digits === '1' ? '' : `${digits} × `}10^${power}` : times.toLocaleString('en-US')}`;
}
