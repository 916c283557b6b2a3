import { concatBytes, equalBytes, fromBigEndian, toBigEndian } from '../bytes.ts';
import { BoltsealError } from '../errors.ts';
import type { SignatureAlgorithm } from './signature-types.ts';
import type { NoteSignature, SignedNote } from './signed-note.ts';
import type { VerifierKey } from './verifier-key.ts';

/** Checks signatures: Node's crypto on a server, a portable library elsewhere. */
export interface SignatureVerifier {
  /** Whether `signature` is the key's over `message`; false for whatever is malformed. Never throws. */
  verify(algorithm: SignatureAlgorithm, publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/** A signature that holds. */
export interface VerifiedSignature {
  readonly key: VerifierKey;
  /** Seconds since 1970; null for types without time. */
  readonly timestampSeconds: number | null;
}

/**
 * The signatures of known keys, all of which hold; at least one.
 *
 * Lines of unknown keys are passed over. Fails with LEDGER_SIGNATURE when a known key's line does not hold (then the whole note is refused), or none is of a
 * known key (C2SP signed-note, "Signatures").
 */
export function verifyNote(
  note: SignedNote,
  keys: readonly VerifierKey[],
  verifier: SignatureVerifier,
): readonly VerifiedSignature[] {
  const verified = note.signatures.flatMap((line) => {
    const key = keys.find(({ name, keyId }) => name === line.name && equalBytes(keyId, line.keyId));
    return key === undefined ? [] : [verifyLine(note.text, line, key, verifier)];
  });
  if (verified.length === 0)
    throw new BoltsealError('LEDGER_SIGNATURE', { problem: 'none of its signatures is of a key that is trusted' });
  return verified;
}

/** One line of a known key. Fails with LEDGER_SIGNATURE. */
export function verifyLine(
  text: string,
  { signature }: NoteSignature,
  key: VerifierKey,
  verifier: SignatureVerifier,
): VerifiedSignature {
  const { isTimestamped, signatureBytes, algorithm } = key.type;
  const timeBytes = isTimestamped ? TIME_BYTES : 0;
  const timestampSeconds = isTimestamped ? fromBigEndian(signature.subarray(0, timeBytes)) : 0;
  const isSound =
    timestampSeconds !== null &&
    signature.length === timeBytes + signatureBytes &&
    verifier.verify(
      algorithm,
      key.publicKey,
      key.type.message({ text, keyName: key.name, timestampSeconds }),
      signature.subarray(timeBytes),
    );
  if (!isSound) throw new BoltsealError('LEDGER_SIGNATURE', { problem: `the signature of ${key.name} does not hold` });
  return { key, timestampSeconds: isTimestamped ? timestampSeconds : null };
}

/** Who signs: the private key stays behind this. */
export interface NoteSigner {
  readonly key: VerifierKey;
  /** The signature of the key's algorithm over `message`. */
  sign(message: Uint8Array): Uint8Array;
}

/** A signature line over `text`; `timestampSeconds` is left out by types without time. */
export function signLine(text: string, { key, sign }: NoteSigner, timestampSeconds: number): NoteSignature {
  const { name, keyId, type } = key;
  const signature = sign(type.message({ text, keyName: name, timestampSeconds }));
  const time = type.isTimestamped ? [toBigEndian(timestampSeconds, TIME_BYTES)] : [];
  return { name, keyId, signature: concatBytes([...time, signature]) };
}

const TIME_BYTES = 8;
