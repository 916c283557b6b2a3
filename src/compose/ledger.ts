import { createReadStream } from 'node:fs';
import path from 'node:path';
import type { Config } from '../contract/config.ts';
import { BoltsealError } from '../core/errors.ts';
import { openHome } from '../home/home.ts';
import { readErrorReason } from '../home/system-errors.ts';
import type { LedgerOptions } from '../ledger/options.ts';
import type { OpenLedger, OpenRequest } from '../ledger/service/open-ledger.ts';
import type { LedgerService, WithheldListener } from '../ledger/service/port.ts';
import type { LedgerSettings } from '../ledger/service/settings.ts';

/** Builds what the commands of the ledger need. */
export function createLedgerService(): LedgerService {
  return {
    async append(home, input, onWithheld) {
      const { appendLines } = await import('../ledger/service/append-lines.ts');
      const summary = await withLedger(home, ({ ledger }) => appendLines(ledger, readInput(input)), onWithheld);
      const { feedColumns } = await import('./ledger-columns.ts');
      const feeding = feedColumns(home, await settingsOf(home), false);
      // An import of logs is running: the next append feeds them, and until then fsck says that they are behind.
      await feeding.catch((error: unknown) => {
        if (!(error instanceof BoltsealError) || error.code !== 'HOME_LOCKED') throw error;
      });
      return summary;
    },
    async status(home) {
      const { readOverview } = await import('../ledger/service/status.ts');
      return readOverview(await settingsOf(home));
    },
    async checkpoint(home, takesNewSecondPlace) {
      const { readOverview } = await import('../ledger/service/status.ts');
      const { republish } = await import('../ledger/service/republish.ts');
      const settings = await settingsOf(home);
      await withLedger(home, ({ ledger }) => ledger.checkpoint(), null, { takesNewSecondPlace });
      await republish(settings, Date.now);
      return readOverview(settings);
    },
    async prove(home, request) {
      const { proveEntry } = await import('../ledger/service/prover.ts');
      return proveEntry(await settingsOf(home), request);
    },
    async findPolicies(home, entry) {
      const { findPolicies } = await import('../ledger/service/governance.ts');
      return findPolicies(await settingsOf(home), entry);
    },
    async verify(proof, policy) {
      const { readTextFile, verifyProof } = await import('../ledger/service/proof.ts');
      return verifyProof(readTextFile(proof), readTextFile(policy));
    },
    async policy(home, shard) {
      const { readIdentity } = await import('../ledger/service/identity.ts');
      const { findShard, shardPolicyText } = await import('../ledger/service/read-shard.ts');
      const settings = await settingsOf(home);
      const identity = readIdentity(settings);
      return shardPolicyText(settings, identity, findShard(settings, shard));
    },
    async fsckHome(home, onEntries) {
      const { fsckHome } = await import('../ledger/service/fsck-home.ts');
      const { countMissing } = await import('./ledger-columns.ts');
      const settings = await settingsOf(home);
      return fsckHome(settings, () => countMissing(home, settings), onEntries);
    },
    async fsckLog(source, { policy, isPart }, onEntries) {
      const { fsckLog } = await import('../ledger/service/fsck-home.ts');
      const { readTextFile } = await import('../ledger/service/proof.ts');
      return fsckLog(source, { policy: readTextFile(policy), isPart }, onEntries);
    },
    async export(home, request) {
      const { exportLog } = await import('../ledger/service/export-log.ts');
      return exportLog(await settingsOf(home), request);
    },
    async erase(home, kind, id, instruction) {
      const { checkColumnsFree, removeFromColumns } = await import('./ledger-columns.ts');
      // An import of logs that runs is better waited for than met half way.
      await checkColumnsFree(home);
      try {
        const erased = await withLedger(home, ({ erasures }) => erasures.erase(kind, id, instruction));
        return { ...erased, importedRows: 0 };
      } catch (error) {
        if (!(error instanceof BoltsealError) || error.code !== 'LEDGER_ERASED_NONE') throw error;
        // Imported logs are no part of the ledger: who is in them alone is erased there, and no entry says so.
        const importedRows = await removeFromColumns(home, kind, id);
        if (importedRows === 0) throw error;
        return { tombstone: null, entries: 0, damagedFiles: 0, importedRows };
      }
    },
    async planDrop(home, shard) {
      const { planDrop } = await import('../ledger/service/drop-shard.ts');
      return planDrop(await settingsOf(home), shard, Date.now());
    },
    async drop(home, shard, instruction) {
      const { dropShard, findDueShard } = await import('../ledger/service/drop-shard.ts');
      const { checkColumnsFree } = await import('./ledger-columns.ts');
      const settings = await settingsOf(home);
      // Before the ledger is opened, which would begin the next shard: what is refused changes nothing.
      findDueShard(settings, shard, Date.now());
      await checkColumnsFree(home);
      return withLedger(home, (open) => dropShard(settings, open, { shard, instruction, nowMs: Date.now() }));
    },
    hold: (home, subject, instruction, onWithheld) =>
      withLedger(home, ({ holds }) => holds.place(subject, instruction), onWithheld),
    release: (home, subject, hold, instruction, onWithheld) =>
      withLedger(home, ({ holds }) => holds.release(subject, hold, instruction), onWithheld),
    holds: (home) => withLedger(home, async ({ holds }) => holds.list()),
    async rotateKeys(home, instruction) {
      const { rotateKeys } = await import('../ledger/service/rotate-keys.ts');
      return rotateKeys(await openRequestOf(home), instruction);
    },
    async rebuildColumns(home) {
      const { feedColumns } = await import('./ledger-columns.ts');
      return feedColumns(home, await settingsOf(home), true);
    },
    async serveWitness(request) {
      const { runWitness } = await import('../ledger/service/witness-daemon.ts');
      await runWitness(request);
    },
  };
}

