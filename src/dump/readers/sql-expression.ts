import { binaryCell, codePoint, hexValue, unescapeE, unescapeLiteral, unescapeUnicode } from './sql-escapes.ts';
import { isDigit, isWordByte, type SqlLexer, unsound } from './sql-lexer.ts';

/** Expressions within expressions. */
const MAX_DEPTH = 32;
/** What replace() and `||` may make of a value. */
const MAX_TEXT_UNITS = 16_777_216;

/** What an expression comes to; a null text is NULL or something that only the database knows. */
interface Value {
  readonly text: string | null;
  readonly sort: 'string' | 'number' | 'word' | 'none';
}

const nothing: Value = { text: null, sort: 'none' };

/** Words that stand for a value which is not in the file, or for none. */
const valuelessWords = new Set(
  'NULL DEFAULT CURRENT_TIMESTAMP CURRENT_DATE CURRENT_TIME CURRENT_USER SESSION_USER USER LOCALTIME LOCALTIMESTAMP SYSDATE SYSTIMESTAMP UTC_TIMESTAMP'.split(
    ' ',
  ),
);
/** Functions whose literal is not the value. */
const valuelessFunctions = new Set(['NEXTVAL', 'CURRVAL', 'SETVAL', 'LAST_INSERT_ID', 'SELECT']);
/** Words after which a string is a value: DATE '2020-01-01'. */
const stringWords = new Set(['DATE', 'TIME', 'TIMESTAMP', 'TIMESTAMPTZ', 'INTERVAL', 'BINARY', 'GUID']);
/** Words after which an operand may follow inside of an expression. */
const operatorWords = new Set(
  'AND OR NOT LIKE IN IS BETWEEN ESCAPE CASE WHEN THEN ELSE SELECT AS ZONE COLLATE FROM WHERE UNION ALL USING BY LIMIT ORDER'.split(
    ' ',
  ),
);

/**
 * Reads the value of the expression that begins here: literals of all kinds, what a function is given (TO_DATE('…', …), CAST('…' AS …): the literal), chains of
 * `||` and `+`, casts; replace(), char(), unistr(), concat() and unhex() are computed, since dumps use them to write strings. Null is NULL and whatever the file does not say.
 * Stops before the first thing that does not belong to it. Throws `incomplete` or `unsound`.
 */
export function readExpression(lexer: SqlLexer): string | null {
  return readChain(lexer, 0).text;
}

/** Skips to the comma or parenthesis that ends the expression; two operands without an operator between them are damage. */
export function skipExpression(lexer: SqlLexer): void {
  let depth = 0;
  let afterOperand = true;
  for (;;) {
    lexer.skipBlank();
    const unit = lexer.peek();
    if (unit === 59) throw unsound;
    if (unit === 40 || unit === 91) {
      depth++;
      afterOperand = false;
      lexer.at++;
    } else if (unit === 41 || unit === 93) {
      if (depth === 0) {
        if (unit === 93) throw unsound;
        return;
      }
      depth--;
      afterOperand = true;
      lexer.at++;
    } else if (unit === 44) {
      if (depth === 0) return;
      afterOperand = false;
      lexer.at++;
    } else if (unit === 39 || unit === 34 || unit === 96) {
      if (afterOperand) throw unsound;
      lexer.skipQuoted();
      afterOperand = true;
    } else if (isWordByte(unit)) {
      const word = lexer.word();
      afterOperand = !operatorWords.has(word) && !stringWords.has(word);
    } else {
      afterOperand = false;
      lexer.at++;
    }
  }
}

