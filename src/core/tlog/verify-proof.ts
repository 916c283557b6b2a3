import type { Sha256 } from '../bytes.ts';
import { BoltsealError } from '../errors.ts';
import { verifyInclusion } from '../merkle/inclusion.ts';
import { hashLeaf } from '../merkle/tree-hash.ts';
import { type Checkpoint, parseCheckpoint } from '../note/checkpoint.ts';
import { parseNote } from '../note/signed-note.ts';
import { isSameKey } from '../note/verifier-key.ts';
import { type SignatureVerifier, verifyNote } from '../note/verify-note.ts';
import { type LogPolicy, meetsQuorum } from './policy.ts';
import type { LogProof } from './proof-file.ts';

/** A checkpoint that a policy believes. */
export interface TrustedCheckpoint extends Checkpoint {
  /** Witnesses of the policy that cosigned, with the time that each states. */
  readonly cosigned: readonly { readonly name: string; readonly timestampSeconds: number | null }[];
}

/**
 * Checks a signed checkpoint against a policy: a log of the policy signed it under the name that is its origin, and the quorum of witnesses cosigned.
 * Fails with LEDGER_NOTE (malformed), LEDGER_SIGNATURE, LEDGER_QUORUM.
 */
export function verifyCheckpoint(verifier: SignatureVerifier, signed: string, policy: LogPolicy): TrustedCheckpoint {
  const note = parseNote(signed);
  const checkpoint = parseCheckpoint(note.text);
  const keys = [...policy.logs, ...policy.witnesses].map(({ key }) => key);
  const verified = verifyNote(note, keys, verifier);
  const isByLog = verified.some(
    ({ key }) => key.name === checkpoint.origin && policy.logs.some((log) => isSameKey(log.key, key)),
  );
  if (!isByLog)
    throw new BoltsealError('LEDGER_SIGNATURE', { problem: 'no log of the policy signed it under its own name' });
  const cosigned = policy.witnesses.flatMap(({ name, key }) =>
    verified
      .filter((signature) => isSameKey(signature.key, key))
      .slice(0, 1)
      .map(({ timestampSeconds }) => ({ name, timestampSeconds })),
  );
  if (!meetsQuorum(policy, new Set(cosigned.map(({ name }) => name)))) {
    throw new BoltsealError('LEDGER_QUORUM', { cosigned: cosigned.length, witnesses: policy.witnesses.length });
  }
  return { ...checkpoint, cosigned };
}

/** Checks that `entry` is in a log that the policy believes. Fails as `verifyCheckpoint` does, and with LEDGER_PROOF. */
export function verifyLogProof(
  sha256: Sha256,
  verifier: SignatureVerifier,
  { proof, entry, policy }: { readonly proof: LogProof; readonly entry: Uint8Array; readonly policy: LogPolicy },
): TrustedCheckpoint {
  const checkpoint = verifyCheckpoint(verifier, proof.checkpoint, policy);
  const isIncluded = verifyInclusion(sha256, {
    leafHash: hashLeaf(sha256, entry),
    index: proof.index,
    size: checkpoint.size,
    root: checkpoint.root,
    proof: proof.hashes,
  });
  if (!isIncluded) throw new BoltsealError('LEDGER_PROOF', { index: proof.index, size: checkpoint.size });
  return checkpoint;
}
