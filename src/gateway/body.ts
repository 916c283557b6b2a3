import type { FastifyInstance, FastifyRequest } from 'fastify';
import { BoltsealError } from '../core/errors.ts';

/** Deeper JSON is nothing that a schema asks for. EPCIS documents with their sensor elements need eight. */
const MOST_LEVELS = 32;

/** Largest body that a stranger may send to a route that is open to all: it is parsed before anybody knows who sent it. Answers of passkeys have some kilobytes. */
export const STRANGER_BODY_BYTES = 16 * 1024;

/** One for all: making one takes longer than what it decodes. */
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Bytes of the body as they came: signatures are over these. */
export const rawBodies = new WeakMap<FastifyRequest, Uint8Array>();

/**
 * Reads bodies as JSON and keeps their bytes. Parsing waits for authentication (`parseBody`): strangers get no further than the limit of size, which Fastify holds while it reads.
 * Any other content type is refused.
 */
export function acceptJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const types = ['application/json', 'application/ld+json'];
  app.addContentTypeParser(types, { parseAs: 'buffer' }, (request, body, done) => {
    rawBodies.set(request, body as Buffer);
    done(null, undefined);
  });
}

/** The value of a body. Fails with GATEWAY_BODY; keys that would reach a prototype (`__proto__`, `constructor.prototype`) are refused too. */
export function parseBody(bytes: Uint8Array): unknown {
  if (levelsOf(bytes) > MOST_LEVELS) throw bodyError();
  let hasForbiddenKey = false;
  try {
    const text = decoder.decode(bytes);
    // A key can hide behind an escape, so all are looked at where one might.
    const isSuspicious = /__proto__|constructor|\\u/i.test(text);
    const value: unknown = JSON.parse(text, isSuspicious ? notePrototypes : undefined);
    if (hasForbiddenKey) throw bodyError();
    return value;
  } catch (error) {
    // Its message would quote the body.
    throw error instanceof BoltsealError ? error : bodyError();
  }

  function notePrototypes(key: string, value: unknown): unknown {
    if (key === '__proto__' || (key === 'constructor' && typeof value === 'object')) hasForbiddenKey = true;
    return value;
  }
}

/** Brackets that are open at once at most, outside of strings. */
function levelsOf(bytes: Uint8Array): number {
  let level = 0;
  let most = 0;
  let isText = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (isText) {
      if (byte === 0x5c) i++;
      else if (byte === 0x22) isText = false;
    } else if (byte === 0x22) isText = true;
    else if (byte === 0x5b || byte === 0x7b) most = Math.max(most, ++level);
    else if (byte === 0x5d || byte === 0x7d) level--;
  }
  return most;
}

function bodyError(): BoltsealError {
  return new BoltsealError('GATEWAY_BODY', { depth: MOST_LEVELS });
}
