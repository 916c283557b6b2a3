import { isDigit, isWordByte, type SqlLexer, unsound } from './sql-lexer.ts';

/** What an INSERT or REPLACE says before its rows. */
export interface InsertHead {
  readonly path: readonly string[];
  readonly columns: readonly string[] | null;
  /** What follows; `none` is nothing that holds rows. */
  readonly form: 'values' | 'set' | 'select' | 'none';
}

/** What a COPY says before its rows. */
export interface CopyHead {
  readonly path: readonly string[];
  readonly columns: readonly string[] | null;
  readonly csv: boolean;
  readonly header: boolean;
  readonly delimiter: number;
  readonly nullText: string;
}

/** Columns of a CREATE TABLE. */
export interface CreateHead {
  readonly path: readonly string[];
  readonly columns: readonly string[];
}

/** No database has more (SQL Server's sparse columns: 30,000; SQLite: 32,767). */
const MAX_LIST = 65_536;

const insertOptions = new Set('LOW_PRIORITY DELAYED HIGH_PRIORITY IGNORE ALL FIRST OVERWRITE INTO TABLE'.split(' '));

/** Reads what stands between INSERT, REPLACE or (in INSERT ALL) INTO and the first row; the lexer stands after that word. */
export function readInsertHead(lexer: SqlLexer): InsertHead {
  for (;;) {
    lexer.skipBlank();
    const word = lexer.peekWord();
    if (word === 'OR') {
      lexer.word();
      lexer.skipBlank();
      lexer.word();
    } else if (insertOptions.has(word)) lexer.word();
    else break;
  }
  const path = lexer.qualifiedName();
  lexer.skipBlank();
  if (lexer.acceptWord('PARTITION')) {
    lexer.skipBlank();
    readNames(lexer);
    lexer.skipBlank();
  }
  let columns: string[] | null = null;
  if (lexer.peek() === 40) {
    columns = readNames(lexer);
    if (columns === null) return { path, columns, form: 'none' };
  }
  for (;;) {
    lexer.skipBlank();
    const word = lexer.word();
    if (word === 'VALUES' || word === 'VALUE') return { path, columns, form: 'values' };
    if (word === 'SET') return { path, columns, form: 'set' };
    if (word === 'SELECT') return { path, columns, form: 'select' };
    if (word === 'WITH' || word === 'EXEC' || word === 'EXECUTE' || word === 'DEFAULT' || word === 'OUTPUT') {
      return { path, columns, form: 'none' };
    }
    if (word === 'AS') {
      lexer.skipBlank();
      lexer.identifier();
    } else if (word !== 'OVERRIDING' && word !== 'SYSTEM' && word !== 'USER') throw unsound;
  }
}

/** `(a, b, c)`; null when it is a query in parentheses. */
function readNames(lexer: SqlLexer): string[] | null {
  lexer.expect(40);
  const names: string[] = [];
  for (;;) {
    lexer.skipBlank();
    if (names.length === 0 && lexer.peekWord() === 'SELECT') return null;
    const name = lexer.qualifiedName().at(-1)!;
    names.push(name);
    if (names.length > MAX_LIST) throw unsound;
    lexer.skipBlank();
    if (lexer.accept(41)) return names;
    lexer.expect(44);
  }
}

/** `a = ` of INSERT … SET; the lexer then stands before the value. */
export function readAssigned(lexer: SqlLexer): string {
  lexer.skipBlank();
  const name = lexer.qualifiedName().at(-1)!;
  lexer.skipBlank();
  if (lexer.accept(58)) lexer.expect(61);
  else lexer.expect(61);
  lexer.skipBlank();
  return name;
}

/** Reads a COPY up to the line end before its rows; null when none follow. The lexer stands after the word COPY. */
export function readCopyHead(lexer: SqlLexer): CopyHead | null {
  lexer.skipBlank();
  lexer.acceptWord('BINARY');
  lexer.skipBlank();
  const path = lexer.qualifiedName();
  const columns = lexer.peek() === 40 ? readNames(lexer) : null;
  lexer.skipBlank();
  if (!lexer.acceptWord('FROM')) return null;
  lexer.skipBlank();
  if (!lexer.acceptWord('STDIN')) return null;
  let csv = false;
  let header = false;
  let delimiter: string | null = null;
  let nullText: string | null = null;
  for (;;) {
    lexer.skipBlank();
    const unit = lexer.peek();
    if (unit === 59) break;
    if (!isWordByte(unit)) {
      if (unit === 39) lexer.skipQuoted();
      else lexer.at++;
      continue;
    }
    const word = lexer.word();
    if (word === 'CSV') csv = true;
    else if (word === 'HEADER') {
      lexer.skipBlank();
      header = !['FALSE', 'OFF', '0'].includes(lexer.peekWord());
    } else if (word === 'DELIMITER' || word === 'DELIMITERS') delimiter = readOption(lexer);
    else if (word === 'NULL') nullText = readOption(lexer);
  }
  lexer.skipLine();
  return {
    path,
    columns,
    csv,
    header,
    delimiter: (delimiter ?? (csv ? ',' : '\t')).charCodeAt(0),
    nullText: nullText ?? (csv ? '' : '\\N'),
  };
}

