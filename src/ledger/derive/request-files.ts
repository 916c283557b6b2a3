import path from 'node:path';
import { readWhole, type WholeFileWriter } from '../files/whole-files.ts';
import { REQUEST_BYTES, type RequestFingerprint } from '../idempotency.ts';
import type { RecordCodec } from '../port.ts';
import { requestsFolder, type ShardPlace } from '../shard-place.ts';
import { firstPosition } from '../wal/recover.ts';
import { Segment, type WalPlace } from '../wal/segment.ts';

/*
 * Requests of the last while must be known after a restart too, when the segments that had them are gone: what they are known by (idempotency.ts) outlives each
 * segment in a file of its own, until its name says that nothing in it is of use.
 */

const ROW_BYTES = REQUEST_BYTES + 8;
const namePattern = /^\d{10}-(\d{1,16})$/;

/** What reading requests from segments takes. */
export interface RequestSource {
  readonly place: ShardPlace;
  readonly wal: WalPlace;
  readonly codec: RecordCodec;
  readonly fingerprint: RequestFingerprint;
}

/**
 * Keeps the requests of a segment that is about to be removed, unless all of them are too old: they are known for the window from when their group was written, whatever
 * time the entries speak of. Durable when it returns.
 */
export function keepRequests(
  { place, wal, codec, fingerprint }: RequestSource,
  writer: WholeFileWriter,
  number: number,
  window: { readonly nowMs: number; readonly windowMs: number },
): void {
  const rows: Buffer[] = [];
  let newestMs = 0;
  const segment = new Segment(wal, number, 'read');
  try {
    let position = firstPosition(null, null);
    for (;;) {
      const look = segment.look(position);
      if (look.is !== 'record') break;
      for (let i = 0, at = 0; i < look.count; i++) {
        const { record, end } = codec.decode(look.plain, at);
        at = end;
        const request = fingerprint(record);
        if (request === null) continue;
        const row = Buffer.alloc(ROW_BYTES);
        row.set(request);
        row.writeBigUInt64BE(BigInt(look.firstIndex + i), REQUEST_BYTES);
        rows.push(row);
        newestMs = Math.max(newestMs, look.writtenMs);
      }
      position = look.next;
    }
  } finally {
    segment.close();
  }
  const untilMs = newestMs + window.windowMs;
  if (rows.length === 0 || untilMs <= window.nowMs) return;
  const name = `${String(number).padStart(10, '0')}-${untilMs}`;
  writer.write([{ path: path.join(requestsFolder(place.folder), name), bytes: Buffer.concat(rows) }]);
}

/** Gives all requests that were kept and are still of use. */
export function readRequests(
  { files, folder }: ShardPlace,
  nowMs: number,
  onRequest: (request: Uint8Array, index: number) => void,
): void {
  for (const name of files.list(requestsFolder(folder)).sort()) {
    if (untilOf(name) <= nowMs) continue;
    const bytes = Buffer.from(readWhole(files, path.join(requestsFolder(folder), name)) ?? new Uint8Array());
    for (let at = 0; at + ROW_BYTES <= bytes.length; at += ROW_BYTES) {
      onRequest(bytes.subarray(at, at + REQUEST_BYTES), Number(bytes.readBigUInt64BE(at + REQUEST_BYTES)));
    }
  }
}

/** Removes files of requests that are of no use any more. */
export function removeOldRequests({ files, folder }: ShardPlace, nowMs: number): void {
  for (const name of files.list(requestsFolder(folder))) {
    if (untilOf(name) <= nowMs) files.remove(path.join(requestsFolder(folder), name));
  }
}

function untilOf(name: string): number {
  const until = namePattern.exec(name)?.[1];
  return until === undefined ? 0 : Number(until);
}
