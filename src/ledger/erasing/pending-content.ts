import { concatBytes, toUtf8 } from '../../core/bytes.ts';
import { BoltsealError } from '../../core/errors.ts';
import {
  decodeRecord,
  type EntryContent,
  encodeRecord,
  recordSizeBytes,
  SEED_BYTES,
} from '../../core/ledger-entry/record.ts';
import { type LedgerSecrets, openBytes, sealBytes } from '../keys/wrapping.ts';

/** Seals an entry that is still to be appended, for the store of keys: it may name a person. Its idempotency key is the context. */
export function sealContent({ wrap }: Pick<LedgerSecrets, 'wrap'>, content: EntryContent): Uint8Array {
  const bytes = new Uint8Array(recordSizeBytes(content));
  encodeRecord(content, new Uint8Array(2 * SEED_BYTES), bytes, 0);
  return sealBytes(wrap, content.idempotencyKey ?? new Uint8Array(0), bytes);
}

/** Seals a text that goes with such an entry; the request is the context. */
export function sealText({ wrap }: Pick<LedgerSecrets, 'wrap'>, request: Uint8Array, text: string): Uint8Array {
  return sealBytes(wrap, concatBytes([request, toUtf8('who')]), toUtf8(text));
}

/** What `sealText` sealed. Fails with LEDGER_DAMAGED. */
export function openText({ wrap }: Pick<LedgerSecrets, 'wrap'>, request: Uint8Array, sealed: Uint8Array): string {
  const bytes = openBytes(wrap, concatBytes([request, toUtf8('who')]), sealed);
  if (bytes === null) throw unreadable();
  return Buffer.from(bytes).toString('utf8');
}

/** What `sealContent` sealed. Fails with LEDGER_DAMAGED. */
export function openContent(
  { wrap }: Pick<LedgerSecrets, 'wrap'>,
  request: Uint8Array,
  sealed: Uint8Array,
): EntryContent {
  const bytes = openBytes(wrap, request, sealed);
  const record = bytes === null ? null : decodeRecord(bytes, 0)?.record;
  if (record === null || record === undefined) throw unreadable();
  const { kind, timeMs, idempotencyKey, fields } = record;
  return { kind, timeMs, idempotencyKey, fields };
}

function unreadable(): BoltsealError {
  return new BoltsealError('LEDGER_DAMAGED', {
    file: 'keys.sqlite',
    problem: 'what was still to be appended is not readable',
  });
}
