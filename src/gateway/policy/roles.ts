import type { PrincipalKind } from '../../contract/api/words.ts';
import type { Principal } from '../port.ts';

/** Kinds that the roles of the default policies are for; every other role is taken for staff. */
const kinds: Readonly<Record<string, PrincipalKind>> = { scanner: 'device', courier: 'device', shop: 'service' };

/** A principal of a role for trials and tables: of the kind that the role is for, and, being a device, at a station. */
export function sampleOf(role: string, changes: Partial<Principal> = {}): Principal {
  const kind = changes.kind ?? kinds[role] ?? 'staff';
  const station = kind === 'device' ? 'st-1' : null;
  return { id: `sample-${role}`, kind, role, station, partner: null, attributes: {}, ...changes };
}
