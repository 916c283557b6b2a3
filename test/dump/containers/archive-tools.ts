import { deepStrictEqual } from 'node:assert';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { BoltsealError } from '../../../src/core/errors.ts';
import type { ByteInput, Container, ReadContext, ReadLimits } from '../../../src/dump/reader.ts';
import { defaultLimits } from '../../../src/dump/reader.ts';
import { memoryContext, memoryInput } from '../memory-sink.ts';

/** What a container gave: members with their text or the code of what failed; the last entry is the archive's own failure. */
export interface Unpacked {
  readonly members: { path: string; text: string; failure: string | null }[];
  readonly failure: string | null;
}

/** Reads all members, or leaves those that `wanted` says no to. Errors without a code are thrown. */
export async function unpack(
  container: Container,
  input: ByteInput,
  context: ReadContext,
  wanted: (path: string) => boolean = () => true,
): Promise<Unpacked> {
  const members: Unpacked['members'] = [];
  try {
    for await (const member of container.open(input, context)) {
      const parts: Uint8Array[] = [];
      let failure: string | null = member.failure;
      if (failure === null && wanted(member.path)) {
        try {
          for await (const chunk of member.stream()) parts.push(chunk.slice());
        } catch (error) {
          failure = codeOf(error);
        }
      }
      members.push({ path: member.path, text: Buffer.concat(parts).toString('latin1'), failure });
    }
  } catch (error) {
    return { members, failure: codeOf(error) };
  }
  return { members, failure: null };
}

export function codeOf(error: unknown): string {
  if (error instanceof BoltsealError) return error.code;
  throw error;
}

/** Bytes in chunks of 1, 2, 3, 7, 64 and all at once give the same; answers it. */
export async function unpackInChunks(
  container: Container,
  bytes: Uint8Array,
  context = memoryContext(),
): Promise<Unpacked> {
  const whole = await unpack(container, memoryInput(bytes), { ...context });
  for (const chunkBytes of [1, 2, 3, 7, 64]) {
    deepStrictEqual(
      await unpack(container, memoryInput(bytes, 'input', chunkBytes), { ...context }),
      whole,
      `${chunkBytes}`,
    );
  }
  return whole;
}

/** Damages bytes in many ways: nothing may be thrown without a code, and everything ends. */
export async function survivesDamage(
  container: Container,
  bytes: Uint8Array,
  context: ReadContext,
  rounds: number,
): Promise<void> {
  let state = 0x2545f491;
  const next = (below: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  for (let round = 0; round < rounds; round++) {
    let damaged = Buffer.from(bytes);
    for (let k = 0; k <= next(3); k++) {
      const at = next(damaged.length);
      const kind = next(4);
      if (kind === 0) damaged[at] = (damaged[at] ?? 0) ^ (1 << next(8));
      else if (kind === 1) damaged[at] = next(256);
      else if (kind === 2) damaged = damaged.subarray(0, Math.max(1, at));
      else damaged = Buffer.concat([damaged.subarray(0, at), Buffer.from([next(256)]), damaged.subarray(at)]);
    }
    await unpack(container, memoryInput(damaged), { ...context });
  }
}

/** A context with a scratch folder of this test. */
export async function scratchContext(
  t: TestContext,
  overrides: { passwords?: readonly string[]; limits?: Partial<ReadLimits> } = {},
): Promise<ReadContext> {
  const scratchPath = await mkdtemp(join(tmpdir(), 'boltseal-test-'));
  t.after(() => rm(scratchPath, { recursive: true }));
  return memoryContext({
    scratchPath,
    passwords: overrides.passwords ?? [],
    limits: { ...defaultLimits, ...overrides.limits },
  });
}

export function fixture(name: string): Uint8Array {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url));
}

/** The input of bytes that lie in a file in the context's scratch folder. */
export function fileInput(context: ReadContext, name: string, bytes: Uint8Array): ByteInput {
  const filePath = join(context.scratchPath, name);
  writeFileSync(filePath, bytes);
  return { ...memoryInput(bytes, name), filePath };
}

export interface ZipEntry {
  readonly name: string | Uint8Array;
  readonly data: Uint8Array;
  readonly method?: number;
  readonly crc: number;
  readonly sizeBytes: number;
  readonly unixMode?: number;
  /** Instead of where it is written. */
  readonly position?: number;
  /** The name in the local header, where it differs. */
  readonly localName?: string;
}

/** A zip of entries that say what they like. */
export function buildZip(entries: readonly ZipEntry[], before = Buffer.alloc(0)): Buffer {
  const bodies: Buffer[] = [before];
  const directory: Buffer[] = [];
  let offset = before.length;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const localName = Buffer.from(entry.localName ?? name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(entry.method ?? 0, 4);
    common.writeUInt32LE(entry.crc, 10);
    common.writeUInt32LE(entry.data.length, 14);
    common.writeUInt32LE(entry.sizeBytes, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, localName, entry.data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((entry.unixMode ?? 0) << 16) >>> 0, 6);
    tail.writeUInt32LE(entry.position ?? offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), common, tail, name]));
    if (entry.position === undefined) {
      bodies.push(local);
      offset += local.length;
    }
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, central, end]);
}

/** A tar header block and its content. */
export function tarEntry(name: string, content: string | Uint8Array, type = '0', sizeText?: string): Buffer {
  const data = Buffer.from(content);
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.write('0000644\0', 100);
  header.write(sizeText ?? `${data.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  header.write(type, 156);
  header.write('ustar\x0000', 257);
  header.fill(' ', 148, 156);
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, data, Buffer.alloc((512 - (data.length % 512)) % 512)]);
}
