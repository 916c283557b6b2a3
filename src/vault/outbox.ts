import { type SubjectSlot, subjectSlots } from './slots.ts';

/** A value that is no longer current. */
export interface PastValue {
  readonly slot: SubjectSlot;
  readonly untilMs: number;
  readonly envelope: Uint8Array;
}

const HEAD_BYTES = 11;

/** Former values one behind the other: slot (u8, place in `subjectSlots`), until (u48), length (u32), envelope; big endian. */
export function encodePast(values: readonly PastValue[]): Uint8Array {
  return Buffer.concat(
    values.flatMap(({ slot, untilMs, envelope }) => {
      const head = Buffer.allocUnsafe(HEAD_BYTES);
      head[0] = subjectSlots.indexOf(slot);
      head.writeUIntBE(untilMs, 1, 6);
      head.writeUInt32BE(envelope.length, 7);
      return [head, envelope];
    }),
  );
}

/** What `encodePast` made; null when it is not. */
export function decodePast(past: Uint8Array): readonly PastValue[] | null {
  const bytes = Buffer.from(past.buffer, past.byteOffset, past.byteLength);
  const values: PastValue[] = [];
  for (let at = 0; at < bytes.length; ) {
    const slot = subjectSlots[bytes[at] ?? 255];
    if (slot === undefined || at + HEAD_BYTES > bytes.length) return null;
    const end = at + HEAD_BYTES + bytes.readUInt32BE(at + 7);
    if (end > bytes.length) return null;
    values.push({ slot, untilMs: bytes.readUIntBE(at + 1, 6), envelope: bytes.subarray(at + HEAD_BYTES, end) });
    at = end;
  }
  return values;
}

/** The bit of a slot in `closed`. */
export function slotBit(slot: SubjectSlot): number {
  return 1 << subjectSlots.indexOf(slot);
}
