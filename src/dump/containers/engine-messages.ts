/** Between the thread that runs 7-Zip and the one that asked for it. */

/** Bytes of a virtual file: a stretch of a file on disk, or bytes given. */
export type Segment = { readonly path: string; readonly from: number; readonly length: number } | Uint8Array;

/** A file that 7-Zip sees. */
export interface VirtualFile {
  readonly name: string;
  readonly segments: readonly Segment[];
}

export interface EngineStart {
  /** The first is the archive, the others are its volumes. */
  readonly files: readonly VirtualFile[];
  /** 7-Zip's name of the format: `7z`, `rar`, `rar5`, `zip`. */
  readonly type: string;
  readonly passwords: readonly string[];
  /** One Int32: how many batches the reader has taken. */
  readonly taken: SharedArrayBuffer;
}

/** Why a member, or the rest of the archive, could not be read. */
export type EngineFailure =
  | 'DUMP_PASSWORD'
  | 'DUMP_NOT_FILE'
  | 'DUMP_CORRUPT'
  | 'DUMP_TRUNCATED'
  | 'DUMP_FORMAT'
  | 'DUMP_MEMORY';

export type EngineEvent =
  | { readonly kind: 'member'; readonly path: string }
  | { readonly kind: 'data'; readonly bytes: Uint8Array<ArrayBuffer> }
  /** The member is over. */
  | { readonly kind: 'end'; readonly failure: EngineFailure | null }
  /** The archive is over. */
  | { readonly kind: 'done'; readonly failure: EngineFailure | null };

export type EngineBatch = readonly EngineEvent[];

/** Batches that may wait for the reader. */
export const BATCHES_AHEAD = 8;
