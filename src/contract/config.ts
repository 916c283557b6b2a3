import type { ParcelStatus } from './api/words.ts';

/** Format version of config.json in a Boltseal home; documented in docs/operations.md. */
export const configFormat = 'boltseal-config-1';

/** What a home is configured with. */
export interface Config {
  readonly format: typeof configFormat;
  /** ISO 3166-1 alpha-2: whose national phone formats need no prefix. Part of every fingerprint of a phone: fixed for life. */
  readonly region: string;
  readonly canaries?: CanarySettings;
  readonly ledger?: LedgerConfig;
  readonly vault?: VaultConfig;
  readonly gateway?: GatewayConfig;
  readonly epcis?: EpcisConfig;
}

/** Which events of track-and-trace systems are about parcels, and what they mean; documented in docs/spec/epcis.md. */
export interface EpcisConfig {
  /** GS1 keys that are tracking numbers; SSCCs alone without it. */
  readonly schemes?: readonly ('sscc' | 'grai' | 'giai')[];
  /** Beginnings of URIs behind which a tracking number stands. */
  readonly parcelPrefixes?: readonly string[];
  /** Beginnings of URIs behind which a station stands. */
  readonly stationPrefixes?: readonly string[];
  /** Statuses by business step: a word of the vocabulary or a URI of the company's own. Beside those of a carrier, and before them. */
  readonly steps?: Readonly<Record<string, ParcelStatus>>;
  /** The same by disposition. */
  readonly dispositions?: Readonly<Record<string, ParcelStatus>>;
}

/** How the gateway works; documented in docs/operations.md. */
export interface GatewayConfig {
  /** Where browsers and devices see it, such as `https://gate.example`; without it, where it listens. Passkeys are bound to it. */
  readonly publicOrigin?: string;
  /** Of the IANA database: when a tour's day begins, and the hours that policies mean. Without it that of the machine. */
  readonly timeZone?: string;
  readonly oidc?: OidcConfig;
  /** Telephone numbers that are given out in place of real ones, and how long one forwards and then rests. */
  readonly virtualNumbers?: {
    readonly pool: readonly string[];
    readonly ttlSeconds?: number;
    readonly restSeconds?: number;
  };
  /** Budgets in place of the default ones: distinct people in a window, of a principal, a station or a partner. */
  readonly budgets?: readonly BudgetConfig[];
  /** Variable of the environment that holds the bearer token of whoever reads the metrics and cannot sign. */
  readonly metricsTokenVariable?: string;
  readonly webhooks?: readonly WebhookConfig[];
  readonly exports?: ExportsConfig;
  /** Whether policies are changed by two people, one who proposes and one who activates; without it, as soon as there are two administrators. */
  readonly twoPersonPolicies?: boolean;
  /** File, relative to the home, to which OCSF events are added for a SIEM, one JSON object a line. */
  readonly ocsfFile?: string;
}

/** Exports of many people. */
export interface ExportsConfig {
  /** How many others approve one: 2 without it. */
  readonly approvals?: number;
  /** How long a request holds, until it is fetched: 24 without it. */
  readonly validHours?: number;
  /** People of one export at most: 100,000 without it. */
  readonly people?: number;
  /** People of all exports within 30 days at most: 200,000 without it. */
  readonly peopleAMonth?: number;
}

/** Where events are sent. */
export interface WebhookConfig {
  readonly url: string;
  /** Variable of the environment that holds the secret: `whsec_` and base64. */
  readonly secretVariable: string;
  /** Kinds of events; all without it. */
  readonly types?: readonly string[];
}

/** How staff sign in with OpenID Connect. */
export interface OidcConfig {
  readonly issuer: string;
  readonly clientId: string;
  /** Variable of the environment that holds the client's secret; without it, a public client. */
  readonly clientSecretVariable?: string;
  readonly scope?: string;
  readonly idClaim?: string;
  readonly roleClaim: string;
  /** Which claimed value gives which role, the first that is there. */
  readonly roles: readonly (readonly [claimed: string, role: string])[];
  readonly attributes?: Readonly<Record<string, string>>;
}

