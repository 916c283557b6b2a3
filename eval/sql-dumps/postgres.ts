import { readFileSync } from 'node:fs';
import postgres from 'postgres';
import { startServer } from '../../test/store/postgres-server.ts';
import { compareTables, type DatabaseColumn, type DatabaseTable, readSql, type TableResult } from './compare.ts';
import { hostileBlobs, hostileTexts } from './hostile.ts';

/** Loads the file, and tables of hostile values, into a real PostgreSQL; a text says why there is none. */
export async function evaluatePostgres(chinookPath: string): Promise<TableResult[] | string> {
  const server = await startServer();
  if (typeof server === 'string') return server;
  const connect = (database: string): postgres.Sql =>
    postgres({
      host: '127.0.0.1',
      port: server.port,
      database,
      username: 'postgres',
      password: 'secret',
      max: 1,
      onnotice: () => {},
    });
  const results: TableResult[] = [];
  try {
    const admin = connect('postgres');
    await admin.unsafe('CREATE DATABASE chinook');
    await admin.unsafe('CREATE DATABASE hostile');
    await admin.end();
    const chinook = connect('chinook');
    const file = readFileSync(chinookPath, 'utf8');
    // What comes before the psql command makes the database.
    await chinook.unsafe(file.slice(file.indexOf('\n', file.indexOf('\\c chinook'))));
    results.push(
      ...compareTables('Chinook_PostgreSql.sql', await readTables(chinook), await readSql(file, chinookPath)),
    );
    await chinook.end();
    const hostile = connect('hostile');
    results.push(...(await evaluateHostile(hostile)));
    await hostile.end();
  } finally {
    await server.stop();
  }
  return results;
}

/** What the server's own COPY and quote_literal() write of hostile values. */
async function evaluateHostile(sql: postgres.Sql): Promise<TableResult[]> {
  const create =
    'CREATE TABLE public."odd ""name""" (id integer, text text, data bytea, number numeric, moment timestamp, yes boolean, list text[])';
  await sql.unsafe(create);
  for (const [index, text] of hostileTexts.entries()) {
    const list = index === 0 ? null : [text];
    await sql`INSERT INTO "odd ""name""" VALUES (${index}, ${text}, ${hostileBlobs[index]!}, ${index / 8}, '2020-02-29 12:34:56.789', ${index % 2 === 0}, ${list})`;
  }
  const tables = await readTables(sql);
  const head = '--\n-- PostgreSQL database dump\n--\n\nSET standard_conforming_strings = on;\n';
  const results: TableResult[] = [];
  for (const [kind, options, tail] of [
    ['copy', '', ''],
    [
      'copy csv',
      " WITH (FORMAT csv, NULL '-', DELIMITER ';', HEADER true)",
      " WITH CSV HEADER DELIMITER AS ';' NULL AS '-'",
    ],
  ] as const) {
    let data = '';
    for await (const chunk of await sql.unsafe(`COPY "odd ""name""" TO STDOUT${options}`).readable()) data += chunk;
    const dump = `${head}${create};\n\nCOPY public."odd ""name""" (id, text, data, number, moment, yes, list) FROM stdin${tail};\n${data}\\.\n`;
    results.push(...compareTables(`postgres ${kind}`, tables, await readSql(dump, 'copy.sql')));
  }
  const literals = await sql.unsafe(
    'SELECT id, quote_nullable(text) AS t, quote_nullable(data) AS d, number, quote_nullable(moment) AS m, yes, quote_nullable(list) AS l FROM "odd ""name"""',
  );
  const rows = literals.map(
    (row) =>
      `INSERT INTO public."odd ""name""" VALUES (${row.id}, ${row.t}, ${row.d}::bytea, ${row.number}, ${row.m}::timestamp without time zone, '${row.yes}', ${row.l});`,
  );
  const dump = `${head}${create};\n${rows.join('\n')}\n`;
  results.push(...compareTables('postgres inserts', tables, await readSql(dump, 'inserts.sql')));
  return results;
}

async function readTables(sql: postgres.Sql): Promise<DatabaseTable[]> {
  const names = await sql<{ name: string }[]>`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`;
  const tables: DatabaseTable[] = [];
  for (const { name } of names) {
    const found = await sql<{ name: string; type: string }[]>`
      SELECT column_name AS name, data_type AS type FROM information_schema.columns WHERE table_name = ${name} ORDER BY ordinal_position`;
    const columns = found.map(({ name, type }): DatabaseColumn => ({ name, kind: kindOf(type) }));
    const list = columns.map((column) => `${quoteName(column.name)}::text`).join(', ');
    const rows = await sql.unsafe(`SELECT ${list} FROM ${quoteName(name)}`).values();
    tables.push({ name, columns, rows: rows as (string | null)[][] });
  }
  return tables;
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function kindOf(type: string): DatabaseColumn['kind'] {
  if (type === 'boolean') return 'boolean';
  if (type === 'integer' || type === 'numeric') return 'number';
  // A bytea is shown as the text \x…, and that is what a dump has.
  return type.startsWith('timestamp') ? 'time' : 'text';
}
