import type { FormatReader } from '../reader.ts';
import { detectSql, guessMode } from './sql-detect.ts';
import { SqlMachine } from './sql-machine.ts';

/**
 * Rows of INSERT, REPLACE and COPY statements as MySQL, MariaDB, PostgreSQL, SQL Server, Oracle and SQLite write them; each table is a table of the sink. A row that is
 * damaged is rejected (`bad-statement`; in COPY data `bad-line`), and reading goes on at the next row or statement.
 */
export const sqlReader: FormatReader = {
  format: 'sql',
  takes: 'text',
  detect: detectSql,
  async read(input, sink) {
    const machine = new SqlMachine(sink, guessMode(input.head));
    for await (const chunk of input.stream()) {
      machine.push(chunk);
      await sink.drain();
    }
    machine.finish();
    await sink.drain();
  },
};
