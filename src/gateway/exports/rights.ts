import type { ExportForm } from '../../contract/api/exports.ts';
import type { PolicyAct, VaultField } from '../../contract/api/words.ts';
import { BoltsealError } from '../../core/errors.ts';
import type { Caller, PolicyEngine, Principal } from '../port.ts';
import type { ExportRecord } from './port.ts';

/** Fails with GATEWAY_FORBIDDEN unless the caller is one of the company's own people: machines and partners neither ask for exports nor approve them, whatever policies say. */
export function requireOwnPerson({ principal }: Caller): void {
  if (!isOwnPerson(principal)) throw new BoltsealError('GATEWAY_FORBIDDEN');
}

/** Whether the policies allow somebody to export, or to approve, every field of a request in its form. */
export function isAllowed(
  policies: PolicyEngine,
  act: Exclude<PolicyAct, 'read'>,
  principal: Principal,
  { purpose, fields }: Pick<ExportRecord['request'], 'purpose' | 'fields'>,
  nowMs: number,
): boolean {
  if (!isOwnPerson(principal)) return false;
  const question = { principal, purpose, isException: false, isBulk: true, act, nowMs };
  return fieldsOf(fields).every(([field, form]) => policies.decide({ ...question, form }, [field]).allowed.has(field));
}

/** Whether somebody may know of an export: who asked, who may approve it, and those who check. */
export function maySee(policies: PolicyEngine, principal: Principal, record: ExportRecord, nowMs: number): boolean {
  if (principal.partner !== null) return false;
  if (principal.id === record.requestedBy) return true;
  const checks = principal.role === 'administrator' || principal.role === 'auditor';
  return checks || isAllowed(policies, 'approve', principal, record.request, nowMs);
}

/** Fields with their forms, in the order of the request. */
export function fieldsOf(fields: ExportRecord['request']['fields']): readonly (readonly [VaultField, ExportForm])[] {
  return Object.entries(fields) as [VaultField, ExportForm][];
}

function isOwnPerson({ kind, partner }: Principal): boolean {
  return kind === 'staff' && partner === null;
}
