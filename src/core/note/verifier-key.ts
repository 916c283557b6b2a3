import { fromBase64, toBase64 } from '../base64.ts';
import { concatBytes, equalBytes, type Sha256 } from '../bytes.ts';
import { BoltsealError } from '../errors.ts';
import { type SignatureType, signatureTypeOf } from './signature-types.ts';
import { isKeyName, keyIdOf } from './signed-note.ts';

/** Whose signatures are believed. */
export interface VerifierKey {
  readonly name: string;
  /** 4 bytes. */
  readonly keyId: Uint8Array;
  readonly type: SignatureType;
  readonly publicKey: Uint8Array;
}

/** A key with its id. Fails with LEDGER_NOTE. */
export function makeVerifierKey(sha256: Sha256, name: string, type: SignatureType, publicKey: Uint8Array): VerifierKey {
  if (!isKeyName(name)) throw malformed('its name is empty or has a blank or plus sign');
  if (publicKey.length !== type.publicKeyBytes) throw malformed(`its key does not have ${type.publicKeyBytes} bytes`);
  return { name, keyId: keyIdOf(sha256, name, type.byte, publicKey), type, publicKey };
}

/** Reads `name+id+base64(type || key)` (C2SP signed-note, "Verifier keys"). Fails with LEDGER_NOTE. */
export function parseVerifierKey(sha256: Sha256, text: string): VerifierKey {
  const [, name = '', id = '', base64 = ''] = /^([^+]*)\+([0-9a-f]{8})\+(.+)$/s.exec(text) ?? [];
  const blob = fromBase64(base64);
  const [byte] = blob ?? [];
  if (blob === null || byte === undefined) throw malformed('it is not name+id+key');
  const type = signatureTypeOf(byte);
  if (type === undefined) throw malformed(`type ${byte} is not known`);
  const key = makeVerifierKey(sha256, name, type, blob.slice(1));
  if (toHex(key.keyId) !== id) throw malformed('its id is not that of its name and key');
  return key;
}

/** The key in its one spelling. */
export function formatVerifierKey({ name, keyId, type, publicKey }: VerifierKey): string {
  return `${name}+${toHex(keyId)}+${toBase64(concatBytes([Uint8Array.of(type.byte), publicKey]))}`;
}

/** Whether both are the same key under the same name. */
export function isSameKey(a: VerifierKey, b: VerifierKey): boolean {
  return a.name === b.name && a.type === b.type && equalBytes(a.publicKey, b.publicKey);
}

function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function malformed(problem: string): BoltsealError {
  return new BoltsealError('LEDGER_NOTE', { what: 'verifier key', problem });
}
