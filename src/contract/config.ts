/** Format version of config.json in a Boltseal home; documented in docs/operations.md. */
export const configFormat = 'boltseal-config-1';

/** What a home is configured with. */
export interface Config {
  readonly format: typeof configFormat;
  /** ISO 3166-1 alpha-2: whose national phone formats need no prefix. Part of every fingerprint of a phone: fixed for life. */
  readonly region: string;
}

/** Whether parsed JSON is a configuration, with nothing else in it. Without a schema: every command reads it, and the library of schemas takes longer than most of them. */
export function isConfig(value: unknown): value is Config {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 2) return false;
  const { format, region } = value as Partial<Record<string, unknown>>;
  return format === configFormat && typeof region === 'string' && /^[A-Z]{2}$/.test(region);
}
