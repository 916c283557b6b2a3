import { trimAscii } from '../../core/text.ts';
import type { RowWriter } from '../reader.ts';
import { type LoginKind, loginKind } from './combos-line.ts';

type Part = 'url' | 'login' | 'password' | 'other';

/** Keys of the records that password stealers write, in lower case. */
const keys: ReadonlyMap<string, Part> = new Map([
  ...keysOf('url', 'url host hostname site website web link origin origin_url domain source address 网址 网站'),
  ...keysOf(
    'login',
    'user username login user_name userlogin usr user-login account email e-mail mail 用户名 账号 帐号 用户',
  ),
  ...keysOf('password', 'pass password passwd pwd pw parole 密码'),
  ...keysOf(
    'other',
    'soft software application app browser profile storage storagetype program type id title created date time browserprofile 浏览器',
  ),
]);

function keysOf(part: Part, words: string): [string, Part][] {
  return words.split(' ').map((word) => [word, part]);
}

/** The value that stealers write where they found none. */
const noValues: ReadonlySet<string> = new Set([
  'unknown',
  'unk',
  '[not_saved]',
  'not_saved',
  'n/a',
  'null',
  '<empty>',
  'none',
]);

const longestKey = 24;

/** The part that a line gives and its value, or null when it has no key of a record. */
export function blockLine(line: string): { part: Part; value: string } | null {
  const colon = line.slice(0, longestKey + 4).search(/[:：]/);
  if (colon < 1) return null;
  const part = keys.get(trimAscii(line.slice(0, colon)).toLowerCase().replace(/\s+/g, ''));
  return part === undefined ? null : { part, value: trimAscii(line.slice(colon + 1)) };
}

const separatorLine = /^[\s=_*~#+.-]*$/;

/** Reads records of one key a line, with a line of signs or a blank one between them, or none. */
export class BlockReader {
  readonly #writer: RowWriter;
  readonly #encoder = new TextEncoder();
  #values = new Map<Part, string>();
  /** Records without login and password so far. */
  empty = 0;

  constructor(writer: RowWriter) {
    this.#writer = writer;
  }

  /** Takes a line; false when it is neither of a record nor between two. */
  line(text: string): boolean {
    if (separatorLine.test(text)) {
      // Some write a blank line behind each key: a record is over when it has its password.
      if (trimAscii(text) !== '' || this.#values.has('password')) this.finish();
      return true;
    }
    const found = blockLine(text);
    if (found === null) return false;
    if (found.part === 'other') return true;
    if (this.#values.has(found.part)) this.finish();
    this.#values.set(found.part, noValues.has(found.value.toLowerCase()) ? '' : found.value);
    return true;
  }

  /** Writes the record that has been read. */
  finish(): void {
    const values = this.#values;
    if (values.size === 0) return;
    this.#values = new Map();
    const login = values.get('login') ?? '';
    const password = values.get('password') ?? '';
    if (login === '' && password === '') {
      this.empty++;
      return;
    }
    const bytes = this.#encoder.encode(login);
    const kind: LoginKind = loginKind(bytes, 0, bytes.length);
    this.#write(values.get('url') ?? '');
    this.#write(kind === 'email' ? login : '');
    this.#write(kind === 'email' || kind === 'phone' ? '' : login);
    this.#write(kind === 'phone' ? login : '');
    this.#write(password);
    this.#writer.empty();
    this.#writer.empty();
    this.#writer.end();
  }

  #write(value: string): void {
    if (value === '') this.#writer.empty();
    else this.#writer.text(value);
  }
}
