import type { DisclosureForm, ParcelParty, PolicyAct, PrincipalKind, VaultField } from '../contract/api/words.ts';
import type { ErrorCode } from '../core/errors.ts';

/*
 * What the parts of the gateway give each other. disclose.ts puts them in order: who, why, what, how much, values, ledger, answer.
 */

/** Who asks. */
export interface Principal {
  /** Stable, and what the ledger names. */
  readonly id: string;
  readonly kind: PrincipalKind;
  /** Such as `scanner`, `courier`, `customer-service`, `shop`, `analyst`, `auditor`, `administrator`. */
  readonly role: string;
  readonly station: string | null;
  readonly partner: string | null;
  /** Everything else that policies and attribution may ask for: model, build … */
  readonly attributes: Readonly<Record<string, string>>;
}

/** A request whose sender is known. */
export interface Caller {
  readonly principal: Principal;
  /** How it was proved. */
  readonly by: 'signature' | 'certificate' | 'session' | 'token';
  /** Signature of the request (RFC 9421) as the ledger keeps it; null when there is none. */
  readonly signature: Uint8Array | null;
}

/** What a request looks like to authentication; everything in it is hostile. */
export interface IncomingRequest {
  readonly method: string;
  /** As it came, with query. */
  readonly target: string;
  readonly authority: string;
  readonly scheme: 'http' | 'https';
  /** Names in lower case, each value as it came, in order; what occurs several times has several. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** The bytes that came; empty when there are none. */
  readonly body: Uint8Array;
  /** DER of the client's certificate when TLS has verified one. */
  readonly certificate: Uint8Array | null;
}

export interface Authenticator {
  /**
   * Who sent it. Rejects with AUTH_* codes, which say no more than the sender must know to mend an honest mistake.
   * A revoked key or principal fails from the moment of the revocation on, in open connections too. A nonce is taken once, also across restarts.
   */
  authenticate(request: IncomingRequest): Promise<Caller>;
}

/** A class of request, for which one decision holds until policies change. */
export interface PolicyQuestion {
  readonly principal: Principal;
  readonly purpose: string;
  readonly form: DisclosureForm;
  readonly isException: boolean;
  /** More than one subject in one request. */
  readonly isBulk: boolean;
  readonly nowMs: number;
  /** Left out: `read`. */
  readonly act?: PolicyAct;
}

export interface PolicyDecision {
  /** Fields that may leave in that form. */
  readonly allowed: ReadonlySet<VaultField>;
  /** Version of the policies that decided. */
  readonly version: string;
}

export interface PolicyEngine {
  /** Never fails: what cannot be decided is refused. A change of policies takes effect with the next call. */
  decide(question: PolicyQuestion, fields: readonly VaultField[]): PolicyDecision;
  /** Of the policies that hold now. The ledger says of an entry by where it stands which policies decided, so a decision of another version is not appended any more. */
  readonly version: string;
  /** While other policies are written to the ledger, what is decided is not appended: resolves, and never rejects, when they hold or were given up. */
  readonly changing: Promise<void> | null;
}

/** What one item of a request is about, as the context sees it. */
export interface Matter {
  /** Null: a subject is asked for by its id. */
  readonly parcel: {
    readonly trackingNumber: string;
    readonly party: ParcelParty;
    readonly station: string | null;
    readonly due: readonly string[];
    readonly status: string;
    readonly sender: string | null;
  } | null;
  readonly subject: string;
}

export type Justification =
  | {
      readonly isJustified: true /** The business fact, as the ledger keeps it; no personal value. */;
      readonly basis: string;
    }
  | { readonly isJustified: false; readonly code: ErrorCode };

export interface BusinessContext {
  /** Whether a business fact justifies the purpose for each matter, in their order. A purpose that nobody knows justifies nothing. */
  justify(
    principal: Principal,
    request: { readonly purpose: string; readonly ticket: string | null; readonly nowMs: number },
    matters: readonly Matter[],
  ): Promise<readonly Justification[]>;
}