/** `[AS] 'x'` or `E'\t'`. */
function readOption(lexer: SqlLexer): string | null {
  lexer.skipBlank();
  lexer.acceptWord('AS');
  lexer.skipBlank();
  const escaped = lexer.acceptWord('E');
  if (lexer.peek() !== 39) return null;
  const from = lexer.at + 1;
  lexer.skipQuoted();
  const text = lexer.text(from, lexer.at - 1);
  if (escaped && text === '\\t') return '\t';
  return text.length === 0 || text.charCodeAt(0) < 128 ? text : null;
}

const notColumns = new Set('CONSTRAINT PRIMARY FOREIGN CHECK EXCLUDE LIKE PERIOD'.split(' '));
const indexWords = new Set('UNIQUE KEY INDEX FULLTEXT SPATIAL'.split(' '));

/** Reads `name (columns, keys)` of a CREATE TABLE, up to its closing parenthesis; null when there are no columns in it. The lexer stands after TABLE. */
export function readCreateHead(lexer: SqlLexer): CreateHead | null {
  lexer.skipBlank();
  if (lexer.acceptWord('IF')) {
    for (const word of ['NOT', 'EXISTS']) {
      lexer.skipBlank();
      lexer.acceptWord(word);
    }
    lexer.skipBlank();
  }
  const path = lexer.qualifiedName();
  if (!lexer.accept(40)) return null;
  const columns: string[] = [];
  for (;;) {
    lexer.skipBlank();
    if (columns.length === 0 && lexer.peekWord() === 'SELECT') return null;
    if (isWordByte(lexer.peek()) && isKey(lexer)) skipDefinition(lexer);
    else {
      columns.push(lexer.identifier());
      if (columns.length > MAX_LIST) throw unsound;
      skipDefinition(lexer);
    }
    if (lexer.accept(41)) return columns.length === 0 ? null : { path, columns };
    lexer.expect(44);
  }
}

/** Whether the definition that begins here is a key or a constraint; `key` and `index` may also be names of columns. */
function isKey(lexer: SqlLexer): boolean {
  const start = lexer.at;
  const word = lexer.word();
  let key = notColumns.has(word);
  if (indexWords.has(word)) {
    lexer.skipBlank();
    // UNIQUE KEY `name` USING BTREE (column)
    for (let count = 0; count < 4; count++) {
      const unit = lexer.peek();
      if (unit === 96 || unit === 34 || unit === 91) lexer.identifier();
      else if (!isWordByte(unit)) break;
      else if (lexer.word() === 'USING') key = true;
      lexer.skipBlank();
    }
    // KEY name (column) is an index, key varchar(10) a column.
    if (lexer.accept(40)) {
      lexer.skipBlank();
      key ||= !isDigit(lexer.peek()) && lexer.peekWord() !== 'MAX';
    }
  }
  lexer.at = start;
  return key;
}

/** Goes to the comma or parenthesis that ends a definition. */
function skipDefinition(lexer: SqlLexer): void {
  for (let depth = 0; ; ) {
    lexer.skipBlank();
    const unit = lexer.peek();
    if (unit === 59) throw unsound;
    if (depth === 0 && (unit === 44 || unit === 41)) return;
    if (unit === 39 || unit === 34 || unit === 96) lexer.skipQuoted();
    else {
      if (unit === 40) depth++;
      else if (unit === 41) depth--;
      lexer.at++;
    }
  }
}

/** The second words of statements at whose beginning reading can be taken up again; an empty set: a quoted name or any word. */
const starts = new Map<string, ReadonlySet<string>>([
  ['INSERT', new Set('INTO IGNORE ALL OR DELAYED LOW_PRIORITY HIGH_PRIORITY FIRST OVERWRITE'.split(' '))],
  ['REPLACE', new Set('INTO DELAYED LOW_PRIORITY'.split(' '))],
  [
    'CREATE',
    new Set(
      'TABLE TEMPORARY TEMP UNLOGGED GLOBAL DATABASE SCHEMA INDEX UNIQUE VIEW TRIGGER FUNCTION PROCEDURE OR SEQUENCE TYPE DEFINER'.split(
        ' ',
      ),
    ),
  ],
  ['ALTER', new Set('TABLE DATABASE SEQUENCE'.split(' '))],
  ['DROP', new Set('TABLE DATABASE VIEW INDEX SEQUENCE FUNCTION PROCEDURE TRIGGER'.split(' '))],
  ['LOCK', new Set(['TABLES', 'TABLE'])],
  ['UNLOCK', new Set(['TABLES', 'TABLE'])],
]);

