import fs from 'node:fs';
import { fromBase64 } from '../../core/base64.ts';
import { BoltsealError } from '../../core/errors.ts';
import { HOUR_MS, parseEntry } from '../../core/ledger-entry/entry.ts';
import { fieldsOf, kindName } from '../../core/ledger-entry/kinds.ts';
import { checkOpening, type ProvenField } from '../../core/ledger-entry/opening.ts';
import { parsePolicy } from '../../core/tlog/policy.ts';
import { parseLogProof } from '../../core/tlog/proof-file.ts';
import { verifyLogProof } from '../../core/tlog/verify-proof.ts';
import { sha256 } from '../sha256.ts';
import { nodeVerifier } from '../signing/verifier.ts';

/** Which entry is to be proved. */
export interface ProveRequest {
  /** Null: the newest. */
  readonly shard: string | null;
  readonly index: number;
  /** Names of the fields that are shown; the others stay closed. */
  readonly reveal: readonly string[];
}

/** What a proof file shows. */
export interface ProvedEntry {
  readonly origin: string;
  readonly index: number;
  /** Entries of the checkpoint. */
  readonly size: number;
  readonly kind: string;
  /** First millisecond of the hour in which it was recorded. */
  readonly hourMs: number;
  readonly revealed: readonly ProvenField[];
  readonly closed: readonly string[];
  /** Witnesses of the policy that cosigned, with the time that each states in seconds since 1970. */
  readonly witnesses: readonly { readonly name: string; readonly timestampSeconds: number | null }[];
}

/** What stands in the `extra` of our proofs: the entry that the proof is for, and its opening. */
export const extraFormat = 'boltseal-proof-1';
/** A proof of our own has some 10 kB; nothing honest is longer. */
const MOST_PROOF_BYTES = 1024 * 1024;

/** Checks a proof with nothing but a policy. Hostile. Fails with LEDGER_NOTE, LEDGER_POLICY, LEDGER_SIGNATURE, LEDGER_QUORUM, LEDGER_PROOF, LEDGER_OPENING. */
export function verifyProof(text: string, policyText: string): ProvedEntry {
  const proof = parseLogProof(text);
  const policy = parsePolicy(sha256, policyText);
  const { entry, opening } = readExtra(proof.extra);
  const { origin, size, cosigned } = verifyLogProof(sha256, nodeVerifier, { proof, entry, policy });
  const { index } = proof;
  const { kind, hour, revealed, closed } = checkEntry(index, entry, opening);
  return { origin, index, size, kind, hourMs: hour * HOUR_MS, revealed, closed, witnesses: cosigned };
}

/** What an entry shows with an opening, or with none. Hostile. Fails with LEDGER_OPENING. */
export function checkEntry(
  index: number,
  entry: Uint8Array,
  opening: unknown,
): Pick<ProvedEntry, 'kind' | 'revealed' | 'closed'> & { readonly hour: number } {
  return opening === null ? describeClosed(entry) : checkOpening(sha256, opening, index, entry);
}

/** An entry of which so much was erased that nothing can be shown: that it is there is proved all the same. */
function describeClosed(
  bytes: Uint8Array,
): Pick<ProvedEntry, 'kind' | 'revealed' | 'closed'> & { readonly hour: number } {
  const entry = parseEntry(bytes);
  const kind = entry === null ? null : kindName(entry.kind);
  if (entry === null || kind === null)
    throw new BoltsealError('LEDGER_OPENING', { problem: 'the entry is none of a known version' });
  return { kind, hour: entry.hour, revealed: [], closed: (fieldsOf(entry.kind) ?? []).map(({ name }) => name) };
}

/** Reads a proof or policy. Fails with LEDGER_FILE. */
export function readTextFile(file: string): string {
  try {
    const bytes = fs.readFileSync(file);
    if (bytes.length > MOST_PROOF_BYTES) throw Object.assign(new Error('too long'), { code: 'EFBIG' });
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    const reason = typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : 'it is not UTF-8';
    throw new BoltsealError('LEDGER_FILE', { path: file, reason }, { cause });
  }
}

function readExtra(extra: Uint8Array | null): { readonly entry: Uint8Array; readonly opening: unknown } {
  const refuse = (): never => {
    throw new BoltsealError('LEDGER_NOTE', {
      what: 'proof of an entry of Boltseal',
      problem: 'its extra data has no entry',
    });
  };
  let value: unknown = null;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(extra ?? new Uint8Array(0)));
  } catch {
    return refuse();
  }
  if (typeof value !== 'object' || value === null || !('entry' in value) || !('opening' in value)) return refuse();
  if (Object.keys(value).length !== 3 || !('format' in value) || value.format !== extraFormat) return refuse();
  const entry = typeof value.entry === 'string' ? fromBase64(value.entry) : null;
  return entry === null ? refuse() : { entry, opening: value.opening };
}
