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
    const segments = file.pieces.map(({ path, sizeBytes }) => ({ path, from: 0, length: sizeBytes }));
    const request = { files: [{ name: 'archive.7z', segments }], type: '7z', passwords: context.passwords };
    yield* extractMembers(request, input.name, budget);
  } finally {
    file.close();
  }
}
