import type { Parcel, ParcelChange, Vault } from '../../../src/vault/port.ts';

/** Parcels in memory, as the port of the vault wants them: what is older than the last change is passed over. */
export function aVault(): Pick<Vault, 'parcels' | 'writeParcels'> & { readonly held: Map<string, Parcel> } {
  const held = new Map<string, Parcel>();
  return {
    held,
    parcels: async (trackingNumbers) => trackingNumbers.map((trackingNumber) => held.get(trackingNumber) ?? null),
    async writeParcels(changes) {
      const summary = { made: 0, changed: 0, same: 0 };
      for (const change of changes) {
        const before = held.get(change.trackingNumber);
        if (before !== undefined && before.atMs > change.atMs) summary.same++;
        else if (before === undefined) summary.made++;
        else summary.changed++;
        if (before === undefined || before.atMs <= change.atMs) held.set(change.trackingNumber, after(before, change));
      }
      return summary;
    },
  };
}

function after(before: Parcel | undefined, change: ParcelChange): Parcel {
  return {
    trackingNumber: change.trackingNumber,
    atMs: change.atMs,
    parties: { recipient: null, sender: null, ...before?.parties, ...change.parties },
    status: change.status ?? before?.status ?? 'announced',
    station: change.station === undefined ? (before?.station ?? null) : change.station,
    due: change.due ?? before?.due ?? [],
  };
}
