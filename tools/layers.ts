import { resolveImport, type SourceFile } from './source-tree.ts';

/** What one layer may import besides itself: layers in full, and layers of which only types. `*` stands for every layer. */
interface LayerRule {
  readonly uses: readonly string[];
  readonly types?: readonly string[];
}

/** Folders below src/ that are layers, in the order of docs/design. Kernel and scan are the two that verify needed (docs/adr/0005). */
const layers: Readonly<Record<string, LayerRule>> = {
  core: { uses: [] },
  contract: { uses: ['core'] },
  kernel: { uses: ['core'] },
  home: { uses: ['core', 'contract'] },
  demo: { uses: ['core', 'contract', 'client'] },
  dump: { uses: ['core', 'contract'] },
  register: { uses: ['core', 'contract'], types: ['dump'] },
  canaries: { uses: ['core', 'contract', 'home', 'register'] },
  ledger: { uses: ['core', 'contract'] },
  store: { uses: ['core', 'contract', 'dump'] },
  disclosures: { uses: ['core', 'contract', 'kernel', 'dump', 'register', 'ledger'] },
  report: { uses: ['core'] },
  scan: { uses: ['core', 'contract', 'kernel', 'dump', 'register'] },
  verify: { uses: ['core', 'contract', 'kernel', 'dump', 'register', 'canaries', 'scan', 'report'] },
  attribute: { uses: ['core', 'contract', 'register', 'canaries', 'disclosures', 'report'], types: ['verify'] },
  vault: { uses: ['core', 'contract', 'store', 'register'] },
  login: { uses: ['core', 'contract', 'store', 'register'] },
  detect: { uses: ['core', 'contract', 'disclosures'] },
  respond: { uses: ['core', 'contract', 'store', 'ledger'], types: ['verify', 'attribute'] },
  gateway: { uses: ['core', 'contract'], types: ['*'] },
  cli: { uses: ['core', 'contract', 'home', 'demo', 'client'], types: ['*'] },
  client: { uses: ['core', 'contract'] },
};

const composeFile = 'src/compose.ts';
/** Parts of compose, which only it and they import. */
const composeFolder = 'compose';
/** The only files that import compose, and what compose itself must leave alone. */
const composeUsers = ['src/cli/main.ts', 'src/gateway/server.ts'];
const aboveCompose = ['gateway', 'cli'];
/** What the command line's main file starts of the gateway; nothing else of the command line knows it. */
const gatewayEntries = [
  'src/gateway/server.ts',
  'src/gateway/policy/tool.ts',
  'src/gateway/directory/tool.ts',
  'src/gateway/forget-people.ts',
];
/** What is to be built for them, as types. */
const interfacesOfUsers = ['src/cli/services.ts', 'src/gateway/port.ts', 'src/gateway/stores.ts'];

/** Layers without Node, clock, chance or I/O. */
const pureLayers = ['core', 'contract'];
const impurePattern =
  /\bnew Date\(\s*\)|\b(?:Date\.now|Math\.random|performance|process|globalThis|Buffer|console|setTimeout|setInterval|setImmediate|queueMicrotask|fetch|crypto|TextEncoder|TextDecoder|require)\b/g;

/** Every breach of the layer table and of core's purity, one line of text each. */
export function findLayerBreaches(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => [...findForbiddenImports(file), ...findImpurity(file)]);
}

function findForbiddenImports(file: SourceFile): string[] {
  const breaches: string[] = [];
  const layer = layerOf(file.path);
  if (!isCompose(file.path) && !(layer in layers)) return [`${file.path}: "${layer}" is no layer of tools/layers.ts`];
  for (const { specifier, kind, line } of file.imports) {
    const target = resolveImport(file.path, specifier);
    const place = `${file.path}:${line}`;
    if (target === null) {
      if (specifier.startsWith('node:') && pureLayers.includes(layer)) {
        breaches.push(`${place}: ${layer} is pure and must not import ${specifier}`);
      }
    } else if (!target.startsWith('src/')) {
      breaches.push(`${place}: ${target} is outside src/`);
    } else if (!mayImport(file.path, target, kind === 'type')) {
      breaches.push(
        `${place}: ${nameOf(file.path)} must not import ${kind === 'type' ? 'types of ' : ''}${nameOf(target)} (${target})`,
      );
    }
  }
  return breaches;
}

function mayImport(from: string, target: string, typesOnly: boolean): boolean {
  if (from === 'src/cli/main.ts' && gatewayEntries.includes(target)) return true;
  if (target === composeFile) return composeUsers.includes(from);
  if (isCompose(target)) return isCompose(from);
  const layer = layerOf(from);
  const targetLayer = layerOf(target);
  if (isCompose(from)) return !aboveCompose.includes(targetLayer) || (typesOnly && interfacesOfUsers.includes(target));
  if (layer === targetLayer) return true;
  const rule = layers[layer];
  if (rule === undefined) return false;
  if (rule.uses.includes(targetLayer)) return true;
  return typesOnly && (rule.types ?? []).some((allowed) => allowed === '*' || allowed === targetLayer);
}

function findImpurity(file: SourceFile): string[] {
  if (!pureLayers.includes(layerOf(file.path))) return [];
  const code = blankCommentsAndStrings(file.text);
  return code.split('\n').flatMap((text, index) =>
    [...text.matchAll(impurePattern)]
      // A property or a key of that name is no access to the global.
      .filter(
        (match) =>
          !/[.\w$]$/.test(text.slice(0, match.index)) && !/^\s*\??:/.test(text.slice(match.index + match[0].length)),
      )
      .map((match) => `${file.path}:${index + 1}: ${layerOf(file.path)} is pure and must not use ${match[0]}`),
  );
}

/** Good enough for a check that the type checker backs (tsconfig.core.json has no Node types): a quote inside a regular expression blanks the rest of its line. */
function blankCommentsAndStrings(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, (part) =>
    part.replace(/[^\n]/g, ' '),
  );
}

/** Every group of files that import each other in a circle at run time, as one line of text each. */
export function findCycles(files: readonly SourceFile[]): string[] {
  const known = new Set(files.map((file) => file.path));
  const edges = new Map(
    files.map((file) => [
      file.path,
      file.imports
        .filter((entry) => entry.kind === 'runtime')
        .map((entry) => resolveImport(file.path, entry.specifier))
        .filter((target) => target !== null && known.has(target)) as string[],
    ]),
  );
  const finished = new Set<string>();
  const path: string[] = [];
  const cycles: string[] = [];
  const visit = (file: string): void => {
    if (finished.has(file)) return;
    const start = path.indexOf(file);
    if (start >= 0) {
      cycles.push(`cycle: ${[...path.slice(start), file].join(' → ')}`);
      return;
    }
    path.push(file);
    for (const target of edges.get(file) ?? []) visit(target);
    path.pop();
    finished.add(file);
  };
  for (const file of known) visit(file);
  return cycles;
}

/** The first folder below src/, or the file's own name for files that stand directly in it. */
function layerOf(path: string): string {
  return path.split('/')[1] ?? path;
}

function isCompose(path: string): boolean {
  return path === composeFile || layerOf(path) === composeFolder;
}

function nameOf(path: string): string {
  return isCompose(path) ? 'compose' : layerOf(path);
}
