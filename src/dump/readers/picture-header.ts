/** What the first bytes of a picture say; nothing has been decoded. */
export interface PictureHeader {
  readonly format: 'png' | 'jpeg' | 'gif' | 'bmp' | 'webp';
  readonly width: number;
  readonly height: number;
}

/**
 * Reads format and size in pixels of a picture from its first bytes, or null when they are none of PNG (W3C PNG 3rd edition, 11.2.1), JPEG (ITU-T T.81, B.2.2),
 * GIF (GIF89a, 18), BMP (BITMAPCOREHEADER and BITMAPINFOHEADER) and WebP (RFC 9649, 2.5 to 2.7), or the size is not among them. Linear, never throws.
 */
export function readPictureHeader(head: Uint8Array): PictureHeader | null {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const size = sizeByFormat(head, view);
  return size === null || size.width < 1 || size.height < 1 ? null : size;
}

function sizeByFormat(head: Uint8Array, view: DataView): PictureHeader | null {
  if (head.length < 26) return null;
  if (startsWith(head, '\x89PNG\r\n\x1a\n') && startsWith(head, 'IHDR', 12)) {
    return { format: 'png', width: view.getUint32(16), height: view.getUint32(20) };
  }
  if (startsWith(head, 'GIF87a') || startsWith(head, 'GIF89a')) {
    return { format: 'gif', width: view.getUint16(6, true), height: view.getUint16(8, true) };
  }
  if (startsWith(head, 'BM')) return bmpSize(view);
  if (startsWith(head, 'RIFF') && startsWith(head, 'WEBP', 8)) return webpSize(head, view);
  return startsWith(head, '\xff\xd8\xff') ? jpegSize(head, view) : null;
}

function bmpSize(view: DataView): PictureHeader | null {
  const headerBytes = view.getUint32(14, true);
  // "BM" is two letters only: the reserved field and a known header size keep text files out.
  if (view.getUint32(6, true) !== 0 || ![12, 40, 52, 56, 108, 124].includes(headerBytes)) return null;
  if (headerBytes === 12) return { format: 'bmp', width: view.getUint16(18, true), height: view.getUint16(20, true) };
  return { format: 'bmp', width: view.getInt32(18, true), height: Math.abs(view.getInt32(22, true)) };
}

function webpSize(head: Uint8Array, view: DataView): PictureHeader | null {
  if (head.length < 30) return null;
  if (startsWith(head, 'VP8X', 12))
    return { format: 'webp', width: 1 + uint24(view, 24), height: 1 + uint24(view, 27) };
  if (startsWith(head, 'VP8L', 12)) {
    const bits = view.getUint32(21, true);
    return { format: 'webp', width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
  }
  if (!startsWith(head, 'VP8 ', 12)) return null;
  return { format: 'webp', width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
}

function uint24(view: DataView, at: number): number {
  return view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
}

function jpegSize(head: Uint8Array, view: DataView): PictureHeader | null {
  for (const { marker, at, lengthBytes } of jpegSegments(head)) {
    if (isFrame(marker) && lengthBytes >= 8 && at + 7 <= head.length) {
      return { format: 'jpeg', width: view.getUint16(at + 3), height: view.getUint16(at + 1) };
    }
  }
  return null;
}

function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

interface JpegSegment {
  readonly marker: number;
  /** Where its content begins, after the length. */
  readonly at: number;
  readonly lengthBytes: number;
}

/** The segments before the first scan; stops at the first that is none. */
function* jpegSegments(bytes: Uint8Array): Generator<JpegSegment> {
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0xda || marker === 0xd9) return;
    const lengthBytes = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    if (lengthBytes < 2) return;
    yield { marker, at: at + 4, lengthBytes };
    at += 2 + lengthBytes;
  }
}

/** How often a JPEG's scans begin (marker SOS): each costs the decoder a walk over all pixels. Counts a marker inside other segments too. Linear. */
export function countJpegScans(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(0xff); at !== -1; at = bytes.indexOf(0xff, at + 1)) if (bytes[at + 1] === 0xda) count++;
  return count;
}

/** How a JPEG wants to be turned (EXIF 2.3, tag 274), 1 (as it stands) to 8. */
export function jpegOrientation(bytes: Uint8Array): number {
  for (const { marker, at, lengthBytes } of jpegSegments(bytes.subarray(0, 262_144))) {
    if (marker !== 0xe1 || !startsWith(bytes, 'Exif\0\0', at)) continue;
    return orientationOfTiff(bytes.subarray(at + 6, at + lengthBytes - 2));
  }
  return 1;
}

function orientationOfTiff(tiff: Uint8Array): number {
  if (tiff.length < 14) return 1;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const little = startsWith(tiff, 'II');
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return 1;
  const entries = view.getUint16(directory, little);
  for (let i = 0, at = directory + 2; i < entries && at + 12 <= tiff.length; i++, at += 12) {
    if (view.getUint16(at, little) !== 274) continue;
    const value = view.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/**
 * A GIF cut after its first picture, so that a decoder that reads all frames reads one (GIF89a, 20 to 27), with that picture's size; null when it has none.
 * Linear, never throws.
 */
export function firstGifFrame(bytes: Uint8Array): { bytes: Uint8Array; width: number; height: number } | null {
  let at = 13 + colourTableBytes(bytes[10] ?? 0);
  while (at < bytes.length) {
    const kind = bytes[at];
    if (kind === 0x21) at = endOfBlocks(bytes, at + 2);
    else if (kind === 0x2c && at + 10 < bytes.length) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + at, 10);
      const end = endOfBlocks(bytes, at + 10 + colourTableBytes(bytes[at + 9] ?? 0) + 1);
      const cut = new Uint8Array(Math.min(end, bytes.length) + 1);
      cut.set(bytes.subarray(0, end));
      cut[cut.length - 1] = 0x3b;
      return { bytes: cut, width: view.getUint16(5, true), height: view.getUint16(7, true) };
    } else return null;
  }
  return null;
}

function colourTableBytes(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1);
}

function endOfBlocks(bytes: Uint8Array, start: number): number {
  let at = start;
  for (let size = bytes[at] ?? 0; size > 0; size = bytes[at] ?? 0) at += size + 1;
  return at + 1;
}

function startsWith(bytes: Uint8Array, text: string, offset = 0): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[offset + i] !== text.charCodeAt(i)) return false;
  return true;
}