/** Opens the ledger, works and closes it. With `onWithheld`, what only keeps the last checkpoint from being published does not fail the work. */
export async function withLedger<T>(
  home: string,
  work: (open: OpenLedger) => Promise<T>,
  onWithheld: WithheldListener | null = null,
  options: Partial<LedgerOptions> = {},
): Promise<T> {
  const { openLedger } = await import('../ledger/service/open-ledger.ts');
  const open = await openLedger({ ...(await openRequestOf(home)), options });
  let result: T;
  try {
    result = await work(open);
  } catch (error) {
    // Closing tries to publish; why the work failed is what the user must hear.
    await open.close().catch(() => undefined);
    throw error;
  }
  try {
    await open.close();
  } catch (error) {
    const isWithheld = error instanceof BoltsealError && withheldCodes.includes(error.code);
    if (!isWithheld || onWithheld === null) throw error;
    onWithheld(error);
  }
  return result;
}

const withheldCodes: readonly string[] = ['LEDGER_QUORUM', 'LEDGER_SECOND_WRITE', 'LEDGER_DISK_FULL'];

/** How the ledger of a home is opened; nobody hears of failures but who waits. Fails as `settingsOf`. */
export async function openRequestOf(home: string): Promise<OpenRequest> {
  return {
    settings: await settingsOf(home),
    nowMs: Date.now,
    removePerson: async (kind, id) => {
      const { removeFromColumns } = await import('./ledger-columns.ts');
      await removeFromColumns(home, kind, id);
    },
    removeShardRows: async (shard) => {
      const { removeShardFromColumns } = await import('./ledger-columns.ts');
      await removeShardFromColumns(home, await settingsOf(home), shard);
    },
    // Whoever waits hears of it; there is nobody else in a command.
    onFailure: () => undefined,
  };
}

/** What a home's configuration says of its ledger. Fails as `openHome`, and with LEDGER_FILE. */
export async function settingsOf(folder: string): Promise<LedgerSettings> {
  const { paths, config } = await openHome(folder);
  const { origin, secondPlace, onMissingQuorum, retentionDays }: NonNullable<Config['ledger']> = config.ledger ?? {};
  return {
    ledgerFolder: path.join(paths.folder, 'ledger'),
    keysFolder: path.dirname(paths.key),
    origin: origin ?? null,
    secondPlaceFolder:
      secondPlace === undefined ? `${paths.folder}.checkpoints` : path.resolve(paths.folder, secondPlace),
    witnesses: await readWitnesses(paths.folder, config),
    onMissingQuorum: onMissingQuorum ?? 'withhold',
    retentionDays: retentionDays ?? null,
  };
}

async function readWitnesses(folder: string, { ledger }: Config): Promise<string | null> {
  if (ledger?.witnesses === undefined) return null;
  const { readTextFile } = await import('../ledger/service/proof.ts');
  return readTextFile(path.resolve(folder, ledger.witnesses));
}

/** The bytes of a file, or of standard input for `-`. Fails with LEDGER_FILE. */
async function* readInput(file: string): AsyncGenerator<Uint8Array, void> {
  try {
    yield* file === '-' ? process.stdin : createReadStream(file);
  } catch (cause) {
    throw new BoltsealError('LEDGER_FILE', { path: file, reason: readErrorReason(cause) }, { cause });
  }
}
