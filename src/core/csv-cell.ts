/**
 * What a spreadsheet takes for a formula when a cell begins with it (OWASP, "CSV Injection"), full-width forms included, which some programs take alike. A phone number is none: "+" and digits
 * compute nothing.
 */
const formula = /^(?!\+\d+$)[=+\-@\t\r\n＝＋－＠]/;

/** A value as a cell of CSV (RFC 4180); an apostrophe before what would be a formula makes it text. */
export function csvCell(value: string): string {
  const cell = formula.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
