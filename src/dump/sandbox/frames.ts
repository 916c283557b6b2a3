import type { ErrorCode } from '../../core/errors.ts';
import type { RejectReason, TableDescription } from '../port.ts';

/*
 * What the reading process says to the one that started it, over a pipe: frames of a length (u32, little-endian: of what follows the table), a table (u32) and
 * bytes. A table of MESSAGE says that the bytes are a message in JSON.
 */

export const FRAME_HEADER_BYTES = 8;
export const MESSAGE = 0xffffffff;
/** A longer message is none that the reader would send. */
export const MAX_MESSAGE_BYTES = 67_108_864;

export type ReaderMessage =
  | { readonly type: 'at'; readonly name: string; readonly unit: number | null }
  | { readonly type: 'table'; readonly description: TableDescription }
  | {
      readonly type: 'joined';
      readonly description: TableDescription;
      readonly tables: number;
      readonly leftOutBytes: number;
    }
  | { readonly type: 'done'; readonly units: number }
  | { readonly type: 'rejected'; readonly table: number; readonly reason: RejectReason; readonly count: number }
  | {
      readonly type: 'failure';
      readonly name: string;
      readonly code: ErrorCode;
      readonly parameters: Readonly<Record<string, string | number>>;
    }
  | { readonly type: 'incomplete' }
  | { readonly type: 'looked'; readonly bytes: number; readonly isWhole: boolean }
  | { readonly type: 'read'; readonly bytes: number }
  /** Everything has been read, or what stopped the whole. */
  | {
      readonly type: 'end';
      readonly error: {
        readonly code: ErrorCode;
        readonly parameters: Readonly<Record<string, string | number>>;
      } | null;
    };

/** A header for `length` bytes of `table`. */
export function frameHeader(table: number, length: number): Uint8Array {
  const header = new Uint8Array(FRAME_HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(0, length, true);
  view.setUint32(4, table, true);
  return header;
}

/** A piece of what the reader says: a message, or some of a table's rows. */
export type Frame = { readonly message: ReaderMessage } | { readonly table: number; readonly bytes: Uint8Array };

/** Takes frames from a stream of bytes. Rows come in pieces as they arrive; a piece is valid until the next is asked for. */
export async function* readFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Frame, void> {
  let pending: Uint8Array = new Uint8Array(0);
  let rows = { table: 0, left: 0 };
  for await (const chunk of chunks) {
    let bytes = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    pending = new Uint8Array(0);
    while (bytes.length > 0) {
      if (rows.left > 0) {
        const piece = bytes.subarray(0, rows.left);
        rows.left -= piece.length;
        bytes = bytes.subarray(piece.length);
        yield { table: rows.table, bytes: piece };
        continue;
      }
      if (bytes.length < FRAME_HEADER_BYTES) break;
      const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_HEADER_BYTES);
      const length = view.getUint32(0, true);
      const table = view.getUint32(4, true);
      if (table !== MESSAGE) {
        rows = { table, left: length };
        bytes = bytes.subarray(FRAME_HEADER_BYTES);
        continue;
      }
      if (length > MAX_MESSAGE_BYTES) throw new Error('a message is too long');
      if (bytes.length < FRAME_HEADER_BYTES + length) break;
      const text = new TextDecoder().decode(bytes.subarray(FRAME_HEADER_BYTES, FRAME_HEADER_BYTES + length));
      bytes = bytes.subarray(FRAME_HEADER_BYTES + length);
      yield { message: JSON.parse(text) as ReaderMessage };
    }
    if (bytes.length > 0) pending = Uint8Array.from(bytes);
  }
}
