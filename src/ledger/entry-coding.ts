import { BoltsealError } from '../core/errors.ts';
import { entryOf } from '../core/ledger-entry/entry.ts';
import { decodeRecord, encodeRecord, recordSizeBytes } from '../core/ledger-entry/record.ts';
import type { EntryMaker, RecordCodec } from './port.ts';
import { sha256 } from './sha256.ts';

/** Records as they lie in the write-ahead log. */
export const recordCodec: RecordCodec = {
  sizeOf: recordSizeBytes,
  encode: encodeRecord,
  decode(bytes, at) {
    const decoded = decodeRecord(bytes, at);
    if (decoded === null)
      throw new BoltsealError('LEDGER_DAMAGED', { file: 'wal', problem: 'a record cannot be read' });
    return decoded;
  },
};

/** Entries by Node's SHA-256. */
export const entryMaker: EntryMaker = { entryOf: (record) => entryOf(sha256, record) };
