import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { TableResult } from './compare.ts';
import { evaluateMariadb } from './mariadb.ts';
import { evaluatePostgres } from './postgres.ts';
import { evaluateSqlite } from './sqlite.ts';

/* npm run eval:sql [-- --require]: loads SQL dumps into real databases and compares every cell with the reader's. --require: what is not installed is a failure. */

const { values } = parseArgs({ options: { require: { type: 'boolean', default: false } } });
const root = path.resolve(import.meta.dirname, '../..');
const data = path.join(root, '../shared/data/sql-dumps');
const results: TableResult[] = [];
const missing: string[] = [];
const take = (outcome: TableResult[] | string): void => {
  if (typeof outcome === 'string') missing.push(outcome);
  else results.push(...outcome);
};

take(await evaluateSqlite());
if (existsSync(data)) {
  take(await evaluatePostgres(path.join(data, 'Chinook_PostgreSql.sql')));
  take(await evaluateMariadb(path.join(data, 'Chinook_MySql.sql'), path.join(data, 'sakila-mv-data.sql')));
} else missing.push('../shared/data/sql-dumps is not there');

let wrong = 0;
for (const result of results) {
  const sound = result.wrongCells === 0 && result.databaseRows === result.readerRows;
  if (!sound) wrong++;
  const notes = Object.entries(result.normalised).map(([how, count]) => `; ${count} ${how}`);
  console.log(
    `${sound ? 'ok   ' : 'WRONG'} ${result.source}: ${result.table}: rows ${result.readerRows}/${result.databaseRows}, cells ${result.cells - result.wrongCells}/${result.cells}${notes.join('')}`,
  );
}
for (const reason of missing) console.log(`not evaluated: ${reason}`);
const folder = path.join(root, 'eval/out');
mkdirSync(folder, { recursive: true });
writeFileSync(path.join(folder, 'sql-dumps.json'), `${JSON.stringify({ results, missing }, null, 2)}\n`);
console.log(`sql-dumps: ${results.length} tables, ${wrong} wrong`);
process.exitCode = wrong > 0 || results.length === 0 || (values.require && missing.length > 0) ? 1 : 0;
