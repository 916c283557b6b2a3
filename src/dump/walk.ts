import type { Dirent } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BoltsealError } from '../core/errors.ts';
import { stackFrames } from '../core/stack-frames.ts';
import { type FileGroup, joinSplit, missingBefore, openSplit, piecesMissing } from './containers/split.ts';
import { asReadError, countRead, openFileInput, openStreamInput, readFile, STDIN } from './input.ts';
import { Bounds, EnoughSeen } from './inspect-bounds.ts';
import { Joiner, SMALL_BYTES } from './joiner.ts';
import type { ReadingOptions } from './options.ts';
import type { JoiningOutlet, Outlet } from './outlet.ts';
import type { ByteInput, Container, ReadContext } from './reader.ts';
import { containers } from './registry.ts';
import { TableFinder } from './table-finder.ts';

/** What a walk goes by. */
export interface WalkContext extends ReadContext {
  readonly options: ReadingOptions;
  /** So many inputs that hold tables are passed over: they were read before, or brought the reader down. */
  readonly skipUnits: number;
  /** From this unit on small tables may be joined (joiner.ts); null: none ever. */
  readonly joinFrom: number | null;
  /** Containers that brought the reader down: they are passed over. */
  readonly skipNames: ReadonlySet<string>;
  /** A table with the columns that the user named was told by the process before this one. */
  readonly hasFit?: boolean;
  /** By path: another way to inputs that are folders. */
  readonly folders?: Readonly<Record<string, string>>;
  /** Standard input. */
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Only the start of each table is wanted, and so long at most; null: everything. */
  readonly inspectMilliseconds: number | null;
}

/** Entries of a folder that are sorted together: names of ten million files do not fit. */
const FOLDER_BATCH = 100_000;

/** Goes through everything that was given and tells the outlet what is in it. */
export class Walk {
  readonly #context: WalkContext;
  readonly #outlet: Outlet;
  readonly #joiner: Joiner;
  readonly #bounds: Bounds;
  #units = 0;
  #members = 0;
  /** Whether the outlet has heard of no table and of no failure, and time is not up. */
  #isSilent: boolean;

