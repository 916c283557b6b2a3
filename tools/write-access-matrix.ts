import { writeFileSync } from 'node:fs';
import { accessMatrixDocument, readExpectedAccess } from './access-matrix.ts';

writeFileSync(new URL('../docs/access-matrix.md', import.meta.url), accessMatrixDocument(readExpectedAccess()));
