import type { VaultField } from '../contract/api/words.ts';

/** Canaries for one export, as the thread that makes them is told. */
export interface ExportCanariesTask {
  /** For whom: `export e-… for …`. */
  readonly scope: string;
  readonly count: number;
  readonly fields: readonly VaultField[];
}
