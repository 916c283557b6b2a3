import { closeSync, openSync, writeSync } from 'node:fs';

/** Encodings that the demo writes. */
export type TableEncoding = 'utf-8' | 'gb18030';

/** A text file that is written row by row. */
export interface TableFile {
  writeLine(line: string): void;
  close(): void;
}

const flushChars = 1 << 18;

/** Opens a file for lines ending in LF, in the given encoding; replaces what was there. */
export function openTableFile(path: string, encoding: TableEncoding): TableFile {
  const encode = encoding === 'utf-8' ? (text: string) => Buffer.from(text) : createGb18030Encoder();
  const descriptor = openSync(path, 'w');
  let lines: string[] = [];
  let chars = 0;
  const flush = (): void => {
    const bytes = encode(lines.join(''));
    for (let start = 0; start < bytes.length; ) start += writeSync(descriptor, bytes, start);
    lines = [];
    chars = 0;
  };
  return {
    writeLine(line) {
      lines.push(line, '\n');
      chars += line.length;
      if (chars >= flushChars) flush();
    },
    close() {
      flush();
      closeSync(descriptor);
    },
  };
}

/** One cell of a comma-separated row: quoted where it must be (RFC 4180, section 2). */
export function quoteCell(cell: string, separator: string): string {
  return cell.includes(separator) || /["\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** Two-byte GB18030 by turning Node's decoder around; the platform has no encoder. What is not among the two-byte characters becomes "?": the demo has no such text. */
function createGb18030Encoder(): (text: string) => Uint8Array {
  const codes = new Uint16Array(0x10000);
  const decoder = new TextDecoder('gb18030');
  for (let lead = 0x81; lead <= 0xfe; lead++) {
    for (let trail = 0x40; trail <= 0xfe; trail++) {
      if (trail === 0x7f) continue;
      const text = decoder.decode(Uint8Array.of(lead, trail));
      if (text.length === 1 && text !== '\ufffd') codes[text.charCodeAt(0)] = lead * 256 + trail;
    }
  }
  return (text) => {
    const bytes = new Uint8Array(text.length * 2);
    let length = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      const code = unit < 0x80 ? unit : codes[unit]! || 0x3f;
      if (code > 0xff) bytes[length++] = code >>> 8;
      bytes[length++] = code & 0xff;
    }
    return bytes.subarray(0, length);
  };
}
