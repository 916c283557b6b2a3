import { hash } from 'node:crypto';
import { BoltsealError } from '../core/errors.ts';

/** How long an answer is kept, as long as the ledger knows a request. */
const KEPT_MS = 10 * 60_000;
/** Answers hold values in the clear: no more of them than repeated requests need. */
const MOST_KEPT = 10_000;

interface Kept {
  readonly digest: string;
  readonly answer: Promise<unknown>;
  readonly atMs: number;
}

/**
 * Gives a repeated request the answer of the first (draft-ietf-httpapi-idempotency-key-header). In memory alone: after a restart a repeated request is decided anew, and is the same entries of
 * the ledger, which knows it by `keyOf`.
 */
export class IdempotentAnswers {
  readonly #kept = new Map<string, Kept>();

  /**
   * Runs `work`, or gives what it gave for this key if `isStill` says that it would be given now; otherwise it runs again, and that is kept.
   * Rejects with GATEWAY_IDEMPOTENCY for a key that came with another body, and as `work`, whose failures are not kept.
   */
  async once<T>(
    key: string,
    body: Uint8Array,
    nowMs: number,
    work: () => Promise<T>,
    isStill: (answer: T) => Promise<boolean> = async () => true,
  ): Promise<T> {
    this.#forget(nowMs);
    const digest = hash('sha256', body, 'base64');
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      if (kept.digest !== digest) throw new BoltsealError('GATEWAY_IDEMPOTENCY');
      const answer = (await kept.answer) as T;
      if (await isStill(answer)) return answer;
      if (this.#kept.get(key) === kept) this.#kept.delete(key);
      return this.once(key, body, nowMs, work, isStill);
    }
    const answer = work();
    this.#kept.set(key, { digest, answer, atMs: nowMs });
    try {
      return await answer;
    } catch (error) {
      this.#kept.delete(key);
      throw error;
    }
  }

  /** Forgets every answer: somebody was erased, and they hold values. */
  clear(): void {
    this.#kept.clear();
  }

  #forget(nowMs: number): void {
    for (const [key, { atMs }] of this.#kept) {
      if (atMs > nowMs - KEPT_MS && this.#kept.size < MOST_KEPT) return;
      this.#kept.delete(key);
    }
  }
}

/** Name of a request among all callers': callers choose their keys without knowing of each other. */
export function requestName(principal: string, route: string, idempotencyKey: string): string {
  return hash('sha256', JSON.stringify([principal, route, idempotencyKey]), 'base64');
}

/** 16 bytes that name one item of a request to the ledger. */
export function itemKey(request: string, item: number): Uint8Array {
  return hash('sha256', `${request} ${item}`, 'buffer').subarray(0, 16);
}
