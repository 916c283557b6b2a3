import { instantiateKernel } from '../kernel/kernel.ts';
import type { LoadedRegister, SubjectRange } from '../register/image-memory.ts';
import { LINE_BYTES } from '../register/layout.ts';
import { loadRegister } from '../register/load.ts';
import type { Arena } from './arena.ts';
import type { ImageAddresses } from './context.ts';
import type { MarkSizes } from './marks.ts';

/** A register (or a part of it) in the shared memory. */
export interface ResidentRegister {
  readonly loaded: LoadedRegister;
  readonly addresses: ImageAddresses;
  readonly sizes: MarkSizes;
}

/** Lines whose filter is built in one call. */
const FILTER_STEP = 65_536;

/** Loads the current generation into the shared memory. Fails like `loadRegister`, and with MEMORY_TOO_SMALL. */
export function loadResident(
  arena: Arena,
  home: string,
  key: Uint8Array,
  subjectRange?: SubjectRange,
): ResidentRegister {
  const allocate = (_name: string, byteLength: number): Uint8Array =>
    arena.bytes(arena.allocate(byteLength), byteLength);
  const loaded = loadRegister(home, key, allocate, subjectRange === undefined ? {} : { subjectRange });
  const { image, manifest, range } = loaded;
  const filter = arena.allocate(image.lineCount * 4);
  const kernel = instantiateKernel(arena.memory);
  // In steps: the engine takes its better code for a function when it is called again, not in the midst of a call.
  for (let line = 0; line < image.lineCount; line += FILTER_STEP) {
    const to = Math.min(line + FILTER_STEP, image.lineCount);
    kernel.buildFilter(image.table.byteOffset, filter, line, to);
  }
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
