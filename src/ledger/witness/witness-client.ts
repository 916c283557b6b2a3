import { equalBytes } from '../../core/bytes.ts';
import { BoltsealError } from '../../core/errors.ts';
import { type NoteSignature, parseSignatureLine } from '../../core/note/signed-note.ts';
import type { VerifierKey } from '../../core/note/verifier-key.ts';
import { type SignatureVerifier, verifyLine } from '../../core/note/verify-note.ts';
import { formatAddCheckpoint } from './add-checkpoint.ts';

/** A witness that a log asks. */
export interface WitnessAddress {
  /** Name in the configuration, for messages. */
  readonly name: string;
  /** Submission prefix, without a slash at its end. */
  readonly url: string;
  readonly keys: readonly VerifierKey[];
}

/** What a log asks to be cosigned. */
export interface CosigningRequest {
  /** Signed checkpoint. */
  readonly signed: string;
  /** Text of the checkpoint's note. */
  readonly text: string;
  readonly size: number;
  /** Size that the witness is thought to have seen. */
  readonly knownSize: number;
  /** Consistency proof to the checkpoint from a smaller size. */
  prove(oldSize: number): readonly Uint8Array[];
}

const ANSWER_SECONDS = 10;
const MOST_ANSWER_BYTES = 64 * 1024;

/**
 * Asks a witness for its cosignatures; those that hold, at least one.
 *
 * Where the witness remembers another size, it is asked once more from that one. Fails with LEDGER_WITNESS; whatever the witness answers, nothing of it is shown but its status.
 */
export async function requestCosignatures(
  { name, url, keys }: WitnessAddress,
  request: CosigningRequest,
  verifier: SignatureVerifier,
): Promise<NoteSignature[]> {
  let answer = await post(name, url, request, request.knownSize);
  if (answer.status === 409) {
    const size = /^(0|[1-9][0-9]{0,15})\n$/.exec(answer.body)?.[1];
    if (size === undefined) throw failed(name, 'it remembers another tree and does not say which');
    // A witness that has seen more than the log has: the log was rolled back, or is not the only one with its key.
    if (Number(size) > request.size)
      throw failed(name, `it has cosigned ${size} entries of this log, more than there are`);
    answer = await post(name, url, request, Number(size));
  }
  if (answer.status !== 200) throw failed(name, `it answered with status ${answer.status}`);
  const lines = answer.body.split('\n').filter((line) => line !== '');
  const cosignatures = lines.flatMap((text) => {
    const line = parseSignatureLine(text);
    const key = keys.find((known) => known.name === line.name && equalBytes(known.keyId, line.keyId));
    if (key === undefined) return [];
    const { timestampSeconds } = verifyLine(request.text, line, key, verifier);
    return timestampSeconds === 0 ? [] : [line];
  });
  if (cosignatures.length === 0) throw failed(name, 'none of its cosignatures is by a key that is configured');
  return cosignatures;
}

async function post(
  name: string,
  url: string,
  request: CosigningRequest,
  oldSize: number,
): Promise<{ readonly status: number; readonly body: string }> {
  try {
    const response = await fetch(`${url}/add-checkpoint`, {
      method: 'POST',
      body: formatAddCheckpoint(oldSize, oldSize === 0 ? [] : request.prove(oldSize), request.signed),
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_SECONDS * 1000),
    });
    return { status: response.status, body: await readBounded(response) };
  } catch (cause) {
    if (cause instanceof BoltsealError) throw cause;
    throw failed(name, 'it cannot be reached, or does not answer', cause);
  }
}

async function readBounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MOST_ANSWER_BYTES) throw new RangeError('the answer is too long');
  }
  return text;
}

function failed(witness: string, problem: string, cause?: unknown): BoltsealError {
  return new BoltsealError('LEDGER_WITNESS', { witness, problem }, { cause });
}
