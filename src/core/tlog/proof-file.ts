import { fromBase64, toBase64 } from '../base64.ts';
import { BoltsealError } from '../errors.ts';
import { HASH_BYTES } from '../merkle/tree-hash.ts';

/** Proof that an entry is in a log, for whoever has no connection to it (C2SP tlog-proof). */
export interface LogProof {
  readonly index: number;
  /** From the leaf's sibling up to the child of the root. */
  readonly hashes: readonly Uint8Array[];
  /** The checkpoint's signed note, verbatim. */
  readonly checkpoint: string;
  /** Bytes for the application, or null. Not authenticated: whoever uses them checks them against the entry. */
  readonly extra: Uint8Array | null;
}

const firstLine = 'c2sp.org/tlog-proof@v1';
/** A tree of 2^53 leaves is 53 levels high. */
const MOST_HASHES = 63;

/** The text of a proof. */
export function formatLogProof({ index, hashes, checkpoint, extra }: LogProof): string {
  const lines = [
    firstLine,
    ...(extra === null ? [] : [`extra ${toBase64(extra)}`]),
    `index ${index}`,
    ...hashes.map(toBase64),
    '',
  ];
  return `${lines.join('\n')}\n${checkpoint}`;
}

/** Reads a proof. Hostile; nothing is verified by being parsed. Fails with LEDGER_NOTE. */
export function parseLogProof(text: string): LogProof {
  const blank = text.indexOf('\n\n');
  if (blank < 0) throw malformed('it has no checkpoint');
  const lines = text.slice(0, blank).split('\n');
  if (lines.shift() !== firstLine) throw malformed(`it does not begin with ${firstLine}`);
  const extraText = /^extra (.*)$/.exec(lines[0] ?? '')?.[1];
  if (extraText !== undefined) lines.shift();
  const extra = extraText === undefined ? null : fromBase64(extraText);
  if (extraText !== undefined && extra === null) throw malformed('its extra data is not Base64');
  const indexText = /^index (0|[1-9][0-9]*)$/.exec(lines.shift() ?? '')?.[1];
  const index = Number(indexText ?? Number.NaN);
  if (!Number.isSafeInteger(index)) throw malformed('it does not say which entry');
  if (lines.length > MOST_HASHES) throw malformed('it has more hashes than a tree has levels');
  const hashes = lines.map((line) => {
    const hash = fromBase64(line);
    if (hash === null || hash.length !== HASH_BYTES) throw malformed('one of its lines is not a hash');
    return hash;
  });
  return { index, hashes, extra, checkpoint: text.slice(blank + 2) };
}

function malformed(problem: string): BoltsealError {
  return new BoltsealError('LEDGER_NOTE', { what: 'proof', problem });
}
