import { BoltsealError, type ErrorCode } from '../core/errors.ts';
import type { Directory } from './directory/directory.ts';
import type { Policies } from './policy/policies.ts';
import type { Authenticator } from './port.ts';
import type { GatewayStores } from './stores.ts';

/** So long a command on the home waits at most until what it gave holds in a gateway that nobody asks meanwhile. */
const LOOK_MS = 500;
/** A shard that was begun and does not take entries yet is no reason to say it all the time. */
const STATE_AGAIN_MS = 60_000;

/**
 * Sees to it that the ledger has what governs the gateway: before anything is answered, what commands changed while it was closed, and which policies hold; from then on, what commands change beside it, and in each new shard the policies again.
 * Rejects with LEDGER_*.
 */
export async function watchGovernance(
  directory: Directory,
  policies: Policies,
  { ledger }: Pick<GatewayStores, 'ledger'>,
  onTrouble: (what: string, code: ErrorCode | null) => void,
  nowMs: () => number,
): Promise<{ close(): void }> {
  await directory.enterLate();
  let statedMs = nowMs();
  let shard = await policies.state(statedMs);
  let isBusy = false;
  const timer = setInterval(() => {
    if (isBusy) return;
    isBusy = true;
    lookAgain()
      .catch((error: unknown) =>
        onTrouble('writing to the ledger who may do what', error instanceof BoltsealError ? error.code : null),
      )
      .finally(() => {
        isBusy = false;
      });
  }, LOOK_MS).unref();
  return { close: () => clearInterval(timer) };

  async function lookAgain(): Promise<void> {
    await directory.enterLate();
    const newest = ledger.shards().at(-1);
    if (newest === undefined || newest === shard || nowMs() < statedMs + STATE_AGAIN_MS) return;
    statedMs = nowMs();
    shard = await policies.state(statedMs);
  }
}

/** Who cannot be let in because the ledger does not have yet what a command gave them waits until it has. */
export function waitingForLedger(authenticator: Authenticator, directory: Directory): Authenticator {
  return {
    async authenticate(request) {
      try {
        return await authenticator.authenticate(request);
      } catch (error) {
        if (!directory.audit.hasUnentered) throw error;
        await directory.enterLate().catch(() => undefined);
        // A nonce is taken last, by who is let in: the request is as good as new.
        return authenticator.authenticate(request);
      }
    },
  };
}
