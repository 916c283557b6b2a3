import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  countJpegScans,
  firstGifFrame,
  jpegOrientation,
  readPictureHeader,
} from '../../../src/dump/readers/picture-header.ts';

const folder = join(import.meta.dirname, 'pictures');
const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

test('format and size of each kind of picture', () => {
  for (const format of ['png', 'jpg', 'gif', 'bmp', 'webp'] as const) {
    const header = readPictureHeader(readFileSync(join(folder, `phone.${format}`)));
    assert.deepEqual(header, { format: format === 'jpg' ? 'jpeg' : format, width: 130, height: 125 });
  }
});

test('text and other files are no pictures', () => {
  const others = [
    'BM,phone,email\n13800138000,a@example.com\n',
    'GIF89',
    'RIFF....WAVEfmt ',
    '\xff\xd8\xff\xe0',
    '{"PNG":1}',
    '',
  ];
  for (const text of others) assert.equal(readPictureHeader(latin1(text)), null);
});

test('every cut and every changed byte of a header gives a size or null', () => {
  for (const format of ['png', 'jpg', 'gif', 'bmp', 'webp']) {
    const bytes = readFileSync(join(folder, `phone.${format}`)).subarray(0, 700);
    for (let at = 0; at < bytes.length; at++) {
      readPictureHeader(bytes.subarray(0, at));
      const changed = Uint8Array.from(bytes);
      changed[at] = ~(changed[at] ?? 0);
      readPictureHeader(changed);
      jpegOrientation(changed);
      firstGifFrame(changed);
    }
  }
});

test('the orientation of a JPEG stands in its EXIF segment, in either byte order', () => {
  const entry = {
    little: 'II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0',
    big: 'MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0',
  };
  for (const tiff of Object.values(entry)) {
    const body = `Exif\0\0${tiff}`;
    const jpeg = latin1(`\xff\xd8\xff\xe1\0${String.fromCharCode(body.length + 2)}${body}\xff\xda`);
    assert.equal(jpegOrientation(jpeg), 6);
  }
  assert.equal(jpegOrientation(latin1('\xff\xd8\xff\xda')), 1);
});

test('a GIF is cut after its first frame', () => {
  const bytes = readFileSync(join(folder, 'phone.gif'));
  const twice = Buffer.concat([bytes.subarray(0, -1), bytes.subarray(13 + 3 * 2 ** (((bytes[10] ?? 0) & 7) + 1))]);
  const frame = firstGifFrame(twice);
  assert.deepEqual([frame?.width, frame?.height], [130, 125]);
  assert.deepEqual(Buffer.from(frame?.bytes ?? []), bytes);
  assert.equal(firstGifFrame(bytes.subarray(0, 13)), null);
});

test('scans of a JPEG are counted', () => {
  assert.equal(countJpegScans(readFileSync(join(folder, 'phone.jpg'))), 1);
  assert.equal(countJpegScans(latin1('\xff\xda'.repeat(500))), 500);
});
