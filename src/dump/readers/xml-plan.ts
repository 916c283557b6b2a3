import type { XmlHandler } from './xml-tokens.ts';

/** Where the rows of a file are. */
export interface XmlPlan {
  /** Paths of the elements whose children are rows: `/mysqldump/database/table_data`. */
  readonly parents: ReadonlySet<string>;
  /** Names that also stand within rows as parts of them. */
  readonly nested: ReadonlySet<string>;
}

interface PathCount {
  readonly path: string;
  readonly name: string;
  readonly parent: PathCount | null;
  readonly depth: number;
  count: number;
  /** Most elements of this path within one parent. */
  siblings: number;
  withElements: number;
  withAttributes: number;
  withText: number;
  /** Elements of this path that are cells: text only, or named cells. */
  cells: number;
  /** Elements of this path within which one of the same name stands. */
  withSame: number;
}

/** What says how tables are made, not what is in them. */
const schemas = new Set(['table_structure', 'schema', 'structure_schemas', 'fieldset', 'metadata']);
/** Elements that hold one cell whose column is said by an attribute: `<field name="email">`. */
const cellElements = new Set(
  'field column col property attribute data cell entry param value item str int long bool date double float'.split(' '),
);
const nameAttributes = new Set(['name', 'key', 'column']);
const MAX_PATHS = 10_000;
const MAX_DEPTH = 64;

/** The name without its namespace prefix. */
export function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** The column that an element's attributes name, or null when it is no named cell. */
export function cellName(name: string, attributes: readonly (readonly [string, string])[]): string | null {
  if (!cellElements.has(localName(name).toLowerCase())) return null;
  return attributes.find(([key]) => nameAttributes.has(localName(key).toLowerCase()))?.[1] ?? null;
}

/** Whether elements of this name, and what is in them, are passed over. */
export function isSchema(name: string): boolean {
  return schemas.has(localName(name).toLowerCase());
}

/** Counts the elements of a file's start, then says where its rows are. */
export class XmlSurvey implements XmlHandler {
  readonly #paths = new Map<string, PathCount>();
  readonly #stack: { node: PathCount; children: Map<string, number>; text: boolean; named: boolean; same: boolean }[] =
    [];
  #beyond = 0;
  elements = 0;
  damage = 0;

  open(name: string, attributes: readonly (readonly [string, string])[]): void {
    this.elements++;
    const top = this.#stack.at(-1);
    if (
      this.#stack.length >= MAX_DEPTH ||
      (this.#paths.size >= MAX_PATHS && !this.#paths.has(`${top?.node.path ?? ''}/${name}`))
    ) {
      this.#beyond++;
      return;
    }
    const path = `${top?.node.path ?? ''}/${name}`;
    let node = this.#paths.get(path);
    if (node === undefined) {
      const depth = this.#stack.length;
      const parent = top?.node ?? null;
      node = {
        path,
        name,
        parent,
        depth,
        count: 0,
        siblings: 0,
        withElements: 0,
        withAttributes: 0,
        withText: 0,
        cells: 0,
        withSame: 0,
      };
      this.#paths.set(path, node);
    }
    node.count++;
    if (attributes.some(([key]) => !key.startsWith('xmlns') && !key.startsWith('xsi:'))) node.withAttributes++;
    if (top !== undefined) {
      const siblings = (top.children.get(name) ?? 0) + 1;
      top.children.set(name, siblings);
      node.siblings = Math.max(node.siblings, siblings);
    }
    const outer = this.#stack.find((open) => open.node.name === name);
    if (outer !== undefined && !outer.same) {
      outer.same = true;
      outer.node.withSame++;
    }
    this.#stack.push({
      node,
      children: new Map(),
      text: false,
      named: cellName(name, attributes) !== null,
      same: false,
    });
  }

  close(name: string): void {
    if (this.#beyond > 0) {
      this.#beyond--;
      return;
    }
    if (!this.#stack.some((open) => open.node.name === name)) {
      this.damage++;
      return;
    }
    for (;;) {
      const open = this.#stack.pop()!;
      const { node } = open;
      if (open.children.size > 0) node.withElements++;
      else if (open.text || open.named) node.cells++;
      if (open.text) node.withText++;
      if (node.name === name) return;
      this.damage++;
    }
  }

  text(value: string): void {
    const top = this.#stack.at(-1);
    if (top !== undefined && this.#beyond === 0 && !top.text) top.text = value.trim() !== '';
  }

  broken(): void {
    this.damage++;
  }

  /**
   * Rows are the elements that repeat beside each other and have cells in them or attributes on them, at the shallowest depth; but what holds nothing except such elements,
   * or many more of them than it is repeated itself, is a table. Where nothing repeats, the shallowest element with cells is the one row.
   */
  plan(): XmlPlan {
    // What was cut off in the middle counts too.
    while (this.#stack.length > 0) {
      const open = this.#stack.pop()!;
      if (open.children.size > 0) open.node.withElements++;
    }
    const paths = [...this.#paths.values()].filter((node) => !isWithinSchema(node)).sort((a, b) => a.depth - b.depth);
    const isRow = (node: PathCount): boolean => node.depth > 0 && (node.withElements > 0 || isAttributeRow(node));
    const hasCells = (node: PathCount): boolean =>
      isAttributeRow(node) ||
      // A column may be empty in most rows.
      paths.some((child) => child.parent === node && !isRow(child) && child.cells > 0);
    const rows: PathCount[] = [];
    const candidates = paths.filter((node) => isRow(node) && hasCells(node));
    for (const node of candidates) {
      if (node.siblings < 2 || rows.some((row) => isBelow(node, row))) continue;
      const many = candidates.some(
        (inner) => inner.siblings >= 2 && isBelow(inner, node) && inner.count > 8 * node.count,
      );
      if (!many) rows.push(node);
    }
    if (rows.length === 0) {
      const single = candidates.find((node) => node.withElements > 0) ?? candidates[0];
      if (single !== undefined) rows.push(single);
    }
    const root = paths[0];
    if (rows.length === 0 && root !== undefined && hasCells(root)) rows.push(root);
    const parents = new Set(rows.map((row) => row.parent?.path ?? ''));
    // One row without its end seems to hold all that follow: only what many rows hold is a part of them.
    const nested = new Set(
      rows.filter((row) => row.withSame > 1 && row.withSame * 4 >= row.count).map((row) => row.name),
    );
    return { parents, nested };
  }
}

/** Whether the element's attributes are its cells: it has several times more attributes than text, and is no named cell. */
function isAttributeRow(node: PathCount): boolean {
  return node.withAttributes * 2 >= node.count && node.withElements === 0 && node.cells * 2 < node.count;
}

function isBelow(node: PathCount, other: PathCount): boolean {
  return node.path.startsWith(`${other.path}/`);
}

function isWithinSchema(node: PathCount): boolean {
  for (let at: PathCount | null = node; at !== null; at = at.parent) if (isSchema(at.name)) return true;
  return false;
}
