import { BoltsealError } from '../../core/errors.ts';
import { Links } from '../auth/links.ts';
import type { ReadLedger } from '../port.ts';
import type { OpenDatabase } from '../stores.ts';
import { type AuditCheck, checkAudit } from './audit-check.ts';
import { Directory } from './directory.ts';
import { Enrolments, type NewEnrolment } from './enrolments.ts';
import { directoryMigrations } from './migrations.ts';
import { HOME_ACTOR, type NewPrincipal, type PrincipalRecord, type PrincipalVersion } from './port.ts';

/** Opens a database of the gateway of a home; null when no gateway was opened there yet. */
export type OpenHomeDatabase = (
  home: string,
  name: string,
  migrations: readonly string[],
) => Promise<(OpenDatabase & { close(): void }) | null>;

/** What an administrator does at the home itself, also while the gateway is open: it notices with the next request. */
export interface DirectoryTool {
  /** In the order of ids. Fails as all of them with DIRECTORY_NONE, HOME_*, STORE_*. */
  list(home: string): Promise<readonly PrincipalRecord[]>;
  /** All that was ever true of principals, in the order in which it was written. */
  versions(home: string): Promise<readonly PrincipalVersion[]>;
  /** Makes a principal, with a key where one is given (SubjectPublicKeyInfo in DER). Gives the key's id. Fails with DIRECTORY_*. */
  add(home: string, principal: NewPrincipal, spki: Uint8Array | null, nowMs: number): Promise<string | null>;
  /** Revokes for good. Fails with DIRECTORY_UNKNOWN. */
  revoke(home: string, id: string, nowMs: number): Promise<void>;
  /** A code for a device. Fails with DIRECTORY_*. */
  enrol(
    home: string,
    given: NewEnrolment,
    nowMs: number,
  ): Promise<{ readonly code: string; readonly principal: string }>;
  /** Records what a retention is about to do or has done, in figures; nothing where no gateway was opened yet. */
  noteRetention(
    home: string,
    action: 'retention begun' | 'retention ended',
    figures: string,
    nowMs: number,
  ): Promise<void>;
  /** Compares the audit with the ledger. Fails with LEDGER_* too. */
  checkAudit(home: string): Promise<AuditCheck>;
  /** The token of a link that signs a principal in once. Fails with DIRECTORY_UNKNOWN. */
  link(home: string, id: string, nowMs: number): Promise<string>;
}

/** `readLedger` reads what is published of a home's ledger. */
export function createDirectoryTool(
  openDatabase: OpenHomeDatabase,
  readLedger: (home: string) => Promise<ReadLedger>,
): DirectoryTool {
  async function using<T>(
    home: string,
    work: (store: OpenDatabase, directory: Directory) => T | Promise<T>,
  ): Promise<T> {
    const store = await openDatabase(home, 'directory', directoryMigrations);
    if (store === null) throw new BoltsealError('DIRECTORY_NONE');
    try {
      return await work(store, new Directory(store, () => undefined));
    } finally {
      store.close();
    }
  }
  const changeAt = (nowMs: number) => ({ actor: HOME_ACTOR, nowMs });
  return {
    list: (home) =>
      using(home, (_store, directory) => directory.listPrincipals({ after: null, limit: Number.MAX_SAFE_INTEGER })),
    versions: (home) => using(home, (_store, directory) => [...directory.listVersions()]),
    add: (home, principal, spki, nowMs) =>
      using(home, (_store, directory) =>
        directory.audit.together(() => {
          directory.addPrincipal(principal, changeAt(nowMs));
          if (spki === null) return null;
          const times = { notBeforeMs: nowMs, notAfterMs: null };
          return directory.addKey({ principal: principal.id, use: 'signature', spki, ...times }, changeAt(nowMs)).id;
        }),
      ),
    revoke: (home, id, nowMs) =>
      using(home, (_store, directory) => void directory.setState(id, 'revoked', changeAt(nowMs))),
    enrol: (home, given, nowMs) =>
      using(home, async (store, directory) => {
        const { code, enrolment } = await new Enrolments(store, directory).make(given, changeAt(nowMs));
        return { code, principal: enrolment.principal };
      }),
    async noteRetention(home, action, figures, nowMs) {
      const store = await openDatabase(home, 'directory', directoryMigrations);
      if (store === null) return;
      try {
        const { audit } = new Directory(store, () => undefined);
        audit.record(changeAt(nowMs), action, figures, () => ({ result: null, detail: {} }));
      } finally {
        store.close();
      }
    },
    // The ledger last: what is entered meanwhile has its row.
    checkAudit: (home) => using(home, async (store) => checkAudit(store, await readLedger(home))),
    link: (home, id, nowMs) => using(home, (store, directory) => new Links(store, directory).make(id, changeAt(nowMs))),
  };
}
