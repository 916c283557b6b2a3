import { MAX_COLUMNS, MAX_NAME_LENGTH } from './record-shapes.ts';

/** Paths of one table that are told apart; those beyond are dropped. */
const MAX_PATHS = 16 * MAX_COLUMNS;

/** One place in the records of a table: `user.phone`. */
export class PathNode {
  /** Its number within the table; the root has none (-1). */
  readonly id: number;
  readonly name: string;
  /** The key as it stands between the quotes. */
  readonly key: Uint8Array;
  /** Where the keys below it are looked up; `_source` of Elasticsearch shares those of the record. */
  readonly scope: PathNode;
  readonly children = new Map<string, PathNode>();
  readonly items: PathNode[] = [];
  /** The key that came first in the latest object here, and the one that came after this one: the guess for the next record. */
  first: PathNode | null = null;
  follower: PathNode | null = null;
  /** Whether an array of many records stands here: they go to a table of their own. */
  own = false;

  constructor(id: number, name: string, key: Uint8Array, scope: PathNode | null) {
    this.id = id;
    this.name = name;
    this.key = key;
    this.scope = scope ?? this;
  }
}

const encoder = new TextEncoder();

/** All paths of the records of one table. */
export class PathTree {
  readonly root = new PathNode(-1, '', new Uint8Array(0), null);
  /** Arrays that have got a table of their own. */
  owned = 0;
  readonly #names: string[] = [];

  nameOf(id: number): string {
    return this.#names[id] ?? '';
  }

  /** The path of a key below another, made when it is new; null when there are too many or its name grows too long. `raw` is the key before escapes are undone. */
  child(parent: PathNode, raw: string): PathNode | null {
    const scope = parent.scope;
    const known = scope.children.get(raw);
    if (known !== undefined) return known;
    const node = this.#make(scope, undoEscapes(raw), encoder.encode(raw), raw === '_source' ? this.root : null);
    if (node !== null) scope.children.set(raw, node);
    return node;
  }

  /** The path of an array's item. */
  item(parent: PathNode, index: number): PathNode | null {
    const known = parent.items[index];
    if (known !== undefined) return known;
    const node = this.#make(parent, String(index), new Uint8Array(0), null);
    if (node !== null) parent.items[index] = node;
    return node;
  }

  #make(parent: PathNode, key: string, bytes: Uint8Array, scope: PathNode | null): PathNode | null {
    const name = parent === this.root ? key : `${parent.name}.${key}`;
    if (this.#names.length >= MAX_PATHS || name.length > MAX_NAME_LENGTH) return null;
    return new PathNode(this.#names.push(name) - 1, name, bytes, scope);
  }
}

function undoEscapes(raw: string): string {
  if (!raw.includes('\\')) return raw;
  try {
    const text: unknown = JSON.parse(`"${raw}"`);
    return typeof text === 'string' ? text.toWellFormed() : raw;
  } catch {
    return raw;
  }
}
