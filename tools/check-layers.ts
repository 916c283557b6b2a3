import { fileURLToPath } from 'node:url';
import { findCycles, findLayerBreaches } from './layers.ts';
import { readSourceTree } from './source-tree.ts';

const root = process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url));
const files = readSourceTree(root);
const problems = [...findLayerBreaches(files), ...findCycles(files)];
for (const problem of problems) console.error(problem);
const summary = problems.length === 0 ? 'no breach, no cycle' : `${problems.length} problems`;
console.log(`layers: ${files.length} files, ${summary}`);
process.exitCode = problems.length === 0 ? 0 : 1;
