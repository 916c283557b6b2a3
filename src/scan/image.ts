import { BoltsealError } from '../core/errors.ts';
import { instantiateKernel } from '../kernel/kernel.ts';
import type { AllocateArray, LoadedRegister, SubjectRange } from '../register/image-memory.ts';
import { LINE_BYTES } from '../register/layout.ts';
import { type FileContents, loadRegister, openRegister } from '../register/load.ts';
import type { Arena } from './arena.ts';
import type { ImageAddresses } from './context.ts';
import { buildFilter, type PiecesToRead, readingPieces } from './image-pieces.ts';
import type { MarkSizes } from './marks.ts';
import type { TaskRunner } from './tasks.ts';

/** A register (or a part of it) in the shared memory. */
export interface ResidentRegister {
  readonly loaded: LoadedRegister;
  readonly addresses: ImageAddresses;
  readonly sizes: MarkSizes;
}

/** Loads the current generation into the shared memory. Fails like `loadRegister`, and with MEMORY_TOO_SMALL. */
export function loadResident(
  arena: Arena,
  home: string,
  key: Uint8Array,
  subjectRange?: SubjectRange,
): ResidentRegister {
  const loaded = loadRegister(home, key, allocatorOf(arena), subjectRange === undefined ? {} : { subjectRange });
  const filter = arena.allocate(loaded.image.lineCount * 4);
  buildFilter(instantiateKernel(arena.memory), loaded.image.table.byteOffset, filter, 0, loaded.image.lineCount);
  return residentOf(loaded, filter);
}

/** The same with threads that read, check and filter the files piece by piece: the whole register only. */
export async function loadResidentByThreads(
  arena: Arena,
  runner: TaskRunner,
  home: string,
  key: Uint8Array,
): Promise<ResidentRegister> {
  const opened = openRegister(home, key, allocatorOf(arena));
  try {
    const { image, contents } = opened;
    const filter = arena.allocate(image.lineCount * 4);
    const table = image.table.byteOffset;
    const read = async (files: readonly FileContents[]): Promise<void> => {
      const next = new Int32Array(new SharedArrayBuffer(4));
      const share: PiecesToRead = { memory: arena.memory, files, next, table, filter };
      const failures = await runner.run(
        readingPieces,
        Array.from({ length: runner.threads }, () => share),
      );
      for (const failure of failures) if (failure !== null) throw new BoltsealError(failure.code, failure.parameters);
    };
    // The filter of a line needs what the line has in the overflow.
    await read(contents.filter(({ file }) => file.name === 'overflow.bin'));
    await read(contents.filter(({ file }) => file.name !== 'overflow.bin'));
    // The filter keeps what erased subjects had: now and then a line is looked at in vain.
    return residentOf(opened.finish(), filter);
  } finally {
    opened.close();
  }
}

function allocatorOf(arena: Arena): AllocateArray {
  return (_name, byteLength) => arena.bytes(arena.allocate(byteLength), byteLength);
}

function residentOf(loaded: LoadedRegister, filter: number): ResidentRegister {
  const { image, manifest, range } = loaded;
  return {
    loaded,
    // The image's arrays view the shared memory: their offsets are the kernel's addresses.
    addresses: {
      table: image.table.byteOffset,
      lineCount: image.lineCount,
      filter,
      confirmIndex: image.confirmIndex.byteOffset,
      confirm: image.confirm.byteOffset,
      currentPeriods: image.currentPeriods,
      subjectFrom: range.from,
      prints: null,
    },
    sizes: {
      subjects: manifest.subjects,
      records: image.entryCount,
      confirming: image.confirm.length / 2,
      controls: manifest.controls.reduce((most, { first, controls }) => Math.max(most, first + controls), 0),
    },
  };
}

/** A register without subjects: everything that is looked up is new. */
export function createEmptyAddresses(arena: Arena): ImageAddresses {
  const nothing = arena.allocate(64);
  return {
    table: arena.allocate(LINE_BYTES),
    lineCount: 1,
    filter: nothing,
    confirmIndex: nothing,
    confirm: nothing,
    currentPeriods: 0,
    subjectFrom: 0,
    prints: null,
  };
}
