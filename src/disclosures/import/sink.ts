import type { DisclosureReject } from '../../contract/disclosures.ts';
import { copyText } from '../copy-text.ts';
import type { DisclosureWriter } from '../writer.ts';
import { FieldLists } from './field-names.ts';
import { parseLogTime, secondsOfNumber } from './log-time.ts';
import type { ReadingRules } from './rules.ts';
import { matchUrl } from './url-pattern.ts';

/** Longest purpose, in UTF-16 units. */
const MAX_PURPOSE_LENGTH = 256;
/** Texts of which the number is remembered, and how long they may be: a name may stand among a megabyte of blanks. */
const REMEMBERED = 65_536;
const LONGEST_REMEMBERED = 512;

/** Where disclosures go to, as numbers. */
export type SinkTarget = Pick<DisclosureWriter, 'principals' | 'subjects' | 'purposeNumber' | 'add'>;

/** The rules that a sink itself follows. */
export type SinkRules = Pick<ReadingRules, 'zoneSeconds' | 'urls' | 'fields'>;

/** Takes what readers find in logs, turns it into numbers and counts what cannot be. */
export class DisclosureSink {
  readonly fields = new FieldLists();
  /** Disclosures that were taken. */
  taken = 0;
  fromSeconds = Number.POSITIVE_INFINITY;
  untilSeconds = 0;
  readonly #writer: SinkTarget;
  readonly #rules: SinkRules;
  readonly #rejected = new Map<DisclosureReject, number>();
  readonly #purposes = new Map<string, number>();
  readonly #principals = new Map<string, number>();

  constructor(writer: SinkTarget, rules: SinkRules) {
    this.#writer = writer;
    this.#rules = rules;
  }

  get rejected(): ReadonlyMap<DisclosureReject, number> {
    return this.#rejected;
  }

  reject(reason: DisclosureReject, count = 1): void {
    this.#rejected.set(reason, (this.#rejected.get(reason) ?? 0) + count);
  }

  /** Takes one disclosure as a log says it; `fields` is a mask. What does not hold is counted and left out. Fails with DISCLOSURES_WRITE and DISCLOSURES_TOO_BIG. */
  take(at: string | number, principal: string, subject: string, fields: number, purpose: string): void {
    const time = typeof at === 'number' ? secondsOfNumber(at) : parseLogTime(at, this.#rules.zoneSeconds);
    if (time === null) {
      this.reject('bad-time');
      return;
    }
    if (fields === 0) {
      this.reject('no-fields');
      return;
    }
    const who = this.#principals.get(principal) ?? this.#findPrincipal(principal);
    if (who < 0) {
      this.reject(who === NO_NAME ? 'no-principal' : 'bad-principal');
      return;
    }
    const whom = this.#writer.subjects.numberOf(subject);
    if (whom === null) {
      this.reject('no-subject');
      return;
    }
    const why = purpose === '' ? 0 : (this.#purposes.get(purpose) ?? this.#findPurpose(purpose));
    if (why < 0) {
      this.reject('bad-purpose');
      return;
    }
    this.#writer.add(time, who, whom, fields, why);
    this.taken++;
    if (time < this.fromSeconds) this.fromSeconds = time;
    if (time > this.untilSeconds) this.untilSeconds = time;
  }

  /**
   * Takes one request to a web server; `method` and `status` may be empty when the log does not say. `fields` is what the line itself says, 0 when nothing.
   * An answer with a body of success (RFC 9110, 15.3: 2xx but 204 and 205) discloses; 304 says only that the reader has it already.
   */
  takeRequest(
    at: string | number,
    principal: string,
    request: { readonly url: string; readonly method: string; readonly status: string },
    fields: number,
    purpose: string,
  ): void {
    const { url, method, status } = request;
    const isServed = status === '' || (/^2\d\d$/.test(status) && status !== '204' && status !== '205');
    if (!isServed || method === 'HEAD' || method === 'OPTIONS') {
      this.reject('not-served');
      return;
    }
    for (const rule of this.#rules.urls) {
      const subject = matchUrl(rule.pattern, url);
      if (subject === null) continue;
      this.take(at, principal, subject, rule.fields ?? (fields || (this.#rules.fields ?? 0)), purpose);
      return;
    }
    this.reject('other-url');
  }

  #findPrincipal(text: string): number {
    const name = text.trim();
    if (name === '' || name === '-') return NO_NAME;
    const number = this.#writer.principals.numberOf(name);
    if (number === null) return BAD_NAME;
    return remember(this.#principals, text, number);
  }

  #findPurpose(text: string): number {
    const purpose = text.trim();
    if (purpose.length > MAX_PURPOSE_LENGTH) return BAD_NAME;
    const number = purpose === '' || purpose === '-' ? 0 : this.#writer.purposeNumber(copyText(purpose));
    if (number === null) return BAD_NAME;
    return remember(this.#purposes, text, number);
  }
}

const NO_NAME = -1;
const BAD_NAME = -2;

function remember(numbers: Map<string, number>, text: string, number: number): number {
  if (text.length > LONGEST_REMEMBERED) return number;
  if (numbers.size >= REMEMBERED) numbers.clear();
  numbers.set(copyText(text), number);
  return number;
}
