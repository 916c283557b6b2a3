import type { SeenCharacter } from '../../core/confusable.ts';
import type { Grey } from './picture-grey.ts';

/** A line of text: its characters with the spaces between words. */
export interface LineText {
  readonly symbols: readonly SeenCharacter[];
  /** Mean over the words, by their lengths, 0 to 1; 0 without any. */
  readonly wordConfidence: number;
}

/** Which characters a model knows: Latin letters and digits, or Han characters besides. */
export type Model = 'latin' | 'han';

/** Recognises text: the narrow port behind which an engine stands. Synchronous; the same picture gives the same answer. */
export interface Engine {
  /** The grey values of an encoded picture (its first frame), or null when it cannot be decoded. The caller has bounded its size. */
  decode(bytes: Uint8Array): Grey | null;
  /** Reads one line, black on white. */
  readLine(line: Grey, model: Model): LineText;
}
