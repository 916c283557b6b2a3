import { createRequire, syncBuiltinESMExports } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * Takes the network from this process: Node 24's permission model does not cover it. Nothing hostile is run as a program here; this is for libraries that
 * would fetch something by themselves (a schema, a model, an entity). Where the system has `unshare`, there is no network interface either (host.ts).
 */
export function closeNetwork(): void {
  const refuse = (): never => {
    throw new Error('the reading process has no network');
  };
  const net = require('node:net') as typeof import('node:net');
  net.Socket.prototype.connect = refuse;
  net.Server.prototype.listen = refuse;
  const dgram = require('node:dgram') as typeof import('node:dgram');
  dgram.createSocket = refuse;
  const dns = require('node:dns') as typeof import('node:dns');
  dns.lookup = refuse as unknown as typeof dns.lookup;
  for (const name of ['fetch', 'WebSocket', 'EventSource']) {
    Object.defineProperty(globalThis, name, { value: refuse, configurable: false, writable: false });
  }
  syncBuiltinESMExports();
}
