import { hash, X509Certificate } from 'node:crypto';
import { BoltsealError } from '../../core/errors.ts';
import type { Principal } from '../port.ts';
import type { Proof } from './authenticator.ts';

/** Where the owner of a certificate's key is found. */
export interface CertificateOwners {
  /** `id`: SHA-256 of the SubjectPublicKeyInfo in base64url. Null: unknown, not valid at that time, revoked, or its principal is not active. */
  findCertificate(id: string, nowMs: number): Principal | null;
}

interface Read {
  readonly keyId: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Certificates that are held parsed (parsing takes longer than all the rest); what of them counts is looked up each time. */
const MOST_CACHED = 1000;

/**
 * Services that show a client certificate (mTLS): TLS has checked that it is vouched for and that the service has its key; here its key must be that of a principal, so that a
 * certificate for anything else of the same authority is worth nothing, and one that was renewed with its key still counts.
 * Fails with AUTH_CERTIFICATE and AUTH_CSRF.
 */
export function proveByCertificate(owners: CertificateOwners): Proof {
  const cache = new Map<string, Read>();
  return ({ certificate, headers }, nowMs) => {
    if (certificate === null) return null;
    // A browser that has a certificate shows it for the pages of every other site too.
    const sites = headers.get('sec-fetch-site') ?? [];
    if (sites.some((site) => site !== 'same-origin' && site !== 'none')) throw new BoltsealError('AUTH_CSRF');
    const name = hash('sha256', certificate, 'base64');
    let read = cache.get(name);
    if (read === undefined) {
      read = readCertificate(certificate);
      if (cache.size >= MOST_CACHED) cache.clear();
      cache.set(name, read);
    }
    const isInTime = nowMs >= read.fromMs && nowMs < read.untilMs;
    const principal = isInTime ? owners.findCertificate(read.keyId, nowMs) : null;
    if (principal === null) throw new BoltsealError('AUTH_CERTIFICATE');
    return { principal, by: 'certificate', signature: null };
  };
}

function readCertificate(der: Uint8Array): Read {
  try {
    const { publicKey, validFromDate, validToDate } = new X509Certificate(der);
    const keyId = hash('sha256', publicKey.export({ format: 'der', type: 'spki' }), 'base64url');
    return { keyId, fromMs: validFromDate.getTime(), untilMs: validToDate.getTime() };
  } catch (cause) {
    throw new BoltsealError('AUTH_CERTIFICATE', {}, { cause });
  }
}
