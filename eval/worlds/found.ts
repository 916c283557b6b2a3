/* The parts of the product's JSON that are judged; types of the evaluation's own, so that a change of the product's shows. */

export interface VerificationFound {
  readonly verdict: { readonly kind: string };
  readonly rows: { readonly matched: number; readonly strong: number };
  readonly copy?: {
    readonly shape: string;
    readonly windows: readonly {
      readonly from: string | null;
      readonly to: string | null;
      readonly best: string | null;
      readonly probability: number | null;
      readonly share: number | null;
    }[];
  } | null;
}

export interface SuspectFound {
  readonly principal?: string | null;
  readonly group?: {
    readonly attribute: string;
    readonly value: string;
    /** Names, or how many there are. */
    readonly principals: readonly string[] | number;
  } | null;
  readonly named: boolean;
  /** Those that it cannot be told apart from, itself left out or not. */
  readonly together?: readonly string[];
  readonly probability?: number;
  readonly logBayesFactor?: number;
  readonly active?: { readonly from: string; readonly to: string } | null;
}

export interface AttributionFound {
  /** Best first. */
  readonly suspects: readonly SuspectFound[];
  readonly outside?: { readonly probability?: number } | null;
  readonly conclusion?: unknown;
}
