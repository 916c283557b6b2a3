/*
 * Builds the kernel and writes its bytes into src/kernel/bytes.ts; with --check it only compares, and fails when they differ.
 * The compiler's version is pinned, so the bytes are the same everywhere.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'src/kernel/bytes.ts');

function build(): string {
  const folder = mkdtempSync(join(tmpdir(), 'boltseal-kernel-'));
  try {
    const out = join(folder, 'kernel.wasm');
    const asc = join(root, 'node_modules/assemblyscript/bin/asc.js');
    const options = ['--config', 'kernel/asconfig.json', 'kernel/assembly/index.ts', '-o', out];
    // AS112 and AS201 warn of embeddings and of 64-bit memories that this kernel does not have.
    const run = spawnSync(process.execPath, [asc, ...options, '--disableWarning', '112', '--disableWarning', '201'], {
      cwd: root,
      encoding: 'utf8',
    });
    if (run.status !== 0) throw new Error(`the kernel does not compile:\n${run.stderr}`);
    return readFileSync(out).toString('base64');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function asSource(base64: string): string {
  const lines = base64.match(/.{1,120}/g) ?? [];
  const body = lines.map((line) => `  '${line}',`).join('\n');
  return `// Written by tools/build-kernel.ts from kernel/assembly: do not edit, run \`npm run kernel:build\`.\nexport const kernelBase64: string = [\n${body}\n].join('');\n`;
}

const source = asSource(build());
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== source) {
    console.error('src/kernel/bytes.ts is not what kernel/assembly compiles to: run `npm run kernel:build`');
    process.exit(1);
  }
  console.log('kernel: the committed bytes are what the sources compile to');
} else {
  writeFileSync(target, source);
  console.log(`kernel: ${source.length} characters written`);
}
