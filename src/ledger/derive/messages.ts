import { BoltsealError, type ErrorCode, type ErrorParameters, errorRegistry } from '../../core/errors.ts';
import type { TreeState } from '../port.ts';
import type { DeriverStart } from './deriver.ts';
import type { DerivationSettings } from './parts.ts';
import type { DerivationStatus } from './port.ts';

/** What the thread of derivation is started with. */
export interface WorkerStart {
  /** URL of the module with `makeParts`, and what that gets. */
  readonly partsModule: string;
  readonly partsOptions: unknown;
  readonly settings: DerivationSettings;
  readonly start: DeriverStart;
  readonly segment: number;
  /** Four 64-bit integers: entries that are durable, number of the segment that is written to, number of the last segment that is there, calls that are not answered yet. */
  readonly progress: SharedArrayBuffer;
}

/** An error between threads. */
export interface PostedError {
  readonly code: string;
  readonly parameters: ErrorParameters;
}

export type PostedStatus = Omit<DerivationStatus, 'withheld'> & { readonly withheld: PostedError | null };

/** What the thread is asked; each call is answered once. */
export interface WorkerCall {
  readonly id: number;
  readonly call: 'needSegment' | 'checkpoint' | 'checkpointAndPause' | 'pause' | 'resume' | 'close';
  readonly number: number;
}

/** What the thread says. */
export type WorkerMessage =
  | { readonly is: 'ready' | 'status'; readonly status: PostedStatus }
  | { readonly is: 'published'; readonly state: TreeState; readonly status: PostedStatus }
  | { readonly is: 'done'; readonly id: number; readonly state: TreeState | null; readonly status: PostedStatus | null }
  | { readonly is: 'refused'; readonly id: number; readonly error: PostedError; readonly status: PostedStatus }
  | { readonly is: 'failed'; readonly error: PostedError };

/** An error for another thread; what has no code becomes LEDGER_FAILED. */
export function postedError(error: unknown, reason: string): PostedError {
  if (error instanceof BoltsealError) return { code: error.code, parameters: error.parameters };
  return { code: 'LEDGER_FAILED', parameters: { reason } };
}

/** The error that another thread posted. */
export function receivedError({ code, parameters }: PostedError): BoltsealError {
  return new BoltsealError(code in errorRegistry ? (code as ErrorCode) : 'LEDGER_FAILED', parameters);
}