  constructor(context: WalkContext, outlet: JoiningOutlet) {
    this.#context = context;
    const joiner = new Joiner(outlet, { fromUnit: context.joinFrom ?? Number.POSITIVE_INFINITY });
    const bounds = new Bounds(context.inspectMilliseconds, joiner);
    this.#joiner = joiner;
    this.#bounds = bounds;
    this.#outlet = {
      at: (name, unit, isSmall) => joiner.at(name, unit, isSmall),
      table: (description) => {
        bounds.found();
        this.#isSilent = false;
        joiner.table(description);
      },
      rows: (table, bytes) => joiner.rows(table, bytes),
      rejected: (table, reason, count) => joiner.rejected(table, reason, count),
      failure: (name, code, parameters) => {
        this.#isSilent = false;
        joiner.failure(name, code, parameters);
      },
      incomplete: () => outlet.incomplete(),
      looked: (bytes, isWhole) => outlet.looked(bytes, isWhole),
      read: (bytes) => outlet.read(bytes),
    };
    // Whoever went this way before has told of something.
    this.#isSilent = context.skipUnits === 0 && context.skipNames.size === 0;
  }

  /**
   * Reads files, folders, named pipes and `-`, in order; pieces of a split file as one. What cannot be read is told and passed over.
   * Fails with USAGE_COLUMN when no table has the columns that were named.
   */
  async run(inputs: readonly string[]): Promise<void> {
    const only = inputs.length === 1 ? (inputs[0] ?? null) : null;
    const { options, hasFit = false } = this.#context;
    const finder = new TableFinder(options, this.#outlet, this.#bounds, only, hasFit);
    for (const group of joinSplit(inputs)) {
      await this.#guard(group.name, () => this.#openGroup(group, finder, (path) => this.#openPath(path, finder)));
    }
    this.#joiner.flush();
    if (finder.misfit !== null) throw finder.misfit;
    // Folders and archives without a file: nobody else says so.
    const path = `${inputs.slice(0, 3).join(' ')}${inputs.length > 3 ? ' …' : ''}`;
    if (this.#isSilent) this.#outlet.failure(path, 'DUMP_EMPTY', { path });
  }

  /** A failure within `action` is that of `name`, and the walk goes on. */
  async #guard(name: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (error instanceof EnoughSeen) {
        this.#isSilent = false;
        return;
      }
      const coded = asReadError(error, name);
      if (coded instanceof BoltsealError) {
        // A name of a column that does not exist is the user's to mend, not this input's.
        if (coded.code.startsWith('USAGE')) throw coded;
        this.#outlet.failure(name, coded.code, { path: name, ...coded.parameters });
      } else {
        if (process.env.BOLTSEAL_DEBUG === '1') process.stderr.write(`${stackFrames(error).join('\n')}\n`);
        const reason = error instanceof Error ? error.name : typeof error;
        this.#outlet.failure(name, 'DUMP_CRASHED', { path: name, reason });
      }
    }
  }

  /** One file by itself, or the pieces of a split one together. Of one that is not all there what can be read is read, and then it is told what is missing. */
  async #openGroup(group: FileGroup, finder: TableFinder, openAlone: (path: string) => Promise<void>): Promise<void> {
    const { name, pieces, next } = group;
    const last = pieces.at(-1) ?? '';
    // The name of a zip's last piece is that of any zip; its beginning is somewhere in the middle of a member, and would be taken for text.
    const isZip = group.missing.length === 0 && next === null && /\.zip$/i.test(last) && last !== STDIN;
    const before = isZip ? await missingBefore(last, pieces.length - 1) : [];
    const missing = [...group.missing, ...before];
    const leading = before.length > 0 ? pieces.length - 1 : group.leading;
    try {
      if (pieces.length === 1 && missing.length === 0) await openAlone(last);
      else if (leading > 0) {
        const input = await openSplit({ name, pieces, leading });
        this.#outlet.read(input.sizeBytes ?? 0);
        await this.#open(input, [], finder, { ...this.#context });
      }
    } catch (error) {
      const isCut = error instanceof BoltsealError && error.code === 'DUMP_TRUNCATED';
      if (isCut && missing.length === 0 && next !== null) throw piecesMissing(name, [next]);
      if (missing.length === 0 || error instanceof EnoughSeen) throw error;
    }
    if (missing.length > 0) throw piecesMissing(name, missing);
  }

  async #openPath(path: string, finder: TableFinder): Promise<void> {
    const context = { ...this.#context };
    const onRead = (bytes: number): void => this.#outlet.read(bytes);
    if (path === STDIN) {
      return this.#open(await openStreamInput(countRead(context.stdin, onRead), path, null), [], finder, context);
    }
    const way = this.#context.folders?.[path] ?? path;
    const entry = await stat(way);
    if (entry.isDirectory()) return this.#openFolder(path, finder, way);
    if (entry.isFIFO()) {
      return this.#open(await openStreamInput(readFile(path, path, onRead), path, null), [], finder, context);
    }
    if (!entry.isFile()) throw new BoltsealError('DUMP_NOT_FILE', { path, kind: 'device' });
    return this.#openFile(path, finder);
  }

  async #openFile(path: string, finder: TableFinder): Promise<void> {
    const onRead = (bytes: number): void => this.#outlet.read(bytes);
    return this.#open(openFileInput(path, path, onRead), [], finder, { ...this.#context });
  }

  async #openFolder(folder: string, finder: TableFinder, way = folder): Promise<void> {
    let batch: Dirent[] = [];
    for await (const entry of await opendir(way, { bufferSize: 1024 })) {
      batch.push(entry);
      if (batch.length < FOLDER_BATCH) continue;
      await this.#openEntries(folder, batch, finder);
      batch = [];
    }
    await this.#openEntries(folder, batch, finder);
  }

  async #openEntries(folder: string, batch: readonly Dirent[], finder: TableFinder): Promise<void> {
    const entries = new Map(batch.map((entry) => [join(folder, entry.name), entry]));
    const paths = [...entries.keys()].sort();
    for (const group of joinSplit(paths)) {
      await this.#guard(group.name, () => {
        for (const path of group.pieces) this.#checkEntry(path, entries.get(path)!);
        return this.#openGroup(group, finder, (path) =>
          entries.get(path)!.isDirectory() ? this.#openFolder(path, finder) : this.#openFile(path, finder),
        );
      });
    }
  }

  #checkEntry(path: string, entry: Dirent): void {
    this.#countMember(path);
    // Links lead out of the folder, and pipes and devices need not end.
    if (entry.isFile() || entry.isDirectory()) return;
    throw new BoltsealError('DUMP_NOT_FILE', { path, kind: entry.isSymbolicLink() ? 'link' : 'device' });
  }

  #countMember(name: string): void {
    const { members } = this.#context.limits;
    if (++this.#members > members) throw new BoltsealError('DUMP_MEMBERS', { path: name, limit: members });
  }

  /** `context` is one object for everything that lies in one file on disk: budgets are counted by it. */
  async #open(input: ByteInput, within: readonly string[], finder: TableFinder, context: WalkContext): Promise<void> {
    this.#bounds.check();
    const container = containers.find((candidate) => candidate.detect(input));
    if (container !== undefined && !finder.claims(input))
      return this.#openContainer(input, container, within, finder, context);
    const unit = this.#units++;
    if (unit < this.#context.skipUnits) return;
    this.#outlet.at(input.name, unit, input.headIsWhole && input.head.length <= SMALL_BYTES);
    if (this.#joiner.isHolding && finder.readKnown(input, within)) return;
    return this.#bounds.look(input, () => finder.read(input, within, context));
  }

  async #openContainer(
    input: ByteInput,
    container: Container,
    within: readonly string[],
    finder: TableFinder,
    context: WalkContext,
  ): Promise<void> {
    if (context.skipNames.has(input.name)) return;
    this.#outlet.at(input.name, null);
    const { nesting } = context.limits;
    if (within.length >= nesting) throw new BoltsealError('DUMP_NESTING', { path: input.name, limit: nesting });
    for await (const member of container.open(input, context)) {
      const name = member.path === '' ? input.name : `${input.name} › ${member.path}`;
      this.#countMember(input.name);
      const read = async (): Promise<void> => {
        if (member.failure !== null) {
          throw new BoltsealError(member.failure, { path: name, kind: 'link or device', reason: 'unknown' });
        }
        const inner = await openStreamInput(member.stream(), name, member.sizeBytes);
        await this.#open(inner, [...within, container.format], finder, context);
      };
      // A compressed stream is its only member: what fails is the input itself.
      await (member.path === '' ? read() : this.#guard(name, read));
      this.#bounds.check();
    }
  }
}
