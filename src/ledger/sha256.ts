import { hash } from 'node:crypto';
import type { Sha256 } from '../core/bytes.ts';

/** SHA-256 of node:crypto in one call: 0.7 µs for the bytes of a leaf or node, half of what an object with updates takes. */
export const sha256: Sha256 = (bytes) => hash('sha256', bytes, 'buffer');
