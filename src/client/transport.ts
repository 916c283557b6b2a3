import type { Problem } from '../contract/api/problem.ts';
import { toUtf8 } from '../core/bytes.ts';
import { GatewayError } from './gateway-error.ts';
import { toBase64Url } from './keys.ts';
import { type Signer, signRequest } from './sign-request.ts';

export interface TransportOptions extends Signer {
  /** Where the gateway is: `https://gate.example`. */
  readonly baseUrl: string;
  /** Instead of the platform's. */
  readonly fetch?: typeof fetch;
  /** Milliseconds since 1970; instead of the platform's clock. */
  readonly now?: () => number;
  /** Waits; instead of the platform's timer. */
  readonly wait?: (ms: number) => Promise<void>;
  /** How often a request is sent at most; 4 when nothing is said. */
  readonly attempts?: number;
  /** How long an answer may take, to its end; 30,000 when nothing is said. Then the gateway counts as one that cannot be reached. */
  readonly timeoutMs?: number;
}

export interface Call {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** With query; what is variable in it is encoded. */
  readonly path: string;
  readonly body?: unknown;
  /** Media type of the body; JSON when nothing is said. */
  readonly type?: string;
  /** The same for every repetition of a request that must count once; made up for POST when it is left out. */
  readonly idempotencyKey?: string;
  /** Version that a change replaces, as the answer before it said. */
  readonly ifMatch?: string;
  /** Statuses beyond 2xx whose body is an answer and no problem. */
  readonly answers?: readonly number[];
}

/** Longest that is waited between two attempts. */
const MOST_WAIT_MS = 30_000;

/** Sends signed requests, again when that can help. */
export class Transport {
  readonly #options: TransportOptions;
  /** How far the gateway's clock is ahead of ours: learnt when it says that ours is wrong. */
  #aheadMs = 0;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /**
   * The answer's JSON, null when it has none. A request is repeated with the same idempotency key, signed anew, when the gateway is busy (503, 429 with a Retry-After of half a minute at most) or cannot be
   * reached, and once when the clock was wrong. Rejects with GatewayError.
   */
  async call(call: Call): Promise<unknown> {
    const { attempts = 4, wait = sleep } = this.#options;
    const key = call.idempotencyKey ?? (call.method === 'POST' ? newIdempotencyKey() : undefined);
    let isClockSet = false;
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#send(call, key);
      if (answer.isRight) return answer.value;
      const { error, retryAfterMs, dateMs } = answer;
      if (error.code === 'AUTH_TIME' && dateMs !== null && !isClockSet) {
        this.#aheadMs = dateMs - this.#now();
        isClockSet = true;
        continue;
      }
      const waitMs = retryAfterMs ?? 250 * 2 ** attempt;
      const isBusy = (error.status === 503 || error.status === 429) && retryAfterMs !== null;
      // Asked earlier than it was told, such as of a budget of a day, it would be refused again, and the ledger would have that too.
      const isWorthIt = (error.status === 0 || isBusy) && waitMs <= MOST_WAIT_MS;
      if (!isWorthIt || attempt >= attempts) throw error;
      await wait(waitMs);
    }
  }

  /** The body of an answer as it comes: for what is given once, and is not asked for again. Rejects with GatewayError. */
  async stream(call: Call): Promise<ReadableStream<Uint8Array>> {
    // It may take long until all of it is there, but not until it begins.
    const waiting = new AbortController();
    const timer = setTimeout(() => waiting.abort(), this.#timeoutMs());
    const response = await this.#ask(call, undefined, waiting.signal);
    clearTimeout(timer);
    if (response instanceof GatewayError) throw response;
    if (response.ok && response.body !== null) return response.body;
    throw errorOf(response, await response.text());
  }

  async #send(call: Call, idempotencyKey: string | undefined): Promise<Answer> {
    const response = await this.#ask(call, idempotencyKey, AbortSignal.timeout(this.#timeoutMs()));
    if (response instanceof GatewayError) return unreachable(response);
    let text: string;
    try {
      text = await response.text();
    } catch (cause) {
      return unreachable(unreachableError(cause));
    }
    const isAnswer = response.ok || (!isProblem(response) && (call.answers?.includes(response.status) ?? false));
    if (isAnswer) return { isRight: true, value: text === '' ? null : parse(text, response.status) };
    return {
      isRight: false,
      error: errorOf(response, text),
      retryAfterMs: readRetryAfter(response.headers.get('retry-after')),
      dateMs: readDate(response.headers.get('date')),
    };
  }

  /** An error when the gateway cannot be reached. */
  async #ask(call: Call, idempotencyKey: string | undefined, signal: AbortSignal): Promise<Response | GatewayError> {
    const { baseUrl, fetch: send = fetch } = this.#options;
    const url = new URL(call.path, baseUrl);
    const body = call.body === undefined ? null : toUtf8(JSON.stringify(call.body));
    const headers: Record<string, string> = { accept: 'application/json' };
    if (body !== null) headers['content-type'] = call.type ?? 'application/json';
    if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
    if (call.ifMatch !== undefined) headers['if-match'] = `"${call.ifMatch}"`;
    const signed = await signRequest(
      this.#options,
      { method: call.method, url, headers, body },
      this.#now() + this.#aheadMs,
    );
    try {
      return await send(url, {
        method: call.method,
        headers: { ...headers, ...signed },
        // A redirect would send the signature, and the body, to somebody else.
        redirect: 'error',
        signal,
        ...(body === null ? {} : { body: new Uint8Array(body) }),
      });
    } catch (cause) {
      return unreachableError(cause);
    }
  }

  #timeoutMs(): number {
    return this.#options.timeoutMs ?? 30_000;
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }
}

type Answer =
  | { readonly isRight: true; readonly value: unknown }
  | {
      readonly isRight: false;
      readonly error: GatewayError;
      readonly retryAfterMs: number | null;
      readonly dateMs: number | null;
    };

function unreachableError(cause: unknown): GatewayError {
  return new GatewayError(0, { title: 'the gateway cannot be reached' }, { cause });
}

function unreachable(error: GatewayError): Answer {
  return { isRight: false, error, retryAfterMs: null, dateMs: null };
}

function isProblem({ headers }: Response): boolean {
  return headers.get('content-type')?.startsWith('application/problem+json') ?? false;
}

function errorOf(response: Response, text: string): GatewayError {
  const problem = isProblem(response) ? (parse(text, response.status) as Partial<Problem>) : {};
  return new GatewayError(response.status, problem);
}

function parse(text: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new GatewayError(status, { title: 'the answer is no JSON: something else than the gateway answered' });
  }
}

/** Seconds only: the gateway gives no dates. */
function readRetryAfter(text: string | null): number | null {
  return text !== null && /^\d{1,6}$/.test(text) ? Number(text) * 1000 : null;
}

function readDate(text: string | null): number | null {
  const time = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? null : time;
}

function newIdempotencyKey(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(18)));
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