/** What is about to leave: counted in distinct subjects. */
export interface BudgetRequest {
  readonly principal: Principal;
  readonly purpose: string;
  readonly subjects: readonly string[];
  /** 2 for exceptions. */
  readonly weight: 1 | 2;
  readonly nowMs: number;
}

export type Reservation =
  | {
      readonly isGranted: true /** Counts for good when it resolves; when it rejects (GATEWAY_BUDGETS_WRITE), `release` is still to be called. */;
      settle(): Promise<void> | void /** Nothing left: as if it had not been asked. */;
      release(): void;
    }
  | {
      readonly isGranted: false;
      /** Which budget: such as `principal minute`. */
      readonly budget: string;
      readonly limit: number;
      readonly retryAfterMs: number;
    };

export interface Budgets {
  /**
   * Takes room for the subjects in every budget that concerns the request, or in none: exact under any concurrency, since it is one synchronous step.
   * A subject that a window has counted already takes no more room in it. What was settled and acknowledged survives a kill at any moment.
   */
  reserve(request: BudgetRequest): Reservation;
}

/** One decision as the ledger keeps it. */
export interface DecisionEntry {
  readonly principal: string;
  readonly subject: string;
  /** Such as `name phone/masked`: without a form it was in the clear. `trackingNumber` where a parcel was asked for. */
  readonly fields: string;
  readonly purpose: string;
  /** The business fact; `exception: ` and the reason; for `deny` the code of the refusal. */
  readonly basis: string;
  /** `allow` when something left in the clear, `mask` when nothing did, `deny` (docs/spec/ledger-entry.md). */
  readonly decision: string;
  readonly requestSignature: Uint8Array | null;
  readonly timeMs: number;
  /** 16 bytes that name the item of a request; null: each is new. */
  readonly idempotencyKey: Uint8Array | null;
}

export interface DecisionLog {
  /** Resolves when all are durable, with the place of each. Rejects with LEDGER_*; then none is recorded and nothing may leave. */
  append(
    entries: readonly DecisionEntry[],
  ): Promise<readonly { readonly log: string; readonly shard: string; readonly index: number }[]>;
}

/** A change of who may do what, as the ledger keeps it (docs/spec/ledger-entry.md, "Record of a change"). */
export interface AdministrationEntry {
  readonly principal: string;
  readonly action: string;
  /** Empty where it would name somebody. */
  readonly object: string;
  /** 32 bytes. */
  readonly record: Uint8Array;
  readonly timeMs: number;
  readonly requestSignature: Uint8Array | null;
  /** 16 bytes. */
  readonly idempotencyKey: Uint8Array;
}

/** Which policies hold from an entry on (docs/spec/ledger-entry.md, "Which policies decided"). */
export interface PoliciesEntry {
  /** Empty: stated again. */
  readonly principal: string;
  /** `in force`, `activated`, `activated, accepting …`. */
  readonly basis: string;
  /** 32 bytes: SHA-256 of their text. */
  readonly policies: Uint8Array;
  readonly timeMs: number;
  readonly requestSignature: Uint8Array | null;
}

/** What governs the gateway, written down before it holds. */
export interface GovernanceLog {
  /** Resolves when all are durable, with the place of each. Rejects with LEDGER_*; then none is recorded. */
  administration(
    entries: readonly AdministrationEntry[],
  ): Promise<readonly { readonly shard: string; readonly index: number }[]>;
  /** As `administration`. */
  policies(entry: PoliciesEntry): Promise<{ readonly shard: string; readonly index: number }>;
}

/** An entry of administration as the ledger has it; `record` in hexadecimal. */
export interface EnteredChange {
  readonly shard: string;
  readonly index: number;
  readonly action: string | null;
  readonly record: string | null;
}

/** What the ledger has of changes. */
export interface ReadLedger {
  /** Everything that is published. */
  readonly entries: readonly EnteredChange[];
  /** Entries of each shard that is kept, as far as they are published. */
  readonly sizes: ReadonlyMap<string, number>;
}