/** A budget; `role` and `purpose` are `*` for any. */
export interface BudgetConfig {
  readonly scope: 'principal' | 'station' | 'partner';
  readonly role: string;
  readonly purpose: string;
  readonly window: 'minute' | 'hour' | 'day' | 'month';
  readonly limit: number;
}

/** How the vault works; documented in docs/operations.md. */
export interface VaultConfig {
  /** What every ciphertext is bound to; `default` without it. Fixed for life. */
  readonly tenant?: string;
  /** Who keeps the key-encryption key; files in the folder `keys` without it. */
  readonly keys?: VaultKeysConfig;
  /** Which databases have it; SQLite files in the folder `vault` without it. */
  readonly store?: VaultStoreConfig;
}

export type VaultStoreConfig =
  | { readonly kind: 'sqlite' }
  | { readonly kind: 'postgresql'; readonly data: PostgresConfig; readonly keys: PostgresConfig };

/** A database of PostgreSQL. */
export interface PostgresConfig {
  /** As libpq takes it, without the password. */
  readonly url: string;
  /** File with the password, relative to the home. */
  readonly passwordFile?: string;
  /** Variable of the environment that holds the password. */
  readonly passwordVariable?: string;
}

export type VaultKeysConfig =
  | { readonly provider: 'file' }
  /** Name of an environment variable. */
  | { readonly provider: 'environment'; readonly variable: string }
  /** A program and its words; no shell sees them. */
  | { readonly provider: 'command'; readonly command: readonly string[] };

/** How the ledger of disclosures works; documented in docs/operations.md. Paths are relative to the home. */
export interface LedgerConfig {
  /** Name of the ledger in everything that it signs: a URL without its scheme, best one under which auditors find it. Fixed for life. Without it a name that follows from its first key. */
  readonly origin?: string;
  /** Folder of the last checkpoints, best on another volume. Without it, beside the home: its name with `.checkpoints` behind. */
  readonly secondPlace?: string;
  /** File with the witnesses that are asked and the quorum (c2sp.org/tlog-policy). */
  readonly witnesses?: string;
  /** What happens to a checkpoint that too few witnesses cosigned; `withhold` unless said otherwise. */
  readonly onMissingQuorum?: 'withhold' | 'publish';
  /** Days from the end of a half year after which its shard may be dropped, 30 to 36,525. Without it no shard is. */
  readonly retentionDays?: number;
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
  if (!hasOnly(value, ['format', 'region', 'canaries', 'ledger', 'vault', 'epcis', 'gateway'])) return false;
  const { format, region, canaries, ledger, vault, epcis, gateway } = value;
  return (
    format === configFormat &&
    typeof region === 'string' &&
    /^[A-Z]{2}$/.test(region) &&
    (canaries === undefined || isCanarySettings(canaries)) &&
    (ledger === undefined || isLedgerConfig(ledger)) &&
    (vault === undefined || isVaultConfig(vault)) &&
    (gateway === undefined || isGatewayConfig(gateway)) &&
    (epcis === undefined || isEpcisConfig(epcis))
  );
}

const epcisSchemes: readonly unknown[] = ['sscc', 'grai', 'giai'];
const statuses: Readonly<Record<ParcelStatus, true>> = {
  announced: true,
  'in-transit': true,
  'at-station': true,
  'out-for-delivery': true,
  delivered: true,
  returned: true,
  lost: true,
};

function isEpcisConfig(value: unknown): value is EpcisConfig {
  if (!hasOnly(value, ['schemes', 'parcelPrefixes', 'stationPrefixes', 'steps', 'dispositions'])) return false;
  const { schemes = [], parcelPrefixes = [], stationPrefixes = [], steps = {}, dispositions = {} } = value;
  const isPrefix = (prefix: unknown) => typeof prefix === 'string' && /^[A-Za-z][A-Za-z0-9+.-]*:\S+$/.test(prefix);
  return (
    Array.isArray(schemes) &&
    schemes.every((scheme) => epcisSchemes.includes(scheme)) &&
    [parcelPrefixes, stationPrefixes].every((list) => Array.isArray(list) && list.every(isPrefix)) &&
    [steps, dispositions].every(
      (table) =>
        typeof table === 'object' &&
        table !== null &&
        Object.values(table).every((status) => typeof status === 'string' && Object.hasOwn(statuses, status)),
    )
  );
}

