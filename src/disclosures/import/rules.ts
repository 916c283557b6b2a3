import type { DisclosureKey, LogFormat } from '../../contract/disclosures.ts';
import type { FieldName } from '../../core/fields/field.ts';
import type { TableRule } from './pgaudit-statement.ts';
import type { UrlPattern } from './url-pattern.ts';

/** An address of which the answer shows fields of one subject. */
export interface UrlRule {
  readonly pattern: UrlPattern;
  /** Mask of fields by id; null: those of `ReadingRules.fields`, or those that the line says. */
  readonly fields: number | null;
}

/** How logs are to be read, as the user said it. */
export interface ReadingRules {
  /** Null: found out for each file. */
  readonly format: LogFormat | null;
  /** Columns, or keys of records, for what does not stand under its own name. */
  readonly map: ReadonlyMap<DisclosureKey, string>;
  /** Mask of fields by id for lines that do not say which; null when it was not given. */
  readonly fields: number | null;
  readonly urls: readonly UrlRule[];
  /** PostgreSQL: tables that hold fields. */
  readonly tables: readonly TableRule[];
  /** PostgreSQL: log_line_prefix; null: one of the usual ones. */
  readonly logPrefix: string | null;
  /** Seconds east of Greenwich of times without a zone; null: UTC, and names of zones are refused. */
  readonly zoneSeconds: number | null;
  readonly region: string;
}

/** Rules as the words of a command line, before they are understood. */
export interface RuleWords {
  readonly format: LogFormat | null;
  readonly map: ReadonlyMap<DisclosureKey, string>;
  readonly fields: readonly FieldName[];
  readonly urls: readonly string[];
  readonly tables: readonly string[];
  readonly logPrefix: string | null;
  readonly zone: string | null;
}
