import type { Config, ExportsConfig, OidcConfig, WebhookConfig } from '../contract/config.ts';
import { BoltsealError } from '../core/errors.ts';
import type { GatewaySettings } from './assemble.ts';
import type { OidcOptions } from './auth/oidc.ts';
import { defaultBudgetRules } from './budgets/rules.ts';
import type { ExportSettings } from './exports/port.ts';
import { eventTypes } from './observe/events.ts';
import type { Webhook } from './observe/webhooks.ts';

/** Devices' clocks may be so far off. */
const SKEW_SECONDS = 30;
const DAY_SECONDS = 86_400;

/** What a home's configuration says of its gateway, with what holds where it says nothing. Fails with GATEWAY_SETTING. */
export function settingsOf(
  { gateway = {}, epcis = {} }: Pick<Config, 'gateway' | 'epcis'>,
  ownOrigin: string,
): Omit<GatewaySettings, 'version' | 'onFault'> {
  // As browsers write it, without the scheme's own port.
  const publicOrigin = new URL(gateway.publicOrigin ?? ownOrigin).origin;
  const { timeZone = ownTimeZone(), oidc, virtualNumbers, budgets } = gateway;
  checkTimeZone(timeZone);
  return {
    timeZone,
    skewSeconds: SKEW_SECONDS,
    // Without a name of its own it cannot tell requests for others from its own.
    authorities: gateway.publicOrigin === undefined ? null : new Set([new URL(gateway.publicOrigin).host]),
    publicOrigin,
    budgetRules: budgets ?? defaultBudgetRules,
    virtualNumbers: {
      pool: virtualNumbers?.pool ?? [],
      ttlSeconds: virtualNumbers?.ttlSeconds ?? DAY_SECONDS,
      restSeconds: virtualNumbers?.restSeconds ?? 30 * DAY_SECONDS,
    },
    oidc: oidc === undefined ? null : oidcOptions(oidc, publicOrigin),
    epcis,
    exports: exportSettings(gateway.exports),
    twoPersonPolicies: gateway.twoPersonPolicies ?? null,
    webhooks: (gateway.webhooks ?? []).map(webhookOf),
    scrapeToken: scrapeTokenOf(gateway.metricsTokenVariable),
  };
}

function exportSettings({ approvals, validHours, people, peopleAMonth }: ExportsConfig = {}): ExportSettings {
  return {
    approvals: approvals ?? 2,
    validMs: (validHours ?? 24) * 3_600_000,
    people: people ?? 100_000,
    peopleAMonth: peopleAMonth ?? 200_000,
  };
}

function oidcOptions(config: OidcConfig, publicOrigin: string): OidcOptions {
  const { issuer, clientId, clientSecretVariable: variable, roleClaim, roles } = config;
  const clientSecret = variable === undefined ? null : process.env[variable];
  if (clientSecret === undefined)
    throw new BoltsealError('GATEWAY_SETTING', {
      setting: 'oidc.clientSecretVariable',
      problem: 'names a variable that is not set',
    });
  return {
    issuer,
    clientId,
    clientSecret,
    redirectUri: `${publicOrigin}/v1/session/oidc/callback`,
    scope: config.scope ?? 'openid profile',
    idClaim: config.idClaim ?? 'sub',
    roleClaim,
    roles,
    attributes: config.attributes ?? {},
    allowsPlain: false,
  };
}

function webhookOf({ url, secretVariable, types }: WebhookConfig): Webhook {
  const text = process.env[secretVariable] ?? '';
  // As Standard Webhooks writes secrets: of 24 to 64 bytes, in base64.
  const secret = Buffer.from(/^(?:whsec_)?([A-Za-z0-9+/]{32,90}={0,2})$/.exec(text)?.[1] ?? '', 'base64');
  if (secret.length < 24)
    throw new BoltsealError('GATEWAY_SETTING', {
      setting: 'webhooks',
      problem: 'names a variable that holds no secret of 24 bytes or more in base64',
    });
  const { protocol, hostname } = new URL(url);
  if (protocol !== 'https:' && !['localhost', '127.0.0.1', '[::1]'].includes(hostname))
    throw new BoltsealError('GATEWAY_SETTING', { setting: 'webhooks', problem: 'sends events without TLS' });
  const known = eventTypes.filter((type) => types?.includes(type));
  if (types !== undefined && known.length < types.length)
    throw new BoltsealError('GATEWAY_SETTING', { setting: 'webhooks', problem: 'names events that there are not' });
  return { url, secret, types: types === undefined ? null : known };
}

function scrapeTokenOf(variable: string | undefined): string | null {
  if (variable === undefined) return null;
  const token = process.env[variable] ?? '';
  // As many characters as 128 random bits have in base64.
  if (/^[A-Za-z0-9._~+/=-]{22,1000}$/.test(token)) return token;
  throw new BoltsealError('GATEWAY_SETTING', {
    setting: 'metricsTokenVariable',
    problem: 'names a variable that holds no token of 22 letters and digits or more',
  });
}

function ownTimeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function checkTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone });
  } catch {
    throw new BoltsealError('GATEWAY_SETTING', { setting: 'timeZone', problem: 'is none of the IANA database' });
  }
}
