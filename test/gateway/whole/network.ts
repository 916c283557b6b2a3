import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BudgetConfig, Config } from '../../../src/contract/config.ts';
import type { AssembledGateway } from '../../../src/gateway/assemble.ts';
import type { GatewayStores } from '../../../src/gateway/stores.ts';
import { addDevice, type Device } from './lab.ts';

/*
 * A small network: people with a parcel each at one station, and who reads them there.
 */

export const station = 'st-1';

export function trackingNumberOf(i: number): string {
  return `PKG${String(i).padStart(7, '0')}`;
}

export function subjectOf(i: number): string {
  return `c-${i}`;
}

/** People 0 to `count` - 1, their parcels at the station, and so many scanners there and couriers of the same partner. */
export async function fillNetwork(
  gateway: AssembledGateway,
  { vault }: GatewayStores,
  { people, scanners, couriers }: { people: number; scanners: number; couriers: number },
): Promise<{ scanners: Device[]; couriers: Device[] }> {
  const atMs = Date.now() - 5000;
  const numbers = Array.from({ length: people }, (_, i) => i);
  await vault.write(
    numbers.map((i) => ({
      id: subjectOf(i),
      atMs,
      fields: { name: `欧阳${i}号`, phone: `139${String(10_000_000 + i)}`, address: `北京市海淀区中关村路${i}号` },
    })),
  );
  await vault.writeParcels(
    numbers.map((i) => ({
      trackingNumber: trackingNumberOf(i),
      atMs,
      parties: { recipient: subjectOf(i) },
      status: 'at-station',
      station,
    })),
  );
  const change = { actor: 'test', nowMs: Date.now() };
  gateway.places.putPartner({ id: 'p-1', attributes: {} }, change);
  gateway.places.putStation({ id: station, partner: 'p-1', attributes: {} }, change);
  const place = { station, partner: 'p-1', attributes: {} };
  const make = (count: number, kind: 'device' | 'staff', role: string): Device[] =>
    Array.from({ length: count }, (_, i) => addDevice(gateway, { id: `${role}-${i}`, kind, role, ...place }));
  return { scanners: make(scanners, 'device', 'scanner'), couriers: make(couriers, 'staff', 'courier') };
}

/** Budgets in place of the default ones. */
export function setBudgets(home: string, budgets: readonly BudgetConfig[]): void {
  changeConfig(home, { gateway: { budgets } });
}

/** Other sections of a home's configuration in place of those that are there. */
export function changeConfig(home: string, sections: Partial<Config>): void {
  const file = join(home, 'config.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...sections }));
}
