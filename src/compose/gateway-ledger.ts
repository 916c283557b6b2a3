import { BoltsealError } from '../core/errors.ts';
import { makeContent } from '../core/ledger-entry/record.ts';
import { parseTilePath } from '../core/tlog/tile-path.ts';
import type {
  DecisionEntry,
  DecisionLog,
  GovernanceLog,
  LedgerErasing,
  LedgerReading,
  PublicLedger,
} from '../gateway/port.ts';
import type { LedgerEvents } from '../gateway/stores.ts';
import { nodeFiles } from '../ledger/files/node-files.ts';
import { readWhole } from '../ledger/files/whole-files.ts';
import { readIdentity } from '../ledger/service/identity.ts';
import { type OpenLedger, openLedger } from '../ledger/service/open-ledger.ts';
import { findKeptShard, readPublishedShard, shardPolicyText } from '../ledger/service/read-shard.ts';
import type { LedgerSettings } from '../ledger/service/settings.ts';
import { checkpointFile, readTile } from '../ledger/shard-place.ts';
import { listShards, type Shard } from '../ledger/shards.ts';
import { HomeTasks } from './home-tasks.ts';
import { openRequestOf } from './ledger.ts';
import { feedColumns, removeFromColumns } from './ledger-columns.ts';
import { makeLedgerReading } from './ledger-reading.ts';

const ROLL_OVER_MS = 60_000;
/** How far columns and register may be behind what is answered: nobody looks for a thief within minutes. */
const FEED_MS = 300_000;

/** The ledger of a gateway. */
export interface GatewayLedger {
  readonly log: DecisionLog;
  readonly governance: GovernanceLog;
  readonly publicLedger: PublicLedger;
  readonly reading: LedgerReading;
  readonly erasing: LedgerErasing;
  /** Work beside it that needs the home's lock. */
  readonly tasks: Pick<HomeTasks, 'run'>;
  close(): Promise<void>;
}

/** The ledger as the gateway uses it: one that stays open. Fails as `openLedger`. */
export async function openGatewayLedger(home: string, events: LedgerEvents): Promise<GatewayLedger> {
  const request = await openRequestOf(home);
  const tasks = new HomeTasks(home);
  const open = await openLedger({
    ...request,
    removePerson: (kind, id) => tasks.run({ task: 'remove person', kind, id }),
    removeShardRows: (shard) => tasks.run({ task: 'remove shard', shard }),
    onFailure: events.onFailure,
  });
  // Appends begin a new half year by themselves; this is for one that nobody appends to.
  const timer = setInterval(() => {
    open.ledger.rollOver().catch(() => {
      // What ends the log is heard through onFailure; what passes is tried again in a minute.
    });
  }, ROLL_OVER_MS).unref();
  let isFeeding = false;
  const feeding = setInterval(() => {
    if (isFeeding) return;
    isFeeding = true;
    tasks
      .feed()
      .catch((error: unknown) => {
        const code = error instanceof BoltsealError ? error.code : null;
        // An import has the home, or the gateway is stopping: the next one does it.
        if (code !== 'HOME_LOCKED' && code !== 'HOME_TASK') events.onTrouble?.('feeding columns and register', code);
      })
      .finally(() => {
        isFeeding = false;
      });
  }, FEED_MS).unref();
  return {
    log: makeDecisionLog(open),
    governance: makeGovernanceLog(open),
    publicLedger: makePublicLedger(request.settings, open.prover),
    reading: makeLedgerReading(request.settings, open),
    erasing: makeErasing(home, open, tasks),
    tasks,
    async close() {
      clearInterval(timer);
      clearInterval(feeding);
      await tasks.stop();
      await open.close();
      await feed(home, request.settings);
    },
  };
}

/** Brings the columns up to what is published; while an import of logs holds them, the next one does. Fails as `feedColumns`. */
async function feed(home: string, settings: LedgerSettings): Promise<void> {
  try {
    await feedColumns(home, settings, false);
  } catch (error) {
    if (!(error instanceof BoltsealError) || error.code !== 'HOME_LOCKED') throw error;
  }
}

