import type { Container } from '../reader.ts';
import { Bunzip2 } from './bzip2-decoder.ts';
import { oneMember } from './one-member.ts';

/** bzip2: any number of streams one after another; what follows them is ignored. */
export const bzip2: Container = {
  format: 'bzip2',
  // "BZh", the block size, and the mark of a block or of the end.
  detect: ({ head }) =>
    head[0] === 0x42 &&
    head[1] === 0x5a &&
    head[2] === 0x68 &&
    (head[3] ?? 0) >= 0x31 &&
    (head[3] ?? 0) <= 0x39 &&
    ((head[4] === 0x31 && head[5] === 0x41 && head[6] === 0x59) || (head[4] === 0x17 && head[5] === 0x72)),
  open: (input, context) => oneMember(input, context, bunzip2),
};

/** Decompresses bzip2. Fails with DUMP_TRUNCATED or DUMP_CORRUPT (also by checksum); blocks before that stand. */
export async function* bunzip2(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = new Bunzip2(name);
  for await (const chunk of chunks) {
    for (let rest = chunk; rest.length > 0; ) {
      rest = rest.subarray(decoder.take(rest));
      // A block is decoded once all of it must be there: then the inner loops never wait.
      while (decoder.isFull) {
        if (!decoder.decodeBlock()) break;
        yield* decoder.output();
      }
      if (decoder.ended) return;
    }
  }
  decoder.end();
  while (decoder.decodeBlock()) yield* decoder.output();
}
