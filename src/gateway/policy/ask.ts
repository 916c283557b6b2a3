import type { Context, EntityJson, StatefulAuthorizationCall } from '@cedar-policy/cedar-wasm/nodejs';
import type { DisclosureForm, PrincipalKind, VaultField } from '../../contract/api/words.ts';
import type { Principal } from '../port.ts';
import type { Cedar } from './cedar.ts';
import type { LocalClock } from './local-clock.ts';
import { formActions } from './schema.ts';

/** One question to Cedar: may this principal get this field in this form? */
export interface FieldQuestion {
  readonly principal: Principal;
  readonly purpose: string;
  readonly form: DisclosureForm;
  readonly field: VaultField;
  readonly isException: boolean;
  readonly isBulk: boolean;
  readonly clock: LocalClock;
}

/** What Cedar says. `by` are the policies that decided, by Cedar's ids; `isError` that a policy could not be evaluated. */
export interface FieldAnswer {
  readonly isAllowed: boolean;
  readonly isError: boolean;
  readonly by: readonly string[];
}

const refused: FieldAnswer = { isAllowed: false, isError: true, by: [] };

/**
 * Asks the preparsed policies of that name. Cedar passes over a policy that fails, so that a prohibition which fails would prohibit nothing: any failure is a refusal here.
 * Throws what the instance throws when it is broken.
 */
export function askCedar(cedar: Cedar, setName: string, question: FieldQuestion): FieldAnswer {
  const answer = cedar.statefulIsAuthorized(toCall(setName, question));
  if (answer.type === 'failure') return refused;
  const { decision, diagnostics } = answer.response;
  const isError = diagnostics.errors.length > 0;
  return { isAllowed: decision === 'allow' && !isError, isError, by: diagnostics.reason };
}

function toCall(setName: string, question: FieldQuestion): StatefulAuthorizationCall {
  const principal = { type: 'Principal', id: question.principal.id };
  return {
    preparsedPolicySetId: setName,
    principal,
    action: { type: 'Action', id: formActions[question.form] },
    resource: { type: 'Field', id: question.field },
    context: toContext(question),
    entities: [toEntity(question.principal), ...actionEntities],
  };
}

// Without a schema in the call, Cedar knows the group of actions from here.
const actionEntities: readonly EntityJson[] = Object.values(formActions).map((id) => ({
  uid: { type: 'Action', id },
  attrs: {},
  parents: [{ type: 'Action', id: 'read' }],
}));

function toContext({ purpose, isException, isBulk, clock }: FieldQuestion): Context {
  return {
    purpose: entity('Purpose', purpose),
    exception: isException,
    bulk: isBulk,
    hour: clock.hour,
    weekday: clock.weekday,
    now: { __extn: { fn: 'datetime', arg: new Date(clock.nowMs).toISOString() } },
  };
}

function toEntity({ id, kind, role, station, partner, attributes }: Principal): EntityJson {
  return {
    uid: { type: 'Principal', id },
    attrs: {
      kind: entity('Kind', kind),
      ...(station === null ? {} : { station: entity('Station', station) }),
      ...(partner === null ? {} : { partner: entity('Partner', partner) }),
    },
    parents: [{ type: 'Role', id: role }],
    tags: { ...attributes },
  };
}

function entity(type: string, id: string): { __entity: { type: string; id: string } } {
  return { __entity: { type, id } };
}

/** A principal of a role for trials and tables; with a station when it is a device. */
export function samplePrincipal(role: string, kind: PrincipalKind, station: string | null = null): Principal {
  return { id: `sample-${role}`, kind, role, station, partner: null, attributes: {} };
}
