import { printable } from '../core/text.ts';

/** A piece of HTML or SVG that is safe to put into a page as it is. Made by `markup` only. */
export class Markup {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

type Insertable = string | number | Markup | readonly Insertable[] | null;

/** Longest text that is put in one place: file names and masked cells of a hostile dump have no bound of their own. */
const MOST_CHARACTERS = 1000;

/**
 * Template of HTML or SVG. Every inserted string is made printable and escaped, for content and for quoted attributes alike; other `markup` goes in as it is, a list piece by piece, null not at all.
 */
export function markup(parts: TemplateStringsArray, ...values: readonly Insertable[]): Markup {
  return new Markup(parts.reduce((page, part, i) => page + source(values[i - 1] ?? null) + part));
}

function source(value: Insertable): string {
  if (value === null) return '';
  if (value instanceof Markup) return value.source;
  if (typeof value === 'string') return escapeHtml(printable(value, MOST_CHARACTERS));
  if (typeof value === 'number') return String(Number(value.toFixed(2)));
  return value.map(source).join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
