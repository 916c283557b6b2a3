import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DumpPart } from '../../src/dump/port.ts';
import { instantiateKernel } from '../../src/kernel/kernel.ts';
import { Arena } from '../../src/scan/arena.ts';
import { createFiller, createStaging } from '../../src/scan/filler.ts';

/*
 * GB18030 becomes UTF-8 as the WHATWG Encoding Standard decodes it, however broken it is and wherever the bytes are cut into pieces.
 * The platform's decoder gives the characters; how it recovers from broken sequences is its own (ICU's), so that is written down here.
 */

const sound = new TextDecoder('gb18030', { fatal: true, ignoreBOM: true });

/** The character of a sequence, or null. */
function characterOf(bytes: Uint8Array): string | null {
  try {
    const text = sound.decode(bytes);
    return [...text].length === 1 ? text : null;
  } catch {
    return null;
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** Section 10.2.1 of the standard (gb18030's decoder). */
function decode(bytes: Uint8Array): Buffer {
  const out: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [lead, second, third, fourth] = bytes.subarray(at, at + 4) as unknown as number[];
    const refuse = (used: number): void => {
      out.push('\ufffd');
      at += used;
    };
    const take = (text: string, used: number): void => {
      out.push(text);
      at += used;
    };
    if (lead! < 0x80) take(String.fromCharCode(lead!), 1);
    else if (lead === 0x80) take('\u20ac', 1);
    else if (lead === 0xff || second === undefined) refuse(1);
    else if (isDigit(second)) {
      // At the end of the input the whole beginning of a sequence is one error.
      if (third === undefined) refuse(2);
      else if (third < 0x81 || third > 0xfe) refuse(1);
      else if (fourth === undefined) refuse(3);
      else {
        const text = isDigit(fourth) ? characterOf(bytes.subarray(at, at + 4)) : null;
        if (text === null) refuse(1);
        else take(text, 4);
      }
    } else {
      const inRange = second >= 0x40 && second !== 0x7f && second !== 0xff;
      const text = inRange ? characterOf(bytes.subarray(at, at + 2)) : null;
      if (text !== null) take(text, 2);
      else refuse(second < 0x80 ? 1 : 2);
    }
  }
  return Buffer.from(out.join(''));
}

const arena = new Arena();
const kernel = instantiateKernel(arena.memory);
const staging = createStaging(arena);
const ROOM = 1_048_576;
const target = arena.allocate(ROOM + 128);

async function transcode(bytes: Uint8Array, pieceBytes: number, room = ROOM): Promise<Uint8Array> {
  const part = {
    encoding: 'gb18030',
    async *open() {
      for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
    },
    plainFile: null,
  } as unknown as DumpPart;
  const filler = await createFiller(part, arena, staging, kernel, () => undefined);
  const pieces: Uint8Array[] = [];
  for (;;) {
    arena.bytes(target + room, 128).fill(0x5a);
    const size = await filler.fill(target, room);
    if (size === 0) break;
    assert.ok(size <= room);
    assert.ok(
      arena.bytes(target + room, 128).every((byte) => byte === 0x5a),
      'nothing is written beyond the room',
    );
    pieces.push(arena.bytes(target, size).slice());
  }
  await filler.close();
  return Buffer.concat(pieces);
}

async function check(bytes: Uint8Array, pieceBytes: number, room = ROOM): Promise<void> {
  const found = Buffer.from(await transcode(bytes, pieceBytes, room));
  const expected = decode(bytes);
  const at = found.findIndex((byte, index) => byte !== expected[index]);
  const near = (text: Buffer): string => text.subarray(Math.max(0, at - 6), at + 12).toString('hex');
  assert.ok(found.equals(expected), `at ${at} of ${found.length}: ${near(found)} for ${near(expected)}`);
}

test('every sequence of two bytes, followed by a separator', async () => {
  const bytes: number[] = [];
  for (let lead = 0x80; lead <= 0xff; lead++)
    for (let trail = 0; trail <= 0xff; trail++) bytes.push(lead, trail, 0x2c, 0x0a);
  await check(Uint8Array.from(bytes), 1000);
});

test('sequences of four bytes, in the plane and beyond, sound and broken', async () => {
  const bytes: number[] = [];
  for (const lead of [0x81, 0x82, 0x84, 0x8f, 0x90, 0xe3, 0xfe]) {
    for (const second of [0x2f, 0x30, 0x35, 0x39, 0x3a]) {
      for (const third of [0x2c, 0x7f, 0x81, 0xa5, 0xfe, 0xff]) {
        for (const fourth of [0x0a, 0x30, 0x39, 0x3a, 0x81]) bytes.push(lead, second, third, fourth, 0x2c);
      }
    }
  }
  for (const pieceBytes of [1, 3, 7, 4096]) await check(Uint8Array.from(bytes), pieceBytes);
});

test('cut off anywhere', async () => {
  const sound = [0x31, 0xd5, 0xc5, 0x2c, 0x81, 0x30, 0x81, 0x30, 0x90, 0x30, 0x81, 0x30];
  for (let length = 1; length <= sound.length; length++) await check(Uint8Array.from(sound.slice(0, length)), 1);
});

test('random bytes in random pieces, in little room', async () => {
  let state = 12345;
  const next = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 16;
  };
  for (let round = 0; round < 60; round++) {
    const high = round % 3 === 0 ? 256 : 128;
    const bytes = Uint8Array.from({ length: next() % 3000 }, () =>
      next() % 3 === 0 ? 0x30 + (next() % 12) : (0x100 - high + (next() % high)) & 0xff,
    );
    await check(bytes, 1 + (next() % 100), 70_000 + (next() % 5000));
  }
});

test('what grows most fits: one byte of which three become, a megabyte of it', async () => {
  await check(new Uint8Array(1_200_000).fill(0xff), ROOM);
  await check(new Uint8Array(600_000).fill(0x80), ROOM, 70_000);
});
