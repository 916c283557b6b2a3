import { createRequire } from 'node:module';
import { BoltsealError } from '../../core/errors.ts';
import type { Container } from '../reader.ts';
import { ChunkReader } from './chunk-reader.ts';
import { oneMember } from './one-member.ts';

/** The .xz file format 1.2.1, 2.1.1.1. */
const SIGNATURE = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
// Results of XZ Embedded (xz.h, enum xz_ret).
const OK = 0;
const STREAM_END = 1;
const UNKNOWN_CHECK = 2;
const NO_MEMORY = 3;
const MEMORY_LIMIT = 4;
const NOT_XZ = 5;
const STUCK = 8;
/** The most that a dictionary may take, for the message. */
const MEMORY_MB = 4_096;

/** What xz-decompress 0.2.3 keeps to itself: XZ Embedded in WebAssembly. Its public stream shares one instance and lock over all streams, so one inside another would wait for ever. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  create_context(): number;
  destroy_context(context: number): void;
  supply_input(context: number, length: number): void;
  get_next_output(context: number): number;
}

interface XzReadableStream {
  _getModuleInstance(): Promise<void>;
  _moduleInstance: { readonly exports: Exports };
}

/** xz: any number of streams with padding between them; what follows them is ignored. */
export const xz: Container = {
  format: 'xz',
  detect: ({ head }) => SIGNATURE.every((byte, at) => head[at] === byte),
  open: (input, context) => oneMember(input, context, unxz),
};

/** Decompresses xz. Fails with DUMP_TRUNCATED, DUMP_CORRUPT, or DUMP_MEMORY for a dictionary that is too large; what came out before stands. */
export async function* unxz(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = new ChunkReader(chunks);
  const library = createRequire(import.meta.url)('xz-decompress') as { XzReadableStream: XzReadableStream };
  await library.XzReadableStream._getModuleInstance();
  // Each call makes a new instance: this one is nobody else's.
  const { exports } = library.XzReadableStream._moduleInstance;
  const context = exports.create_context();
  // The context: buffer size, then place, position and size of the input, then place and position of the output.
  const fields = (): Uint32Array => new Uint32Array(exports.memory.buffer, context, 6);
  let isInputOver = false;
  let bytesOut = 0;
  try {
    while (true) {
      const [bufferBytes = 0, input = 0, inputAt, inputEnd] = fields();
      if (inputAt === inputEnd && !isInputOver) {
        const part = await reader.some(bufferBytes);
        isInputOver = part === null;
        if (part !== null) new Uint8Array(exports.memory.buffer, input, part.length).set(part);
        exports.supply_input(context, part?.length ?? 0);
      }
      const result = exports.get_next_output(context);
      const [, , , , output = 0, filled = 0] = fields();
      bytesOut += filled;
      if (filled > 0) yield new Uint8Array(exports.memory.buffer, output, filled).slice();
      fields()[5] = 0;
      if (result === STREAM_END) return;
      // What follows the last stream and is none.
      if (result === NOT_XZ && bytesOut > 0) return;
      if (result === NO_MEMORY || result === MEMORY_LIMIT) {
        throw new BoltsealError('DUMP_MEMORY', { path: name, limitMb: MEMORY_MB });
      }
      const isWaiting = result === STUCK || (result === OK && filled === 0);
      if (isInputOver && isWaiting) throw new BoltsealError('DUMP_TRUNCATED', { path: name });
      if (result !== OK && result !== UNKNOWN_CHECK && result !== STUCK) {
        throw new BoltsealError('DUMP_CORRUPT', { path: name });
      }
    }
  } finally {
    exports.destroy_context(context);
    await reader.close();
  }
}