/** First words of statements that hold no rows, in all dialects and the databases' own command-line programs. */
const statementWords = new Set(
  `ACCEPT ALTER ANALYZE ATTACH AUDIT BREAK BULK CALL CHANGE CHECK CHECKPOINT CLEAR CLOSE CLUSTER COLUMN COMMENT COMMIT CONNECT DBCC DEALLOCATE DECLARE DEFINE
  DELETE DENY DESC DESCRIBE DETACH DISABLE DISCARD DO DROP ELSE ENABLE END EXEC EXECUTE EXPLAIN EXPORT FETCH FLUSH FOR GOTO GRANT HANDLER HELP HOST IF IMPORT INSTALL
  KILL LISTEN LOAD LOCK MERGE MOVE NOTIFY OPEN OPTIMIZE PAUSE PRAGMA PREPARE PRINT PURGE RAISE RAISERROR READTEXT REASSIGN RECONFIGURE REFRESH REINDEX RELEASE RENAME
  REPAIR RESET RESIGNAL RESTART RESTORE RETURN REVERT REVOKE ROLLBACK SAVE SAVEPOINT SECURITY SELECT SHOW SHUTDOWN SIGNAL START STOP TABLE THROW TRUNCATE UNDEFINE
  UNINSTALL UNLISTEN UNLOCK UPDATE UPSERT USE VACUUM VALUES VARIABLE WAITFOR WHILE WITH XA`.split(/\s+/),
);

/** Whether `word` (upper case) begins a statement without rows; what begins otherwise is damage. */
export function isStatementWord(word: string): boolean {
  return statementWords.has(word);
}

/** Whether a statement begins here that cannot well be anything else; `at` stays. */
export function startsStatement(lexer: SqlLexer): boolean {
  const unit = lexer.peek() | 32;
  // I R C A D L U
  if (unit !== 105 && unit !== 114 && unit !== 99 && unit !== 97 && unit !== 100 && unit !== 108 && unit !== 117) {
    return false;
  }
  const start = lexer.at;
  try {
    return isStart(lexer);
  } finally {
    lexer.at = start;
  }
}

function isStart(lexer: SqlLexer): boolean {
  const word = lexer.word();
  if (word !== 'COPY' && word !== 'DELIMITER' && !starts.has(word)) return false;
  const blank = lexer.peek();
  if (blank !== 32 && blank !== 9) return false;
  lexer.at++;
  const next = lexer.peek();
  if (word === 'DELIMITER') return next > 32 && next < 128 && !/[A-Za-z0-9]/.test(String.fromCharCode(next));
  if (word === 'COPY') return isCopy(lexer);
  if (next === 91 || next === 96) return word === 'INSERT' || word === 'REPLACE';
  return starts.get(word)?.has(lexer.word()) ?? false;
}

/** `COPY name (` and `COPY name FROM`. */
function isCopy(lexer: SqlLexer): boolean {
  for (;;) {
    if (lexer.peek() === 34) lexer.skipQuoted();
    else if (lexer.word() === '') return false;
    if (lexer.peek() !== 46) break;
    lexer.at++;
  }
  if (lexer.peek() !== 32) return false;
  lexer.at++;
  return lexer.peek() === 40 || lexer.peekWord() === 'FROM';
}

/** Words that begin a statement after rows without a semicolon. */
const nextStatements = new Set('INSERT REPLACE GO SET COMMIT BEGIN END PRINT IF EXEC UPDATE DELETE USE'.split(' '));

/** Words that begin what may follow the last row. */
const rowClauses = new Set(['ON', 'RETURNING', 'AS', 'SELECT']);

/** Whether a word behind rows begins the next statement. */
export function endsRows(word: string): boolean {
  return nextStatements.has(word);
}

/** Whether a word behind rows goes on with their statement. */
export function isRowClause(word: string): boolean {
  return rowClauses.has(word);
}

/** Whether a row that ends here stands in a list of rows; the lexer stays. */
export function followsRow(lexer: SqlLexer): boolean {
  const start = lexer.at;
  lexer.skipBlank();
  const unit = lexer.peek();
  const word = isWordByte(unit) ? lexer.peekWord() : '';
  lexer.at = start;
  return unit === 44 || unit === 59 || word === 'INTO' || nextStatements.has(word) || rowClauses.has(word);
}

/** Behind SET: what backslashes mean may be said here. The lexer stays. */
export function readSetting(lexer: SqlLexer): void {
  const from = lexer.at;
  while (lexer.peek() !== 10 && lexer.peek() !== 59 && lexer.at - from < 2000) lexer.at++;
  const text = lexer.text(from, lexer.at);
  const { mode } = lexer;
  const conforming = /standard_conforming_strings\s{0,9}(?:=|TO)\s{0,9}'?(on|off)/i.exec(text)?.[1]?.toLowerCase();
  if (conforming !== undefined) mode.backslash = conforming === 'off';
  if (/NO_BACKSLASH_ESCAPES/i.test(text)) mode.backslash = false;
  lexer.at = from;
}
