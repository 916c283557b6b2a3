import type { DirectoryEntry } from './zip-directory.ts';

/** What stands before and after the `length` bytes of a member in a ZIP64 archive that holds this member alone (APPNOTE 6.3.10, 4.3). */
export function loneArchive(entry: DirectoryEntry, length: number): { before: Uint8Array; after: Uint8Array } {
  const extra = Buffer.alloc(entry.aes === null ? 20 : 31);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(16, 2);
  extra.writeBigUInt64LE(BigInt(entry.sizeBytes), 4);
  extra.writeBigUInt64LE(BigInt(length), 12);
  if (entry.aes !== null) {
    extra.writeUInt16LE(0x9901, 20);
    extra.writeUInt16LE(7, 22);
    extra.writeUInt16LE(entry.aes.version, 24);
    extra.write('AE', 26);
    extra.writeUInt8(entry.aes.strength, 28);
    extra.writeUInt16LE(entry.aes.method, 29);
  }
  const member = Buffer.from('member');
  const common = Buffer.alloc(26);
  common.writeUInt16LE(45, 0);
  // Bit 3 moves sizes behind the data, where none stand here; with ZipCrypto it also says which byte checks the password.
  const isTimeChecked = (entry.flags & 9) === 9 && entry.aes === null;
  common.writeUInt16LE(isTimeChecked ? entry.flags : entry.flags & ~8, 2);
  common.writeUInt16LE(entry.method, 4);
  common.writeUInt16LE(entry.modifiedTime, 6);
  common.writeUInt32LE(entry.crc, 10);
  common.writeUInt32LE(0xffffffff, 14);
  common.writeUInt32LE(0xffffffff, 18);
  common.writeUInt16LE(member.length, 22);
  common.writeUInt16LE(extra.length, 24);
  const before = Buffer.concat([Buffer.from('PK\x03\x04'), common, member, extra]);
  const directory = Buffer.concat([
    Buffer.from('PK\x01\x02\x2d\x00', 'latin1'),
    common,
    Buffer.alloc(14),
    member,
    extra,
  ]);
  const end64 = Buffer.alloc(56);
  end64.write('PK\x06\x06', 0, 'latin1');
  end64.writeBigUInt64LE(44n, 4);
  end64.writeUInt16LE(45, 12);
  end64.writeUInt16LE(45, 14);
  end64.writeBigUInt64LE(1n, 24);
  end64.writeBigUInt64LE(1n, 32);
  end64.writeBigUInt64LE(BigInt(directory.length), 40);
  end64.writeBigUInt64LE(BigInt(before.length + length), 48);
  const locator = Buffer.alloc(20);
  locator.write('PK\x06\x07', 0, 'latin1');
  locator.writeBigUInt64LE(BigInt(before.length + length + directory.length), 8);
  locator.writeUInt32LE(1, 16);
  const end = Buffer.alloc(22, 0xff);
  end.write('PK\x05\x06\0\0\0\0', 0, 'latin1');
  end.writeUInt16LE(0, 20);
  return { before, after: Buffer.concat([directory, end64, locator, end]) };
}
