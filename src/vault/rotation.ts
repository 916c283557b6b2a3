import { setImmediate } from 'node:timers/promises';
import type { VaultParts } from './parts.ts';

/** Data keys of one transaction: what else writes waits for one of them, some 3 ms, and what reads for none. */
const BATCH = 256;

/** As `VaultKeeping.rotate`; `renew` has the provider make a key of its own before. */
export async function rotateKeys(
  { keyStore, keys }: VaultParts,
  renew: () => Promise<void>,
  onProgress: (done: number, total: number) => void,
): Promise<{ readonly version: number; readonly dataKeys: number }> {
  if ((await keyStore.rotation()) === null) {
    await renew();
    await keys.reload();
    await keys.addVersion();
  } else await keys.reload();
  const version = keys.newestVersion;
  for (let after = (await keyStore.rotation())?.cursor ?? 0; ; ) {
    const batch = await keyStore.keysBefore(version, after, BATCH);
    const last = batch.at(-1)?.number;
    if (last === undefined) break;
    await keyStore.rewrapped(version, await keys.rewrap(batch), last);
    after = last;
    const rotation = await keyStore.rotation();
    onProgress(rotation?.done ?? 0, rotation?.total ?? 0);
    await setImmediate();
  }
  // Others may have made keys under the old version until they saw the new one; none can be made once it is the newest.
  await keyStore.endRotation(version);
  await keyStore.scrub();
  const rows = await keyStore.encryptionKeys();
  return { version, dataKeys: rows.find((row) => row.version === version)?.dataKeys ?? 0 };
}
