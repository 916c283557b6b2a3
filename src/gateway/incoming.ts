import type { TLSSocket } from 'node:tls';
import type { FastifyRequest } from 'fastify';
import { rawBodies } from './body.ts';
import type { IncomingRequest } from './port.ts';

/** A request as authentication sees it: headers as they came, which Node's own list of them merges. */
export function incomingOf(request: FastifyRequest): IncomingRequest {
  const { rawHeaders, socket } = request.raw;
  const isTls = 'encrypted' in socket;
  const headers = new Map<string, string[]>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase() ?? '';
    const value = rawHeaders[i + 1] ?? '';
    const same = headers.get(name);
    if (same === undefined) headers.set(name, [value]);
    else same.push(value);
  }
  return {
    method: request.method,
    target: request.raw.url ?? '',
    authority: headers.get('host')?.[0] ?? '',
    scheme: isTls ? 'https' : 'http',
    headers,
    body: rawBodies.get(request) ?? new Uint8Array(0),
    certificate: isTls ? certificateOf(socket as TLSSocket) : null,
  };
}

function certificateOf(socket: TLSSocket): Uint8Array | null {
  return socket.authorized ? (socket.getPeerX509Certificate()?.raw ?? null) : null;
}
