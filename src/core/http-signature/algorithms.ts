/** Signature algorithms of RFC 9421, section 3.3, that are known here. The gateway takes `ed25519` only. */
export const signatureAlgorithms = ['ed25519', 'hmac-sha256', 'ecdsa-p256-sha256', 'rsa-pss-sha512'] as const;
export type SignatureAlgorithm = (typeof signatureAlgorithms)[number];

/** What Web Cryptography wants to hear for an algorithm: when a key is imported, and when it signs or verifies. */
export const webCryptoAlgorithms = {
  ed25519: { key: { name: 'Ed25519' }, signature: { name: 'Ed25519' } },
  'hmac-sha256': { key: { name: 'HMAC', hash: 'SHA-256' }, signature: { name: 'HMAC' } },
  'ecdsa-p256-sha256': {
    key: { name: 'ECDSA', namedCurve: 'P-256' },
    signature: { name: 'ECDSA', hash: 'SHA-256' },
  },
  'rsa-pss-sha512': {
    key: { name: 'RSA-PSS', hash: 'SHA-512' },
    // As long as the digest (section 3.3.1).
    signature: { name: 'RSA-PSS', saltLength: 64 },
  },
} as const satisfies Record<SignatureAlgorithm, { key: object; signature: object }>;
