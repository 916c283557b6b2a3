import { fromBase64, toBase64 } from '../../core/base64.ts';
import { equalBytes, type Sha256 } from '../../core/bytes.ts';
import { BoltsealError } from '../../core/errors.ts';
import { verifyConsistency } from '../../core/merkle/consistency.ts';
import { emptyRoot, HASH_BYTES } from '../../core/merkle/tree-hash.ts';
import { type Checkpoint, parseCheckpoint } from '../../core/note/checkpoint.ts';
import { formatSignatureLine, parseNote, type SignedNote } from '../../core/note/signed-note.ts';
import type { VerifierKey } from '../../core/note/verifier-key.ts';
import { type NoteSigner, type SignatureVerifier, signLine, verifyNote } from '../../core/note/verify-note.ts';

/** What a witness last cosigned of a log. */
export interface WitnessedTree {
  readonly size: number;
  readonly root: Uint8Array;
}

/**
 * What a witness remembers. Durable once a call returns, and one for all processes of the witness.
 */
export interface WitnessStore {
  /** The tree last cosigned; null: none yet. */
  last(origin: string): WitnessedTree | null;
  /**
   * Remembers `next` with its signed checkpoint if the tree last cosigned still is `previous`, and says whether it was: checked and set in one step, so that of two
   * requests from the same tree one loses.
   */
  replace(origin: string, previous: WitnessedTree | null, next: WitnessedTree, checkpoint: string): boolean;
  /** The signed checkpoint last cosigned, with our cosignatures; null: none yet. */
  checkpoint(origin: string): string | null;
}

/** Who witnesses what. */
export interface WitnessDuties {
  /** Keys of each log, by origin. */
  readonly logs: ReadonlyMap<string, readonly VerifierKey[]>;
  readonly signers: readonly NoteSigner[];
  readonly store: WitnessStore;
  readonly sha256: Sha256;
  readonly verifier: SignatureVerifier;
  /** Seconds since 1970. */
  readonly nowSeconds: () => number;
}

/** An answer of HTTP. */
export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  readonly contentType: 'text/plain; charset=utf-8' | 'text/x.tlog.size';
  readonly body: string;
}

/** The specification's most (a tree of 2^63 leaves). */
const MOST_PROOF_LINES = 63;

/** Answers `add-checkpoint` (C2SP tlog-witness). `body` is hostile; never throws for what it holds. */
export function addCheckpoint(duties: WitnessDuties, body: string): WitnessAnswer {
  const request = readRequest(body);
  if (request === null) return refuse(400, 'the body is not a size, a proof and a checkpoint');
  const { oldSize, proof, note, checkpoint } = request;
  const keys = duties.logs.get(checkpoint.origin);
  if (keys === undefined) return refuse(404, 'this witness does not know that log');
  if (!isSignedBy(keys, note, duties.verifier))
    return refuse(403, 'no signature by a key that is trusted for that log');
  if (oldSize > checkpoint.size) return refuse(400, 'the old size is larger than that of the checkpoint');
  const last = duties.store.last(checkpoint.origin);
  if (oldSize !== (last?.size ?? 0)) return conflict(last);
  const problem = findInconsistency(duties.sha256, last, checkpoint, proof);
  if (problem !== null) return refuse(422, problem);
  const timestampSeconds = duties.nowSeconds();
  const lines = duties.signers.map((signer) => signLine(note.text, signer, timestampSeconds));
  const cosignatures = lines.map(formatSignatureLine).join('');
  // Durable before the answer: a witness that forgets what it cosigned would cosign a fork of it.
  const isReplaced = duties.store.replace(checkpoint.origin, last, checkpoint, `${request.signed}${cosignatures}`);
  return isReplaced
    ? { status: 200, contentType: 'text/plain; charset=utf-8', body: cosignatures }
    : conflict(duties.store.last(checkpoint.origin));
}

/** The body that a log sends. */
export function formatAddCheckpoint(oldSize: number, proof: readonly Uint8Array[], signed: string): string {
  return `old ${oldSize}\n${proof.map((hash) => `${toBase64(hash)}\n`).join('')}\n${signed}`;
}

interface AddRequest {
  readonly oldSize: number;
  readonly proof: readonly Uint8Array[];
  readonly signed: string;
  readonly note: SignedNote;
  readonly checkpoint: Checkpoint;
}

function readRequest(body: string): AddRequest | null {
  const blank = body.indexOf('\n\n');
  if (blank < 0) return null;
  const [first = '', ...lines] = body.slice(0, blank).split('\n');
  const oldSize = Number(/^old (0|[1-9][0-9]*)$/.exec(first)?.[1] ?? Number.NaN);
  if (!Number.isSafeInteger(oldSize) || lines.length > MOST_PROOF_LINES) return null;
  const proof = lines.map(fromBase64);
  if (!proof.every((hash): hash is Uint8Array => hash?.length === HASH_BYTES)) return null;
  const signed = body.slice(blank + 2);
  try {
    const note = parseNote(signed);
    return { oldSize, proof, signed, note, checkpoint: parseCheckpoint(note.text) };
  } catch (error) {
    if (error instanceof BoltsealError) return null;
    throw error;
  }
}

function isSignedBy(keys: readonly VerifierKey[], note: SignedNote, verifier: SignatureVerifier): boolean {
  try {
    return verifyNote(note, keys, verifier).length > 0;
  } catch (error) {
    if (error instanceof BoltsealError) return false;
    throw error;
  }
}

/** Why the new tree does not continue the old one, or null. */
function findInconsistency(
  sha256: Sha256,
  last: WitnessedTree | null,
  { size, root }: Checkpoint,
  proof: readonly Uint8Array[],
): string | null {
  if (size === 0 && !equalBytes(root, emptyRoot(sha256))) return 'the root is not that of an empty tree';
  if (last === null || last.size === 0) return proof.length === 0 ? null : 'nothing is to be proved of an empty tree';
  const claim = { size1: last.size, root1: last.root, size2: size, root2: root, proof };
  return verifyConsistency(sha256, claim) ? null : 'the tree does not continue the one that was cosigned before';
}

function refuse(status: 400 | 403 | 404 | 422, problem: string): WitnessAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${problem}\n` };
}

function conflict(last: WitnessedTree | null): WitnessAnswer {
  return { status: 409, contentType: 'text/x.tlog.size', body: `${last?.size ?? 0}\n` };
}
