import { largestT } from './welch.ts';

/** Something that is given bytes by whoever guesses a secret, and refuses them. */
export interface Guarded {
  readonly name: string;
  /** Whether it leaks on purpose: a harness that does not find it finds nothing. */
  readonly isControl: boolean;
  /** Wrong bytes, with a difference at the beginning and at the end of what is compared. Both of one length. */
  readonly early: Uint8Array;
  readonly late: Uint8Array;
  /** Refuses. */
  readonly refuse: (bytes: Uint8Array) => void;
}

/**
 * How much longer or shorter one class takes than the other: |t|, the largest over croppings. Classes alternate at random, so that load and clock speed meet both alike, and
 * both are copied to one place before the clock starts, so that caches do.
 */
export function measure({ early, late, refuse }: Guarded, samples: number): number {
  const bytes = new Uint8Array(early.length);
  const times: [number[], number[]] = [[], []];
  // Until the compiler has made up its mind.
  for (let i = 0; i < 20_000; i++) {
    bytes.set(i % 2 === 0 ? early : late);
    refuse(bytes);
  }
  for (let i = 0; i < samples; i++) {
    const which = Math.random() < 0.5 ? 0 : 1;
    bytes.set(which === 0 ? early : late);
    const started = process.hrtime.bigint();
    refuse(bytes);
    times[which].push(Number(process.hrtime.bigint() - started));
  }
  return largestT(...times);
}
