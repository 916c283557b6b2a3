import { hash } from 'node:crypto';
import type { Sha256 } from '../core/bytes.ts';

/**
 * SHA-256 of node:crypto in one call, by way of a string of bytes: alternating runs of 60 bytes each took 1.1 µs, 1.95 µs when `hash` makes a buffer of its own, and
 * 2.5 µs with an object and updates.
 */
export const sha256: Sha256 = (bytes) => Buffer.from(hash('sha256', bytes, 'binary'), 'latin1');
