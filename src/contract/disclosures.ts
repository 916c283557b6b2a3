/** What a line of a log is asked for: by these names columns and keys need no map, and --map gives others for them (docs/spec/disclosures.md). */
export const disclosureKeys = ['at', 'principal', 'subject', 'fields', 'purpose', 'url', 'status', 'method'] as const;
export type DisclosureKey = (typeof disclosureKeys)[number];

/** Kinds of files that disclosures come from: `table` is whatever the dump reader finds tables in. */
export const logFormats = ['table', 'json', 'access', 'pgaudit'] as const;
export type LogFormat = (typeof logFormats)[number];

/** Why a line gave no disclosure; each is counted by name. */
export type DisclosureReject =
  /** Not what the format's lines look like; damaged. */
  | 'bad-line'
  /** Longer than 1 MiB. */
  | 'too-long'
  | 'too-many-cells'
  | 'bad-time'
  | 'no-principal'
  /** The name of the principal is longer than 256 characters, or there are too many. */
  | 'bad-principal'
  | 'no-subject'
  /** No field that Boltseal knows. */
  | 'no-fields'
  /** There are 65,535 other purposes, or it is longer than 256 characters. */
  | 'bad-purpose'
  /** Web logs: refused, failed or without an answer's body. */
  | 'not-served'
  /** Web logs: no --subject-pattern fits the address. */
  | 'other-url'
  /** pgaudit: a line of the server's log that is no audit. */
  | 'not-audit'
  /** pgaudit: a statement that answers with no row. */
  | 'not-read'
  /** pgaudit: no --table names the table, or no column that holds a field was asked for. */
  | 'other-table'
  /** pgaudit: the statement does not say by its key whose row it reads. */
  | 'no-key'
  /** What the dump reader could not read. */
  | 'unreadable';
