import { writeFileSync } from 'node:fs';
import { renderVectors, vectorsFile } from './ledger-entry-vectors.ts';

writeFileSync(vectorsFile, renderVectors());