function makeDecisionLog({ ledger, identity }: OpenLedger): DecisionLog {
  return {
    async append(entries) {
      const { shard, firstIndex, indices } = await ledger.append(entries.map(contentOf));
      return entries.map((_, i) => ({ log: identity.origin, shard, index: indices?.[i] ?? firstIndex + i }));
    },
  };
}

/** The ledger of a home as what governs its gateway is written to it. */
export function makeGovernanceLog({ ledger }: Pick<OpenLedger, 'ledger'>): GovernanceLog {
  return {
    async administration(entries) {
      const contents = entries.map(({ timeMs, idempotencyKey, requestSignature, ...rest }) =>
        makeContent('administration', timeMs, { ...rest, ...signatureOf(requestSignature) }, idempotencyKey),
      );
      const { shard, firstIndex, indices } = await ledger.append(contents);
      return entries.map((_, i) => ({ shard, index: indices?.[i] ?? firstIndex + i }));
    },
    async policies({ timeMs, requestSignature, ...rest }) {
      const content = makeContent('policies', timeMs, { ...rest, ...signatureOf(requestSignature) });
      const { shard, firstIndex } = await ledger.append([content]);
      return { shard, index: firstIndex };
    },
  };
}

function signatureOf(requestSignature: Uint8Array | null): { requestSignature?: Uint8Array } {
  return requestSignature === null ? {} : { requestSignature };
}

function contentOf(entry: DecisionEntry) {
  const { principal, subject, fields, purpose, basis, decision, requestSignature, timeMs, idempotencyKey } = entry;
  return makeContent(
    'disclosure',
    timeMs,
    { principal, subject, fields, purpose, basis, decision, ...signatureOf(requestSignature) },
    idempotencyKey,
  );
}

function makeErasing(home: string, { isHeld, erasures }: OpenLedger, tasks: HomeTasks): LedgerErasing {
  return {
    isHeld,
    eraseInRegister: (subject) => tasks.run({ task: 'erase in register', subject }),
    erase: (subject, instruction) =>
      tasks.withoutFeeds(async () => {
        try {
          await erasures.erase('subject', subject, instruction);
          return true;
        } catch (error) {
          if (!(error instanceof BoltsealError) || error.code !== 'LEDGER_ERASED_NONE') throw error;
          // Imported logs are no part of the ledger: who is in them alone is erased there.
          return (await removeFromColumns(home, 'subject', subject)) > 0;
        }
      }),
  };
}

function makePublicLedger(settings: LedgerSettings, prover: OpenLedger['prover']): PublicLedger {
  const find = (name: string): Shard | null =>
    listShards(nodeFiles, settings.ledgerFolder).find((shard) => shard.name === name) ?? null;
  return {
    shards: () => listShards(nodeFiles, settings.ledgerFolder).map(({ name }) => name),
    checkpoint(name) {
      const shard = find(name);
      return shard === null ? null : readWhole(nodeFiles, checkpointFile(shard.folder));
    },
    tile(name, file) {
      const shard = find(name);
      const id = parseTilePath(file);
      if (shard === null || id === null) return null;
      try {
        return readTile({ files: nodeFiles, folder: shard.folder }, id);
      } catch (error) {
        // A tile that is not there yet, or was never, is missing to whoever asks; fsck tells whether it should be there.
        if (error instanceof BoltsealError && error.code === 'LEDGER_DAMAGED') return null;
        throw error;
      }
    },
    policy: (name) => {
      const identity = readIdentity(settings);
      return shardPolicyText(settings, identity, readPublishedShard(identity, findKeptShard(settings, name)));
    },
    prove: (request) => prover.prove(request),
    principalOf(shard, index) {
      try {
        const principal = prover.valueOf(shard, index, 'principal');
        return principal === null ? null : Buffer.from(principal).toString('utf8');
      } catch (error) {
        if (error instanceof BoltsealError && error.code === 'LEDGER_INDEX') return null;
        throw error;
      }
    },
  };
}
