/** The value of a cookie; null when it is not there, or there twice: then one of them was put there by somebody else. */
export function readCookie(headers: ReadonlyMap<string, readonly string[]>, name: string): string | null {
  let found: string | null = null;
  for (const line of headers.get('cookie') ?? []) {
    for (const part of line.split(';')) {
      const equals = part.indexOf('=');
      if (equals < 0 || part.slice(0, equals).trim() !== name) continue;
      if (found !== null) return null;
      found = part.slice(equals + 1).trim();
    }
  }
  return found;
}

/** `Lax` comes along when another site leads here, which what an identity provider sends back needs; everything else is `Strict`. */
export type SameSite = 'Strict' | 'Lax';

/** A Set-Cookie that no script reads, that goes over TLS alone (browsers take this machine for it), and to this host alone: so the name begins with `__Host-` (RFC 6265bis). */
export function writeCookie(name: string, value: string, sameSite: SameSite, maxAgeSeconds: number): string {
  return `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=${sameSite}; Max-Age=${maxAgeSeconds}`;
}
