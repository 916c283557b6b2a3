import type { RegisterImage } from './layout.ts';
import type { GenerationFile, RegisterManifest } from './manifest.ts';

/** Files that are an array of the image as they stand. */
export type WholeFile = Exclude<GenerationFile, 'ids.bin' | 'lines.bin' | 'overflow.bin' | 'rows.bin'>;

/** The arrays of an image that `loadRegister` asks memory for: lines and overflow are one, the table. */
export type ImageArray = WholeFile | 'table';

/**
 * Gives memory for one array: `byteLength` zeroed bytes (0 is possible) whose offset in their buffer is a multiple of 64. The buffer may be shared.
 * Called once for each array, in no promised order.
 */
export type AllocateArray = (name: ImageArray, byteLength: number) => Uint8Array;

/** Subjects `from` up to, but without, `to`. */
export interface SubjectRange {
  readonly from: number;
  readonly to: number;
}

/** A register, or a part of one, in memory. */
export interface LoadedRegister {
  readonly image: RegisterImage;
  /** Of the whole register, also when a part was loaded. */
  readonly manifest: RegisterManifest;
  /**
   * The subjects that the image holds: numbers in records are absolute, `confirmIndex` begins with subject `range.from`. `created` always holds all.
   */
  readonly range: SubjectRange;
  /** Entries of erased.bin whose subjects the image does not have, and which of them the generation still has, by number. */
  readonly erased: { readonly entries: number; readonly subjects: readonly number[] };
}
