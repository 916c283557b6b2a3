import type { DrillLine } from '../canaries/drill-result.ts';
import type { Attribution } from '../contract/attribution.ts';
import type { CanaryField, Recipient } from '../contract/canaries.ts';
import type { Inspection } from '../contract/inspection.ts';
import type { Verification } from '../contract/verification.ts';
import type { FieldName } from '../core/fields/field.ts';
import type { ImportSummary } from '../disclosures/import/import-disclosures.ts';
import type { PrincipalsSummary } from '../disclosures/import/import-principals.ts';
import type { RuleWords } from '../disclosures/import/rules.ts';
import type { DisclosuresOverview } from '../disclosures/status.ts';
import type { InferredColumn, RejectReason } from '../dump/port.ts';
import type { DirectoryTool } from '../gateway/directory/tool.ts';
import type { PolicyTool } from '../gateway/policy/tool.ts';
import type { ServeRequest } from '../gateway/serve-request.ts';
import type { Instruction } from '../ledger/erasing/port.ts';
import type { LedgerService } from '../ledger/service/port.ts';
import type { AddMode } from '../register/port.ts';
import type {
  CheckSummary,
  FeedSummary,
  PersonErased,
  PersonReport,
  RetainSummary,
  VaultImportSummary,
  VaultStatusSummary,
} from '../vault/service-port.ts';
import type { KeptVerification } from '../verify/kept-verifications.ts';

/*
 * What the commands need done. compose.ts builds it; commands know these types and nothing behind them.
 */

export interface Services {
  /** Makes a home with a new key. Fails with HOME_EXISTS, HOME_NOT_EMPTY, HOME_WRITE and the key file's errors. */
  initialise(request: InitRequest): Promise<InitResult>;
  /** Says how files would be read, without a register. Fails with DUMP_* and USAGE_COLUMN. */
  inspect(request: InspectRequest): Promise<Inspection>;
  readonly register: {
    /** Extends the register by one table; a failed or killed call leaves it as it was. */
    add(request: AddRequest, progress: Progress): Promise<AddResult>;
    status(home: string): Promise<RegisterStatus>;
  };
  readonly verify: {
    run(request: VerifyRequest, progress: Progress): Promise<VerifyResult>;
  };
  readonly verifications: {
    /** Verifications whose evidence the home keeps, oldest first. Fails with EVIDENCE_FOLDER. */
    list(home: string): Promise<readonly KeptVerification[]>;
    /** Removes evidence; gives the bytes. Fails with EVIDENCE_FOLDER. */
    remove(home: string, kept: readonly KeptVerification[]): Promise<number>;
  };
  readonly attribute: {
    /** Holds a verification against the disclosures. Fails with VERIFICATION_READ, VERIFICATION_FORMAT, EVIDENCE_* and DISCLOSURES_*. */
    run(request: AttributeRequest, progress: Progress): Promise<AttributeResult>;
  };
  readonly canaries: {
    /** Makes canaries, puts them into the register and exports them. A killed call leaves nothing that misleads; called again it finishes. Fails with CANARIES_*, REGISTER_*, HOME_LOCKED. */
    make(request: CanariesMakeRequest): Promise<CanariesMakeResult>;
    /** Verifies dumps made of all canaries. Fails with CANARIES_*, and with what `verify` fails with. */
    drill(request: CanariesDrillRequest, progress: Progress): Promise<CanariesDrillResult>;
    list(home: string): Promise<CanariesStatus>;
  };
  readonly disclosures: {
    /** Adds access logs; a failed or killed call leaves everything as it was. */
    import(request: DisclosuresImportRequest, progress: Progress): Promise<DisclosuresImportResult>;
    importPrincipals(request: PrincipalsImportRequest, progress: Progress): Promise<PrincipalsImportResult>;
    status(home: string): Promise<DisclosuresStatus>;
  };
  readonly ledger: LedgerService;
  readonly vault: VaultService;
  readonly policies: PolicyTool;
  readonly principals: DirectoryTool;
  readonly gateway: {
    /** Serves until `untilStopped`, then ends what was begun. Fails with GATEWAY_LISTEN, GATEWAY_TLS, LEDGER_*, VAULT_*, STORE_*, HOME_*. */
    serve(request: ServeRequest): Promise<void>;
  };
}

/** All of them but what is the gateway's, which stands above everything that compose.ts builds. */
export type ComposedServices = Omit<Services, 'gateway' | 'policies' | 'principals'>;

