import type { KeyObject } from 'node:crypto';
import { type ParcelParty, type VaultField, vaultFields } from '../contract/api/words.ts';
import { BoltsealError } from '../core/errors.ts';
import type { KeyProvider } from './keys/port.ts';
import { readNews } from './news.ts';
import { writeParcels } from './parcel-writes.ts';
import { isSamePrint, keysOf, type VaultParts } from './parts.ts';
import { openLink } from './party-link.ts';
import type {
  HeldValue,
  IdPage,
  Parcel,
  ParcelChange,
  SampledSubject,
  SubjectChange,
  SubjectReport,
  SubjectValues,
  Vault,
  VaultKeeping,
  VaultNews,
  VaultStatus,
  WriteSummary,
} from './port.ts';
import { rotateKeys } from './rotation.ts';
import { isSearched } from './slots.ts';
import type { ParcelRow, PartyRow, SubjectRow } from './stores/port.ts';
import { writeSubjects } from './subject-writes.ts';

const MOST_FOUND = 1000;
const noBytes = new Uint8Array(0);

/** The vault over a store of data and one of keys. */
export class StoredVault implements Vault, VaultKeeping {
  readonly #parts: VaultParts;
  readonly #provider: KeyProvider;
  /** Writes of this process go one after the other: none has to be tried again because of another. */
  #lastWrite: Promise<unknown> = Promise.resolve();

  constructor(parts: VaultParts, provider: KeyProvider) {
    this.#parts = parts;
    this.#provider = provider;
  }

  async read(subjects: readonly string[], fields: readonly VaultField[]): Promise<readonly (SubjectValues | null)[]> {
    const { data, index } = this.#parts;
    const prints = subjects.map((id) => index.ofId(id));
    const asked = prints.filter((print) => print !== null);
    const found = await data.subjects(asked, fields);
    const keys = await this.#keysOf(found);
    let next = 0;
    return prints.map((print) => {
      const row = print === null ? null : (found[next++] ?? null);
      const key = row === null ? undefined : keys.get(row.number);
      return row === null || key === undefined ? null : this.#valuesOf(row, key, fields);
    });
  }

