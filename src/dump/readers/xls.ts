import { openRandom } from '../random-file.ts';
import type { ByteInput, FormatReader, InputStart, ReadContext, RowSink } from '../reader.ts';

const COMPOUND_FILE = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
const DIRECTORY_ENTRY_BYTES = 128;
const ODS = 'application/vnd.oasis.opendocument.spreadsheet';

/**
 * Old Excel workbooks (BIFF 2 to 8, MS-XLS) and OpenDocument spreadsheets (OpenDocument 1.3), up to 64 MiB. Tables and values are those of `xlsxReader`.
 * Fails with DUMP_MEMORY, DUMP_PASSWORD, DUMP_CORRUPT.
 */
export const xlsReader: FormatReader = {
  format: 'xls',
  takes: 'bytes',
  detect: (start) => (isOpenDocument(start) || isBiff(start.head) || isCompoundWorkbook(start.head) ? 0.98 : 0),
  read: readXls,
};

async function readXls(input: ByteInput, sink: RowSink, context: ReadContext): Promise<void> {
  const file = await openRandom(input, context);
  try {
    // The library is a megabyte of source: nobody waits for it who has no such file.
    const { readWithSheetJs } = await import('./xls-sheets.ts');
    await readWithSheetJs(file, input, sink, context);
  } finally {
    file.close();
  }
}

/** The media type stands without compression in the first member of the archive (OpenDocument 1.3, part 2, 3.3), or in the manifest when that comes first. */
function isOpenDocument({ head }: InputStart): boolean {
  const text = Buffer.from(head.subarray(0, 1_024)).toString('latin1');
  return /^PK\x03\x04.{26}(?:mimetype|META-INF\/manifest\.xml)/s.test(text) && text.includes(ODS);
}

/** A stream of records without a compound file: BOF (MS-XLS 2.4.21) with a length and version of BIFF 2 to 8. */
function isBiff(head: Uint8Array): boolean {
  const [id, version, length, high] = head;
  if (id !== 0x09 || high !== 0 || head.length < 20) return false;
  return (
    (version === 0x00 && length === 4) ||
    ((version === 0x02 || version === 0x04) && length === 6) ||
    (version === 0x08 && (length === 8 || length === 16) && (head[5] === 5 || head[5] === 6))
  );
}

/** Whether the directory of a compound file (MS-CFB 2.2, 2.6) names a workbook, or an encrypted one of the new format. */
function isCompoundWorkbook(head: Uint8Array): boolean {
  if (head.length < 512 || !COMPOUND_FILE.every((byte, at) => head[at] === byte)) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const sectorBytes = view.getUint16(30, true) === 12 ? 4_096 : 512;
  const from = (view.getUint32(48, true) + 1) * sectorBytes;
  // The directory may lie beyond the head: then the workbook itself mostly comes first.
  if (from + sectorBytes > head.length) return isBiff(head.subarray(sectorBytes, sectorBytes + 20));
  const wide = new TextDecoder('utf-16le');
  for (let at = from; at < from + sectorBytes; at += DIRECTORY_ENTRY_BYTES) {
    const name = wide.decode(head.subarray(at, at + Math.max(0, Math.min(64, view.getUint16(at + 64, true)) - 2)));
    if (/^(?:Workbook|Book|EncryptedPackage)$/i.test(name)) return true;
  }
  return false;
}
