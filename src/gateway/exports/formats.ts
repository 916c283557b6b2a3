import type { ExportFormat } from '../../contract/api/exports.ts';
import type { VaultField } from '../../contract/api/words.ts';
import { csvCell } from '../../core/csv-cell.ts';
import type { ExportRow } from './port.ts';

/** How rows are written. */
export interface RowWriter {
  readonly contentType: string;
  /** What stands before the rows. */
  readonly head: string;
  write(rows: readonly ExportRow[]): string;
}

/** Names of columns by which other systems, and `vault import`, know the fields. */
const headers: Readonly<Record<VaultField, string>> = {
  name: 'name',
  phone: 'phone',
  email: 'email',
  address: 'address',
  nationalId: 'national_id',
  username: 'username',
};

/** CSV (RFC 4180) with a header, safe for spreadsheets, which changes cells that look like formulas; JSON lines, with every value as it is. */
export function rowWriter(format: ExportFormat, fields: readonly VaultField[]): RowWriter {
  if (format === 'jsonl')
    return {
      contentType: 'application/jsonl; charset=utf-8',
      head: '',
      write: (rows) => rows.map(({ id, values }) => `${JSON.stringify({ customerId: id, ...values })}\n`).join(''),
    };
  return {
    contentType: 'text/csv; charset=utf-8; header=present',
    head: `${['customer_id', ...fields.map((field) => headers[field])].join(',')}\r\n`,
    write: (rows) =>
      rows
        .map(({ id, values }) => `${[id, ...fields.map((field) => values[field] ?? '')].map(csvCell).join(',')}\r\n`)
        .join(''),
  };
}
