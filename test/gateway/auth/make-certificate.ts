import { createPublicKey, type KeyObject, sign } from 'node:crypto';

/** A self-signed X.509 certificate (RFC 5280) of an Ed25519 key, in DER: no more in it than readers ask for. */
export function makeCertificate(privateKey: KeyObject, fromMs: number, untilMs: number): Uint8Array {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const ed25519 = sequence(Buffer.from('06032b6570', 'hex'));
  const commonName = sequence(Buffer.from('0603550403', 'hex'), tag(0x0c, Buffer.from('service')));
  const name = sequence(tag(0x31, commonName));
  const validity = sequence(time(fromMs), time(untilMs));
  const serial = Buffer.from('020101', 'hex');
  const version = tag(0xa0, Buffer.from('020102', 'hex'));
  const body = sequence(version, serial, ed25519, name, validity, name, spki);
  const signature = tag(0x03, Buffer.concat([Buffer.of(0), sign(null, body, privateKey)]));
  return sequence(body, ed25519, signature);
}

function sequence(...parts: Uint8Array[]): Buffer {
  return tag(0x30, Buffer.concat(parts));
}

function tag(number: number, content: Uint8Array): Buffer {
  const { length } = content;
  const size = length < 128 ? Buffer.of(length) : Buffer.of(0x82, length >> 8, length & 255);
  return Buffer.concat([Buffer.of(number), size, content]);
}

function time(ms: number): Buffer {
  return tag(0x18, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]|\.\d+Z/g, '')}Z`));
}
