import { BoltsealError } from '../core/errors.ts';
import { kernelBase64 } from './bytes.ts';
import { LAYOUT_MARK } from './layout.ts';

/** The kernel's functions; addresses are bytes in the shared memory. What each does stands in kernel/assembly. */
export interface Kernel {
  /** LAYOUT_MARK of the layout that the bytes were built for. */
  layoutMark(): number;
  /** Gathers rows of [from, end); answers where it stopped (end, or earlier when no more can be gathered before a flush). */
  scanRows(context: number, from: number, end: number): number;
  /** Looks up and resolves what has been gathered; the lists that go out are then to be emptied. */
  flush(context: number): void;
  /** Gathers a row that the exact path prepared; 1 when no more can be gathered before a flush. `printLo`, `printHi`: the row's own fingerprint, 0: none. */
  addPrepared(context: number, ordinal: number, filled: number, printLo: number, printHi: number): number;
  /** 64-bit fingerprint, as a signed BigInt. */
  hashOne(context: number, key: number, pointer: number, length: number): bigint;
  /** Place after the last complete row of [from, end), or `from`. */
  findCut(context: number, from: number, end: number): number;
  /** First record (low half) and number of records (high half) of a fingerprint. */
  findRecords(table: number, lineCount: bigint, fingerprint: bigint): bigint;
  /** Builds the filter of lines [from, to): a u32 a line. */
  buildFilter(table: number, filter: number, from: number, to: number): void;
  /** Bytes used (high half) and written (low half). */
  transcodeGb18030(from: number, end: number, to: number, two: number, four: number, isFinal: number): bigint;
}

let compiled: WebAssembly.Module | undefined;

/** Makes an instance of the kernel over a shared memory: one a thread. Fails with INTERNAL when the built bytes and layout.ts do not belong together. */
export function instantiateKernel(memory: WebAssembly.Memory): Kernel {
  compiled ??= new WebAssembly.Module(Buffer.from(kernelBase64, 'base64'));
  const instance = new WebAssembly.Instance(compiled, { env: { memory } });
  const exported = instance.exports as unknown as Kernel;
  if (exported.layoutMark() >>> 0 !== LAYOUT_MARK)
    throw new BoltsealError('INTERNAL', { kind: 'the kernel was built for another layout' });
  // Addresses above 2 GiB come back as negative i32.
  return {
    ...exported,
    scanRows: (context, from, end) => exported.scanRows(context, from, end) >>> 0,
    findCut: (context, from, end) => exported.findCut(context, from, end) >>> 0,
  };
}