/** What anybody may check the ledger with, and what proves a disclosure. */
export interface PublicLedger {
  /** Names of the shards, oldest first. */
  shards(): readonly string[];
  /** The newest signed checkpoint; null: there is no such shard, or nothing is published yet. */
  checkpoint(shard: string): Uint8Array | null;
  /** A tile or bundle (`tile/…`); null: there is none. */
  tile(shard: string, path: string): Uint8Array | null;
  /** A shard's policy (c2sp.org/tlog-policy). */
  policy(shard: string): string;
  /** Proof of an entry with the named fields opened. Fails with LEDGER_INDEX, LEDGER_REVEAL, LEDGER_DROPPED. */
  prove(request: { readonly shard: string; readonly index: number; readonly reveal: readonly string[] }): string;
  /** Who an entry names as the one who asked; null: erased, or not published yet. */
  principalOf(shard: string, index: number): string | null;
}

/** A decision as the ledger gives it back, each part null where it was erased. */
export interface ToldDecision {
  readonly subject: string | null;
  readonly principal: string | null;
  readonly fields: string | null;
  readonly purpose: string | null;
  readonly basis: string | null;
  readonly decision: string | null;
  readonly timeMs: number | null;
}

/** How the ledger is doing. */
export interface LedgerFigures {
  /** The one that takes entries. */
  readonly shard: string;
  /** Entries of the current shard that are durable. */
  readonly entries: number;
  /** Of them, those that a published checkpoint covers. */
  readonly published: number;
  readonly freeBytes: number;
  /** A checkpoint could not be brought to witnesses or second place. */
  readonly isWithheld: boolean;
}

/** What can be read back of the ledger, beside whoever appends. */
export interface LedgerReading {
  /** Name of the log, as receipts have it. */
  readonly log: string;
  figures(): LedgerFigures;
  /** Resolves when everything that was acknowledged before can be read. Rejects with LEDGER_QUORUM, LEDGER_SECOND_WRITE, LEDGER_DISK_FULL. */
  publish(): Promise<void>;
  /** Shards that were not dropped, oldest first, with the number of entries that can be read. Fails with LEDGER_DAMAGED. */
  shards(): readonly { readonly shard: string; readonly size: number }[];
  /** Decisions among the entries from `from` up to `to`, without those of which the subject was erased. Fails with LEDGER_*. */
  decisions(
    shard: string,
    from: number,
    to: number,
  ): Iterable<{ readonly index: number; readonly subject: string; readonly basis: string }>;
  /** One decision; null: the entry is something else, or nothing of it can be told. Fails with LEDGER_*. */
  decision(shard: string, index: number): ToldDecision | null;
}

/** Takes people out of the ledger and of what is derived from it. */
export interface LedgerErasing {
  /** Whether a legal hold forbids it. */
  isHeld(subject: string): boolean;
  /** Durable when it resolves; gives whether there was anything. Goes on where it was cut off. Rejects with LEDGER_HELD, HOME_LOCKED (again later) and LEDGER_*. */
  erase(subject: string, instruction: { readonly principal: string; readonly basis: string }): Promise<boolean>;
  /** Takes a subject that the vault has no longer out of the register; durable when it resolves. Rejects with HOME_LOCKED (again later) and REGISTER_*. */
  eraseInRegister(subject: string): Promise<void>;
}

/** A subject that does not exist, for one export. */
export interface ExportCanary {
  readonly id: string;
  readonly values: Partial<Readonly<Record<VaultField, string>>>;
}

/** Makes canaries for exports. */
export interface ExportCanaries {
  /** Fails with CANARIES_SETTING and CANARIES_FIELD when none can be made that have these fields. */
  check(fields: readonly VaultField[]): void;
  /** Makes them, or gives those that were made for the same before. Rejects with CANARIES_*, REGISTER_*, KEY_UNUSABLE, HOME_LOCKED, HOME_TASK. */
  make(wanted: {
    readonly scope: string;
    readonly count: number;
    readonly fields: readonly VaultField[];
  }): Promise<readonly ExportCanary[]>;
}
