import path from 'node:path';
import { type Files, type OpenFile, SECTOR_BYTES } from '../../../src/ledger/files/port.ts';

/*
 * A disk that keeps no more than what src/ledger/files/port.ts promises. Every call that changes something is an operation, counted; `crashed` gives what a loss of
 * power would leave at this moment, with a chooser that says which of the things that were not synced are kept.
 */

/** Says of each thing that was not synced whether it survives. */
export type Chooser = () => boolean;

/** What an injected error does: `short` writes the first half and fails. */
export interface Fault {
  /** The operation that fails, counted from 0. */
  readonly at: number;
  readonly code: 'EIO' | 'ENOSPC';
  readonly isShort?: boolean;
}

interface FileNode {
  readonly is: 'file';
  durable: Uint8Array;
  cached: Uint8Array;
  pending: Pending[];
}

/** `cut`: the file was emptied. */
type Pending = { readonly is: 'write'; readonly at: number; readonly bytes: Uint8Array } | { readonly is: 'cut' };

interface FolderNode {
  readonly is: 'folder';
  durable: Map<string, DiskNode>;
  cached: Map<string, DiskNode>;
}

type DiskNode = FileNode | FolderNode;

/** A change of names; a rename has two places and is done whole or not at all. */
interface NameChange {
  readonly set: { readonly folder: FolderNode; readonly name: string; readonly node: DiskNode } | null;
  readonly drop: { readonly folder: FolderNode; readonly name: string; readonly node: DiskNode } | null;
}

export class ModelDisk implements Files {
  #root: FolderNode = newFolder();
  #changes: NameChange[] = [];
  fault: Fault | null = null;
  operations = 0;
  /** Hears before each operation. */
  onOperation: (() => void) | null = null;
  free = 1e12;
  /** What the operations were, for a failing test. */
  readonly trace: string[] = [];

  open(file: string, mode: 'read' | 'update' | 'create'): OpenFile {
    const { folder, name } = this.#place(file);
    let node = folder.cached.get(name);
    if (mode !== 'create') {
      if (node?.is !== 'file') throw failure('ENOENT');
      return this.#opened(node, file);
    }
    this.#operate(`create ${file}`);
    if (node?.is === 'file') {
      node.pending.push({ is: 'cut' });
      node.cached = new Uint8Array(0);
    } else {
      node = { is: 'file', durable: new Uint8Array(0), cached: new Uint8Array(0), pending: [] };
      this.#change({ set: { folder, name, node }, drop: null });
    }
    return this.#opened(node, file);
  }

  rename(from: string, to: string): void {
    const source = this.#place(from);
    const target = this.#place(to);
    const node = source.folder.cached.get(source.name);
    if (node === undefined) throw failure('ENOENT');
    this.#operate(`rename ${from} ${to}`);
    this.#change({ set: { ...target, node }, drop: { ...source, node } });
  }

  remove(file: string): void {
    const { folder, name } = this.#place(file);
    const node = folder.cached.get(name);
    if (node === undefined) return;
    this.#operate(`remove ${file}`);
    this.#change({ set: null, drop: { folder, name, node } });
  }

  makeFolder(wanted: string): void {
    let folder = this.#root;
    for (const name of wanted.split('/').filter((part) => part !== '')) {
      let next = folder.cached.get(name);
      if (next === undefined) {
        this.#operate(`folder ${wanted}`);
        next = newFolder();
        this.#change({ set: { folder, name, node: next }, drop: null });
      }
      if (next.is !== 'folder') throw failure('ENOTDIR');
      folder = next;
    }
  }

  removeTree(folder: string): void {
    const node = this.#find(folder);
    if (node?.is !== 'folder') {
      if (node !== undefined) this.remove(folder);
      return;
    }
    for (const name of [...node.cached.keys()]) this.removeTree(`${folder}/${name}`);
    this.removeFolder(folder);
  }

  removeFolder(folder: string): void {
    const place = this.#place(folder);
    const node = place.folder.cached.get(place.name);
    if (node?.is !== 'folder' || node.cached.size > 0) return;
    this.#operate(`remove folder ${folder}`);
    this.#change({ set: null, drop: { ...place, node } });
  }