/** How far a long step is. Every call is cheap; drawing is limited by the receiver. */
export interface Progress {
  /** A step begins. `total` is null when nobody knows how long it will be. */
  begin(label: string, total: number | null, unit: ProgressUnit): void;
  /** `by` more units are done. */
  advance(by: number): void;
  /** The step is over. */
  end(): void;
}

export type ProgressUnit = 'bytes' | 'rows';

export interface InspectRequest {
  /** Its region is taken when there is one and none is given. */
  readonly home: string;
  readonly inputs: readonly string[];
  readonly region: string | null;
  readonly map: ColumnMap;
  readonly hints: ReadingHints;
}

export interface InitRequest {
  /** Absolute folder. */
  readonly home: string;
  /** ISO 3166-1 alpha-2. */
  readonly region: string;
}

export interface InitResult {
  readonly keyPath: string;
  readonly configPath: string;
}

/** What the user said about the shape of a file, null where it is to be found out. */
export interface ReadingHints {
  /** One to eight ASCII characters. */
  readonly separator: string | null;
  /** As the WHATWG names it. */
  readonly encoding: string | null;
  readonly header: boolean | null;
  /** To try on encrypted archives. */
  readonly passwords: readonly string[];
}

/** Columns and their fields, a field possibly on several; a column is a header's name, or a number from 1. */
export type ColumnMap = readonly { readonly field: FieldName; readonly column: string }[];

/** Where a table comes from; a path `-` is standard input. */
export type TableSource =
  | { readonly kind: 'files'; readonly paths: readonly string[]; readonly hints: ReadingHints }
  | { readonly kind: 'postgres'; readonly url: string; readonly query: string };

export interface AddRequest {
  readonly home: string;
  readonly source: TableSource;
  readonly mode: AddMode;
  /** Seconds since 1970. */
  readonly asOfSeconds: number;
  readonly id: string;
  readonly created: string | null;
  /** History mode: the columns of the interval; null otherwise. */
  readonly validFrom: string | null;
  readonly validTo: string | null;
  readonly map: ColumnMap;
  readonly exclusive: readonly FieldName[];
  /** Whether ids of who was erased may be those of new customers. */
  readonly admitsErased: boolean;
}

export interface AddResult {
  /** The table's columns as they were understood. */
  readonly columns: readonly InferredColumn[];
  readonly rows: number;
  readonly rejected: ReadonlyMap<RejectReason | 'erased', number>;
  readonly newSubjects: number;
  /** Subjects that a snapshot no longer has. */
  readonly goneSubjects: number;
  readonly newVersions: number;
  readonly closedVersions: number;
  /** In the register as a whole, after the addition. */
  readonly subjects: number;
  readonly versions: number;
  readonly seconds: number;
}

export interface RegisterStatus {
  readonly region: string;
  /** Canaries are not among them; versions and values of theirs are. */
  readonly subjects: number;
  readonly versions: number;
  readonly currentVersions: number;
  readonly fields: readonly RegisterFieldStatus[];
  /** On disk. */
  readonly sizeBytes: number;
  /** Seconds since 1970 of the earliest version and of the latest table; null while the register is empty. */
  readonly fromSeconds: number | null;
  readonly untilSeconds: number | null;
  /** People who were erased and stand in the files until the register is written the next time. */
  readonly waiting: number;
}

export interface RegisterFieldStatus {
  readonly field: FieldName;
  readonly exclusive: boolean;
  readonly versions: number;
  readonly current: number;
}

export interface VerifyRequest {
  readonly home: string;
  /** Paths; `-` is standard input. */
  readonly inputs: readonly string[];
  readonly hints: ReadingHints;
  readonly map: ColumnMap;
  /** Most memory for the register; null: as much as it takes. */
  readonly memoryBytes: number | null;
  /** Null: one a processor. */
  readonly threads: number | null;
  /** Whether the home keeps what `attribute` needs. */
  readonly keepsEvidence: boolean;
  /** Receives the CSV of affected subjects, header first, in pieces of any size; null when nobody wants it. */
  readonly affected: TextSink | null;
}

export interface AttributeRequest {
  readonly home: string;
  /** Path of what `verify --json` wrote. */
  readonly verification: string;
  /** Null: one a processor. */
  readonly threads: number | null;
}

export interface AttributeResult {
  readonly attribution: Attribution;
  renderTerminal(style: TerminalStyle): string;
  /** One self-contained file. */
  renderHtml(): string;
}

export interface TextSink {
  write(text: string): void;
}

