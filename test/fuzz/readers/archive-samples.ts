import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { fixture } from '../../dump/containers/archive-tools.ts';
import { damageRecord } from './damage-bytes.ts';
import { frame, pick, type Random, type Sample, times } from './sample.ts';

/*
 * Archives whose headers are guarded by checksums: damage to any byte would mostly be damage to a checksum, and nothing behind it would ever be reached. So headers are changed and their
 * checksums made to fit.
 */

const given = (bytes: Uint8Array): Sample => ({ parts: [frame(bytes)], isLocal: false, rows: null });
const decoded = (texts: readonly string[]): Buffer[] => texts.map((text) => Buffer.from(text, 'base64'));

/** Some bytes of [from, to) changed, none lost or added. */
function change(random: Random, bytes: Buffer, from: number, to: number): void {
  for (let changes = 1 + random(3); changes > 0; changes--) {
    const at = from + random(Math.max(1, to - from));
    if (at >= bytes.length) continue;
    bytes[at] = pick(random, [random(256), (bytes[at] ?? 0) ^ (1 << random(8)), 0, 1, 0x7f, 0x80, 0xff]);
  }
}

/** Some lines of text by xz 5.4: the four kinds of checks, several blocks, filters, and a chunk without compression. */
const xzFiles = decoded([
  '/Td6WFoAAAD/EtlBAgAhARYAAAB0L+Wj4ABjABtdADSZAYWBkuq335iliF42KIuRbzKGWQT49lvgAAAAAAEvZAcoRXgGcp56AQAAAAAAWVo=',
  '/Td6WFoAAAFpIt42AgAhARYAAAB0L+Wj4ABjABtdADSZAYWBkuq335iliF42KIuRbzKGWQT49lvgAAAADlBwoAABM2RadTKekEKZDQEAAAAAAVla',
  '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4ABjABtdADSZAYWBkuq335iliF42KIuRbzKGWQT49lvgAAAAQy5FtNkUt80AATdkXrBe+h+2830BAAAAAARZWg==',
  '/Td6WFoAAArh+wyhAgAhARYAAAB0L+Wj4ABjABtdADSZAYWBkuq335iliF42KIuRbzKGWQT49lvgAAAAp3ndZ/f28GOnfCZoaYBXSmjLuvlpliupJdnSXjsYXHQAAU9koEO4HRibS5oBAAAAAApZWg==',
  '/Td6WFoAAAFpIt42AgAhARYAAAB0L+Wj4AAnABtdADSZAYWBkuq335iliF42KIuRbzKGWQRuENvgAAAA50o3jwIAIQEWAAAAdC/lo+AAJwAbXQA0mQGFgZLqt9+YpYheNiiLkW8yhlkEbhDb4AAAAOdKN48CACEBFgAAAHQv5aMBABNpZCxuYW1lCjEsQW5uCjIsQm9iCgCk9wY9AAMzKDMoKBTy7tK0PjANiwIAAAAAAVla',
  '/Td6WFoAAATm1rRGAgEEACEBFgANhjUf4ABjABtdADSZAYWBkuq335iliF42KIuRbzKGWQT49lvgAAAAQy5FtNkUt80AATdkXrBe+h+2830BAAAAAARZWg==',
  '/Td6WFoAAATm1rRGAgEDAQMhARaXj3H84ABjACFdADSZAYWGSDNIwd4Hm7yyQawEFHv4hSpGgWUm1I8T6kAAAAAAAABDLkW02RS3zQABPWTUWLEAH7bzfQEAAAAABFla',
  '/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAEaGVsbG8AAAAAsTe52+XaHpsAAR0FuC2Arx+2830BAAAAAARZWg==',
]);
const XZ_HEADER_BYTES = 12;

export const xzSample = (random: Random): Sample => given(pick(random, xzFiles));

/** The first block's header, the stream's flags, or what is compressed (The .xz file format 1.2.1, 2.1.1 and 3.1). */
export function damagedXz(random: Random): Uint8Array {
  const bytes = Buffer.from(pick(random, xzFiles));
  const blockEnd = XZ_HEADER_BYTES + ((bytes[XZ_HEADER_BYTES] ?? 0) + 1) * 4;
  switch (random(3)) {
    case 0:
      change(random, bytes, XZ_HEADER_BYTES + 1, blockEnd - 4);
      bytes.writeUInt32LE(crc32(bytes.subarray(XZ_HEADER_BYTES, blockEnd - 4)), blockEnd - 4);
      break;
    case 1:
      change(random, bytes, 6, 8);
      bytes.writeUInt32LE(crc32(bytes.subarray(6, 8)), 8);
      break;
    default:
      change(random, bytes, blockEnd, bytes.length - XZ_HEADER_BYTES);
  }
  return bytes;
}