  async find(field: VaultField, value: string): Promise<readonly string[]> {
    const { data, index, envelopes } = this.#parts;
    if (!isSearched(field)) throw new BoltsealError('VAULT_SEARCH', { field });
    const print = index.of(field, value);
    if (print === null) return [];
    const rows = await data.find(field, print, MOST_FOUND);
    const keys = await this.#keysOf(rows);
    const ids: string[] = [];
    for (const row of rows) {
      const key = keys.get(row.number);
      if (key === undefined) continue;
      // The row says that it has the value: it must.
      const held = envelopes.open(key, row.print, field, row.sealed[field] ?? noBytes);
      if (!isSamePrint(index.of(field, held.text), print)) throw new BoltsealError('VAULT_DAMAGED', { what: field });
      ids.push(this.#idOf(row, key));
    }
    return ids;
  }

  write(changes: readonly SubjectChange[]): Promise<WriteSummary> {
    return this.#inTurn(() => writeSubjects(this.#parts, changes, null, 'refuse'));
  }

  async parcels(trackingNumbers: readonly string[]): Promise<readonly (Parcel | null)[]> {
    const { data, index } = this.#parts;
    const prints = trackingNumbers.map((text) => index.ofTrackingNumber(text));
    const asked = prints.filter((print) => print !== null);
    const found = await data.parcels(asked);
    const numbers = found.flatMap((row) =>
      row === null ? [] : Object.values(row.parties).flatMap((party) => (party === null ? [] : [party.subject])),
    );
    const keys = await keysOf(this.#parts, numbers);
    let next = 0;
    return trackingNumbers.map((trackingNumber, at) => {
      const print = prints[at] ?? null;
      const row = print === null ? null : (found[next++] ?? null);
      return row === null || print === null ? null : this.#parcelOf(trackingNumber, print, row, keys);
    });
  }

  writeParcels(changes: readonly ParcelChange[]): Promise<WriteSummary> {
    return this.#inTurn(() => writeParcels(this.#parts, changes, null));
  }

  async parcelsOf(subject: string, most = MOST_FOUND): Promise<readonly string[]> {
    const found = await this.#open(subject, []);
    return found === null ? [] : this.#trackingNumbersOf(found.row, found.key, most);
  }

  async list(after: number): Promise<IdPage> {
    const { numbers, next } = await this.#parts.data.numbers(after, MOST_FOUND);
    return { subjects: await this.#idsOf(numbers), next };
  }

  async recipientsAt(station: string, after: number): Promise<IdPage> {
    const { numbers, next } = await this.#parts.data.recipientsAt(station, after, MOST_FOUND);
    return { subjects: await this.#idsOf(numbers), next };
  }

  async report(subject: string): Promise<SubjectReport | null> {
    const found = await this.#open(subject, ['id', ...vaultFields]);
    if (found === null) return null;
    const { row, key } = found;
    const trackingNumbers = await this.#trackingNumbersOf(row, key, Number.MAX_SAFE_INTEGER);
    const parcels = await this.parcels(trackingNumbers);
    return {
      subject: this.#idOf(row, key),
      values: this.#valuesOf(row, key, vaultFields),
      parcels: parcels.filter((parcel) => parcel !== null),
    };
  }

  async erase(subject: string): Promise<boolean> {
    return (await this.eraseAll([subject])) === 1;
  }

  /** Erases several at once; gives of how many there was anything. */
  eraseAll(subjects: readonly string[]): Promise<number> {
    return this.#inTurn(async () => {
      const { data, index, keys } = this.#parts;
      const asked = subjects.flatMap((id) => {
        const [print, erased] = [index.ofId(id), index.ofErasedId(id)];
        return print === null || erased === null ? [] : [{ print, erased }];
      });
      const found = await data.subjects(
        asked.map(({ print }) => print),
        [],
      );
      const rows = asked.flatMap(({ erased }, at) => {
        const row = found[at];
        return row === null || row === undefined ? [] : [{ number: row.number, print: erased }];
      });
      if (rows.length > 0) await keys.destroy(rows);
      // Asked again for somebody who is gone, it ends what could not be ended then.
      await this.#finishErasures();
      return rows.length;
    });
  }

  /** Ends what was being erased when a process ended. */
  resumeErasures(): Promise<void> {
    return this.#finishErasures();
  }

  async status(): Promise<VaultStatus> {
    const { data, keyStore } = this.#parts;
    const { subjects, parcels, unfed, sizeBytes } = await data.counts();
    const rotation = await keyStore.rotation();
    const versions = await keyStore.encryptionKeys();
    return {
      subjects,
      parcels,
      unfed,
      sizeBytes: sizeBytes + (await keyStore.sizeBytes()),
      keyVersions: versions
        .filter(({ wrapped }) => wrapped !== null)
        .map(({ version, dataKeys }) => ({ version, dataKeys })),
      rotation: rotation === null ? null : { done: rotation.done, total: rotation.total },
    };
  }

  importSubjects(
    changes: readonly SubjectChange[],
    source: Uint8Array,
    rows: number,
    admitsErased = false,
  ): Promise<WriteSummary> {
    const mark = { source, rows };
    return this.#inTurn(() => writeSubjects(this.#parts, changes, mark, admitsErased ? 'admit' : 'leave out'));
  }

  importParcels(changes: readonly ParcelChange[], source: Uint8Array, rows: number): Promise<WriteSummary> {
    return this.#inTurn(() => writeParcels(this.#parts, changes, { source, rows }));
  }

  importedRows(source: Uint8Array): Promise<number> {
    return this.#parts.data.importMark(source);
  }

  news(after: number, most: number): Promise<VaultNews> {
    return readNews(this.#parts, after, most);
  }

  fed(until: number): Promise<void> {
    return this.#inTurn(() => this.#parts.data.fed(until));
  }

  rotate(onProgress: (done: number, total: number) => void) {
    return rotateKeys(this.#parts, () => this.#provider.renew(), onProgress);
  }

  async unused(after: number, beforeMs: number) {
    const { data } = this.#parts;
    const { numbers, next } = await data.unused(after, beforeMs, MOST_FOUND);
    return { subjects: await this.#idsOf(numbers), next };
  }

  async sample(most: number): Promise<readonly SampledSubject[]> {
    const { data } = this.#parts;
    const last = await data.lastNumber();
    const step = Math.max(1, last / most);
    const sampled: SampledSubject[] = [];
    for (let at = 0; at * step < last; ) {
      const numbers: number[] = [];
      for (; numbers.length < MOST_FOUND && at * step < last; at++) numbers.push(Math.floor(at * step) + 1);
      const rows = (await data.subjectsByNumber(numbers, ['id', ...vaultFields])).filter((row) => row !== null);
      const keys = await this.#keysOf(rows);
      for (const row of rows) {
        const key = keys.get(row.number);
        if (key === undefined) continue;
        const trackingNumbers = await this.#trackingNumbersOf(row, key, 3);
        sampled.push({ id: this.#idOf(row, key), values: this.#valuesOf(row, key, vaultFields), trackingNumbers });
      }
    }
    return sampled;
  }

  async close(): Promise<void> {
    await this.#lastWrite.catch(() => undefined);
    await this.#parts.data.close();
    await this.#parts.keyStore.close();
  }

  /** Keys are destroyed by now. Backups of the data cannot be read any more; the data themselves lose what they have. */
  async #finishErasures(): Promise<void> {
    const { data, keyStore } = this.#parts;
    const numbers = await keyStore.unremoved();
    if (numbers.length === 0) return;
    await data.remove(numbers);
    // The keys first: while somebody reads one of the two, the other is clean at least.
    await keyStore.scrub();
    await data.scrub();
    await keyStore.removed(numbers);
  }

  async #open(
    subject: string,
    slots: readonly ('id' | VaultField)[],
  ): Promise<{ readonly row: SubjectRow; readonly key: KeyObject } | null> {
    const { data, index } = this.#parts;
    const print = index.ofId(subject);
    const [row] = print === null ? [null] : await data.subjects([print], slots);
    if (row === null || row === undefined) return null;
    const key = (await this.#keysOf([row])).get(row.number);
    return key === undefined ? null : { row, key };
  }

  #keysOf(rows: readonly (SubjectRow | null)[]): Promise<ReadonlyMap<number, KeyObject>> {
    return keysOf(
      this.#parts,
      rows.flatMap((row) => (row === null ? [] : [row.number])),
    );
  }

  /** Ids of those who are there and were not erased. */
  async #idsOf(numbers: readonly number[]): Promise<readonly string[]> {
    const rows = (await this.#parts.data.subjectsByNumber(numbers, ['id'])).filter((row) => row !== null);
    const keys = await this.#keysOf(rows);
    return rows.flatMap((row) => {
      const key = keys.get(row.number);
      return key === undefined ? [] : [this.#idOf(row, key)];
    });
  }

  #idOf({ print, sealed }: SubjectRow, key: KeyObject): string {
    return this.#parts.envelopes.open(key, print, 'id', sealed.id ?? noBytes).text;
  }

  #valuesOf({ print, sealed }: SubjectRow, key: KeyObject, fields: readonly VaultField[]): SubjectValues {
    const values: Partial<Record<VaultField, HeldValue>> = {};
    for (const field of fields) {
      const envelope = sealed[field];
      if (envelope === undefined) continue;
      const { text: value, version, sinceMs } = this.#parts.envelopes.open(key, print, field, envelope);
      if (value !== '') values[field] = { value, version, sinceMs };
    }
    return values;
  }

  #parcelOf(
    trackingNumber: string,
    print: Uint8Array,
    { parties, status, station, due, atMs }: ParcelRow,
    keys: ReadonlyMap<number, KeyObject>,
  ): Parcel {
    const idOf = (party: ParcelParty, row: PartyRow | null): string | null => {
      const key = row === null ? undefined : keys.get(row.subject);
      return row === null || key === undefined ? null : openLink(this.#parts.envelopes, key, print, party, row.link).id;
    };
    return {
      trackingNumber,
      parties: { recipient: idOf('recipient', parties.recipient), sender: idOf('sender', parties.sender) },
      status,
      station,
      due,
      atMs,
    };
  }

  async #trackingNumbersOf(row: SubjectRow, key: KeyObject, most: number): Promise<readonly string[]> {
    const { data, envelopes } = this.#parts;
    const found = await data.parcelsOf(row.number, most);
    return found.map(({ print, party, link }) => openLink(envelopes, key, print, party, link).trackingNumber);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lastWrite.then(work, work);
    this.#lastWrite = turn.catch(() => undefined);
    return turn;
  }
}
