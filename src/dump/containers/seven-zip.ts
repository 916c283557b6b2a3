import { crc32 } from 'node:zlib';
import { BoltsealError } from '../../core/errors.ts';
import { openRandom } from '../random-file.ts';
import type { ByteInput, Container, Member, ReadContext } from '../reader.ts';
import { budgetOf } from './budget.ts';
import { extractMembers } from './engine.ts';

const SIGNATURE = [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c];

/** 7z, also split (`.7z.001`) and encrypted. */
export const sevenZip: Container = {
  format: '7z',
  detect: ({ head }) => SIGNATURE.every((byte, at) => head[at] === byte),
  open: openArchive,
};

async function* openArchive(input: ByteInput, context: ReadContext): AsyncGenerator<Member, void, undefined> {
  const budget = budgetOf(input, context);
  const file = await openRandom(input, context);
  try {
    if (endBytes(input.head) > file.sizeBytes) throw new BoltsealError('DUMP_TRUNCATED', { path: input.name });
    const segments = file.pieces.map(({ path, sizeBytes }) => ({ path, from: 0, length: sizeBytes }));
    const request = { files: [{ name: 'archive.7z', segments }], type: '7z', passwords: context.passwords };
    yield* extractMembers(request, input.name, budget);
  } finally {
    file.close();
  }
}

/** How long the archive must be: its start says where its header lies, which comes last (7zFormat.txt of 7-Zip, "SignatureHeader"). 0 when the start is damaged. */
function endBytes(head: Uint8Array): number {
  if (head.length < 32) return 0;
  const start = new DataView(head.buffer, head.byteOffset, 32);
  if (crc32(head.subarray(12, 32)) !== start.getUint32(8, true)) return 0;
  return 32 + Number(start.getBigUint64(12, true)) + Number(start.getBigUint64(20, true));
}