export interface VerifyResult {
  readonly verification: Verification;
  /** A page for a terminal of so many columns. */
  renderTerminal(style: TerminalStyle): string;
  /** One self-contained file. */
  renderHtml(): string;
}

export interface TerminalStyle {
  readonly columns: number;
  readonly colour: boolean;
}

export interface CanariesMakeRequest {
  readonly home: string;
  readonly recipient: Recipient;
  readonly count: number;
  /** Null: every field that the register has and that can be made. */
  readonly columns: readonly CanaryField[] | null;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Receives the canaries as CSV, and is committed before they count as exported. */
  readonly output: TextSink & { commit(): void };
}

export interface CanariesMakeResult {
  readonly batch: string;
  readonly count: number;
  readonly columns: readonly CanaryField[];
  /** A call that was cut off had made them. */
  readonly isResumed: boolean;
  /** Columns that the register has of nobody: values of them are not found in dumps. */
  readonly unregistered: readonly CanaryField[];
}

export interface CanariesDrillRequest {
  readonly home: string;
  /** Receives the first of the drill's dumps; null: nobody keeps it. */
  readonly output: TextSink | null;
}

export interface CanariesDrillResult {
  readonly shapes: readonly string[];
  readonly recipients: readonly CanaryDrillLine[];
}

export type CanaryDrillLine = DrillLine;

export interface CanariesStatus {
  readonly batches: readonly CanaryBatchStatus[];
  /** Canaries in the register that wait for a recipient. */
  readonly stock: number;
}

/** The canaries of one `canaries make`. */
export interface CanaryBatchStatus {
  readonly id: string;
  readonly recipient: Recipient;
  readonly madeAt: string;
  readonly columns: readonly CanaryField[];
  readonly count: number;
  /** Of these, those that the register has. */
  readonly registered: number;
  readonly isExported: boolean;
}

export interface DisclosuresImportRequest {
  readonly home: string;
  /** Paths; `-` is standard input. */
  readonly inputs: readonly string[];
  readonly words: RuleWords;
}

export type DisclosuresImportResult = ImportSummary & { readonly seconds: number };

export interface PrincipalsImportRequest {
  readonly home: string;
  readonly inputs: readonly string[];
  /** Columns, where they are not called so. */
  readonly principal: string | null;
  readonly at: string | null;
}

export type PrincipalsImportResult = PrincipalsSummary;

export type DisclosuresStatus = DisclosuresOverview;

/** What the commands of the vault need done. `home` is absolute; fails with VAULT_*, and with VAULT_NONE where a vault must be there. */
export interface VaultService {
  /** Reads a table into the vault, made when there is none; run again after a crash it goes on. Fails with DUMP_*, POSTGRES_*, USAGE_COLUMN. */
  import(request: VaultImportRequest, steps: Progress): Promise<VaultImportSummary>;
  /** Looks for values of the vault in all files of the home. */
  check(home: string, steps: Progress): Promise<CheckSummary>;
  /** Tells the register of what was written. Fails with HOME_LOCKED, REGISTER_*. */
  feed(home: string): Promise<FeedSummary>;
  status(home: string): Promise<VaultStatusSummary>;
  /** Fails with VAULT_ROTATION. */
  rotate(
    home: string,
    onProgress: (done: number, total: number) => void,
  ): Promise<{ readonly version: number; readonly dataKeys: number }>;
  /** Fails with VAULT_SUBJECT_NONE, VAULT_GATEWAY, HOME_LOCKED, LEDGER_*. */
  report(home: string, subject: string): Promise<PersonReport>;
  /** Erases a person in ledger, columns and vault. Fails with LEDGER_HELD, VAULT_SUBJECT_NONE, VAULT_GATEWAY, HOME_LOCKED. */
  erase(home: string, subject: string, instruction: Instruction): Promise<PersonErased>;
  /** Subjects of whom nothing happened since `beforeMs`: says how many, or erases them from the vault. */
  retain(home: string, beforeMs: number, erases: boolean): Promise<RetainSummary>;
}

export interface VaultImportRequest {
  readonly home: string;
  readonly source: TableSource;
  readonly map: ColumnMap;
  /** Customers: the column of the id. */
  readonly id: string;
  /** Parcels: columns of theirs, null where there is none; null: customers. */
  readonly parcels: {
    readonly recipient: string | null;
    readonly sender: string | null;
    readonly station: string | null;
    readonly status: string | null;
  } | null;
  /** Milliseconds since 1970: when the table was taken. */
  readonly atMs: number;
  /** Whether ids of who was erased may be those of new customers. */
  readonly admitsErased: boolean;
}
