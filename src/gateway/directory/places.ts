import type { StatementSync } from 'node:sqlite';
import { BoltsealError } from '../../core/errors.ts';
import type { Audit } from './audit.ts';
import type { Change, DirectoryStore, Page, Partner, Station } from './port.ts';
import { checkName, readPartner, readStation, writeAttributes } from './rows.ts';

/** Stations, and the partners that run them. */
export class Places {
  readonly audit: Audit;
  readonly #statements: ReturnType<typeof prepare>;

  constructor(store: DirectoryStore, audit: Audit) {
    this.audit = audit;
    this.#statements = prepare(store);
  }

  findStation(id: string): Station | null {
    const row = this.#statements.findStation.get(id);
    return row === undefined ? null : readStation(row);
  }

  findPartner(id: string): Partner | null {
    const row = this.#statements.findPartner.get(id);
    return row === undefined ? null : readPartner(row);
  }

  listStations({ after, limit }: Page): readonly Station[] {
    return this.#statements.listStations.all(after ?? '', limit).map(readStation);
  }

  listPartners({ after, limit }: Page): readonly Partner[] {
    return this.#statements.listPartners.all(after ?? '', limit).map(readPartner);
  }

  /** Makes it or changes it. Fails with DIRECTORY_VALUE, and DIRECTORY_UNKNOWN for its partner. */
  putStation(station: Station, change: Change): Station {
    checkName('the id', station.id);
    const { id, partner } = station;
    const attributes = writeAttributes(station.attributes);
    return this.audit.record(change, 'station put', id, () => {
      if (partner !== null && this.findPartner(partner) === null)
        throw new BoltsealError('DIRECTORY_UNKNOWN', { what: 'partner' });
      this.#statements.putStation.run(id, partner, attributes);
      return { result: station, detail: { ...station } };
    });
  }

  /** Makes it or changes it. Fails with DIRECTORY_VALUE. */
  putPartner(partner: Partner, change: Change): Partner {
    checkName('the id', partner.id);
    const attributes = writeAttributes(partner.attributes);
    return this.audit.record(change, 'partner put', partner.id, () => {
      this.#statements.putPartner.run(partner.id, attributes);
      return { result: partner, detail: { ...partner } };
    });
  }

  /** Fails with DIRECTORY_UNKNOWN, and DIRECTORY_USED while principals belong to it, revoked ones too: the ledger's readers must find where they were. */
  removeStation(id: string, change: Change): void {
    this.#remove('station', id, this.findStation(id), this.#statements.usesOfStation, () =>
      this.audit.record(change, 'station removed', id, () => {
        this.#statements.removeStation.run(id);
        return { result: null, detail: {} };
      }),
    );
  }

  /** As `removeStation`. */
  removePartner(id: string, change: Change): void {
    this.#remove('partner', id, this.findPartner(id), this.#statements.usesOfPartner, () =>
      this.audit.record(change, 'partner removed', id, () => {
        this.#statements.removePartner.run(id);
        return { result: null, detail: {} };
      }),
    );
  }

  #remove(what: string, id: string, found: object | null, uses: StatementSync, remove: () => void): void {
    this.audit.together(() => {
      if (found === null) throw new BoltsealError('DIRECTORY_UNKNOWN', { what });
      const count = Number(uses.get({ id })?.count);
      if (count > 0) throw new BoltsealError('DIRECTORY_USED', { what, count });
      remove();
    });
  }
}

function prepare({ database }: DirectoryStore) {
  const sql = (text: string): StatementSync => database.prepare(text);
  return {
    findStation: sql('SELECT * FROM stations WHERE id = ?'),
    findPartner: sql('SELECT * FROM partners WHERE id = ?'),
    listStations: sql('SELECT * FROM stations WHERE id > ? ORDER BY id LIMIT ?'),
    listPartners: sql('SELECT * FROM partners WHERE id > ? ORDER BY id LIMIT ?'),
    putStation: sql(
      `INSERT INTO stations (id, partner, attributes) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET partner = excluded.partner, attributes = excluded.attributes`,
    ),
    putPartner: sql(
      `INSERT INTO partners (id, attributes) VALUES (?, ?)
       ON CONFLICT (id) DO UPDATE SET attributes = excluded.attributes`,
    ),
    removeStation: sql('DELETE FROM stations WHERE id = ?'),
    removePartner: sql('DELETE FROM partners WHERE id = ?'),
    usesOfStation: sql('SELECT count(*) AS count FROM principals WHERE station = :id'),
    usesOfPartner: sql(
      `SELECT (SELECT count(*) FROM principals WHERE partner = :id) +
       (SELECT count(*) FROM stations WHERE partner = :id) AS count`,
    ),
  };
}
