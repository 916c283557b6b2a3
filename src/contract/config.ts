/** Format version of config.json in a Boltseal home; documented in docs/operations.md. */
export const configFormat = 'boltseal-config-1';

/** What a home is configured with. */
export interface Config {
  readonly format: typeof configFormat;
  /** ISO 3166-1 alpha-2: whose national phone formats need no prefix. Part of every fingerprint of a phone: fixed for life. */
  readonly region: string;
  readonly canaries?: CanarySettings;
}

/** What the company has set aside for canaries; `*` stands for a digit. Documented in docs/spec/canaries.md. */
export interface CanarySettings {
  /** Customer ids that are given to nobody else, such as C99******. */
  readonly customerIds?: string;
  /** Phone numbers that are unassigned or the company's own, such as +861700000****. */
  readonly phoneBlocks?: readonly string[];
  /** Where every mailbox is the company's. */
  readonly mailDomain?: string;
  /** Tracking numbers that no parcel gets, such as SF99**********. */
  readonly trackingNumbers?: string;
}

/** Whether parsed JSON is a configuration, with nothing else in it. Without a schema: every command reads it, and the library of schemas takes longer than most of them. */
export function isConfig(value: unknown): value is Config {
  if (!hasOnly(value, ['format', 'region', 'canaries'])) return false;
  const { format, region, canaries } = value;
  return (
    format === configFormat &&
    typeof region === 'string' &&
    /^[A-Z]{2}$/.test(region) &&
    (canaries === undefined || isCanarySettings(canaries))
  );
}

function isCanarySettings(value: unknown): value is CanarySettings {
  if (!hasOnly(value, ['customerIds', 'phoneBlocks', 'mailDomain', 'trackingNumbers'])) return false;
  const { customerIds, phoneBlocks, mailDomain, trackingNumbers } = value;
  const isText = (text: unknown, pattern: RegExp): boolean => typeof text === 'string' && pattern.test(text);
  return (
    (customerIds === undefined || isText(customerIds, /^[A-Za-z0-9_.-]{0,40}\*{3,15}[A-Za-z0-9_.-]{0,20}$/)) &&
    (phoneBlocks === undefined ||
      (Array.isArray(phoneBlocks) &&
        phoneBlocks.length > 0 &&
        phoneBlocks.every((block) => isText(block, /^\+[1-9][0-9]{3,12}\*{2,9}$/)))) &&
    (mailDomain === undefined || isText(mailDomain, /^(?=.{4,190}$)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,6}$/)) &&
    (trackingNumbers === undefined || isText(trackingNumbers, /^[A-Z0-9]{0,20}\*{3,15}[A-Z0-9]{0,4}$/))
  );
}

function hasOnly<K extends string>(value: unknown, keys: readonly K[]): value is Partial<Record<K, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.keys(value).every((key) => keys.some((known) => known === key));
}
