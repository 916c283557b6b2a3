import { generateKeyPairSync, hash, randomBytes, sign } from 'node:crypto';

/** A passkey in software: makes one Ed25519 credential, and answers challenges with it (WebAuthn, level 3, sections 5.8.1, 6.1 and 6.5). */
export class SoftwareAuthenticator {
  readonly #keys = generateKeyPairSync('ed25519');
  readonly #origin: string;
  readonly #host: string;
  readonly id = randomBytes(16);
  counter = 1;
  /** User present and verified. */
  flags = 0x05;

  constructor(origin: string) {
    this.#origin = origin;
    this.#host = new URL(origin).hostname;
  }

  create({ challenge }: { readonly challenge: string }) {
    const { x } = this.#keys.publicKey.export({ format: 'jwk' });
    const key = cborMap([
      [1, 1],
      [3, -8],
      [-1, 6],
      [-2, Buffer.from(x ?? '', 'base64url')],
    ]);
    const length = Buffer.from([0, this.id.length]);
    const data = Buffer.concat([this.#data(this.flags | 0x40), Buffer.alloc(16), length, this.id, key]);
    const attestationObject = cborMap([
      ['fmt', 'none'],
      ['attStmt', cborMap([])],
      ['authData', data],
    ]).toString('base64url');
    const clientDataJSON = this.#clientData('webauthn.create', challenge).toString('base64url');
    return this.#credential({ clientDataJSON, attestationObject, transports: ['internal'] });
  }

  get({ challenge }: { readonly challenge: string }) {
    this.counter++;
    const clientData = this.#clientData('webauthn.get', challenge);
    const data = this.#data(this.flags);
    const signature = sign(null, Buffer.concat([data, hash('sha256', clientData, 'buffer')]), this.#keys.privateKey);
    return this.#credential({
      clientDataJSON: clientData.toString('base64url'),
      authenticatorData: data.toString('base64url'),
      signature: signature.toString('base64url'),
    });
  }

  #credential<T>(response: T) {
    const id = this.id.toString('base64url');
    return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response };
  }

  #data(flags: number): Buffer {
    const tail = Buffer.alloc(5);
    tail.writeUInt8(flags, 0);
    tail.writeUInt32BE(this.counter, 1);
    return Buffer.concat([hash('sha256', this.#host, 'buffer'), tail]);
  }

  #clientData(type: string, challenge: string): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin: this.#origin, crossOrigin: false }));
  }
}

type Value = number | string | Buffer;
const written = new WeakSet<Buffer>();

/** A map in CBOR (RFC 8949); a map within it stands as it was written. */
function cborMap(entries: readonly (readonly [number | string, Value])[]): Buffer {
  const parts = entries.flatMap(([key, value]) => [cbor(key), cbor(value)]);
  const map = Buffer.concat([head(5, entries.length), ...parts]);
  written.add(map);
  return map;
}

function cbor(value: Value): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') return Buffer.concat([head(3, value.length), Buffer.from(value)]);
  return written.has(value) ? value : Buffer.concat([head(2, value.length), value]);
}

function head(major: number, length: number): Buffer {
  if (length < 24) return Buffer.from([(major << 5) | length]);
  return length < 256
    ? Buffer.from([(major << 5) | 24, length])
    : Buffer.from([(major << 5) | 25, length >> 8, length & 255]);
}
