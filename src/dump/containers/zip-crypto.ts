import { createCipheriv, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';

/** Bytes of PKWARE's encryption header (APPNOTE 6.3.10, 6.1.3). */
export const ZIPCRYPTO_HEADER_BYTES = 12;
/** WinZip AE-1 and AE-2: two bytes that check the password, and ten of authentication at the end. */
const AES_CHECK_BYTES = 2;
export const AES_MAC_BYTES = 10;
const AES_ITERATIONS = 1000;
const BLOCK_BYTES = 16;

const crcTable = new Uint32Array(256).map((_, byte) => {
  let crc = byte;
  for (let k = 0; k < 8; k++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc >>> 0;
});

/** Decrypts a member's bytes in order, in place of nothing: each call answers a new array. */
export interface Decryptor {
  decrypt(bytes: Uint8Array): Uint8Array;
}

/** PKWARE's old encryption. The header's last byte is checked, so one wrong password in 256 is taken for right. Null when the password is wrong. */
export function openZipCrypto(password: string, header: Uint8Array, checkByte: number): Decryptor | null {
  let key0 = 0x12345678;
  let key1 = 0x23456789;
  let key2 = 0x34567890;
  const update = (byte: number): void => {
    key0 = (key0 >>> 8) ^ (crcTable[(key0 ^ byte) & 0xff] ?? 0);
    key1 = (Math.imul(key1 + (key0 & 0xff), 134_775_813) + 1) | 0;
    key2 = (key2 >>> 8) ^ (crcTable[(key2 ^ (key1 >>> 24)) & 0xff] ?? 0);
  };
  for (const byte of Buffer.from(password)) update(byte);
  const decrypt = (bytes: Uint8Array): Uint8Array => {
    const out = new Uint8Array(bytes.length);
    for (let at = 0; at < bytes.length; at++) {
      const word = (key2 | 2) & 0xffff;
      const byte = (bytes[at] ?? 0) ^ ((Math.imul(word, word ^ 1) >>> 8) & 0xff);
      update(byte);
      out[at] = byte;
    }
    return out;
  };
  const plain = decrypt(header);
  return plain[ZIPCRYPTO_HEADER_BYTES - 1] === checkByte ? { decrypt } : null;
}

export interface AesDecryptor extends Decryptor {
  /** Whether the bytes decrypted so far are those that were encrypted. */
  isAuthentic(mac: Uint8Array): boolean;
}

/** Bytes before an AES member's content: salt and password check. `strength` is 1, 2, 3 for 128, 192, 256 bits. */
export function aesHeaderBytes(strength: number): number {
  return 4 + 4 * strength + AES_CHECK_BYTES;
}

/** WinZip's AES encryption ("AES Encryption Information: Encryption Specification AE-1 and AE-2"). Null when the password is wrong. */
export function openZipAes(password: string, header: Uint8Array, strength: number): AesDecryptor | null {
  const keyBytes = 8 + 8 * strength;
  const saltBytes = 4 + 4 * strength;
  const keys = pbkdf2Sync(
    password,
    header.subarray(0, saltBytes),
    AES_ITERATIONS,
    2 * keyBytes + AES_CHECK_BYTES,
    'sha1',
  );
  if (!timingSafeEqual(keys.subarray(2 * keyBytes), header.subarray(saltBytes, saltBytes + AES_CHECK_BYTES)))
    return null;
  // The counter counts from 1 with its lowest byte first, which CTR mode of OpenSSL does not: the blocks are encrypted by themselves.
  const cipher = createCipheriv(`aes-${keyBytes * 8}-ecb`, keys.subarray(0, keyBytes), null).setAutoPadding(false);
  const hmac = createHmac('sha1', keys.subarray(keyBytes, 2 * keyBytes));
  let counter = 1;
  let stream: Uint8Array = new Uint8Array(0);
  let used = 0;
  return {
    decrypt(bytes) {
      hmac.update(bytes);
      const out = new Uint8Array(bytes.length);
      let at = 0;
      while (at < bytes.length) {
        if (used === stream.length) {
          const blocks = Math.ceil((bytes.length - at) / BLOCK_BYTES);
          const counters = new Uint8Array(blocks * BLOCK_BYTES);
          const view = new DataView(counters.buffer);
          for (let k = 0; k < blocks; k++, counter++) {
            view.setUint32(k * BLOCK_BYTES, counter >>> 0, true);
            view.setUint32(k * BLOCK_BYTES + 4, Math.floor(counter / 0x1_0000_0000), true);
          }
          stream = cipher.update(counters);
          used = 0;
        }
        const count = Math.min(stream.length - used, bytes.length - at);
        for (let k = 0; k < count; k++) out[at + k] = (bytes[at + k] ?? 0) ^ (stream[used + k] ?? 0);
        at += count;
        used += count;
      }
      return out;
    },
    isAuthentic: (mac) =>
      mac.length === AES_MAC_BYTES && timingSafeEqual(hmac.digest().subarray(0, AES_MAC_BYTES), mac),
  };
}
