import { hash, timingSafeEqual } from 'node:crypto';
import { BoltsealError } from '../../core/errors.ts';
import type { Principal } from '../port.ts';
import type { Proof } from './authenticator.ts';

/** Whoever has the token: it opens the metrics and nothing else. */
const scraper: Principal = {
  id: '(scraper)',
  kind: 'service',
  role: 'monitoring',
  station: null,
  partner: null,
  attributes: {},
};

/** Where metrics are. */
export const metricsPath = '/metrics';

/** A bearer token (RFC 6750, section 2.1) for the metrics alone, because Prometheus cannot sign. Fails with AUTH_TOKEN when it is another. */
export function proveByScrapeToken(token: string): Proof {
  const expected = hash('sha256', token, 'buffer');
  return ({ method, target, headers }) => {
    if (method !== 'GET' || target !== metricsPath) return null;
    const given = headers.get('authorization');
    if (given === undefined) return null;
    const [, bearer] = /^Bearer ([A-Za-z0-9._~+/=-]{1,1000})$/i.exec(given.length === 1 ? (given[0] ?? '') : '') ?? [];
    if (bearer === undefined || !timingSafeEqual(hash('sha256', bearer, 'buffer'), expected))
      throw new BoltsealError('AUTH_TOKEN');
    return { principal: scraper, by: 'token', signature: null };
  };
}
