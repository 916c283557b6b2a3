import type { DisclosureRequest } from '../../contract/api/disclosures.ts';
import type { ErrorCode } from '../../core/errors.ts';
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
export async function findItems(vault: Pick<Vault, 'parcels'>, body: DisclosureRequest): Promise<Item[]> {
  const { parcels = [], subjects = [], party = 'recipient' } = body;
  const found = parcels.length === 0 ? [] : await vault.parcels(parcels);
  return [
    ...parcels.map((parcel, i): Item => newItem({ parcel }, parcelMatter(found[i] ?? null, party))),
    ...subjects.map((subject): Item => newItem({ subject }, { parcel: null, subject })),
  ];
}

function newItem(target: Item['target'], matter: Matter | null): Item {
  // What is not there is refused like what is none of the caller's business.
  return { target, matter, basis: '', refusal: matter === null ? 'GATEWAY_NOT_JUSTIFIED' : null, values: null };
}

function parcelMatter(parcel: Parcel | null, party: 'recipient' | 'sender'): Matter | null {
  const subject = parcel?.parties[party] ?? null;
  if (parcel === null || subject === null) return null;
  const { trackingNumber, station, due, status, parties } = parcel;
  return { parcel: { trackingNumber, party, station, due, status, sender: parties.sender }, subject };
}
