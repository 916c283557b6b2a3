import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';

/** How a module is named by another: at run time, only as a type, or as the entry of a worker thread. */
export type ImportKind = 'runtime' | 'type' | 'worker';

/** One import statement. */
export interface Import {
  readonly specifier: string;
  readonly kind: ImportKind;
  /** From 1. */
  readonly line: number;
}

/** One source file with what it imports. */
export interface SourceFile {
  /** Relative to the tree's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

// Biome writes import and export statements from column 0, so a scan of the text finds them; no parser is needed.
const statementPattern = /^(?:import|export)\s+(type\s+)?(?:[^'"`;]*?\bfrom\s*)?(['"])([^'"\n]+)\2/gm;
const dynamicPattern = /(\btypeof\s+)?\bimport\(\s*(['"])([^'"\n]+)\2/g;
const workerPattern = /\bnew URL\(\s*(['"])([^'"\n]+\.ts)\1\s*,\s*import\.meta\.url/g;

/** Finds the imports of one file. `import { type A }` counts as a run-time import: Node strips the name but loads the module. */
export function findImports(text: string): Import[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, (comment) => comment.replace(/[^\n]/g, ' '));
  const lineAt = (index: number): number => code.slice(0, index).split('\n').length;
  const imports: Import[] = [];
  for (const match of code.matchAll(statementPattern)) {
    imports.push({ specifier: match[3]!, kind: match[1] ? 'type' : 'runtime', line: lineAt(match.index) });
  }
  for (const match of code.matchAll(dynamicPattern)) {
    imports.push({ specifier: match[3]!, kind: match[1] ? 'type' : 'runtime', line: lineAt(match.index) });
  }
  for (const match of code.matchAll(workerPattern)) {
    imports.push({ specifier: match[2]!, kind: 'worker', line: lineAt(match.index) });
  }
  return imports;
}

/** Reads every `.ts` file below `<root>/src`, sorted by path. */
export function readSourceTree(root: string): SourceFile[] {
  return readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => {
      const text = readFileSync(file, 'utf8');
      return { path: relative(root, file).split(sep).join('/'), text, imports: findImports(text) };
    });
}

/** The path, relative to the root, that a relative specifier names; null for packages and `node:` modules. */
export function resolveImport(from: string, specifier: string): string | null {
  return specifier.startsWith('.') ? posix.normalize(posix.join(dirname(from), specifier)) : null;
}
