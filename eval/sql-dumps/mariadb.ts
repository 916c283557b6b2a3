import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { compareTables, type DatabaseColumn, type DatabaseTable, readSql, type TableResult } from './compare.ts';
import { hostileBlobs, hostileTexts } from './hostile.ts';

const MAX_OUTPUT_BYTES = 268_435_456;

/** Loads the MySQL files, and tables of hostile values, into a real MariaDB; a text says why there is none. */
export async function evaluateMariadb(chinookPath: string, sakilaPath: string): Promise<TableResult[] | string> {
  const server = await startMariadb();
  if (typeof server === 'string') return server;
  try {
    const results: TableResult[] = [];
    const chinook = readFileSync(chinookPath);
    server.run('', chinook);
    results.push(...compareTables('Chinook_MySql.sql', server.tables('Chinook'), await readSql(chinook, chinookPath)));
    const data = readFileSync(sakilaPath, 'utf8');
    server.run('', 'CREATE DATABASE sakila');
    server.run('sakila', readFileSync(new URL('sakila-schema.sql', import.meta.url)));
    // MariaDB leaves out what is for MySQL 5.7 and later, such as the geometry of addresses; MySQL and the reader take it.
    server.run('sakila', data.replaceAll('/*!50705', '/*!50001'));
    results.push(...compareTables('sakila-mv-data.sql', server.tables('sakila'), await readSql(data, sakilaPath)));
    return [...results, ...(await evaluateHostile(server))];
  } finally {
    await server.stop();
  }
}

/** What mariadb-dump writes of hostile values, with each of its ways to write them. */
async function evaluateHostile(server: Mariadb): Promise<TableResult[]> {
  const name = 'odd `name`';
  const rows = hostileTexts.map((text, index) => {
    const hex = Buffer.from(text).toString('hex');
    const blob = Buffer.from(hostileBlobs[index]!).toString('hex');
    return `(${index}, CONVERT(x'${hex}' USING utf8mb4), x'${blob}', ${index} / 8, '2020-02-29 12:34:56', NULL)`;
  });
  server.run('', 'CREATE DATABASE hostile CHARACTER SET utf8mb4');
  server.run(
    'hostile',
    `CREATE TABLE \`odd \`\`name\`\`\` (id int, text text, data blob, number decimal(10,3), moment datetime, nothing int);
     INSERT INTO \`odd \`\`name\`\`\` VALUES ${rows.join(',\n')};`,
  );
  const tables = server.tables('hostile');
  const results: TableResult[] = [];
  for (const options of [
    ['--hex-blob'],
    ['--hex-blob', '--skip-extended-insert', '--complete-insert'],
    ['--hex-blob', '--replace', '--no-create-info'],
    ['--hex-blob', '--insert-ignore', '--compact', '--complete-insert'],
    ['--hex-blob', '--compatible=mssql,postgresql', '--complete-insert'],
  ]) {
    const sink = await readSql(server.dump('hostile', options), 'dump.sql');
    results.push(...compareTables(`mariadb-dump ${options.join(' ')}`, tables, sink));
  }
  // The file then has no backslash escapes at all.
  server.run('', "SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES'");
  const sink = await readSql(server.dump('hostile', ['--hex-blob']), 'dump.sql');
  results.push(...compareTables('mariadb-dump, NO_BACKSLASH_ESCAPES', tables, sink));
  if (tables[0]?.name !== name) throw new Error('the hostile table was not made');
  return results;
}

/** A MariaDB of its own, without network, that goes away with `stop`. */
interface Mariadb {
  /** Runs statements; fails with the client's message. */
  run(database: string, statements: string | Uint8Array): string;
  tables(database: string): DatabaseTable[];
  dump(database: string, options: readonly string[]): Uint8Array;
  stop(): Promise<void>;
}

