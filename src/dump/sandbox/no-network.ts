import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * Takes the network from this process: Node 24's permission model does not cover it. Nothing hostile is run as a program here; this is for libraries that
 * would fetch something by themselves (a schema, a model, an entity), so it is called before any of them is loaded: names that were imported from a module of Node's
 * before it was changed would stay as they were. (`syncBuiltinESMExports` mends that, and loads HTTP and all that hangs on it: 70 ms.)
 * Where the system has `unshare`, there is no network interface either (host.ts).
 */
export function closeNetwork(): void {
  const net = require('node:net') as typeof import('node:net');
  net.Socket.prototype.connect = refuse;
  net.Server.prototype.listen = refuse;
  const dgram = require('node:dgram') as typeof import('node:dgram');
  Object.assign(dgram.Socket.prototype, { bind: refuse, connect: refuse, send: refuse });
  const dns = require('node:dns') as typeof import('node:dns');
  for (const names of [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype]) {
    for (const name of Object.getOwnPropertyNames(names)) {
      if (/^(?:lookup|resolve|reverse)/.test(name)) Object.defineProperty(names, name, { value: refuse });
    }
  }
  for (const name of ['fetch', 'WebSocket', 'EventSource']) {
    // To define one that is there loads what it comes from.
    Reflect.deleteProperty(globalThis, name);
    Object.defineProperty(globalThis, name, { value: refuse, configurable: false, writable: false });
  }
}

/** Also as a constructor. */
function refuse(): never {
  throw new Error('the reading process has no network');
}
