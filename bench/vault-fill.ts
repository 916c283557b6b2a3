import fs from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openHomeVault } from '../src/compose/vault.ts';
import { BlindIndex } from '../src/vault/blind-index.ts';
import { Envelopes } from '../src/vault/envelope.ts';
import { DataKeys } from '../src/vault/keys/data-keys.ts';
import { createFileProvider } from '../src/vault/keys/key-file.ts';
import { sealLink } from '../src/vault/party-link.ts';
import { SqliteKeyStore } from '../src/vault/stores/sqlite-keys.ts';

/** Subjects of one transaction. */
const BATCH = 20_000;
const AT_MS = Date.UTC(2026, 0, 1);
const REGION = 'CN';

export const idOf = (i: number): string => `C-${100_000_000 + i}`;
export const phoneOf = (i: number): string => `+86138${String(10_000_000 + (i % 90_000_000))}`;
export const trackingOf = (i: number): string => `SF${1_000_000_000_000 + i}`;

/**
 * Fills a new vault of a home with subjects of four fields, and a parcel for each: the rows that the vault would have written, in the order of their numbers, and the indexes in one go behind them. One by one, each
 * thousand rows would touch five thousand pages of indexes of tens of gigabytes written in all. Gives the processor time of a subject in microseconds.
 */
export async function fillVault(home: string, subjects: number): Promise<number> {
  await (await openHomeVault(home, true)).close();
  const before = process.cpuUsage();
  const keyStore = new SqliteKeyStore(join(home, 'vault/keys.sqlite'));
  const provider = createFileProvider(join(home, 'keys'), false);
  const keys = await DataKeys.open({ store: keyStore, provider, tenant: 'default', nowMs: Date.now, cacheSize: 1 });
  const index = new BlindIndex(await keys.indexKey(), REGION);
  const data = new DatabaseSync(join(home, 'vault/data.sqlite'));
  data.exec(
    'PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -131072; PRAGMA temp_store = MEMORY',
  );
  const indexes = data
    .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")
    .all() as { name: string; sql: string }[];
  for (const { name } of indexes) data.exec(`DROP INDEX ${name}`);
  const row = rowMaker(index);
  const addSubject = data.prepare(
    'INSERT INTO subjects (number, revision, changed_ms, print, id, name, phone, email, address, phone_print, email_print) VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const addParcel = data.prepare(
    "INSERT INTO parcels (number, revision, print, recipient, recipient_link, status, station, due, at_ms) VALUES (?, 1, ?, ?, ?, 'at-station', ?, '[]', ?)",
  );
  for (let from = 0; from < subjects; from += BATCH) {
    const made = await keys.make(Math.min(BATCH, subjects - from), 0);
    data.exec('BEGIN');
    for (const [at, { number, key }] of made.entries()) {
      const { subject, parcel } = row(from + at, key);
      addSubject.run(number, AT_MS, ...subject);
      addParcel.run(number, parcel.print, number, parcel.link, `st-${(from + at) % 500}`, AT_MS);
    }
    data.exec('COMMIT');
    if (from % 200_000 === 0) console.log(`filling: ${from} of ${subjects}`);
  }
  for (const { name, sql } of indexes) {
    console.log(`filling: ${name}`);
    data.exec(sql);
  }
  data.exec(`UPDATE facts SET value = ${subjects} WHERE name IN ('subjects', 'parcels'); PRAGMA journal_mode = WAL`);
  data.close();
  await keyStore.close();
  fs.writeFileSync(join(home, 'filled'), '');
  const { user, system } = process.cpuUsage(before);
  return (user + system) / subjects;
}

/** The columns of a subject and of its parcel. */
function rowMaker(index: BlindIndex) {
  const envelopes = new Envelopes('default');
  const stamp = { version: 1, sinceMs: AT_MS };
  const printed = (print: Uint8Array | null): Uint8Array => {
    if (print === null) throw new Error('a value without a print');
    return print;
  };
  return (i: number, key: Parameters<Envelopes['seal']>[0]) => {
    const id = idOf(i);
    const print = printed(index.ofId(id));
    const phone = phoneOf(i);
    const email = `user${i}@mail.example.cn`;
    const trackingNumber = trackingOf(i);
    const parcel = printed(index.ofTrackingNumber(trackingNumber));
    return {
      subject: [
        print,
        envelopes.seal(key, print, 'id', { version: 1, sinceMs: 0 }, id),
        envelopes.seal(key, print, 'name', stamp, `王小明${i}`),
        envelopes.seal(key, print, 'phone', stamp, phone),
        envelopes.seal(key, print, 'email', stamp, email),
        envelopes.seal(key, print, 'address', stamp, `北京市朝阳区建国路${i}号`),
        printed(index.of('phone', phone)),
        printed(index.of('email', email)),
      ],
      parcel: { print: parcel, link: sealLink(envelopes, key, parcel, 'recipient', { trackingNumber, id }) },
    };
  };
}
