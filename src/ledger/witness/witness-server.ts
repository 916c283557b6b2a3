import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { addCheckpoint, type WitnessDuties } from './add-checkpoint.ts';

/** A checkpoint with 100 signatures by ML-DSA-44 is 330 kB; nothing honest is longer. */
const MOST_BODY_BYTES = 512 * 1024;
const REQUEST_SECONDS = 10;
const checkpointPath = /^\/([0-9a-f]{64})\/checkpoint$/;

/**
 * The HTTP of a witness (C2SP tlog-witness): `POST /add-checkpoint`, and `GET /<SHA-256 of the origin, hexadecimal>/checkpoint`, the last one that it cosigned.
 *
 * Requests are answered one after the other: remembering is what takes time, and must not interleave. A store that fails ends in 500 and is told to `onError`.
 */
export function createWitnessServer(duties: WitnessDuties, onError: (error: unknown) => void): Server {
  const origins = new Map(
    [...duties.logs.keys()].map((origin) => [createHash('sha256').update(origin).digest('hex'), origin]),
  );
  const server = createServer((request, response) => {
    answer(duties, origins, request, response).catch((error: unknown) => {
      onError(error);
      if (!response.headersSent) send(response, 500, 'text/plain; charset=utf-8', 'the witness failed\n');
      else response.destroy();
    });
  });
  server.requestTimeout = REQUEST_SECONDS * 1000;
  server.headersTimeout = REQUEST_SECONDS * 1000;
  server.maxConnections = 256;
  return server;
}

async function answer(
  duties: WitnessDuties,
  origins: ReadonlyMap<string, string>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method, url = '' } = request;
  if (url === '/add-checkpoint') {
    if (method !== 'POST') return send(response, 405, 'text/plain; charset=utf-8', 'POST a checkpoint\n');
    const body = await readBody(request);
    if (body === null) return send(response, 400, 'text/plain; charset=utf-8', 'the body is too long, or not UTF-8\n');
    const { status, contentType, body: text } = addCheckpoint(duties, body);
    return send(response, status, contentType, text);
  }
  const origin = origins.get(checkpointPath.exec(url)?.[1] ?? '');
  const checkpoint = origin === undefined ? null : duties.store.checkpoint(origin);
  if (checkpoint === null || (method !== 'GET' && method !== 'HEAD'))
    return send(response, 404, 'text/plain; charset=utf-8', 'there is nothing here\n');
  return send(response, 200, 'text/plain; charset=utf-8', checkpoint);
}

/** The body as text; null when it is too long or no UTF-8. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch {
    return null;
  }
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  const headers: Record<string, string> = { 'content-type': contentType, 'cache-control': 'no-store' };
  // What is left of a body that was not read must not be taken for the next request.
  if (status === 400) headers.connection = 'close';
  response.writeHead(status, headers).end(body);
}