function readChain(lexer: SqlLexer, depth: number): Value {
  if (depth > MAX_DEPTH) throw unsound;
  let value = readOperand(lexer, depth);
  for (;;) {
    lexer.skipBlank();
    const unit = lexer.peek();
    if (unit === 58 && lexer.peekAt(1) === 58) {
      lexer.at += 2;
      skipType(lexer);
    } else if (unit === 124 && lexer.peekAt(1) === 124) {
      lexer.at += 2;
      lexer.skipBlank();
      value = joined(value, readOperand(lexer, depth));
    } else if (unit === 43 && value.sort === 'string') {
      lexer.at++;
      lexer.skipBlank();
      value = joined(value, readOperand(lexer, depth));
    } else if (isWordByte(unit) && !isDigit(unit) && value.sort !== 'word') {
      const start = lexer.at;
      const word = lexer.word();
      lexer.skipBlank();
      if (word === 'COLLATE') lexer.identifier();
      else if (word === 'AT' && lexer.acceptWord('TIME')) {
        lexer.skipBlank();
        lexer.acceptWord('ZONE');
        lexer.skipBlank();
        readOperand(lexer, depth);
      } else {
        lexer.at = start;
        return value;
      }
    } else return value;
  }
}

/** The type after `::`: `character varying(10)[]`. */
function skipType(lexer: SqlLexer): void {
  for (;;) {
    lexer.skipBlank();
    const unit = lexer.peek();
    if (unit === 34) lexer.skipQuoted();
    else if (isWordByte(unit)) {
      const start = lexer.at;
      const word = lexer.word();
      if (word === 'AT' || word === 'COLLATE') {
        lexer.at = start;
        return;
      }
    } else if (unit === 46 || unit === 91 || unit === 93) lexer.at++;
    else if (unit === 40) {
      while (lexer.peek() !== 41) lexer.at++;
      lexer.at++;
    } else return;
  }
}

function joined(left: Value, right: Value): Value {
  if (left.text === null || right.text === null) return nothing;
  if (left.text.length + right.text.length > MAX_TEXT_UNITS) throw unsound;
  return { text: left.text + right.text, sort: 'string' };
}

function readOperand(lexer: SqlLexer, depth: number): Value {
  lexer.skipBlank();
  const unit = lexer.peek();
  if (unit === 39 || unit === 34) return string(readString(lexer));
  if (unit === 96) return { text: lexer.identifier(), sort: 'word' };
  if (unit === 48 && (lexer.peekAt(1) | 32) === 120) return string(readHexNumber(lexer));
  if (isDigit(unit) || unit === 45 || unit === 43 || unit === 46) return readNumber(lexer, depth);
  if (unit === 36) {
    const tag = lexer.dollarTag();
    if (tag !== null) return string(lexer.dollarQuoted(tag));
  }
  if (unit === 40) {
    lexer.at++;
    return readArguments(lexer, '', depth);
  }
  if (unit === 123) return readOdbc(lexer, depth);
  if (isWordByte(unit)) return readWord(lexer, depth);
  throw unsound;
}

function string(text: string): Value {
  return { text, sort: 'string' };
}

/** A quoted string, and what follows on further lines (SQL-92 section 5.3: literals separated by a newline are one). */
function readString(lexer: SqlLexer): string {
  let text = readOneString(lexer, lexer.mode.backslash);
  for (;;) {
    const end = lexer.at;
    lexer.skipBlank();
    if (lexer.peek() !== 39 || lexer.indexOf(10, end, lexer.at) < 0) return text;
    text += readOneString(lexer, lexer.mode.backslash);
  }
}

function readOneString(lexer: SqlLexer, backslash: boolean): string {
  const quote = lexer.peek();
  const from = ++lexer.at;
  for (;;) {
    const unit = lexer.peek();
    if (unit === 92 && backslash) lexer.at += 2;
    else if (unit !== quote) lexer.at++;
    else if (lexer.peekAt(1) === quote) lexer.at += 2;
    else break;
  }
  const to = lexer.at++;
  const target = lexer.scratch(to - from);
  const length = unescapeLiteral(lexer.buffer, from, to, quote, backslash, target);
  return lexer.scratchText(length);
}

/** The bytes between quotes as they stand. */
function readRaw(lexer: SqlLexer, backslash: boolean): string {
  lexer.expect(39);
  const from = lexer.at;
  for (;;) {
    const unit = lexer.peek();
    if (unit === 92 && backslash) lexer.at += 2;
    else if (unit !== 39) lexer.at++;
    else if (lexer.peekAt(1) === 39) lexer.at += 2;
    else break;
  }
  return lexer.text(from, lexer.at++);
}

