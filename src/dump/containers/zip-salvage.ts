import { BoltsealError } from '../../core/errors.ts';
import type { RandomFile } from '../random-file.ts';
import type { Member } from '../reader.ts';
import { type ExpansionBudget, meterOutput } from './budget.ts';
import { ChunkReader } from './chunk-reader.ts';
import { inflateRaw } from './inflate.ts';
import { decodeMemberName } from './member-name.ts';
import { viewOf } from './zip-directory.ts';

const LOCAL_BYTES = 26;
const LOCAL_SIGNATURE = 0x04034b50;
const SPLIT_SIGNATURE = 0x08074b50;

/**
 * The members of a zip whose end is missing, by their local headers (APPNOTE 4.3.7): stored and deflated ones that are not encrypted, up to the first of unknown end.
 * Checksums are not looked at. Always fails in the end: DUMP_TRUNCATED, or DUMP_CORRUPT when it did not begin like a zip.
 */
export async function* salvageMembers(
  file: RandomFile,
  budget: ExpansionBudget,
): AsyncGenerator<Member, void, undefined> {
  const reader = new ChunkReader(file.stream(0, file.sizeBytes));
  try {
    while (true) {
      const signature = await reader.upTo(4);
      if (signature.length === 4 && viewOf(signature).getUint32(0, true) === SPLIT_SIGNATURE && reader.position === 4)
        continue;
      if (signature.length < 4 || viewOf(signature).getUint32(0, true) !== LOCAL_SIGNATURE) break;
      const header = (await reader.upTo(LOCAL_BYTES)).slice();
      if (header.length < LOCAL_BYTES) break;
      const view = viewOf(header);
      const flags = view.getUint16(2, true);
      const method = view.getUint16(4, true);
      const compressedBytes = view.getUint32(14, true);
      const path = decodeMemberName((await reader.upTo(view.getUint16(22, true))).slice());
      if (!(await reader.skip(view.getUint16(24, true)))) break;
      budget.takeMember(file.name);
      const isDeflated = method === 8 && (flags & 1) === 0;
      const isStored = method === 0 && (flags & 9) === 0;
      // Beyond a member in another method whose size stands behind it, nothing can be found.
      const isEndKnown = isDeflated || ((flags & 8) === 0 && compressedBytes !== 0xffffffff);
      const end = reader.position + compressedBytes;
      const content = isDeflated ? inflateRaw(reader, file.name) : take(reader, compressedBytes, file.name);
      const bytes = meterOutput(content, budget, file.name);
      const isFolder = path.endsWith('/');
      if (!isFolder) {
        yield {
          path,
          sizeBytes: null,
          failure: (flags & 1) !== 0 ? 'DUMP_PASSWORD' : isDeflated || isStored ? null : 'DUMP_FORMAT',
          stream: () => bytes,
        };
      }
      if (!isEndKnown) break;
      for await (const _ of bytes);
      if (isDeflated && (flags & 8) !== 0) await skipDescriptor(reader);
      else if (reader.position < end && !(await reader.skip(end - reader.position))) break;
    }
  } finally {
    await reader.close();
  }
  throw new BoltsealError('DUMP_TRUNCATED', { path: file.name });
}

async function* take(reader: ChunkReader, count: number, name: string): AsyncGenerator<Uint8Array, void, undefined> {
  for (let left = count; left > 0; ) {
    const part = await reader.some(left);
    if (part === null) throw new BoltsealError('DUMP_TRUNCATED', { path: name });
    left -= part.length;
    yield part;
  }
}

/** Checksum and sizes after a member (APPNOTE 4.3.9): with or without a signature, 32 or 64 bits: the next local header tells. */
async function skipDescriptor(reader: ChunkReader): Promise<void> {
  const most = (await reader.upTo(28)).slice();
  const view = viewOf(most);
  for (const length of [16, 12, 24, 20]) {
    if (most.length >= length + 4 && (view.getUint32(length, true) & 0xffff) === 0x4b50) {
      reader.pushBack(most.subarray(length));
      return;
    }
  }
}
