import type { Problem } from '../contract/api/problem.ts';

/** What the gateway refused, or that it could not be reached: `code` is of docs/errors.md, or `UNREACHABLE`. No message carries a value of a request. */
export class GatewayError extends Error {
  readonly code: string;
  /** HTTP status; 0: there was no answer. */
  readonly status: number;
  /** What to do. */
  readonly detail: string;
  /** By which the gateway's log knows the request; null: there was no answer of its own. */
  readonly request: string | null;

  constructor(status: number, problem: Partial<Problem>, options?: { cause?: unknown }) {
    super(problem.title ?? `the gateway answered with ${status}`, options);
    this.name = 'GatewayError';
    this.status = status;
    this.code = problem.code ?? 'UNREACHABLE';
    this.detail = problem.detail ?? '';
    this.request = problem.request ?? null;
  }
}
