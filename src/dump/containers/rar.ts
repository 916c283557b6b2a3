import { basename } from 'node:path';
import { openRandom, type RandomFile } from '../random-file.ts';
import type { ByteInput, Container, Member, ReadContext } from '../reader.ts';
import { budgetOf } from './budget.ts';
import { extractMembers } from './engine.ts';
import type { VirtualFile } from './engine-messages.ts';

/** "Rar!", 1A 07, then 00 for versions 1.5 to 4 and 01 00 for version 5. */
const SIGNATURE = [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07];

/** rar 4 and 5, also in volumes, solid and encrypted. */
export const rar: Container = {
  format: 'rar',
  detect: ({ head }) =>
    SIGNATURE.every((byte, at) => head[at] === byte) && (head[6] === 0 || (head[6] === 1 && head[7] === 0)),
  open: openArchive,
};

async function* openArchive(input: ByteInput, context: ReadContext): AsyncGenerator<Member, void, undefined> {
  const budget = budgetOf(input, context);
  const file = await openRandom(input, context);
  try {
    const type = input.head[6] === 1 ? 'rar5' : 'rar';
    yield* extractMembers({ files: volumes(file), type, passwords: context.passwords }, input.name, budget);
  } finally {
    file.close();
  }
}

/** The volumes under names by which 7-Zip finds the next one; `.001` files and single ones are one stretch of bytes. */
function volumes(file: RandomFile): VirtualFile[] {
  const whole = file.pieces.map(({ path, sizeBytes }) => ({ path, from: 0, length: sizeBytes }));
  const names = file.pieces.map(({ path }, index) => volumeName(basename(path).toLowerCase(), index));
  if (whole.length === 1 || names.includes(null)) return [{ name: 'archive.rar', segments: whole }];
  return whole.map((segment, index) => ({ name: names[index] ?? '', segments: [segment] }));
}

function volumeName(file: string, index: number): string | null {
  const part = /\.part(\d{1,5})\.rar$/.exec(file);
  if (part !== null) return `archive.part${part[1]}.rar`;
  const old = /\.([r-z]\d\d)$/.exec(file);
  if (old !== null) return `archive.${old[1]}`;
  return index === 0 && file.endsWith('.rar') ? 'archive.rar' : null;
}
