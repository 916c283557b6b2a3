import type { DisclosureRequest } from '../../contract/api/disclosures.ts';
import type { ErrorCode } from '../../core/errors.ts';
import { canonicalSubject, canonicalTrackingNumber } from '../../core/fields/canonical.ts';
import type { Parcel, SubjectValues, Vault } from '../../vault/port.ts';
import type { Matter } from '../port.ts';

/** One parcel or subject of a request on its way through the steps; the first refusal stays. */
export interface Item {
  /** As the caller named it. */
  readonly target: { readonly parcel: string } | { readonly subject: string };
  /** Null: there is none, which the caller must not learn. */
  readonly matter: Matter | null;
  /** The business fact, or the exception's reason; empty until there is one. */
  basis: string;
  refusal: ErrorCode | null;
  values: SubjectValues | null;
}

/** The items of a request: parcels first, each by its party's subject. Rejects as the vault does. */
export async function findItems(vault: Pick<Vault, 'parcels' | 'read'>, body: DisclosureRequest): Promise<Item[]> {
  const { parcels = [], subjects = [], party = 'recipient' } = body;
  const found = parcels.length === 0 ? [] : await vault.parcels(parcels);
  return [
    ...parcels.map((parcel, i): Item => newItem({ parcel }, parcelMatter(found[i] ?? null, party))),
    ...(await findSubjects(vault, subjects)),
  ];
}

/** One spelling of each id, under which ledger and budgets know the person too; and nobody who is not there comes into the ledger by a caller's guess, or again after being erased. */
async function findSubjects(vault: Pick<Vault, 'read'>, subjects: readonly string[]): Promise<readonly Item[]> {
  if (subjects.length === 0) return [];
  const ids = subjects.map((subject) => canonicalSubject(subject) ?? '');
  const found = await vault.read(ids, []);
  return subjects.map((subject, i): Item => {
    const id = ids[i] ?? '';
    return newItem({ subject }, found[i] ? { parcel: null, subject: id } : null);
  });
}

function newItem(target: Item['target'], matter: Matter | null): Item {
  // What is not there is refused like what is none of the caller's business.
  return { target, matter, basis: '', refusal: matter === null ? 'GATEWAY_NOT_JUSTIFIED' : null, values: null };
}

function parcelMatter(parcel: Parcel | null, party: 'recipient' | 'sender'): Matter | null {
  const subject = parcel?.parties[party] ?? null;
  if (parcel === null || subject === null) return null;
  const { station, due, status, parties } = parcel;
  // In the one spelling: a virtual number for each way to write it would empty the pool.
  const trackingNumber = canonicalTrackingNumber(parcel.trackingNumber) ?? parcel.trackingNumber;
  return { parcel: { trackingNumber, party, station, due, status, sender: parties.sender }, subject };
}