/** Two small files by 7-Zip 16.02, with headers in the clear: LZMA2, copied, PPMd, bzip2, deflate, BCJ2 with LZMA, and LZMA without solid blocks. */
const sevenZipFiles = [
  ...decoded([
    'N3q8ryccAAQvJ2AeIwAAAAAAAABuAAAAAAAAADZgQE3gAHEAG10ANJkBhYGS6rffmKWIXjYoi5FvMoZZBRlf3hAAAAEEBgABCSMABwsBAAEhIQEADHIACA0CCWQKAQ5QcKBFCsw8AAAFAhkEAAAAABEZAHgALgBjAHMAdgAAAHkALgBjAHMAdgAAABkCAAAUEgEAkczWBIF63QGPgO4QgXrdARUKAQAggKSBIICkgQAA',
    'N3q8ryccAAQZF2q+cgAAAAAAAABuAAAAAAAAAKt1ZSdpZCxuYW1lCjEsQW5uCjIsQm9iCmlkLG5hbWUKMSxBbm4KMixCb2IKaWQsbmFtZQoxLEFubgoyLEJvYgppZCxuYW1lCjEsQW5uCjIsQm9iCmlkLG5hbWUKMSxBbm4KMixCb2IKaWQsbmFtZQoxLEFubgoBBAYAAglkDgAHCwIAAQEAAQEADGQOAAgKAQ5QcKBFCsw8AAAFAhkFAAAAAAARGQB4AC4AYwBzAHYAAAB5AC4AYwBzAHYAAAAZAgAAFBIBAJHM1gSBet0Bj4DuEIF63QEVCgEAIICkgSCApIEAAA==',
    'N3q8ryccAASH/eEtGwAAAAAAAABuAAAAAAAAABiAZkAAaPlGbDk4LZKLgr0ZRzVl6y/GFe2kWgAAAAABBAYAAQkbAAcLAQABIwMEAQUGAAABAAxyAAgNAglkCgEOUHCgRQrMPAAABQIRGQB4AC4AYwBzAHYAAAB5AC4AYwBzAHYAAAAZAgAAFBIBAJHM1gSBet0Bj4DuEIF63QEVCgEAIICkgSCApIEAAA==',
    'N3q8ryccAARgyn3QRQAAAAAAAABuAAAAAAAAAGyuMqNCWmg5MUFZJlNZ6L2AmQAAJ90AABAABDAAMAA2I6AAUIAAAiqDyBk0NDpIGU2MqYUkbShsYGxgZGhtOi7kinChIdF7ATIBBAYAAQlFAAcLAQABAwQCAgxyAAgNAglkCgEOUHCgRQrMPAAABQIZBAAAAAARGQB4AC4AYwBzAHYAAAB5AC4AYwBzAHYAAAAZAgAAFBIBAJHM1gSBet0Bj4DuEIF63QEVCgEAIICkgSCApIEAAA==',
    'N3q8ryccAATUGcSyJgAAAAAAAABuAAAAAAAAAGo26Za1yKERADAIA0CfWWLaDdpN2gOBIOzvmIKXH0a9dCweCZu3PmavAQEEBgABCSYABwsBAAEDBAEIDHIACA0CCWQKAQ5QcKBFCsw8AAAFAhkEAAAAABEZAHgALgBjAHMAdgAAAHkALgBjAHMAdgAAABkCAAAUEgEAkczWBIF63QGPgO4QgXrdARUKAQAggKSBIICkgQAA',
    'N3q8ryccAASkH0QzKwAAAAAAAACeAAAAAAAAALPDuaIANJkBhYGS6rffmKWIXjYoi5FvMoZZBRlf3hAAAAAAAAAAAAAAAAAAAAAAAQQGAAQJHAUFBQAHCwEABCMDAQEFbAAQAAAjAwEBBWwAEAAAIwMBAQVdABAAABQDAwEbBAEFAAQBAwICBgEADAAAcnIACA0CCWQKAQ5QcKBFCsw8AAAFAhkDAAAAERkAeAAuAGMAcwB2AAAAeQAuAGMAcwB2AAAAGQIAABQSAQCRzNYEgXrdAY+A7hCBet0BFQoBACCApIEggKSBAAA=',
    'N3q8ryccAARWIz4xJAAAAAAAAAB+AAAAAAAAADkUiLwANJkBhYGS6rffmKWIXjYoi5FvMoZZBPj2W+AAADCYiJB3TqABBAYAAgkcCAAHCwIAASMDAQEFXQAQAAABIwMBAQVdABAAAAxkAwAICgEOUHCgwkEkNQAABQIZBQAAAAAAERkAeAAuAGMAcwB2AAAAegAuAGMAcwB2AAAAGQIAABQSAQCRzNYEgXrdAY95BBGBet0BFQoBACCApIEggKSBAAA=',
  ]),
  Buffer.from(fixture('small.7z')),
  Buffer.from(fixture('enc.7z')),
];
const SEVEN_ZIP_HEADER_BYTES = 32;

export const sevenZipSample = (random: Random): Sample => given(pick(random, sevenZipFiles));

