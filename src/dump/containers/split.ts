import { open, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { BoltsealError } from '../../core/errors.ts';
import { HEAD_BYTES } from '../input.ts';
import type { ByteInput } from '../reader.ts';

const READ_BYTES = 262_144;
/** More pieces than any program writes; a name may claim any number. */
const PIECES_MOST = 10_000;
const ARCHIVE_NAME = /\.(?:7z|zip|rar|tar|t?gz|t?bz2|t?xz|zst|lz4)$/i;

/** Files that belong together. */
export interface FileGroup {
  /** The name of the whole: that of the file, or what the pieces' names have in common. */
  readonly name: string;
  /** Paths in the order in which they are read. */
  readonly pieces: readonly string[];
  /** Pieces that must exist and are not among the paths, by name. The last ones cannot be missed: nothing says how many there are. */
  readonly missing: readonly string[];
  /** So many of `pieces` stand before the first that is missing. */
  readonly leading: number;
  /** The name of the piece that would come next if the last one were not the last; null: this is no split file, or it has its last piece. */
  readonly next: string | null;
}

/** One file of a split input. */
export interface FilePiece {
  readonly path: string;
  readonly sizeBytes: number;
}

/** An input that lies in several files; its stream gives them one after another. Volumes of rar must be read as files each. */
export interface SplitInput extends ByteInput {
  readonly pieces: readonly FilePiece[];
}

export function isSplitInput(input: ByteInput): input is SplitInput {
  return 'pieces' in input && Array.isArray(input.pieces);
}

interface PieceName {
  /** The same for all pieces of a whole. */
  readonly key: string;
  readonly name: string;
  /** Position from 0, or null for the piece that comes last (`.zip`). */
  readonly index: number | null;
  /** The name of the piece at a position. */
  nameOf(index: number): string;
}

/**
 * Groups paths by the names of split files: `x.7z.001`, `x.z01` with `x.zip`, `x.part1.rar`, `x.rar` with `x.r00`, `x.tar.gz.aa` (split(1)). Every path comes out exactly
 * once, groups in the order of their first path; a name that only looks like a piece stays alone.
 */
export function joinSplit(paths: readonly string[]): FileGroup[] {
  const groups = new Map<string, { name: PieceName; path: string }[]>();
  const order: string[] = [];
  for (const path of paths) {
    const piece = parsePiece(path) ?? { key: `= ${path}`, name: path, index: 0, nameOf: () => path };
    let group = groups.get(piece.key);
    if (group === undefined) {
      group = [];
      groups.set(piece.key, group);
      order.push(piece.key);
    }
    group.push({ name: piece, path });
  }
  return order.flatMap((key) => finishGroup(groups.get(key) ?? []));
}

function finishGroup(group: { name: PieceName; path: string }[]): FileGroup[] {
  const alone = (path: string): FileGroup => ({ name: path, pieces: [path], missing: [], leading: 1, next: null });
  const numbered = group.filter(({ name }) => name.index !== null);
  numbered.sort((a, b) => (a.name.index ?? 0) - (b.name.index ?? 0));
  const last = group.filter(({ name }) => name.index === null);
  const first = group[0];
  if (first === undefined) return [];
  const indexes = numbered.map(({ name }) => name.index ?? 0);
  const isSound = new Set(indexes).size === indexes.length && last.length <= 1;
  if (!isSound || numbered.length === 0) return group.map(({ path }) => alone(path));
  const kind = first.name.key.charAt(0);
  // Two letters or a number end many names: without the first piece and a second one they are no split file, unless the number stands behind the name of an archive.
  const isPlain = kind === 'l' || (kind === 'n' && !ARCHIVE_NAME.test(first.name.name));
  if (isPlain && (group.length < 2 || indexes[0] !== 0)) return group.map(({ path }) => alone(path));
  // So do a letter and two digits ("leak.v10"). Volumes of rar all begin like rar: without the first, each is what it begins like.
  if (first.name.key.startsWith('r ') && indexes[0] !== 0) return group.map(({ path }) => alone(path));
  const missing: string[] = [];
  let expected = 0;
  for (const index of indexes) {
    for (; expected < index && missing.length < 100; expected++) missing.push(first.name.nameOf(expected));
    expected = index + 1;
  }
  const pieces = [...numbered, ...last].map(({ path }) => path);
  let leading = 0;
  while (indexes[leading] === leading) leading++;
  const isZip = first.name.key.startsWith('z ');
  if (isZip && last.length === 0) missing.push(first.name.name);
  if (last.length > 0 && leading === indexes.length) leading++;
  // A rar by itself is whole, and so is whatever has no such name.
  const isWhole = isZip || first.name.key.startsWith('= ') || (first.name.key.startsWith('r ') && pieces.length === 1);
  const next = isWhole ? null : first.name.nameOf(expected);
  if (pieces.length === 1 && missing.length === 0) return [{ name: pieces[0] ?? '', pieces, missing, leading, next }];
  return [{ name: first.name.name, pieces, missing, leading, next }];
}

/**
 * The paths, and with each piece of a split archive the other pieces that lie beside it: whoever names one means all. Those of `split` (`.aa`) and numbers behind other names are
 * left alone: both stand behind names of files that have nothing to do with one another.
 */
export async function completeSplit(paths: readonly string[]): Promise<string[]> {
  const complete = [...paths];
  const known = new Set(paths.map((path) => resolve(path)));
  const add = async (path: string): Promise<boolean> => {
    const isKnown = known.has(resolve(path));
    if (!isKnown && !(await isFile(path))) return false;
    if (!isKnown) complete.push(path);
    known.add(resolve(path));
    return true;
  };
  for (const path of paths) {
    const piece = parsePiece(path);
    if (piece === null || piece.key.startsWith('l')) continue;
    if (piece.key.startsWith('n') && !ARCHIVE_NAME.test(piece.name)) continue;
    for (let index = 0; index < PIECES_MOST && (await add(piece.nameOf(index))); index++);
    // A zip has its last piece under its own name.
    if (piece.key.startsWith('z')) await add(piece.name);
  }
  return complete;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

const END_BYTES = 22;

/**
 * The names of pieces that a split zip must have before its last one and has not: the end of a zip says in how many files it lies (APPNOTE 4.3.16). Empty for whatever is no
 * such piece, by its name or its end.
 * @param count how many stand before it
 */
export async function missingBefore(path: string, count: number): Promise<string[]> {
  const name = /\.zip$/i.test(path) ? parsePiece(path) : null;
  if (name === null || !(await isFile(path))) return [];
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const end = Buffer.alloc(END_BYTES);
    await file.read(end, 0, END_BYTES, Math.max(0, size - END_BYTES));
    const start = Buffer.alloc(2);
    await file.read(start, 0, 2, 0);
    if (end.readUInt32LE(0) !== 0x06054b50 || start.toString('latin1') === 'PK') return [];
    const disk = end.readUInt16LE(4);
    // 65535: a ZIP64 record says it.
    const most = disk === 0xffff ? count + (count === 0 ? 1 : 0) : Math.min(disk, PIECES_MOST);
    return Array.from({ length: Math.max(0, most - count) }, (_, index) => name.nameOf(count + index));
  } finally {
    await file.close();
  }
}

function parsePiece(path: string): PieceName | null {
  const rar = /^(.*)\.part(\d{1,5})\.rar$/is.exec(path);
  if (rar !== null) {
    const [, stem = '', digits = ''] = rar;
    return piece('part', `${stem}.rar`, Number(digits) - 1, (i) => `${stem}.part${padded(i + 1, digits)}.rar`);
  }
  const oldRar = /^(.*)\.(rar|[r-z]\d\d)$/is.exec(path);
  if (oldRar !== null && !/\.z\d\d$/i.test(path)) {
    const [, stem = '', ending = ''] = oldRar;
    const isFirst = ending.toLowerCase() === 'rar';
    const index = isFirst ? 0 : (ending.toLowerCase().charCodeAt(0) - 0x72) * 100 + Number(ending.slice(1)) + 1;
    return piece('r', `${stem}.rar`, index, (i) => (i === 0 ? `${stem}.rar` : `${stem}.r${padded(i - 1, '00')}`));
  }
  const zip = /^(.*)\.(zip|z\d{2,3})$/is.exec(path);
  if (zip !== null) {
    const [, stem = '', ending = ''] = zip;
    const isLast = ending.toLowerCase() === 'zip';
    return piece(
      'z',
      `${stem}.zip`,
      isLast ? null : Number(ending.slice(1)) - 1,
      (i) => `${stem}.z${padded(i + 1, '00')}`,
    );
  }
  const numbered = /^(.*[^/])\.(\d{3})$/s.exec(path);
  if (numbered !== null) {
    const [, stem = '', digits = ''] = numbered;
    return piece('n', stem, Number(digits) - 1, (i) => `${stem}.${padded(i + 1, digits)}`);
  }
  const letters = /^(.*\.[a-z0-9]{1,4})\.([a-z]{2,3})$/s.exec(path);
  if (letters !== null) {
    const [, stem = '', code = ''] = letters;
    let index = 0;
    for (const letter of code) index = index * 26 + letter.charCodeAt(0) - 0x61;
    return piece(`l${code.length}`, stem, index, (i) => `${stem}.${lettersOf(i, code.length)}`);
  }
  return null;
}

function piece(kind: string, name: string, index: number | null, nameOf: (index: number) => string): PieceName | null {
  if (index !== null && (index < 0 || index >= PIECES_MOST)) return null;
  return { key: `${kind} ${kind === 'l2' || kind === 'l3' ? name : name.toLowerCase()}`, name, index, nameOf };
}

function padded(value: number, like: string): string {
  return String(value).padStart(like.length, '0');
}

function lettersOf(index: number, length: number): string {
  let code = '';
  for (let left = index, k = 0; k < length; k++, left = Math.floor(left / 26)) {
    code = String.fromCharCode(0x61 + (left % 26)) + code;
  }
  return code;
}

/** How many names of missing pieces are told. */
const NAMES_TOLD = 5;

/** That these pieces of `name` are missing. */
export function piecesMissing(name: string, missing: readonly string[]): BoltsealError {
  const names = missing.slice(0, NAMES_TOLD).map((path) => basename(path));
  const more = missing.length - names.length;
  return new BoltsealError('DUMP_PIECES', {
    path: name,
    missing: `${names.join(', ')}${more > 0 ? ` (and ${more} more)` : ''}`,
  });
}

/** One input of the pieces in their order, up to the first that is missing, with its head read. Fails with DUMP_NOT_FOUND, DUMP_UNREADABLE. */
export async function openSplit(group: Pick<FileGroup, 'name' | 'pieces' | 'leading'>): Promise<SplitInput> {
  const pieces: FilePiece[] = [];
  for (const path of group.pieces.slice(0, group.leading)) {
    const entry = await stat(path).catch((error: unknown) => {
      throw new BoltsealError('DUMP_UNREADABLE', { path: basename(path), reason: systemCode(error) }, { cause: error });
    });
    if (!entry.isFile()) throw new BoltsealError('DUMP_NOT_FILE', { path, kind: 'folder or device' });
    pieces.push({ path, sizeBytes: entry.size });
  }
  const sizeBytes = pieces.reduce((sum, { sizeBytes: one }) => sum + one, 0);
  const head = new Uint8Array(Math.min(HEAD_BYTES, sizeBytes));
  let filled = 0;
  for await (const chunk of streamPieces(pieces, group.name)) {
    const part = chunk.subarray(0, head.length - filled);
    head.set(part, filled);
    filled += part.length;
    if (filled === head.length) break;
  }
  return {
    name: group.name,
    head: head.subarray(0, filled),
    headIsWhole: sizeBytes <= filled,
    windows: [],
    sizeBytes,
    filePath: null,
    pieces,
    stream: () => streamPieces(pieces, group.name),
  };
}

async function* streamPieces(pieces: readonly FilePiece[], name: string): AsyncGenerator<Uint8Array, void, undefined> {
  const buffer = new Uint8Array(READ_BYTES);
  for (const { path } of pieces) {
    const file = await open(path).catch((error: unknown) => {
      throw new BoltsealError('DUMP_UNREADABLE', { path: name, reason: systemCode(error) }, { cause: error });
    });
    try {
      while (true) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length, null).catch((error: unknown) => {
          throw new BoltsealError('DUMP_UNREADABLE', { path: name, reason: systemCode(error) }, { cause: error });
        });
        if (bytesRead === 0) break;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }
}

function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
