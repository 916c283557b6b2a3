import type { CanaryBatch, CanaryField } from '../contract/canaries.ts';

/** Names of columns by which other systems, and `register add`, know the fields. */
const headers: Readonly<Record<CanaryField, string>> = {
  customerId: 'customer_id',
  name: 'name',
  phone: 'phone',
  email: 'email',
  nationalId: 'national_id',
  username: 'username',
  address: 'address',
  trackingNumber: 'tracking_number',
};

/** Header and rows of a batch as CSV (RFC 4180), for planting in other systems. */
export function writeCsv({ columns, canaries }: Pick<CanaryBatch, 'columns' | 'canaries'>): string {
  const rows = [
    columns.map((column) => headers[column]),
    ...canaries.map(({ values }) => columns.map((column) => values[column] ?? '')),
  ];
  return rows.map((row) => `${row.map(quote).join(',')}\r\n`).join('');
}

/** A spreadsheet takes a cell that begins so for a formula and runs it: an apostrophe before it makes it text (OWASP, "CSV Injection"). A phone number is none: "+" and digits compute nothing. */
const formula = /^(?!\+\d+$)[=+\-@\t\r]/;

function quote(value: string): string {
  const cell = formula.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
