import type { ParcelParty } from '../../contract/api/words.ts';
import type { ParcelChange, Vault, WriteSummary } from '../../vault/port.ts';
import type { AddedPacking, Containers } from './containers.ts';
import type { AddedMovement, MovementHistory } from './history.ts';
import type { Movement, Packing } from './movement.ts';
import { inSlices } from './slices.ts';

/** Whose a parcel is. */
export interface ParcelParties {
  readonly trackingNumber: string;
  readonly parties: Partial<Record<ParcelParty, string>>;
}

/** The one way by which parcels change while the gateway runs. */
export interface ParcelTracking {
  /**
   * Takes movements, in whatever order they come, and brings the parcels in the vault up to date; parties count for parcels of which there is a movement. Packings say what is in what.
   * Durable when it resolves: all of it, or, when it rejects as the vault does, nothing. Repeated, nothing is counted twice.
   */
  record(
    movements: readonly Movement[],
    parties?: readonly ParcelParties[],
    packings?: readonly Packing[],
  ): Promise<WriteSummary>;
}

/** Puts movements into the history and what follows from it into the vault, one call after the other, so that an older fold never overwrites a newer one. */
export function createParcelTracking(
  vault: Pick<Vault, 'parcels' | 'writeParcels'>,
  history: MovementHistory,
  containers: Pick<Containers, 'add' | 'undo'>,
): ParcelTracking {
  let last: Promise<unknown> = Promise.resolve();

  async function record(
    movements: readonly Movement[],
    parties: readonly ParcelParties[],
    packings: readonly Packing[],
  ): Promise<WriteSummary> {
    const ofParcels = movements.filter(({ isContainer }) => isContainer !== true);
    const trackingNumbers = [...new Set([...ofParcels, ...parties].map(({ trackingNumber }) => trackingNumber))];
    await beginAll(trackingNumbers.filter((trackingNumber) => !history.has(trackingNumber)));
    const summary = await recordOrUndo(movements, trackingNumbers, parties, packings);
    await inSlices([...new Set(movements.map(({ trackingNumber }) => trackingNumber))], (part) => {
      for (const trackingNumber of part) history.compact(trackingNumber);
    });
    return summary;
  }

  async function recordOrUndo(
    movements: readonly Movement[],
    trackingNumbers: readonly string[],
    parties: readonly ParcelParties[],
    packings: readonly Packing[],
  ): Promise<WriteSummary> {
    const added: AddedMovement[] = [];
    const packed: AddedPacking[] = [];
    try {
      await inSlices(packings, (part) => {
        packed.push(...containers.add(part));
      });
      await inSlices(movements, (part) => {
        added.push(...history.add(part));
      });
      return await vault.writeParcels(await changesOf(trackingNumbers, parties));
    } catch (error) {
      // What the vault did not take must not count when the next event of the parcel comes.
      history.undo(added);
      containers.undo(packed);
      throw error;
    }
  }

  async function changesOf(
    trackingNumbers: readonly string[],
    parties: readonly ParcelParties[],
  ): Promise<readonly ParcelChange[]> {
    const partiesOf = new Map<string, ParcelParties['parties']>();
    // One change may say whose it is, and another of the same parcel where it is.
    for (const { trackingNumber, parties: given } of parties)
      partiesOf.set(trackingNumber, { ...partiesOf.get(trackingNumber), ...given });
    const changes: ParcelChange[] = [];
    await inSlices(trackingNumbers, (part) => {
      for (const trackingNumber of part) {
        const fold = history.fold(trackingNumber);
        if (fold === null) continue;
        const given = partiesOf.get(trackingNumber);
        const { state, newestMs } = fold;
        // Stamped with the newest movement, since the vault passes over what is older than what it has.
        changes.push({ trackingNumber, atMs: newestMs, ...state, ...(given === undefined ? {} : { parties: given }) });
      }
    });
    return changes;
  }

  /** Parcels that came into the vault by another way keep what is known of them. */
  async function beginAll(trackingNumbers: readonly string[]): Promise<void> {
    if (trackingNumbers.length === 0) return;
    const parcels = await vault.parcels(trackingNumbers);
    for (const parcel of parcels) {
      if (parcel !== null) history.begin(parcel.trackingNumber, parcel, parcel.atMs);
    }
  }

  return {
    record(movements, parties = [], packings = []) {
      const next = last.then(() => record(movements, parties, packings));
      last = next.catch(() => undefined);
      return next;
    },
  };
}
