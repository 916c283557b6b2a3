import type { FastifyRequest } from 'fastify';
import type { Caller } from './port.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent it; null on public routes alone. */
    caller: Caller | null;
    /** Code of the error that it ended with. */
    problem: string | null;
  }
  interface FastifyContextConfig {
    /** Strangers may call it. */
    readonly isPublic?: boolean;
  }
}

/** Who sent a request; routes that are not public have it. */
export function callerOf({ caller }: FastifyRequest): Caller {
  if (caller === null) throw new RangeError('a public route has no caller');
  return caller;
}