function readHexNumber(lexer: SqlLexer): string {
  lexer.at += 2;
  const from = lexer.at;
  while (hexValue(lexer.peek()) >= 0) lexer.at++;
  if (isWordByte(lexer.peek())) throw unsound;
  return binaryCell(lexer.text(from, lexer.at));
}

function readNumber(lexer: SqlLexer, depth: number): Value {
  const from = lexer.at;
  const sign = lexer.peek();
  if (sign === 45 || sign === 43) {
    lexer.at++;
    lexer.skipBlank();
    const unit = lexer.peek();
    if (!isDigit(unit) && unit !== 46) {
      readChain(lexer, depth + 1);
      return nothing;
    }
  }
  const digits = lexer.at;
  for (;;) {
    const unit = lexer.peek();
    const exponent = (unit === 43 || unit === 45) && (lexer.buffer[lexer.at - 1]! | 32) === 101;
    if (!isDigit(unit) && unit !== 46 && (unit | 32) !== 101 && !exponent) break;
    lexer.at++;
  }
  if (lexer.peek() === 39 || isWordByte(lexer.peek())) throw unsound;
  const text = lexer.text(digits, lexer.at);
  return { text: lexer.buffer[from] === 45 ? `-${text}` : text, sort: 'number' };
}

function readWord(lexer: SqlLexer, depth: number): Value {
  const from = lexer.at;
  const word = lexer.word();
  const next = lexer.peek();
  if (next === 39) {
    const prefixed = readPrefixed(lexer, word);
    if (prefixed !== null) return string(prefixed);
  }
  if (word === 'U' && next === 38 && lexer.peekAt(1) === 39) {
    lexer.at++;
    return string(unescapeUnicode(readRaw(lexer, false).replaceAll("''", "'")));
  }
  const end = lexer.at;
  lexer.skipBlank();
  const unit = lexer.peek();
  if (unit === 40) {
    lexer.at++;
    return readArguments(lexer, word, depth);
  }
  if (unit === 91 && word === 'ARRAY') {
    lexer.at++;
    return readArguments(lexer, word, depth);
  }
  if (word.startsWith('_') || word === 'N') {
    if (unit === 39 || unit === 34 || unit === 48) return readOperand(lexer, depth + 1);
    if ((unit | 32) === 120 && lexer.peekAt(1) === 39) return readOperand(lexer, depth + 1);
  }
  if (unit === 39) {
    if (stringWords.has(word)) return string(readString(lexer));
    throw unsound;
  }
  if (unit === 46) {
    // a.b(…), a.b: the last part decides
    lexer.at++;
    lexer.skipBlank();
    if (depth > MAX_DEPTH) throw unsound;
    const part = lexer.identifier().toUpperCase();
    lexer.skipBlank();
    if (!lexer.accept(40)) return nothing;
    return readArguments(lexer, part, depth);
  }
  if (valuelessWords.has(word) || word.startsWith('@')) return nothing;
  return { text: lexer.text(from, end), sort: 'word' };
}

/** N'…', E'…', X'…', B'…', q'[…]', _utf8'…': null when it is none of them. */
function readPrefixed(lexer: SqlLexer, word: string): string | null {
  if (word === 'N' && lexer.mode.dialect === 'postgres') return readString(lexer).replace(/(?<! ) +$/, '');
  if (word === 'N' || word.startsWith('_')) return readString(lexer);
  if (word === 'E') return unescapeE(readRaw(lexer, true));
  if (word === 'X') {
    const digits = readRaw(lexer, false);
    if (!/^[0-9A-Fa-f]*$/.test(digits)) throw unsound;
    return binaryCell(digits);
  }
  if (word === 'B') return readBits(lexer);
  if (word === 'Q' || word === 'NQ') return readOracleQuote(lexer);
  return null;
}

/** PostgreSQL shows bit strings as they are written, MySQL as numbers. */
function readBits(lexer: SqlLexer): string {
  const bits = readRaw(lexer, false);
  if (!/^[01]*$/.test(bits)) throw unsound;
  if (lexer.mode.dialect === 'postgres' || bits.length === 0 || bits.length > 64) return bits;
  return BigInt(`0b${bits}`).toString();
}