/** The header at the end, which says what is inside and how it is packed, or the one at the start, which says where that lies (7zFormat.txt of 7-Zip). */
export function damagedSevenZip(random: Random): Uint8Array {
  let bytes = Buffer.from(pick(random, sevenZipFiles));
  const headerAt = SEVEN_ZIP_HEADER_BYTES + bytes.readUInt32LE(12);
  const kind = random(4);
  if (kind === 0) change(random, bytes, 12, 28);
  else if (kind === 1) change(random, bytes, SEVEN_ZIP_HEADER_BYTES, headerAt);
  else if (kind === 2) change(random, bytes, headerAt, bytes.length);
  else {
    const tokens = ['\x01', '\x05', '\x06', '\x07', '\x0b', '\x0e', '\x17', '\xff\xff\xff\xff', '\x80\xff'];
    bytes = Buffer.concat([bytes.subarray(0, headerAt), damageRecord(random, bytes.subarray(headerAt), tokens)]);
    bytes.writeUInt32LE(bytes.length - headerAt, 20);
  }
  bytes.writeUInt32LE(crc32(bytes.subarray(headerAt)), 28);
  bytes.writeUInt32LE(crc32(bytes.subarray(12, 32)), 8);
  return bytes;
}

const rarFiles = ['example.rar', 'example-encrypted.rar', 'CP932.rar'].map((name) => Buffer.from(fixture(name)));
const RAR4_SIGNATURE_BYTES = 7;

export const rarSample = (random: Random): Sample =>
  given(random(2) === 0 ? rar5(random, false) : pick(random, rarFiles));

/** A block's header of version 4 (TechNote.txt of RAR 4), or fields of version 5. */
export function damagedRar(random: Random): Uint8Array {
  if (random(2) === 0) return rar5(random, true);
  const bytes = Buffer.from(pick(random, rarFiles));
  const blocks: number[] = [];
  for (let at = RAR4_SIGNATURE_BYTES; at + 7 <= bytes.length; ) {
    blocks.push(at);
    const size = bytes.readUInt16LE(at + 5);
    const more =
      (bytes.readUInt16LE(at + 3) & 0x8000) !== 0 && at + 11 <= bytes.length ? bytes.readUInt32LE(at + 7) : 0;
    at += Math.max(7, size + more);
  }
  const at = pick(random, blocks);
  const end = Math.min(bytes.length, at + Math.max(7, bytes.readUInt16LE(at + 5)));
  change(random, bytes, at + 2, end);
  bytes.writeUInt16LE(crc32(bytes.subarray(at + 2, end)) & 0xffff, at);
  return bytes;
}

/** RAR 5.0 with members that are stored (https://www.rarlab.com/technote.htm); with damage, a field here and there says something else. */
function rar5(random: Random, isDamaged: boolean): Buffer {
  const field = (value: number): Buffer => {
    const said = isDamaged && random(12) === 0 ? pick(random, [0, 1, 2, 5, 0x7f, 0xffff, 0xffff_ffff, 2 ** 45]) : value;
    const bytes: number[] = [];
    for (let rest = said; ; rest = Math.floor(rest / 128)) {
      bytes.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
      if (rest < 128) return Buffer.from(bytes);
    }
  };
  const block = (fields: readonly Buffer[], data = Buffer.alloc(0)): Buffer => {
    let header = Buffer.concat(fields);
    if (isDamaged && random(6) === 0)
      header = Buffer.from(damageRecord(random, header, ['\x80', '\xff', '\0', '/../']));
    const guarded = Buffer.concat([field(header.length), header]);
    const check = Buffer.alloc(4);
    check.writeUInt32LE(crc32(guarded));
    return Buffer.concat([check, guarded, data]);
  };
  const members = times(1 + random(3), (index) => {
    const data = Buffer.from(`id,name\n${index},Ann\n`);
    const name = Buffer.from(`f${index}/x.csv`);
    const check = Buffer.alloc(4);
    check.writeUInt32LE(crc32(data));
    const sizes = [field(2), field(2), field(data.length), field(4), field(data.length), field(0o100644)];
    return block([...sizes, check, field(0), field(1), field(name.length), name], data);
  });
  const signature = Buffer.from('526172211a070100', 'hex');
  return Buffer.concat([
    signature,
    block([field(1), field(0), field(0)]),
    ...members,
    block([field(5), field(0), field(0)]),
  ]);
}

const pictureFiles = ['phone.png', 'phone.gif', 'phone.jpg', 'phone.webp'].map((name) =>
  readFileSync(new URL(`../../dump/readers/pictures/${name}`, import.meta.url)),
);

export const pictureSample = (random: Random): Sample => given(pick(random, pictureFiles));

/** A few bytes of a picture; a PNG's checksums are made to fit (PNG, third edition, 5.3). */
export function damagedPicture(random: Random): Uint8Array {
  const bytes = Buffer.from(pick(random, pictureFiles));
  change(random, bytes, 8, random(2) === 0 ? Math.min(bytes.length, 120) : bytes.length);
  if (bytes[0] !== 0x89) return bytes;
  for (let at = 8; at + 12 <= bytes.length; ) {
    const dataBytes = bytes.readUInt32BE(at);
    const end = at + 8 + dataBytes;
    if (end + 4 > bytes.length) break;
    bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return bytes;
}
