import type { Problem } from '../contract/api/problem.ts';
import { BoltsealError, type ErrorCode } from '../core/errors.ts';
import { ACCEPT_SIGNATURE } from '../core/http-signature/profile.ts';

/** HTTP status of each code that a request can end with; every other code is a fault of ours: 500, or 503 by its prefix. */
const statuses: Partial<Readonly<Record<ErrorCode, number>>> = {
  AUTH_BUSY: 503,
  AUTH_CSRF: 403,
  AUTH_RATE: 429,
  CANARIES_FIELD: 422,
  CANARIES_SETTING: 409,
  DIRECTORY_CHANGED: 409,
  DIRECTORY_EXISTS: 409,
  DIRECTORY_KEY: 422,
  DIRECTORY_REVOKED: 409,
  DIRECTORY_SELF: 409,
  DIRECTORY_UNKNOWN: 404,
  DIRECTORY_USED: 409,
  DIRECTORY_VALUE: 422,
  ENROLMENT_CODE: 403,
  ENROLMENT_STATE: 409,
  EPCIS_ACCEPT: 406,
  EPCIS_BEHAVIOUR: 400,
  EPCIS_DOCUMENT: 400,
  EPCIS_LIMIT: 413,
  EPCIS_MEDIA_TYPE: 415,
  EPCIS_NOT_SERVED: 501,
  EXPORT_BUDGET: 429,
  EXPORT_CANARIES: 503,
  EXPORT_MOST: 422,
  EXPORT_OPEN: 429,
  EXPORT_SELF: 403,
  EXPORT_STATE: 409,
  EXPORT_UNAPPROVED: 409,
  EXPORT_WRITE: 503,
  GATEWAY_BODY: 400,
  GATEWAY_BUDGET: 429,
  GATEWAY_BUDGETS_WRITE: 503,
  GATEWAY_FORBIDDEN: 403,
  GATEWAY_IDEMPOTENCY: 422,
  GATEWAY_NOT_FOUND: 404,
  GATEWAY_NOT_JUSTIFIED: 403,
  GATEWAY_POLICY: 403,
  GATEWAY_REQUEST: 400,
  GATEWAY_STOPPING: 503,
  GATEWAY_TARGETS: 400,
  GATEWAY_TOO_LARGE: 413,
  GATEWAY_VIRTUAL_NUMBERS: 503,
  HOME_LOCKED: 503,
  HOME_TASK: 503,
  LEDGER_HELD: 409,
  LEDGER_DROPPED: 410,
  LEDGER_INDEX: 404,
  LEDGER_REVEAL: 422,
  LEDGER_SHARD: 404,
  POLICY_CONFLICT: 412,
  POLICY_DANGER: 409,
  POLICY_INVALID: 422,
  POLICY_PRECONDITION: 428,
  POLICY_SECOND_PERSON: 409,
  POLICY_VERSION: 404,
  POLICY_WRITE: 503,
  SIGNIN_FAILED: 401,
  SIGNIN_OFF: 404,
  SIGNIN_PROVIDER: 503,
  SIGNIN_ROLE: 403,
  VAULT_ERASED: 409,
  VAULT_SEARCH: 400,
  VAULT_SUBJECT_NONE: 404,
  VAULT_VALUE: 400,
};

/** A problem and the headers that go with it. */
export interface ProblemAnswer {
  readonly status: number;
  readonly body: Problem;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a request that failed is answered with: what is no error of the registry says nothing of itself. */
export function problemOf(error: unknown, request: string): ProblemAnswer {
  if (!(error instanceof BoltsealError)) {
    const body = { type: 'about:blank', title: 'Internal error', status: 500, code: 'INTERNAL', request };
    return {
      status: 500,
      body: { ...body, detail: 'the log of the gateway says more under this request' },
      headers: {},
    };
  }
  const { code, message, remedy, parameters } = withoutPlaces(error);
  const status = statusOf(code);
  const retry = parameters.retryAfterMs;
  return {
    status,
    body: { type: `urn:boltseal:error:${code}`, title: message, status, code, detail: remedy, request },
    headers: {
      ...(typeof retry === 'number' ? { 'retry-after': String(Math.max(1, Math.ceil(retry / 1000))) } : {}),
      ...(status === 401 ? howToProve : {}),
    },
  };
}

/** Parameters that say where on this machine, or in its network, something lies: commands tell it, and nobody who asks over the network. */
const places: readonly string[] = ['path', 'file', 'folder', 'source', 'host'];

function withoutPlaces(error: BoltsealError): BoltsealError {
  if (!places.some((name) => name in error.parameters)) return error;
  const told = Object.entries(error.parameters).map(([name, value]) => [name, places.includes(name) ? '…' : value]);
  return new BoltsealError(error.code, Object.fromEntries(told));
}

/** RFC 9110, section 15.5.2, asks for the first; the second says which signature. */
const howToProve = { 'www-authenticate': 'Signature realm="boltseal"', 'accept-signature': ACCEPT_SIGNATURE };

/** Without the ledger nothing leaves, and the vault's keys may be away: both may pass. */
function statusOf(code: ErrorCode): number {
  const known = statuses[code];
  if (known !== undefined) return known;
  if (code.startsWith('AUTH_')) return 401;
  return code.startsWith('LEDGER_') || code.startsWith('VAULT_') ? 503 : 500;
}
