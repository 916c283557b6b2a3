import { DatabaseSync } from 'node:sqlite';
import { compareTables, type DatabaseTable, readSql, type TableResult } from './compare.ts';
import { hostileBlobs, hostileTexts } from './hostile.ts';

/** Writes tables of hostile values as the SQLite shell's `.dump` does, loads the text into a new database, and compares that with what the reader makes of it. */
export async function evaluateSqlite(): Promise<TableResult[]> {
  const results: TableResult[] = [];
  for (const quote of ['quote', 'replace', 'unistr_quote'] as const) {
    const dump = writeDump(quote);
    if (dump === null) continue;
    const database = new DatabaseSync(':memory:');
    database.exec(dump);
    results.push(...compareTables(`sqlite ${quote}`, readTables(database), await readSql(dump, 'sqlite.sql')));
    database.close();
  }
  return results;
}

function writeDump(quote: 'quote' | 'replace' | 'unistr_quote'): string | null {
  const database = new DatabaseSync(':memory:');
  const create = 'CREATE TABLE "odd ""name""" (id INTEGER PRIMARY KEY, "text" TEXT, data BLOB, number REAL, none)';
  database.exec(create);
  const insert = database.prepare('INSERT INTO "odd ""name""" VALUES (?, ?, ?, ?, NULL)');
  hostileTexts.forEach((text, index) => {
    insert.run(index, text, hostileBlobs[index]!, index / 8 - 1);
  });
  let rows: Record<string, unknown>[];
  try {
    const name = quote === 'replace' ? 'quote' : quote;
    rows = database
      .prepare(`SELECT id, ${name}("text") AS t, quote(data) AS d, quote(number) AS n FROM "odd ""name""" ORDER BY id`)
      .all();
  } catch {
    // SQLite before 3.50 has no unistr_quote().
    return null;
  } finally {
    database.close();
  }
  const lines = rows.map(({ id, t, d, n }) => {
    const text = quote === 'replace' ? withReplace(String(t)) : String(t);
    return `INSERT INTO "odd ""name""" VALUES(${id},${text},${d},${n},NULL);`;
  });
  return `PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n${create};\n${lines.join('\n')}\nCOMMIT;\n`;
}

/** As the shell wrote strings with line ends before 3.50. */
function withReplace(text: string): string {
  let result = text;
  for (const [character, written, code] of [
    ['\n', '\\n', 10],
    ['\r', '\\r', 13],
  ] as const) {
    if (!result.includes(character)) continue;
    let mark: string = written;
    for (let count = 0; text.includes(mark); count++) mark = `(${written}${count})`;
    result = `replace(${result.replaceAll(character, mark)},'${mark}',char(${code}))`;
  }
  return result;
}

function readTables(database: DatabaseSync): DatabaseTable[] {
  const name = 'odd "name"';
  const rows = database
    .prepare(
      'SELECT CAST(id AS TEXT) AS a, "text" AS b, lower(hex(data)) AS c, CAST(number AS TEXT) AS d, none AS e FROM "odd ""name"""',
    )
    .all()
    .map((row) => Object.values(row).map((cell) => (cell === null ? null : String(cell))));
  const columns = [
    { name: 'id', kind: 'number' },
    { name: 'text', kind: 'text' },
    { name: 'data', kind: 'binary' },
    { name: 'number', kind: 'number' },
    { name: 'none', kind: 'text' },
  ] as const;
  return [{ name, columns, rows }];
}
