import type { SQLOutputValue } from 'node:sqlite';
import type { ReadLedger } from '../port.ts';
import { readAuditRow } from './audit.ts';
import { recordOf } from './audit-record.ts';
import { readPublicKey } from './keys.ts';
import type { DirectoryStore } from './port.ts';

/** How the readable audit and the state of the directory compare with the ledger. */
export interface AuditCheck {
  readonly rows: number;
  /** Rows whose entry says the same. */
  readonly sound: number;
  /** Intentions that were never carried out: the ledger refused, or the process was killed. */
  readonly notCarriedOut: number;
  /** Rows whose entry cannot be read: it is not published yet, or its shard was dropped. */
  readonly unchecked: number;
  /** One line each; names what was changed, and who. */
  readonly differences: readonly string[];
}

type Row = Record<string, SQLOutputValue>;

/** Compares every row with its entry, every entry with its row, and what is in the tables with what the rows say became of it. */
export function checkAudit({ database }: DirectoryStore, ledger: ReadLedger): AuditCheck {
  const placed = new Map(
    database
      .prepare('SELECT * FROM audit_places')
      .all()
      .map((row) => [Number(row.number), row]),
  );
  const byPlace = new Map(ledger.entries.map((entry) => [placeOf(entry.shard, entry.index), entry]));
  const recorded = new Set(ledger.entries.map(({ record }) => record));
  const differences: string[] = [];
  const known = new Set<string>();
  const told = new Map<string, string>();
  let [rows, sound, notCarriedOut, unchecked] = [0, 0, 0, 0];
  for (const raw of database.prepare('SELECT * FROM audit ORDER BY number').iterate()) {
    rows++;
    const row = readAuditRow(raw);
    const record = Buffer.from(recordOf(row)).toString('hex');
    known.add(record);
    const place = placed.get(row.number);
    const at = place === undefined ? null : { shard: String(place.shard), index: Number(place.entry) };
    if (at === null && raw.intended === 1) {
      notCarriedOut++;
      continue;
    }
    tell(told, row.action, row.object, row.detail);
    const name = `row ${row.number} (${row.action})`;
    if (at === null) {
      if (recorded.has(record)) sound++;
      else differences.push(`${name} is not in the ledger`);
    } else if (at.index >= (ledger.sizes.get(at.shard) ?? 0)) unchecked++;
    else if (byPlace.get(placeOf(at.shard, at.index))?.record === record) sound++;
    else differences.push(`${name} is not what entry ${at.index} of ${at.shard} was made of`);
  }
  for (const { shard, index, action, record } of ledger.entries)
    if (record !== null && !known.has(record))
      differences.push(`entry ${index} of ${shard} (${action ?? 'erased'}) has no row that it was made of`);
  differences.push(...stateDifferences(database, told));
  return { rows, sound, notCarriedOut, unchecked, differences };
}

/** Remembers what a row says became of something; empty: it was removed. */
function tell(
  told: Map<string, string>,
  action: string,
  object: string,
  detail: Readonly<Record<string, unknown>>,
): void {
  const [kind = '', what = ''] = action.split(' ');
  if (kind === 'principal') told.set(`principal ${object}`, principalText(detail));
  else if (kind === 'key') told.set(`key ${object}`, keyText(detail));
  else if (kind === 'station' || kind === 'partner')
    told.set(`${kind} ${object}`, what === 'removed' ? '' : placeText(detail));
  else if (kind === 'enrolment') told.set(`enrolment ${object}`, what === 'removed' ? '' : enrolmentText(detail));
  else if (kind === 'passkey') told.set(`passkey ${object}`, JSON.stringify([detail.principal, what === 'revoked']));
  else if (kind === 'budgets') told.set('budgets', detail.rules === null ? '' : JSON.stringify(detail.rules));
}

/** What stands in the tables and no row says. */
function stateDifferences(database: DirectoryStore['database'], told: ReadonlyMap<string, string>): string[] {
  const all = (table: string): Row[] => database.prepare(`SELECT * FROM ${table}`).all();
  const parsed = (row: Row) => ({ ...row, attributes: JSON.parse(String(row.attributes)) as unknown });
  const found = new Map<string, string>();
  for (const row of all('principals')) found.set(`principal ${row.id}`, principalText(parsed(row)));
  for (const row of all('keys'))
    found.set(
      `key ${row.id}`,
      isNamed(row) ? keyText({ ...row, revokedMs: row.revoked_ms, notAfterMs: row.not_after_ms }) : 'another key',
    );
  for (const row of all('enrolments'))
    found.set(
      `enrolment ${row.id}`,
      enrolmentText({ ...parsed(row), createdBy: row.created_by, expiresMs: row.expires_ms }),
    );
  for (const { id, principal, revoked_ms: revokedMs } of all('passkeys'))
    found.set(`passkey ${id}`, JSON.stringify([principal, revokedMs !== null]));
  const budgets = all('settings').find(({ name }) => name === 'budgets');
  if (budgets !== undefined) found.set('budgets', String(budgets.value));
  for (const kind of ['station', 'partner'])
    for (const row of all(`${kind}s`)) found.set(`${kind} ${row.id}`, placeText(parsed(row)));
  return [...new Set([...told.keys(), ...found.keys()])]
    .filter((name) => (told.get(name) ?? '') !== (found.get(name) ?? ''))
    .map((name) => `${name} is not what the audit says of it`);
}

function principalText(given: Readonly<Record<string, unknown>>): string {
  const { kind, role, station, partner, state, attributes } = given;
  return JSON.stringify([kind, role, station, partner, state, attributes]);
}

function keyText({ principal, use, notAfterMs, revokedMs }: Readonly<Record<string, unknown>>): string {
  return JSON.stringify([principal, use, notAfterMs, revokedMs]);
}

/** Whether a key is the one that its id names. */
function isNamed({ id, use, spki }: Row): boolean {
  try {
    return readPublicKey(use === 'certificate' ? use : 'signature', spki as Uint8Array).id === id;
  } catch {
    return false;
  }
}

/** What a code gives whoever brings it, and how far it is. */
function enrolmentText(given: Readonly<Record<string, unknown>>): string {
  const { principal, role, station, partner, attributes, approval, state, createdBy, expiresMs } = given;
  return JSON.stringify([principal, role, station, partner, attributes, approval, state, createdBy, expiresMs]);
}

function placeText({ partner = null, attributes }: Readonly<Record<string, unknown>>): string {
  return JSON.stringify([partner, attributes]);
}

function placeOf(shard: string, index: number): string {
  return `${shard} ${index}`;
}
