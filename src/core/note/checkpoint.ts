import { fromBase64, toBase64 } from '../base64.ts';
import { BoltsealError } from '../errors.ts';
import { HASH_BYTES } from '../merkle/tree-hash.ts';

/** What a log says of itself at one size (C2SP tlog-checkpoint). */
export interface Checkpoint {
  readonly origin: string;
  /** Leaves of the tree. */
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
  /** Lines beyond the third. Ours have none: nobody audits them. */
  readonly extensions: readonly string[];
}

const decimal = /^(?:0|[1-9][0-9]*)$/;

/** Reads the text of a checkpoint's note. Hostile. Fails with LEDGER_NOTE. */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split('\n');
  const [origin = '', sizeText = '', rootText = '', ...rest] = lines;
  if (rest.pop() !== '' || origin === '') throw malformed('it does not have three lines or more');
  if (rest.includes('')) throw malformed('an extension line is empty');
  const root = fromBase64(rootText);
  if (root === null || root.length !== HASH_BYTES) throw malformed('its third line is not a hash');
  return { origin, size: parseDecimal(sizeText), root, extensions: rest };
}

/** The text of a checkpoint, to be signed. */
export function formatCheckpoint({ origin, size, root, extensions }: Checkpoint): string {
  return [origin, String(size), toBase64(root), ...extensions].map((line) => `${line}\n`).join('');
}

function parseDecimal(text: string): number {
  const size = decimal.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(size)) throw malformed('its second line is not a size');
  return size;
}

function malformed(problem: string): BoltsealError {
  return new BoltsealError('LEDGER_NOTE', { what: 'checkpoint', problem });
}
