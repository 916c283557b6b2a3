import type { CanarySighting } from '../canaries/sighting.ts';
import type { CanaryList } from '../contract/canaries.ts';
import type { Dump } from '../dump/port.ts';

/** A dump and the home whose register it is held against. */
export interface VerifyDumpRequest {
  readonly home: string;
  readonly key: Uint8Array;
  readonly region: string;
  readonly version: string;
  readonly dump: Dump;
  readonly threads: number;
  /** Most memory for the register; null: as much as it takes. */
  readonly memoryBytes: number | null;
  /** Bytes of the dump taken from disk, over all passes; of standard input or a pipe, bytes read. */
  onRead(bytes: number): void;
  /** How often the dump will be read. */
  onPasses(passes: number): void;
  /** Whether the evidence that `attribute` needs is kept in the home. */
  readonly keepsEvidence: boolean;
  /** Reads the canaries; called once the register is open. Absent, or null: there are none. */
  readonly readCanaries?: () => CanaryList | null;
  /** Hears of every canary, found or not. */
  readonly onCanaries?: (sightings: readonly CanarySighting[]) => void;
  /** Receives the CSV of affected subjects, or null. */
  readonly writeAffected: ((text: string) => void) | null;
}
