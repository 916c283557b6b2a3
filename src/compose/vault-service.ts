import { existsSync } from 'node:fs';
import path from 'node:path';
import type { VaultService } from '../cli/services.ts';
import { BoltsealError } from '../core/errors.ts';
import { canonicalSubject } from '../core/fields/canonical.ts';
import { openHome } from '../home/home.ts';
import type { Vault } from '../vault/port.ts';
import type { StoredVault } from '../vault/stored-vault.ts';
import { createLedgerService, withLedger } from './ledger.ts';
import { eraseFromRegister } from './register-erasure.ts';
import { lockHome, readKey } from './shared.ts';
import { openHomeVault } from './vault.ts';

/** Takes what the gateway of a home keeps of people away, while nobody serves it and the vault still knows whose parcels are whose. */
export type ForgetInGateway = (
  home: string,
  vault: Pick<Vault, 'parcelsOf'>,
  subjects: readonly string[],
) => Promise<void>;

/** Builds what the commands of the vault need. */
export function createVaultService(forget: ForgetInGateway): VaultService {
  return {
    async import(request, steps) {
      const { importTable } = await import('./vault-import.ts');
      const { config } = await openHome(request.home);
      return withVault(request.home, true, (vault) => importTable(vault, config.region, request, steps));
    },
    async check(home, steps) {
      const { checkPlaintext } = await import('./vault-check.ts');
      return withVault(home, false, (vault) => checkPlaintext(home, vault, steps));
    },
    async feed(home) {
      const { feedRegister } = await import('./vault-feed.ts');
      return withVault(home, false, (vault) => feedRegister(home, vault, Date.now));
    },
    async status(home) {
      const { config } = await openHome(home);
      const status = await withVault(home, false, (vault) => vault.status());
      const { tenant = 'default', keys = { provider: 'file' }, store } = config.vault ?? {};
      return {
        ...status,
        tenant,
        provider: keys.provider,
        store: store?.kind === 'postgresql' ? 'PostgreSQL' : 'SQLite',
      };
    },
    rotate: (home, onProgress) => withVault(home, false, (vault) => vault.rotate(onProgress)),
    async report(home, given) {
      const subject = canonicalSubject(given) ?? given;
      const person = await withVault(home, false, (vault) => vault.report(subject));
      const disclosures = await besideGateway(() => readDisclosures(home, subject));
      if (person === null && disclosures.length === 0) throw new BoltsealError('VAULT_SUBJECT_NONE');
      return { person: person ?? { subject, values: {}, parcels: [] }, disclosures };
    },
    erase: (home, given, instruction) =>
      withVault(home, false, async (vault) => {
        const subject = canonicalSubject(given) ?? given;
        // The ledger first: a legal hold forbids it there, before anything is gone. Killed in between, the next call does the rest.
        const inLedger = await besideGateway(() => eraseInLedger(home, subject, instruction));
        // Before the vault, whose lack of somebody nobody would notice again, and once more behind it, for what was told to the register in between.
        await eraseFromRegister(home, [subject]);
        await forget(home, vault, [subject]);
        const wasInVault = await vault.erase(subject);
        await eraseFromRegister(home, [subject]);
        if (!wasInVault && inLedger === null) throw new BoltsealError('VAULT_SUBJECT_NONE');
        return { wasInVault, tombstone: inLedger?.tombstone ?? null, entries: inLedger?.entries ?? 0 };
      }),
    retain: (home, beforeMs, erases) =>
      withVault(home, false, (vault) =>
        besideGateway(() => withHolds(home, (isHeld) => retain(home, vault, beforeMs, erases, isHeld, forget))),
      ),
  };
}

/** Runs what needs the ledger; the gateway that has it open does the same over HTTP, and the error says how. Fails with VAULT_GATEWAY. */
async function besideGateway<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BoltsealError && error.code === 'LEDGER_LOCKED') throw new BoltsealError('VAULT_GATEWAY');
    throw error;
  }
}

async function withVault<T>(home: string, makes: boolean, work: (vault: StoredVault) => Promise<T>): Promise<T> {
  const vault = await openHomeVault(home, makes);
  try {
    return await work(vault);
  } finally {
    await vault.close();
  }
}

function hasLedger(home: string): boolean {
  return existsSync(path.join(home, 'ledger'));
}

async function eraseInLedger(home: string, subject: string, instruction: { principal: string; basis: string }) {
  // Without one there is nothing to say it in; what imported logs know of a subject goes all the same.
  if (!hasLedger(home)) {
    const { removeFromColumns } = await import('./ledger-columns.ts');
    await removeFromColumns(home, 'subject', subject);
    return null;
  }
  try {
    return await createLedgerService().erase(home, 'subject', subject, instruction);
  } catch (error) {
    if (error instanceof BoltsealError && error.code === 'LEDGER_ERASED_NONE') return null;
    throw error;
  }
}

async function readDisclosures(home: string, subject: string) {
  const { disclosuresOf } = await import('../disclosures/of-subject.ts');
  if (hasLedger(home)) await createLedgerService().rebuildColumns(home);
  const { paths } = await openHome(home);
  const key = await readKey(paths.key);
  const lock = await lockHome(home);
  try {
    return disclosuresOf(home, key, subject);
  } finally {
    lock.release();
  }
}

async function withHolds<T>(home: string, work: (isHeld: (subject: string) => boolean) => Promise<T>): Promise<T> {
  if (!hasLedger(home)) return work(() => false);
  return withLedger(home, ({ isHeld }) => work(isHeld));
}

async function retain(
  home: string,
  vault: StoredVault,
  beforeMs: number,
  erases: boolean,
  isHeld: (subject: string) => boolean,
  forget: ForgetInGateway,
): Promise<{ readonly due: number; readonly held: number; readonly erased: number }> {
  const counts = { due: 0, held: 0, erased: 0 };
  for (let after: number | null = 0; after !== null; ) {
    const page: Awaited<ReturnType<StoredVault['unused']>> = await vault.unused(after, beforeMs);
    counts.due += page.subjects.length;
    const free = page.subjects.filter((subject) => !isHeld(subject));
    counts.held += page.subjects.length - free.length;
    if (erases) {
      await eraseFromRegister(home, free);
      await forget(home, vault, free);
      counts.erased += await vault.eraseAll(free);
      await eraseFromRegister(home, free);
    }
    after = page.next;
  }
  return counts;
}
