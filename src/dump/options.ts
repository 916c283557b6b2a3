import type { ColumnMapping } from './columns.ts';

/** What the user says about what is to be read; what is left out is found out. */
export interface ReadingOptions {
  /** The company's region (ISO 3166-1 alpha-2). */
  readonly region: string;
  readonly map: readonly ColumnMapping[];
  /** Whether the first row is a header. */
  readonly header?: boolean;
  /** One to eight ASCII characters, no line end and no quote. */
  readonly separator?: string;
  /** A WHATWG encoding label. */
  readonly encoding?: string;
  /** Passwords to try on encrypted archives, in this order. */
  readonly passwords: readonly string[];
}
