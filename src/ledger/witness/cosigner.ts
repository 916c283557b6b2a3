import { BoltsealError } from '../../core/errors.ts';
import { formatNote, type NoteSignature, parseNote } from '../../core/note/signed-note.ts';
import { type LogPolicy, meetsQuorum } from '../../core/tlog/policy.ts';
import { verifyCheckpoint } from '../../core/tlog/verify-proof.ts';
import type { Cosigner } from '../derive/background.ts';
import type { ShardPlace } from '../shard-place.ts';
import { nodeVerifier } from '../signing/verifier.ts';
import { TreeReader } from '../tree-reader.ts';
import { requestCosignatures, type WitnessAddress } from './witness-client.ts';

/** What is asked of whom. */
export interface CosignerInput {
  readonly place: Pick<ShardPlace, 'files' | 'folder'>;
  /** Witnesses with addresses, and the quorum. */
  readonly policy: LogPolicy;
  /** Whether a checkpoint is published although the quorum is missed. */
  readonly publishesWithoutQuorum: boolean;
}

/** Asks all witnesses at the same time and adds what they sign. Rejects with LEDGER_QUORUM when too few did, unless that is to be overlooked. */
export function makeCosigner({ place, policy, publishesWithoutQuorum }: CosignerInput): Cosigner {
  const witnesses = addressesOf(policy);
  const knownSizes = new Map<string, number>();
  return async (note, { size }) => {
    const signed = Buffer.from(note).toString('utf8');
    const parsed = parseNote(signed);
    const tree = new TreeReader(place, size);
    const ask = async (witness: WitnessAddress): Promise<readonly NoteSignature[]> => {
      const request = {
        signed,
        text: parsed.text,
        size,
        knownSize: Math.min(size, knownSizes.get(witness.url) ?? 0),
        prove: (oldSize: number) => (oldSize === size ? [] : tree.consistencyProof(oldSize)),
      };
      const cosignatures = await requestCosignatures(witness, request, nodeVerifier);
      knownSizes.set(witness.url, size);
      return cosignatures;
    };
    const answers = await Promise.allSettled(witnesses.map(ask));
    const cosignatures = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    const names = new Set(
      policy.witnesses.filter(({ key }) => cosignatures.some((line) => isLineOf(line, key))).map(({ name }) => name),
    );
    if (!publishesWithoutQuorum && !meetsQuorum(policy, names))
      throw new BoltsealError('LEDGER_QUORUM', { cosigned: names.size, witnesses: policy.witnesses.length });
    return Buffer.from(formatNote({ ...parsed, signatures: [...parsed.signatures, ...cosignatures] }));
  };
}

/** Names of the witnesses whose cosignatures a checkpoint carries, and whether they are enough. Fails with LEDGER_NOTE and LEDGER_SIGNATURE. */
export function findCosigners(
  note: Uint8Array,
  logKeys: LogPolicy['logs'],
  policy: LogPolicy,
): { readonly names: readonly string[]; readonly isQuorum: boolean } {
  const without = { ...policy, logs: logKeys, quorum: null };
  const { cosigned } = verifyCheckpoint(nodeVerifier, Buffer.from(note).toString('utf8'), without);
  const names = cosigned.map(({ name }) => name);
  return { names, isQuorum: meetsQuorum(policy, new Set(names)) };
}

function isLineOf({ name, keyId }: NoteSignature, key: { name: string; keyId: Uint8Array }): boolean {
  return name === key.name && Buffer.from(keyId).equals(key.keyId);
}

/** One address for each URL: a witness may sign with several keys. Those without a URL cosign by other ways. */
function addressesOf({ witnesses }: LogPolicy): WitnessAddress[] {
  const byUrl = Map.groupBy(
    witnesses.flatMap((witness) =>
      witness.url === null ? [] : [{ ...witness, url: witness.url.replace(/\/+$/, '') }],
    ),
    ({ url }) => url,
  );
  return [...byUrl].map(([url, same]) => ({
    name: same.map(({ name }) => name).join(', '),
    url,
    keys: same.map(({ key }) => key),
  }));
}
