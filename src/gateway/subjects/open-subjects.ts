import { forgetSubject } from '../context/forget.ts';
import { keyedHash } from '../context/keyed-hash.ts';
import type { ContextState } from '../context/state.ts';
import type { Audit } from '../directory/audit.ts';
import type { DecisionLog } from '../port.ts';
import type { SubjectRightsServices } from '../routes/subjects.ts';
import type { GatewayStores } from '../stores.ts';
import type { VirtualNumberProvider } from '../virtual-numbers/port.ts';
import { createErasure, erasureMigrations } from './erasure.ts';
import { createExceptions, type Exceptions, reviewMigrations } from './exceptions.ts';
import { createHistory } from './history.ts';
import { notingLog, SeenIndex, seenMigrations } from './seen.ts';

const UPKEEP_MS = 60_000;

/** What people may ask about themselves, open until `close`. */
export interface OpenSubjects {
  /** The log of decisions, noted for whom they are about. */
  readonly notingLog: DecisionLog;
  readonly rights: SubjectRightsServices;
  readonly exceptions: Exceptions;
  close(): void;
}

/** Opens it and brings it up to date, in the background where that takes long. Fails with STORE_*. */
export async function openSubjects(
  stores: GatewayStores,
  state: ContextState,
  {
    numbers,
    audit,
  }: {
    readonly numbers: Pick<VirtualNumberProvider, 'forget'>;
    readonly audit: Pick<Audit, 'record' | 'carryOut'>;
  },
  nowMs: () => number,
): Promise<OpenSubjects> {
  const { vault, log, reading, erasing } = stores;
  const hash = keyedHash(stores.keyFor('seen'));
  // What a power cut takes of it is read from the ledger again: nobody who is answered waits for a sync of it.
  const seen = new SeenIndex(stores.openDatabase('seen', seenMigrations, 'normal'), hash, reading);
  const erasure = createErasure({
    store: stores.openDatabase('erasures', erasureMigrations),
    hash,
    key: stores.keyFor('erasures'),
    ledger: erasing,
    vault,
    forgetContext: async (subject, trackingNumbers) =>
      forgetSubject(state, subject, trackingNumbers) + (await numbers.forget(subject, trackingNumbers, nowMs())),
    seen,
    nowMs,
  });
  // Whatever fails here is met again by the next turn, and told to who asks for it.
  const isPublished = await reading.publish().then(
    () => true,
    () => false,
  );
  seen.catchUp(isPublished).catch(() => undefined);
  erasure.resume().catch(() => undefined);
  const timer = setInterval(() => {
    seen.catchUp().catch(() => undefined);
    erasure.resume().catch(() => undefined);
  }, UPKEEP_MS).unref();
  return {
    notingLog: notingLog(log, seen),
    rights: { history: createHistory(seen, reading), erasure },
    exceptions: createExceptions({
      store: stores.openDatabase('reviews', reviewMigrations),
      seen,
      ledger: reading,
      audit: (id, finding, by, atMs) =>
        audit.carryOut(() => {
          const change = { actor: by, nowMs: atMs };
          audit.record(change, 'exception reviewed', id, () => ({ result: null, detail: { finding } }));
        }),
      nowMs,
    }),
    close() {
      clearInterval(timer);
      seen.close();
    },
  };
}
