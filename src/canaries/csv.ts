import type { CanaryBatch, CanaryField } from '../contract/canaries.ts';
import { csvCell } from '../core/csv-cell.ts';

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
  return rows.map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}
