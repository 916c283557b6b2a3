import { concatBytes, toBigEndian, toUtf8 } from '../bytes.ts';
import { BoltsealError } from '../errors.ts';
import { parseCheckpoint } from './checkpoint.ts';

/** Algorithms behind the types. */
export type SignatureAlgorithm = 'ed25519' | 'ml-dsa-44';

/** What a signature line's message is made of. */
export interface MessageParts {
  readonly text: string;
  readonly keyName: string;
  /** Seconds since 1970; 0 where the type has none. */
  readonly timestampSeconds: number;
}

/** One type of signature that notes carry. */
export interface SignatureType {
  /** The byte that stands for it in keys and their ids. */
  readonly byte: number;
  readonly algorithm: SignatureAlgorithm;
  readonly publicKeyBytes: number;
  /** Without the time. */
  readonly signatureBytes: number;
  /** Whether 8 bytes of POSIX seconds, big endian, stand before the signature. */
  readonly isTimestamped: boolean;
  /** Whether whoever signs so may be a log, a witness, or both. */
  readonly signsFor: readonly ('log' | 'witness')[];
  /** What is signed. Fails with LEDGER_NOTE where the type needs a checkpoint and the text is none, or one that it cannot hold. */
  message(parts: MessageParts): Uint8Array;
}

const ed25519 = { algorithm: 'ed25519', publicKeyBytes: 32, signatureBytes: 64 } as const;

/** Every type that this program makes or checks; lines of others are lines of unknown keys. */
export const signatureTypes: readonly SignatureType[] = [
  {
    // C2SP signed-note, "Ed25519 signatures": RFC 8032 over the text.
    byte: 0x01,
    ...ed25519,
    isTimestamped: false,
    signsFor: ['log'],
    message: ({ text }) => toUtf8(text),
  },
  {
    // C2SP tlog-cosignature, "Ed25519 signed message".
    byte: 0x04,
    ...ed25519,
    isTimestamped: true,
    signsFor: ['witness'],
    message: ({ text, timestampSeconds }) => toUtf8(`cosignature/v1\ntime ${timestampSeconds}\n${text}`),
  },
  {
    // C2SP tlog-cosignature, "ML-DSA-44 signed message"; FIPS 204 gives the sizes. A checkpoint is the subtree from 0 on.
    byte: 0x06,
    algorithm: 'ml-dsa-44',
    publicKeyBytes: 1312,
    signatureBytes: 2420,
    isTimestamped: true,
    signsFor: ['log', 'witness'],
    message: ({ text, keyName, timestampSeconds }) => {
      const { origin, size, root } = parseCheckpoint(text);
      return concatBytes([
        toUtf8('subtree/v1\n\0'),
        opaque(keyName),
        toBigEndian(timestampSeconds, 8),
        opaque(origin),
        toBigEndian(0, 8),
        toBigEndian(size, 8),
        root,
      ]);
    },
  },
];

/** The type of that byte, or undefined. */
export function signatureTypeOf(byte: number): SignatureType | undefined {
  return signatureTypes.find((type) => type.byte === byte);
}

/** A text of 1 to 255 bytes behind its length (RFC 8446, section 3.4). */
function opaque(text: string): Uint8Array {
  const bytes = toUtf8(text);
  if (bytes.length === 0 || bytes.length > 255)
    throw new BoltsealError('LEDGER_NOTE', {
      what: 'cosigned checkpoint',
      problem: 'a name in it does not have 1 to 255 bytes',
    });
  return concatBytes([Uint8Array.of(bytes.length), bytes]);
}
