/** Cuts RFC 4180 text into rows of cells; the evaluation's own reader, small and slow on purpose. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i] as string;
    if (quoted) {
      if (character !== '"') cell += character;
      else if (text[i + 1] === '"') cell += text[i++];
      else quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === ',') {
      row.push(cell);
      cell = '';
    } else if (character === '\n') {
      row.push(cell);
      rows.push(row);
      row = [];
      cell = '';
    } else if (character !== '\r') cell += character;
  }
  if (row.length > 0 || cell !== '') rows.push([...row, cell]);
  return rows;
}

/** `bare`: no quotes are written, but cells may have quote characters inside. */
export type Quoting = 'minimal' | 'all' | 'none' | 'bare';

/** Writes one row; with `none` and `bare` the caller has made sure that every cell can stand without quotes. */
export function writeRow(cells: readonly string[], separator: string, quoting: Quoting): string {
  return cells.map((cell) => writeCell(cell, separator, quoting)).join(separator);
}

function writeCell(cell: string, separator: string, quoting: Quoting): string {
  const quote = quoting === 'all' || (quoting === 'minimal' && needsQuotes(cell, separator));
  return quote ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** Whether a cell cannot stand without quotes. */
export function needsQuotes(cell: string, separator: string): boolean {
  return cell.includes(separator) || cell.includes('"') || /[\r\n]/.test(cell);
}
