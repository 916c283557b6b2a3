import { connect } from 'node:net';
import { type Device, signedHeaders } from './lab.ts';

/*
 * Requests as bytes on a socket: what no client library would send.
 */

export interface Patience {
  /** So many answers are waited for, `waitMs` for each: a machine with much else to do lets one wait. */
  readonly answers: number;
  readonly waitMs: number;
}

/** What comes behind the last answer that is waited for comes soon. */
const QUIET_MS = 150;

/** Sends bytes and gives everything that came until the other side closed, or nothing more came. */
export function exchange(
  address: string,
  parts: readonly string[],
  { answers, waitMs }: Patience = { answers: 1, waitMs: 10_000 },
): Promise<string> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let came = '';
    const done = (): void => {
      socket.destroy();
      resolve(came);
    };
    socket.setEncoding('latin1').on('data', (text: string) => {
      came += text;
      if (statusesIn(came).length >= answers) socket.setTimeout(QUIET_MS);
    });
    socket.on('error', done).on('close', done);
    socket.setTimeout(waitMs, done);
    for (const part of parts) socket.write(part, 'latin1');
  });
}

/** Status of each answer in what came. */
export function statusesIn(came: string): number[] {
  return [...came.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) => Number(status));
}

export interface RawRequest {
  readonly method: string;
  readonly target: string;
  readonly lines: readonly string[];
  readonly body: string;
}

/** A request that is right in everything. */
export function signedRequest(device: Device, address: string, path: string, value: unknown): RawRequest {
  const url = new URL(path, address);
  const body = Buffer.from(JSON.stringify(value)).toString('latin1');
  const signed = signedHeaders(device, 'POST', url, Buffer.from(body, 'latin1').toString('utf8'));
  const headers = { host: url.host, 'content-length': String(body.length), ...signed };
  return { method: 'POST', target: path, lines: Object.entries(headers).map((pair) => pair.join(': ')), body };
}

export function textOf({ method, target, lines, body }: RawRequest, version = 'HTTP/1.1'): string {
  return `${method} ${target} ${version}\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** The request with other lines in place of the one of that name. */
export function replaceLine(request: RawRequest, name: string, ...others: readonly string[]): RawRequest {
  const lines = request.lines.flatMap((line) => (line.toLowerCase().startsWith(`${name}:`) ? others : [line]));
  return { ...request, lines };
}

export function addLines(request: RawRequest, ...lines: readonly string[]): RawRequest {
  return { ...request, lines: [...request.lines, ...lines] };
}
