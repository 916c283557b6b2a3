import { setTimeout as wait } from 'node:timers/promises';
import { BoltsealError } from '../../core/errors.ts';
import type { EntryContent } from '../../core/ledger-entry/record.ts';
import type { LedgerAppended } from '../ledger.ts';
import { type LineProblem, parseDisclosureLine } from './disclosure-line.ts';

/** A line that was refused. */
export interface RefusedLine {
  /** From 1 on. */
  readonly line: number;
  readonly problem: LineProblem;
}

/** What an import of lines did. */
export interface LinesSummary {
  /** Entries of the lines that were taken, with those that were there before. */
  readonly appended: number;
  /** Of them, those whose request was known: they have the index of the first. */
  readonly known: number;
  readonly refused: number;
  /** The first of them. */
  readonly refusedLines: readonly RefusedLine[];
  /** Where the first and the last stand; null when there is none. */
  readonly first: { readonly shard: string; readonly index: number } | null;
  readonly last: { readonly shard: string; readonly index: number } | null;
}

/** Where entries go to. */
export interface LineTarget {
  append(entries: readonly EntryContent[]): Promise<LedgerAppended>;
  /** How many there are. */
  status(): { readonly size: number };
}

const GROUP_ENTRIES = 512;
/** A group stays below what one call may append, whatever its values. */
const GROUP_BYTES = 256 * 1024;
const GROUPS_AT_A_TIME = 4;
const MOST_LINE_CHARS = 64 * 1024;
const MOST_LISTED = 20;

/**
 * Appends disclosures from lines of JSON, some groups at a time. Each good line is durable when it resolves; a bad one is refused and counted, and the others go on. Empty lines are passed over.
 * Rejects as `Ledger.append`, except LEDGER_BUSY, which is waited for.
 */
export async function appendLines(target: LineTarget, chunks: AsyncIterable<Uint8Array>): Promise<LinesSummary> {
  const import_ = new LineImport(target);
  for await (const line of readLines(chunks)) await import_.take(line);
  return import_.finish();
}

class LineImport {
  readonly #target: LineTarget;
  readonly #refusedLines: RefusedLine[] = [];
  readonly #pending: Promise<void>[] = [];
  #group: EntryContent[] = [];
  #groupBytes = 0;
  #line = 0;
  #appended = 0;
  #known = 0;
  #refused = 0;
  #first: LinesSummary['first'] = null;
  #last: LinesSummary['last'] = null;
  /** What is below it was there before: nobody else appends meanwhile. */
  #nextNew: number;

  constructor(target: LineTarget) {
    this.#target = target;
    this.#nextNew = target.status().size;
  }

  async take(line: string | null): Promise<void> {
    this.#line++;
    if (line?.trim() === '') return;
    const content = line === null ? 'too-long' : parseDisclosureLine(line);
    if (typeof content === 'string') {
      this.#refused++;
      if (this.#refusedLines.length < MOST_LISTED) this.#refusedLines.push({ line: this.#line, problem: content });
      return;
    }
    this.#group.push(content);
    for (const value of content.fields) this.#groupBytes += value.length + 16;
    if (this.#group.length >= GROUP_ENTRIES || this.#groupBytes >= GROUP_BYTES) await this.#flush();
  }

  async finish(): Promise<LinesSummary> {
    await this.#flush();
    await Promise.all(this.#pending);
    return {
      appended: this.#appended,
      known: this.#known,
      refused: this.#refused,
      refusedLines: this.#refusedLines,
      first: this.#first,
      last: this.#last,
    };
  }

  async #flush(): Promise<void> {
    if (this.#group.length === 0) return;
    const group = this.#group;
    this.#group = [];
    this.#groupBytes = 0;
    const work = this.#append(group);
    // Awaited below, or by `finish`; until then a failure must not count as unheard.
    work.catch(() => {});
    this.#pending.push(work);
    if (this.#pending.length >= GROUPS_AT_A_TIME) await this.#pending.shift();
  }

  async #append(group: readonly EntryContent[]): Promise<void> {
    const { shard, firstIndex, indices } = await this.#appendPatiently(group);
    const all = indices ?? group.map((_, i) => firstIndex + i);
    this.#appended += group.length;
    for (const index of all) {
      if (index < this.#nextNew) this.#known++;
      else this.#nextNew = index + 1;
      if (this.#first === null || index < this.#first.index) this.#first = { shard, index };
      if (this.#last === null || index > this.#last.index) this.#last = { shard, index };
    }
  }

  async #appendPatiently(group: readonly EntryContent[]): Promise<LedgerAppended> {
    for (;;) {
      try {
        return await this.#target.append(group);
      } catch (error) {
        if (!(error instanceof BoltsealError) || error.code !== 'LEDGER_BUSY') throw error;
        await wait(Number(error.parameters.retryAfterMs ?? 10));
      }
    }
  }
}

/** Lines of UTF-8; null for one that is longer than any disclosure. Bytes that are no UTF-8 become U+FFFD, which is no value's either. */
async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string | null> {
  const decoder = new TextDecoder();
  let rest = '';
  let isTooLong = false;
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      yield isTooLong || line.length > MOST_LINE_CHARS ? null : line;
      isTooLong = false;
    }
    if (rest.length > MOST_LINE_CHARS) {
      isTooLong = true;
      rest = '';
    }
  }
  rest += decoder.decode();
  if (isTooLong) yield null;
  else if (rest !== '') yield rest;
}