/** q'[…]' (Oracle SQL reference, "Text Literals"): ends at the closing mark before a quote. */
function readOracleQuote(lexer: SqlLexer): string {
  lexer.expect(39);
  const open = lexer.peek();
  const pair = '[]{}()<>'.indexOf(String.fromCharCode(open));
  const close = pair >= 0 && pair % 2 === 0 ? '[]{}()<>'.charCodeAt(pair + 1) : open;
  const from = ++lexer.at;
  while (lexer.peek() !== close || lexer.peekAt(1) !== 39) lexer.at++;
  const text = lexer.text(from, lexer.at);
  lexer.at += 2;
  return text;
}

/** {d '2020-01-01'}, {ts '…'}, {fn …}. */
function readOdbc(lexer: SqlLexer, depth: number): Value {
  lexer.at++;
  lexer.skipBlank();
  lexer.word();
  const value = readChain(lexer, depth + 1);
  lexer.skipBlank();
  lexer.expect(125);
  return value;
}

/** What a function gives whose opening parenthesis has been read; an empty name is a parenthesis alone. */
function readArguments(lexer: SqlLexer, name: string, depth: number): Value {
  const values: Value[] = [];
  const close = name === 'ARRAY' ? 93 : 41;
  lexer.skipBlank();
  if (lexer.accept(close)) return nothing;
  for (;;) {
    let value = readArgument(lexer, depth);
    lexer.skipBlank();
    let unit = lexer.peek();
    if (unit !== 44 && unit !== close) {
      // CAST(… AS type) and CONVERT(… USING charset) keep the value, operators lose it.
      const keeps = isWordByte(unit) && ['AS', 'USING'].includes(lexer.peekWord());
      skipExpressionTo(lexer, close);
      unit = lexer.peek();
      if (!keeps) value = nothing;
    }
    if (values.length < 4096) values.push(value);
    lexer.at++;
    if (unit === close) return apply(lexer, name, values);
  }
}

function readArgument(lexer: SqlLexer, depth: number): Value {
  lexer.skipBlank();
  return readChain(lexer, depth + 1);
}

function skipExpressionTo(lexer: SqlLexer, close: number): void {
  if (close === 41) skipExpression(lexer);
  else throw unsound;
}

function apply(lexer: SqlLexer, name: string, values: readonly Value[]): Value {
  const texts = values.map((value) => value.text);
  const [first, second, third] = texts;
  if (valuelessFunctions.has(name)) return nothing;
  if (name === '') return values.length === 1 ? values[0]! : nothing;
  if (name === 'ARRAY') return string(`{${texts.map((text) => text ?? 'NULL').join(',')}}`);
  if (name === 'CHAR' || name === 'CHR' || name === 'NCHAR' || name === 'UNICHAR') {
    const characters = texts.map((text) => codePoint(Number(text ?? Number.NaN)));
    return characters.includes(null) ? nothing : string(characters.join(''));
  }
  if (name === 'REPLACE' && first != null && second != null && third != null) return replaced(first, second, third);
  if (name === 'CONCAT') return values.reduce(joined, string(''));
  if (name === 'UNISTR' && first != null) return string(unescapeUnicode(first));
  if ((name === 'UNHEX' || name === 'HEXTORAW') && first != null) {
    return /^[0-9A-Fa-f]*$/.test(first) ? string(binaryCell(first)) : nothing;
  }
  // SQL Server: CONVERT(type, value, style); MySQL: CONVERT(value, type)
  if (name === 'CONVERT' && lexer.mode.dialect === 'sqlserver') return values[1] ?? nothing;
  return (
    values.find((value) => value.sort === 'string' && value.text !== null) ??
    values.find((value) => value.sort === 'number') ??
    nothing
  );
}

function replaced(text: string, search: string, replacement: string): Value {
  if (search === '') return string(text);
  const parts = text.split(search);
  if (text.length + parts.length * replacement.length > MAX_TEXT_UNITS) throw unsound;
  return string(parts.join(replacement));
}