  syncFolder(folder: string): void {
    const node = this.#find(folder);
    if (node?.is !== 'folder') throw failure('ENOENT');
    this.#operate(`sync folder ${folder}`);
    const isOf = ({ set, drop }: NameChange) => set?.folder === node || drop?.folder === node;
    for (const change of this.#changes) if (isOf(change)) applyChange(change, ({ durable }) => durable, same);
    this.#changes = this.#changes.filter((change) => !isOf(change));
  }

  list(folder: string): string[] {
    const node = this.#find(folder);
    return node?.is === 'folder' ? [...node.cached.keys()] : [];
  }

  freeBytes(): number {
    return this.free;
  }

  /** The disk after a loss of power now. */
  crashed(keeps: Chooser): ModelDisk {
    const copies = new Map<DiskNode, DiskNode>();
    const copyOf = (node: DiskNode): DiskNode => {
      let copy = copies.get(node);
      if (copy !== undefined) return copy;
      if (node.is === 'file') {
        const bytes = survivingBytes(node, keeps);
        copy = { is: 'file', durable: bytes, cached: bytes.slice(), pending: [] };
        copies.set(node, copy);
        return copy;
      }
      const folder = newFolder();
      copies.set(node, folder);
      for (const [name, child] of node.durable) folder.durable.set(name, copyOf(child));
      return folder;
    };
    const disk = new ModelDisk();
    disk.#root = copyOf(this.#root) as FolderNode;
    for (const change of this.#changes) {
      if (keeps()) applyChange(change, ({ durable }) => durable, copyOf);
    }
    for (const node of copies.values()) if (node.is === 'folder') node.cached = new Map(node.durable);
    return disk;
  }

  /** The disk as another process sees it after this one was killed: nothing is lost, and nothing more is synced. */
  killed(): ModelDisk {
    const disk = new ModelDisk();
    disk.#root = this.#root;
    disk.#changes = this.#changes;
    return disk;
  }

  /** All files by path, as a reader sees them. */
  contents(): Map<string, Uint8Array> {
    const all = new Map<string, Uint8Array>();
    const walk = (folder: FolderNode, prefix: string): void => {
      for (const [name, node] of folder.cached) {
        if (node.is === 'file') all.set(`${prefix}/${name}`, node.cached);
        else walk(node, `${prefix}/${name}`);
      }
    };
    walk(this.#root, '');
    return all;
  }

  #opened(node: FileNode, file: string): OpenFile {
    const sync = (): void => {
      const name = path.basename(file);
      this.#operate(`sync ${name}`, () => {
        // As Linux does: what could not be written is clean afterwards, readable and never written again.
        node.pending = [];
      });
      node.durable = node.cached.slice();
      node.pending = [];
    };
    return {
      write: (bytes, at) => {
        const put = (part: Uint8Array): void => {
          if (node.cached.length < at + part.length) {
            const larger = new Uint8Array(at + part.length);
            larger.set(node.cached);
            node.cached = larger;
          }
          node.cached.set(part, at);
          node.pending.push({ is: 'write', at, bytes: part.slice() });
        };
        this.#operate(`write ${path.basename(file)} ${at}+${bytes.length}`, ({ isShort }) => {
          if (isShort) put(bytes.subarray(0, bytes.length >> 1));
        });
        put(bytes);
      },
      read: (into, at) => {
        const part = node.cached.subarray(at, at + into.length);
        into.set(part);
        return part.length;
      },
      sizeBytes: () => node.cached.length,
      sync,
      syncLater: async () => {
        await Promise.resolve();
        sync();
        // Whoever is told of the sync is told later than it happened.
        await Promise.resolve();
      },
      close: () => {},
    };
  }

  #operate(what: string, onFault: (fault: Fault) => void = () => {}): void {
    this.onOperation?.();
    const place = this.operations++;
    this.trace.push(what);
    if (this.fault?.at !== place) return;
    onFault(this.fault);
    throw failure(this.fault.code);
  }

  #change(change: NameChange): void {
    applyChange(change, ({ cached }) => cached, same);
    this.#changes.push(change);
  }

  #place(file: string): { readonly folder: FolderNode; readonly name: string } {
    const folder = this.#find(path.dirname(file));
    if (folder?.is !== 'folder') throw failure('ENOENT');
    return { folder, name: path.basename(file) };
  }

  #find(wanted: string): DiskNode | undefined {
    let node: DiskNode | undefined = this.#root;
    for (const name of wanted.split('/').filter((part) => part !== '')) {
      if (node?.is !== 'folder') return undefined;
      node = node.cached.get(name);
    }
    return node;
  }
}

function newFolder(): FolderNode {
  return { is: 'folder', durable: new Map(), cached: new Map() };
}

function same(node: DiskNode): DiskNode {
  return node;
}

function applyChange(
  { set, drop }: NameChange,
  namesOf: (folder: FolderNode) => Map<string, DiskNode>,
  copyOf: (node: DiskNode) => DiskNode,
): void {
  if (drop !== null) {
    const names = namesOf(copyOf(drop.folder) as FolderNode);
    if (names.get(drop.name) === copyOf(drop.node)) names.delete(drop.name);
  }
  if (set !== null) namesOf(copyOf(set.folder) as FolderNode).set(set.name, copyOf(set.node));
}

/** Each sector of each write survives or not, by itself. */
function survivingBytes({ durable, pending }: FileNode, keeps: Chooser): Uint8Array {
  let bytes = durable.slice();
  for (const change of pending) {
    if (change.is === 'cut') {
      if (keeps()) bytes = new Uint8Array(0);
      continue;
    }
    const end = change.at + change.bytes.length;
    for (let at = change.at; at < end; ) {
      const next = Math.min(end, (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES);
      if (keeps()) {
        if (bytes.length < next) {
          const larger = new Uint8Array(next);
          larger.set(bytes);
          bytes = larger;
        }
        bytes.set(change.bytes.subarray(at - change.at, next - change.at), at);
      }
      at = next;
    }
  }
  return bytes;
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}
