import { toUtf8 } from '../../core/bytes.ts';
import { BoltsealError } from '../../core/errors.ts';
import { formatCheckpoint, parseCheckpoint } from '../../core/note/checkpoint.ts';
import { formatNote, parseNote } from '../../core/note/signed-note.ts';
import { signLine, type VerifiedSignature, verifyNote } from '../../core/note/verify-note.ts';
import type { CheckpointSigner } from '../port.ts';
import { type LogKeys, signersOf } from './log-keys.ts';
import { nodeVerifier } from './verifier.ts';

/** Which keys a log signs with, and whose signatures it takes for its own. */
export interface SigningKeys {
  /** Those of one generation; while a rotation is under way those of two. */
  readonly signing: readonly LogKeys[];
  /** All generations there have been: older checkpoints are the log's own, too. */
  readonly trusted: readonly LogKeys[];
  /** Milliseconds since 1970; lines of ML-DSA-44 carry a time. */
  readonly now: () => number;
}

/** Signs and reads a log's own checkpoints with the keys of its folder. */
export function makeCheckpointSigner({ signing, trusted, now }: SigningKeys): CheckpointSigner {
  return {
    sign(origin, { size, root }) {
      const text = formatCheckpoint({ origin, size, root, extensions: [] });
      const timestampSeconds = Math.floor(now() / 1000);
      const signers = signing.flatMap((keys) => signersOf(keys, origin));
      return toUtf8(
        formatNote({ text, signatures: signers.map((signer) => signLine(text, signer, timestampSeconds)) }),
      );
    },
    open(origin, note) {
      try {
        const parsed = parseNote(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(note));
        const signers = trusted.flatMap((keys) => signersOf(keys, origin));
        const verified = verifyNote(
          parsed,
          signers.map(({ key }) => key),
          nodeVerifier,
        );
        const checkpoint = parseCheckpoint(parsed.text);
        if (checkpoint.origin !== origin) throw damaged('it is of another log');
        if (!isSignedByBoth(verified)) throw damaged('one of its signatures is missing');
        return { size: checkpoint.size, root: checkpoint.root };
      } catch (cause) {
        if (cause instanceof BoltsealError && cause.code === 'LEDGER_DAMAGED') throw cause;
        throw damaged('it is no checkpoint that this log signed', cause);
      }
    },
  };
}

/** Our own notes have both lines: one whose post-quantum line was taken away is not as we left it. */
function isSignedByBoth(verified: readonly VerifiedSignature[]): boolean {
  return new Set(verified.map(({ key }) => key.type.algorithm)).size === 2;
}

function damaged(problem: string, cause?: unknown): BoltsealError {
  return new BoltsealError('LEDGER_DAMAGED', { file: 'checkpoint', problem }, { cause });
}
