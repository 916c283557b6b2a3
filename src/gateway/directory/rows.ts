import type { SQLOutputValue } from 'node:sqlite';
import { type PrincipalKind, principalKinds } from '../../contract/api/words.ts';
import { BoltsealError } from '../../core/errors.ts';
import type { KeyRecord, Partner, PrincipalRecord, PrincipalState, PrincipalVersion, Station } from './port.ts';

/*
 * Rows of the tables as what they stand for, and the checks of what goes into them.
 */

type Row = Record<string, SQLOutputValue>;

export function readPrincipal(row: Row): PrincipalRecord {
  return { ...readWho(row), id: String(row.id), createdMs: Number(row.created_ms), changedMs: Number(row.changed_ms) };
}

export function readVersion(row: Row): PrincipalVersion {
  return { ...readWho(row), id: String(row.principal), fromMs: Number(row.from_ms) };
}

function readWho(row: Row): Omit<PrincipalVersion, 'id' | 'fromMs'> {
  return {
    kind: String(row.kind) as PrincipalKind,
    role: String(row.role),
    station: textOrNull(row.station),
    partner: textOrNull(row.partner),
    attributes: readAttributes(row.attributes),
    state: String(row.state) as PrincipalState,
  };
}

export function readKey(row: Row): KeyRecord {
  return {
    id: String(row.id),
    principal: String(row.principal),
    use: row.use === 'certificate' ? 'certificate' : 'signature',
    notBeforeMs: Number(row.not_before_ms),
    notAfterMs: row.not_after_ms === null ? null : Number(row.not_after_ms),
    createdMs: Number(row.created_ms),
    revokedMs: row.revoked_ms === null ? null : Number(row.revoked_ms),
  };
}

export function readStation(row: Row): Station {
  return { id: String(row.id), partner: textOrNull(row.partner), attributes: readAttributes(row.attributes) };
}

export function readPartner(row: Row): Partner {
  return { id: String(row.id), attributes: readAttributes(row.attributes) };
}

/** Fails with DIRECTORY_VALUE. */
export function checkName(what: string, name: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,127}$/.test(name)) throw new BoltsealError('DIRECTORY_VALUE', { what });
}

/** Fails with DIRECTORY_VALUE. */
export function checkKind(kind: string): void {
  if (!principalKinds.some((known) => known === kind)) throw new BoltsealError('DIRECTORY_VALUE', { what: 'the kind' });
}

/** The attributes as they are kept. Fails with DIRECTORY_VALUE. */
export function writeAttributes(attributes: Readonly<Record<string, string>>): string {
  const entries = Object.entries(attributes);
  const isSound = ([name, value]: [string, string]): boolean =>
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name) && typeof value === 'string' && value.length <= 256;
  if (entries.length > 32 || !entries.every(isSound))
    throw new BoltsealError('DIRECTORY_VALUE', { what: 'an attribute' });
  return JSON.stringify(attributes);
}

function readAttributes(value: SQLOutputValue | undefined): Readonly<Record<string, string>> {
  return JSON.parse(String(value)) as Record<string, string>;
}

function textOrNull(value: SQLOutputValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}
