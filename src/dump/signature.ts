/** Bytes that a sample must have for `signatureOf` to see every signature (tar has its own at 257). */
const SIGNATURE_BYTES = 512;

const signatures: readonly (readonly [bytes: string, offset: number, name: string])[] = [
  ['SQLite format 3\0', 0, 'a SQLite database'],
  ['PAR1', 0, 'a Parquet file'],
  ['\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', 0, 'an old Office file (xls or doc)'],
  ['7z\xbc\xaf\x27\x1c', 0, 'a 7z archive'],
  ['Rar!\x1a\x07', 0, 'a rar archive'],
  ['BZh', 0, 'a bzip2 file'],
  ['\xfd7zXZ\0', 0, 'an xz file'],
  ['\x28\xb5\x2f\xfd', 0, 'a zstd file'],
  ['\x04\x22\x4d\x18', 0, 'an lz4 file'],
  ['ustar', 257, 'a tar archive'],
  ['%PDF-', 0, 'a PDF file'],
  ['\x89PNG\r\n\x1a\n', 0, 'a PNG image'],
  ['\xff\xd8\xff', 0, 'a JPEG image'],
  ['GIF8', 0, 'a GIF image'],
  ['PGDMP', 0, 'a PostgreSQL dump in its own format'],
  ['ORC', 0, 'an ORC file'],
  ['Obj\x01', 0, 'an Avro file'],
  ['ARROW1', 0, 'an Arrow file'],
  ['\x7fELF', 0, 'a program'],
  ['MZ\x90', 0, 'a program'],
];

/** Whether the first bytes hold control characters that no text has: others than white space and those that separate fields (01, 1C to 1F). */
export function hasControls(head: Uint8Array): boolean {
  return /[\0\x02-\x08\x0e-\x1a]/.test(latin1(head, SIGNATURE_BYTES));
}

/**
 * What a file is by its first bytes, in words for people ("a zip archive"), or null when they are no known signature. The bytes are those of the formats' own specifications. Formats
 * that are read are among them: a file that their readers do not claim is damaged. Text may begin with the letters of a signature ("ORCID,phone").
 */
export function signatureOf(head: Uint8Array): string | null {
  const text = latin1(head, SIGNATURE_BYTES);
  if (/^PK(?:\x03\x04|\x05\x06)/.test(text)) {
    return /\[Content_Types\]|xl\/|_rels\//.test(latin1(head, 4096))
      ? 'an Excel or other Office file (xlsx, docx)'
      : 'a zip archive';
  }
  for (const [bytes, offset, name] of signatures) {
    if (text.startsWith(bytes, offset) && (!/^\w+$/.test(bytes) || hasControls(head))) return name;
  }
  return null;
}

function latin1(bytes: Uint8Array, lengthBytes: number): string {
  return String.fromCharCode(...bytes.subarray(0, lengthBytes));
}
