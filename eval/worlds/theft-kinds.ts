/** What befell a stolen file before it was found; everything left out did not happen. */
export interface Resale {
  /** Share of the rows that are offered. */
  readonly part?: number;
  /** Rows from elsewhere, as a multiple of the stolen rows. */
  readonly merged?: {
    readonly from: 'other-company' | 'older-leak';
    readonly times: number;
    /** Of another company's people, the share who are customers here too. */
    readonly overlap?: number;
  };
  /** Share of the rows with the values of a random other version of the same person. */
  readonly stale?: number;
  /** Share of the phones that are written in another way that means the same. */
  readonly retyped?: number;
  /** Share of the phones with a wrong digit. */
  readonly mistyped?: number;
  readonly dropped?: readonly DumpColumn[];
}

export type DumpColumn = 'customer_id' | 'name' | 'phone' | 'email' | 'address';

/** How a file came to be; numbers are its strength. */
export type TheftKind =
  /** Scanners with malware pass on a part of what they read; `via` is what they share. */
  | {
      readonly kind: 'scanners';
      readonly devices: number;
      readonly rowsEach: number;
      readonly days: number;
      readonly via: 'build' | 'partner' | 'station' | 'nothing';
    }
  /** Members of staff read more than their work needs, `reads` each, and sell a share of all they read in that time. */
  | {
      readonly kind: 'insiders';
      readonly people: number;
      readonly reads: number;
      readonly pace: 'slow' | 'fast';
      readonly sold: number;
    }
  /** A service hands out whatever is asked for, for some days. */
  | { readonly kind: 'web-hole'; readonly rows: number }
  /** The file of one weekly export. */
  | { readonly kind: 'export'; readonly rows: number }
  /**
   * A copy of the customers' table as it was some time ago; `scope` is the part that was copied: all; who lives in a city, at the stations of one partner, at one station; who had a parcel in the month or the week before; who ordered
   * at one shop. `rows` null: everybody in it.
   */
  | {
      readonly kind: 'table';
      readonly rows: number | null;
      readonly scope: 'all' | 'city' | 'partner' | 'station' | 'active' | 'week' | 'shop';
      readonly backupDays: number;
    }
  /** A file that has nothing to do with the company; `overlap` of its people are customers. */
  | {
      readonly kind: 'outside';
      readonly rows: number;
      readonly overlap: number;
      readonly people: 'uniform' | 'popular' | 'city' | 'station';
    };

export interface TheftPlan {
  /** Under which results are put together: kind and strength. */
  readonly label: string;
  readonly theft: TheftKind;
  readonly resale?: Resale;
}

/** What is true about one dump. */
export interface Truth {
  readonly format: 'boltseal-world-truth-1';
  readonly world: string;
  readonly label: string;
  readonly seed: number;
  readonly kind: TheftKind['kind'];
  /** Names of those who did it; empty when nobody in the log did. */
  readonly principals: readonly string[];
  /** Others who read the same and cannot be told from them. */
  readonly twins: readonly string[];
  /** What they share, when that is why they did it. */
  readonly group: { readonly attribute: string; readonly value: string } | null;
  /** Nobody in the log is the source. */
  readonly outside: boolean;
  /** When the source was at it. */
  readonly active: { readonly from: string; readonly to: string } | null;
  readonly copy: {
    readonly shape: 'single' | 'merged' | 'skimmed' | 'none';
    /** Times of copies, the main one first. */
    readonly at: readonly string[];
  };
  readonly rows: { readonly stolen: number; readonly foreign: number };
}
