import { kernelBase64 } from './bytes.ts';

/** The kernel's functions; addresses are bytes in the shared memory. What each does stands in kernel/assembly. */
export interface Kernel {
  /** Scans rows of [from, end); answers where it stopped (end, or earlier when a list is full). */
  scanRows(context: number, from: number, end: number): number;
  /** Hashes, looks up and resolves what has been gathered. */
  flushBatch(context: number): void;
  /** 0 when one more batch would not fit into the lists that go out. */
  hasRoom(context: number): number;
  /** Adds a row that the exact path prepared. */
  addPrepared(context: number, ordinal: number, filled: number): void;
  /** 64-bit fingerprint, as a signed BigInt. */
  hashOne(context: number, key: number, pointer: number, length: number): bigint;
  /** Place after the last complete row of [from, end), or `from`. */
  findCut(context: number, from: number, end: number): number;
  /** First record (low half) and number of records (high half) of a fingerprint. */
  findRecords(lines: number, lineCount: bigint, overflow: number, fingerprint: bigint): bigint;
  /** Bytes used (high half) and written (low half). */
  transcodeGb18030(from: number, end: number, to: number, two: number, four: number, isFinal: number): bigint;
}

let compiled: WebAssembly.Module | undefined;

/** Makes an instance of the kernel over a shared memory: one a thread. */
export function instantiateKernel(memory: WebAssembly.Memory): Kernel {
  compiled ??= new WebAssembly.Module(Buffer.from(kernelBase64, 'base64'));
  const instance = new WebAssembly.Instance(compiled, { env: { memory } });
  const exported = instance.exports as unknown as Kernel;
  // Addresses above 2 GiB come back as negative i32.
  return {
    ...exported,
    scanRows: (context, from, end) => exported.scanRows(context, from, end) >>> 0,
    findCut: (context, from, end) => exported.findCut(context, from, end) >>> 0,
  };
}