async function startMariadb(): Promise<Mariadb | string> {
  const daemon = ['/usr/sbin/mariadbd', '/usr/bin/mariadbd', '/usr/local/sbin/mariadbd'].find(
    (file) => spawnSync(file, ['--version']).status === 0,
  );
  if (daemon === undefined || spawnSync('mariadb-install-db', ['--help']).error !== undefined) {
    return 'MariaDB is not installed (Debian: apt-get install mariadb-server)';
  }
  const user = serverUser();
  const folder = mkdtempSync(path.join(tmpdir(), 'boltseal-mariadb-'));
  const data = path.join(folder, 'data');
  const socket = path.join(folder, 'socket');
  mkdirSync(data);
  if (user !== null) for (const place of [folder, data]) chownSync(place, user.uid, user.gid);
  const options = { ...user, cwd: folder };
  execFileSync(
    'mariadb-install-db',
    ['--no-defaults', `--datadir=${data}`, '--skip-test-db', '--auth-root-authentication-method=normal'],
    { ...options, stdio: 'pipe' },
  );
  const server = spawn(
    daemon,
    [
      '--no-defaults',
      `--datadir=${data}`,
      `--socket=${socket}`,
      `--pid-file=${path.join(folder, 'pid')}`,
      '--skip-networking',
      '--character-set-server=utf8mb4',
      '--innodb-flush-log-at-trx-commit=0',
      '--innodb-buffer-pool-size=64M',
    ],
    { ...options, stdio: 'ignore' },
  );
  const client = (program: string, args: readonly string[], input: string | Uint8Array): Buffer =>
    execFileSync(
      program,
      ['--no-defaults', `--socket=${socket}`, '--user=root', '--default-character-set=utf8mb4', ...args],
      {
        input,
        maxBuffer: MAX_OUTPUT_BYTES,
        stdio: ['pipe', 'pipe', 'pipe'],
      },
    );
  const run = (database: string, statements: string | Uint8Array): string =>
    client(
      'mariadb',
      ['--batch', '--skip-column-names', ...(database === '' ? [] : [database])],
      statements,
    ).toString();
  const stop = async (): Promise<void> => {
    server.kill('SIGTERM');
    await new Promise((resolve) => (server.exitCode === null ? server.once('exit', resolve) : resolve(null)));
    rmSync(folder, { recursive: true, force: true });
  };
  for (let attempt = 0; ; attempt++) {
    try {
      run('', 'SELECT 1');
      break;
    } catch (error) {
      if (attempt === 100 || server.exitCode !== null) {
        await stop();
        throw error;
      }
      await sleep(200);
    }
  }
  return {
    run,
    stop,
    tables: (database) => readTables((statement) => run(database, statement), database),
    dump: (database, args) => client('mariadb-dump', [...args, database], ''),
  };
}

function readTables(run: (statement: string) => string, database: string): DatabaseTable[] {
  const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');
  const unhex = (text: string): string => Buffer.from(text, 'hex').toString();
  const where = `table_schema = '${database}'`;
  const names = lines(run(`SELECT HEX(table_name) FROM information_schema.tables WHERE ${where}`)).map(unhex);
  return names.map((name) => {
    const columns = lines(
      run(
        `SELECT HEX(column_name), data_type FROM information_schema.columns WHERE ${where} AND table_name = x'${Buffer.from(name).toString('hex')}' ORDER BY ordinal_position`,
      ),
    ).map((line): DatabaseColumn => {
      const [column = '', type = ''] = line.split('\t');
      return { name: unhex(column), kind: kindOf(type) };
    });
    // Each cell in hexadecimal digits, so that no client escapes anything; a minus is NULL.
    const cells = columns.map((column) => {
      const place = `\`${column.name.replaceAll('`', '``')}\``;
      return `IFNULL(HEX(${column.kind === 'binary' ? place : `CAST(${place} AS CHAR)`}), '-')`;
    });
    const rows = lines(run(`SELECT ${cells.join(', ')} FROM \`${name.replaceAll('`', '``')}\``)).map((line) =>
      line
        .split('\t')
        .map((cell, index) =>
          cell === '-' ? null : columns[index]!.kind === 'binary' ? cell.toLowerCase() : unhex(cell),
        ),
    );
    return { name, columns, rows };
  });
}

function kindOf(type: string): DatabaseColumn['kind'] {
  if (/int|decimal|year/.test(type)) return 'number';
  if (/date|time/.test(type)) return 'time';
  return /blob|geometry|binary/.test(type) ? 'binary' : 'text';
}

/** MariaDB refuses to run as root. */
function serverUser(): { readonly uid: number; readonly gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const id = (option: string): number => Number(execFileSync('id', [option, 'nobody'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
