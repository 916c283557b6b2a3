import { gzip } from './containers/gzip.ts';
import type { Container, FormatReader } from './reader.ts';

/** Every format that holds tables, but for delimited text, which is what all other text is taken for. A further one is an entry here. */
export const readers: readonly FormatReader[] = [];

/** Every compressed stream and archive. */
export const containers: readonly Container[] = [gzip];
