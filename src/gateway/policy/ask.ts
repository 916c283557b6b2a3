import type { Context, EntityJson, StatefulAuthorizationCall } from '@cedar-policy/cedar-wasm/nodejs';
import type { DisclosureForm, PolicyAct, VaultField } from '../../contract/api/words.ts';
import type { Principal } from '../port.ts';
import type { Cedar } from './cedar.ts';
import type { LocalClock } from './local-clock.ts';
import type { Feature } from './looks-at.ts';
import { actionOf, actions } from './schema.ts';

/** One question to Cedar: may this principal get this field in this form, or approve that somebody does? */
export interface FieldQuestion {
  readonly principal: Principal;
  readonly purpose: string;
  readonly form: DisclosureForm;
  readonly field: VaultField;
  readonly isException: boolean;
  readonly isBulk: boolean;
  /** Left out: `read`. */
  readonly act?: PolicyAct;
  readonly clock: LocalClock;
  /** What the policies look at: only that is given to Cedar, for which reading a question is more work than answering it. */
  readonly at: ReadonlySet<Feature>;
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
  const id = actionOf(question.act ?? 'read', question.form);
  const action = actionEntities.get(id);
  return {
    preparsedPolicySetId: setName,
    principal,
    action: { type: 'Action', id },
    resource: { type: 'Field', id: question.field },
    context: toContext(question),
    entities: [toEntity(question), ...(action === undefined ? [] : [action])],
  };
}

// Without a schema in the call, Cedar knows the groups of actions from here.
const actionEntities: ReadonlyMap<string, EntityJson> = new Map(
  actions.map(({ id, act }) => [
    id,
    { uid: { type: 'Action', id }, attrs: {}, parents: [{ type: 'Action', id: act }] },
  ]),
);

function toContext({ purpose, isException, isBulk, clock, at }: FieldQuestion): Context {
  const context: Context = { purpose: entity('Purpose', purpose), exception: isException, bulk: isBulk };
  if (at.has('hour')) context.hour = clock.hour;
  if (at.has('weekday')) context.weekday = clock.weekday;
  if (at.has('now')) context.now = { __extn: { fn: 'datetime', arg: new Date(clock.nowMs).toISOString() } };
  return context;
}

function toEntity({ principal: { id, kind, role, station, partner, attributes }, at }: FieldQuestion): EntityJson {
  const attrs: EntityJson['attrs'] = {};
  if (at.has('kind')) attrs.kind = entity('Kind', kind);
  if (station !== null && (at.has('station') || at.has('hasStation'))) attrs.station = entity('Station', station);
  if (partner !== null && (at.has('partner') || at.has('hasPartner'))) attrs.partner = entity('Partner', partner);
  const parents = [{ type: 'Role', id: role }];
  return {
    uid: { type: 'Principal', id },
    attrs,
    parents,
    ...(at.has('attributes') ? { tags: { ...attributes } } : {}),
  };
}

function entity(type: string, id: string): { __entity: { type: string; id: string } } {
  return { __entity: { type, id } };
}
