import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { DisclosureKey } from '../../src/contract/disclosures.ts';
import { customerId } from '../../src/core/fields/customer-id.ts';
import type { FieldName } from '../../src/core/fields/field.ts';
import { deriveKey, fingerprint, fingerprintContext } from '../../src/core/fingerprint/keys.ts';
import { type ImportSummary, importDisclosures } from '../../src/disclosures/import/import-disclosures.ts';
import type { RuleWords } from '../../src/disclosures/import/rules.ts';
import { openDisclosures } from '../../src/disclosures/reader.ts';
import { disclosuresKey } from '../../src/disclosures/sealed.ts';
import { DisclosureWriter } from '../../src/disclosures/writer.ts';
import { addTable } from '../register/support.ts';

export const registerKey = new Uint8Array(32).fill(7);
export const key = disclosuresKey(registerKey);

/** An empty home that is removed at the end. */
export function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'boltseal-disclosures-'));
  after(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

const idKey = deriveKey(registerKey, fingerprintContext(customerId));

/** Adds customers with these ids to the register of a home (whose key in tests is `registerKey`). */
export function addCustomers(home: string, ids: readonly string[], asOf: number): void {
  const rows = ids.map((id) => ({ id, idValue: fingerprint(idKey, id), values: [] }));
  addTable(home, { mode: 'delta', asOf, fields: [], rows });
}

/** A disclosure as text, for comparing. */
export function readAll(home: string): string[] {
  const reader = openDisclosures(home, registerKey);
  const principals = reader.principals();
  const rows = reader.segments().flatMap((_, index) => {
    const { time, principal, subject, fields, purpose } = reader.openSegment(index);
    return Array.from(
      time,
      (at, row) =>
        `${at} ${principals[principal[row]!]!.name} ${subject[row]} ${fields[row]} ${reader.purposes()[purpose[row]!]}`,
    );
  });
  return rows.sort();
}

export function openWriter(home: string, segmentRows = 8): DisclosureWriter {
  return new DisclosureWriter({ home, registerKey, key, segmentRows });
}

export const noWords: RuleWords = {
  format: null,
  map: new Map(),
  fields: [],
  urls: [],
  tables: [],
  logPrefix: null,
  zone: null,
};

export interface ImportWords extends Partial<Omit<RuleWords, 'map'>> {
  readonly map?: Partial<Record<DisclosureKey, string>>;
  readonly fields?: readonly FieldName[];
}

/** Imports files into a home. */
export async function importFiles(
  home: string,
  inputs: readonly string[],
  { map = {}, ...words }: ImportWords = {},
  segmentRows = 8,
  stdin: AsyncIterable<Uint8Array> = empty(),
): Promise<ImportSummary> {
  return await importDisclosures({
    home,
    registerKey,
    region: 'CN',
    inputs,
    words: { ...noWords, ...words, map: new Map(Object.entries(map) as [DisclosureKey, string][]) },
    stdin,
    onRead: () => {},
    segmentRows,
  });
}

async function* empty(): AsyncGenerator<Uint8Array, void> {}