function isVaultConfig(value: unknown): value is VaultConfig {
  if (!hasOnly(value, ['tenant', 'keys', 'store'])) return false;
  const { tenant, keys, store } = value;
  return (
    (tenant === undefined || (typeof tenant === 'string' && /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/.test(tenant))) &&
    (keys === undefined || isVaultKeysConfig(keys)) &&
    (store === undefined || isVaultStoreConfig(store))
  );
}

function isVaultStoreConfig(value: unknown): value is VaultStoreConfig {
  if (!hasOnly(value, ['kind', 'data', 'keys'])) return false;
  const { kind, data, keys } = value;
  return kind === 'postgresql'
    ? isPostgresConfig(data) && isPostgresConfig(keys)
    : kind === 'sqlite' && data === undefined && keys === undefined;
}

function isPostgresConfig(value: unknown): value is PostgresConfig {
  if (!hasOnly(value, ['url', 'passwordFile', 'passwordVariable'])) return false;
  const { url, passwordFile, passwordVariable } = value;
  return (
    isText(url) &&
    (passwordFile === undefined || isText(passwordFile)) &&
    (passwordVariable === undefined ||
      (typeof passwordVariable === 'string' && /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(passwordVariable)))
  );
}

function isVaultKeysConfig(value: unknown): value is VaultKeysConfig {
  if (!hasOnly(value, ['provider', 'variable', 'command'])) return false;
  const { provider, variable, command } = value;
  const isWord = (word: unknown): boolean => typeof word === 'string' && !word.includes('\0');
  if (provider === 'environment')
    return command === undefined && typeof variable === 'string' && /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(variable);
  if (provider === 'command')
    return variable === undefined && Array.isArray(command) && Boolean(command[0]) && command.every(isWord);
  return provider === 'file' && variable === undefined && command === undefined;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.length <= 1000;
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.length <= 100_000 && value.every(isText);
const isSeconds = (value: unknown): boolean =>
  value === undefined || (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 10 ** 9);

function isGatewayConfig(value: unknown): value is GatewayConfig {
  if (
    !hasOnly(value, [
      'publicOrigin',
      'timeZone',
      'oidc',
      'virtualNumbers',
      'budgets',
      'metricsTokenVariable',
      'webhooks',
      'exports',
      'twoPersonPolicies',
      'ocsfFile',
    ])
  )
    return false;
  const { publicOrigin, timeZone, oidc, virtualNumbers, budgets, metricsTokenVariable, webhooks, ocsfFile } = value;
  return (
    (publicOrigin === undefined ||
      (isText(publicOrigin) && /^https?:\/\/[a-z0-9.-]+(:\d{1,5})?$/.test(publicOrigin))) &&
    (timeZone === undefined || isText(timeZone)) &&
    [metricsTokenVariable, ocsfFile].every((text) => text === undefined || isText(text)) &&
    (webhooks === undefined || (Array.isArray(webhooks) && webhooks.length <= 20 && webhooks.every(isWebhookConfig))) &&
    (value.twoPersonPolicies === undefined || typeof value.twoPersonPolicies === 'boolean') &&
    (value.exports === undefined || isExportsConfig(value.exports)) &&
    (oidc === undefined || isOidcConfig(oidc)) &&
    (virtualNumbers === undefined ||
      (hasOnly(virtualNumbers, ['pool', 'ttlSeconds', 'restSeconds']) &&
        isTexts(virtualNumbers.pool) &&
        isSeconds(virtualNumbers.ttlSeconds) &&
        isSeconds(virtualNumbers.restSeconds))) &&
    (budgets === undefined || (Array.isArray(budgets) && budgets.length > 0 && budgets.every(isBudgetConfig)))
  );
}

function isExportsConfig(value: unknown): value is ExportsConfig {
  if (!hasOnly(value, ['approvals', 'validHours', 'people', 'peopleAMonth'])) return false;
  const { approvals, validHours, people, peopleAMonth } = value;
  const isWhole = (given: unknown, most: number): boolean =>
    given === undefined || (typeof given === 'number' && Number.isInteger(given) && given >= 1 && given <= most);
  return (
    isWhole(approvals, 5) && isWhole(validHours, 30 * 24) && isWhole(people, 10 ** 8) && isWhole(peopleAMonth, 10 ** 9)
  );
}

function isWebhookConfig(value: unknown): value is WebhookConfig {
  if (!hasOnly(value, ['url', 'secretVariable', 'types'])) return false;
  const { url, secretVariable, types } = value;
  return isText(url) && URL_PATTERN.test(url) && isText(secretVariable) && (types === undefined || isTexts(types));
}

const URL_PATTERN = /^https?:\/\/[^\s/@]+(\/\S*)?$/;

function isOidcConfig(value: unknown): value is OidcConfig {
  const keys = [
    'issuer',
    'clientId',
    'clientSecretVariable',
    'scope',
    'idClaim',
    'roleClaim',
    'roles',
    'attributes',
  ] as const;
  if (!hasOnly(value, keys)) return false;
  const { issuer, clientId, clientSecretVariable, scope, idClaim, roleClaim, roles, attributes } = value;
  const isPair = (pair: unknown): boolean => Array.isArray(pair) && pair.length === 2 && pair.every(isText);
  return (
    [issuer, clientId, roleClaim].every(isText) &&
    [clientSecretVariable, scope, idClaim].every((text) => text === undefined || isText(text)) &&
    Array.isArray(roles) &&
    roles.every(isPair) &&
    (attributes === undefined ||
      (typeof attributes === 'object' && attributes !== null && Object.values(attributes).every(isText)))
  );
}

function isBudgetConfig(value: unknown): value is BudgetConfig {
  if (!hasOnly(value, ['scope', 'role', 'purpose', 'window', 'limit'])) return false;
  const { scope, role, purpose, window, limit } = value;
  const isOneOf = (text: unknown, known: readonly string[]): boolean =>
    typeof text === 'string' && known.includes(text);
  return (
    isOneOf(scope, ['principal', 'station', 'partner']) &&
    isText(role) &&
    isText(purpose) &&
    isOneOf(window, ['minute', 'hour', 'day', 'month']) &&
    typeof limit === 'number' &&
    Number.isInteger(limit) &&
    limit >= 0 &&
    limit <= 10 ** 9
  );
}

function isLedgerConfig(value: unknown): value is LedgerConfig {
  if (!hasOnly(value, ['origin', 'secondPlace', 'witnesses', 'onMissingQuorum', 'retentionDays'])) return false;
  const { origin, secondPlace, witnesses, onMissingQuorum, retentionDays } = value;
  const isPath = (text: unknown): boolean => typeof text === 'string' && text !== '' && !text.includes('\0');
  return (
    // Names of keys have no blank and no plus sign (C2SP signed-note); with a shard behind it must fit the 255 bytes of a cosigned message.
    (origin === undefined || (typeof origin === 'string' && /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}$/.test(origin))) &&
    (secondPlace === undefined || isPath(secondPlace)) &&
    (witnesses === undefined || isPath(witnesses)) &&
    (onMissingQuorum === undefined || onMissingQuorum === 'withhold' || onMissingQuorum === 'publish') &&
    // Fewer days are a mistake in the unit rather than a decision, and what is dropped does not come back.
    (retentionDays === undefined ||
      (typeof retentionDays === 'number' &&
        Number.isInteger(retentionDays) &&
        retentionDays >= 30 &&
        retentionDays <= 36_525))
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
