import { BoltsealError } from '../../core/errors.ts';
import type { Authenticator, Caller, IncomingRequest } from '../port.ts';
import { authenticateSignature, isSigned, type SignatureOptions } from './signature.ts';

/** Another way to prove who asks: null when the request does not use it, an error when it does and it is not right. */
export type Proof = (request: IncomingRequest, nowMs: number) => Caller | null;

export interface AuthenticatorOptions extends SignatureOptions {
  /** Asked in this order when the request is not signed. */
  readonly proofs: readonly Proof[];
  /** Milliseconds since 1970. */
  now(): number;
}

/** Signature, then certificate, then session: the first that a request uses counts, and when it is not right no other is tried. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  return {
    async authenticate(request) {
      const nowMs = options.now();
      if (isSigned(request)) return authenticateSignature(request, options, nowMs);
      for (const prove of options.proofs) {
        const caller = prove(request, nowMs);
        if (caller !== null) return caller;
      }
      throw new BoltsealError('AUTH_MISSING');
    },
  };
}
