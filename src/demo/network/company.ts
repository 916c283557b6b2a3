import { type Client, createClient } from '../../client/client.ts';
import { type DeviceKey, makeDeviceKey } from '../../client/keys.ts';
import type { ParcelChangeBody } from '../../contract/api/parcels.ts';
import type { PrincipalChangeBody } from '../../contract/api/principals.ts';
import { createPeople } from '../people.ts';
import type { Random } from '../random.ts';

/** Stations of the invented carrier, each with one scanner. */
export const stations = ['st-1', 'st-2', 'st-3'] as const;
export type StationName = (typeof stations)[number];

/** What the demo's configuration says of events, so that they can be read with the naked eye. */
export const epcisConfig = {
  parcelPrefixes: ['https://carrier.example/parcels/'],
  stationPrefixes: ['https://carrier.example/stations/'],
  steps: { 'https://carrier.example/steps/handed-over': 'delivered' },
} as const;

const PEOPLE = 400;
/** More than a scanner may read in a minute. */
const WAITING = 150;

/** Who asks in the demo. */
export interface Company {
  /** The system that knows customers and parcels. */
  readonly orders: Client;
  readonly scanners: Readonly<Record<StationName, Client>>;
  /** A parcel that stays at the first station, to be asked for by hand. */
  readonly stayingParcel: string;
  /** Parcels that nobody has moved yet, and those that wait at the last station. */
  readonly announced: string[];
  readonly waiting: string[];
}

export interface CompanyInput {
  readonly baseUrl: string;
  /** An administrator's key. */
  readonly administrator: DeviceKey;
  /** Another key of the first scanner, for whoever wants to ask by hand: SubjectPublicKeyInfo in DER, as Base64. */
  readonly handKey: string;
  readonly random: Random;
  readonly nowMs: number;
}

/** Makes the company through the gateway's own API. Rejects with GatewayError. */
export async function makeCompany({ baseUrl, administrator, handKey, random, nowMs }: CompanyInput): Promise<Company> {
  const admin = createClient({ baseUrl, ...administrator });
  await admin.partners.put('partner-north', {});
  await admin.partners.put('partner-south', {});
  for (const station of stations) await admin.stations.put(station, { partner: partnerOf(station) });
  const enter = async (id: string, principal: PrincipalChangeBody): Promise<Client> => {
    const key = await makeDeviceKey();
    await admin.principals.put(id, principal);
    await admin.principals.addKey(id, { use: 'signature', publicKey: key.publicKey });
    // Whoever is turned away shall show it, not wait.
    return createClient({ baseUrl, ...key, attempts: 1 });
  };
  const orders = await enter('orders-1', { kind: 'service', role: 'integration' });
  const scannerOf = (station: StationName): Promise<Client> =>
    enter(`scanner-${station.slice(3)}`, { kind: 'device', role: 'scanner', station, partner: partnerOf(station) });
  const [first, second, third] = stations;
  const scanners = {
    [first]: await scannerOf(first),
    [second]: await scannerOf(second),
    [third]: await scannerOf(third),
  } as Record<StationName, Client>;
  await admin.principals.addKey('scanner-1', { use: 'signature', publicKey: handKey });

  const people = createPeople(random);
  const subjects = Array.from({ length: PEOPLE }, () => people.make(Math.floor(nowMs / 1000)));
  await orders.subjects.putAll({
    subjects: subjects.map(({ id, name, phone, address }) => ({ id, fields: present({ name, phone, address }) })),
  });
  const numbers = subjects.map((_, i) => `DEMO${String(1000 + i)}`);
  const stayingParcel = 'DEMO0001';
  const parcels: ParcelChangeBody[] = numbers.map((trackingNumber, i) => ({
    trackingNumber,
    recipient: subjects[i]?.id ?? '',
    ...(i < WAITING ? { status: 'at-station', station: third } : { status: 'announced' }),
  }));
  const staying = { trackingNumber: stayingParcel, status: 'at-station', station: first } as const;
  await orders.parcels.putAll({ parcels: [...parcels, { ...staying, recipient: subjects[0]?.id ?? '' }] });
  return { orders, scanners, stayingParcel, announced: numbers.slice(WAITING), waiting: numbers.slice(0, WAITING) };
}

function partnerOf(station: StationName): string {
  return station === 'st-3' ? 'partner-south' : 'partner-north';
}

/** What the company has of it. */
function present(fields: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
}
