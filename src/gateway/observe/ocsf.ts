import type { DecisionLog } from '../port.ts';
import type { GatewayEvent } from './events.ts';
import type { AnsweredRequest } from './observer.ts';
import { saidPurpose } from './said-purpose.ts';

/*
 * Events in the Open Cybersecurity Schema Framework, version 1.3.0 (schema.ocsf.io), for a SIEM. They name principals, never a person whose data it is.
 */

/** An event of OCSF. */
export interface OcsfEvent {
  readonly class_uid: number;
  readonly category_uid: number;
  readonly activity_id: number;
  readonly type_uid: number;
  readonly time: number;
  readonly severity_id: number;
  readonly metadata: object;
  readonly [more: string]: unknown;
}

const INFORMATIONAL = 1;
const LOW = 2;
const HIGH = 4;
const SUCCESS = 1;
const FAILURE = 2;
const READ = 2;

interface OcsfClass {
  readonly class_uid: number;
  readonly category_uid: number;
}

/** API Activity: a decision of the gateway. */
const apiActivity: OcsfClass = { class_uid: 6003, category_uid: 6 };
/** Authentication: somebody who could not prove who they are. */
const authentication: OcsfClass = { class_uid: 3002, category_uid: 3 };
/** Account Change: principals and their passkeys. */
const accountChange: OcsfClass = { class_uid: 3001, category_uid: 3 };
/** User Access Management: roles. */
const userAccess: OcsfClass = { class_uid: 3005, category_uid: 3 };
/** Entity Management: keys, stations, partners, enrolments, policies, budgets, exports. */
const entityManagement: OcsfClass = { class_uid: 3004, category_uid: 3 };
/** Detection Finding: what people should look at. */
const detectionFinding: OcsfClass = { class_uid: 2004, category_uid: 2 };

const LOGON = 1;
const ASSIGN_ROLE = 3;
/** Of a finding: create; and as its status: new. */
const [CREATE, NEW] = [1, 1];
/** Activities of Account Change, by what was done. */
const accountActivities: Readonly<Record<string, number>> = {
  'principal made': 1,
  'principal active': 2,
  'principal suspended': 5,
  'principal revoked': 6,
  'passkey made': 10,
  'passkey revoked': 11,
};

/** Makes events of OCSF. */
export class OcsfEvents {
  readonly #metadata: object;
  readonly #nowMs: () => number;
  readonly #write: (event: OcsfEvent) => void;

  constructor(version: string, nowMs: () => number, write: (event: OcsfEvent) => void) {
    this.#metadata = { version: '1.3.0', product: { name: 'Boltseal', vendor_name: 'Boltseal', version } };
    this.#nowMs = nowMs;
    this.#write = write;
  }

  /** A log whose decisions are told when they are durable. */
  tellingLog(log: DecisionLog): DecisionLog {
    return {
      append: async (entries) => {
        const places = await log.append(entries);
        for (const [i, { principal, purpose, fields, decision, basis, timeMs }] of entries.entries()) {
          const place = places[i];
          const isDenied = decision === 'deny';
          this.#tell(apiActivity, READ, timeMs, isDenied ? LOW : INFORMATIONAL, isDenied ? FAILURE : SUCCESS, {
            ...(isDenied ? { status_code: basis } : {}),
            actor: { user: { uid: principal } },
            src_endpoint: { uid: principal },
            api: { operation: 'disclose', service: { name: 'gateway' } },
            unmapped: { purpose: saidPurpose(purpose), fields, decision, ...(place === undefined ? {} : place) },
          });
        }
        return places;
      },
    };
  }

  /** Failures to prove who somebody is. */
  readonly observe = ({ status, code, method, route }: AnsweredRequest): void => {
    if (status !== 401 || code === null) return;
    this.#tell(authentication, LOGON, this.#nowMs(), LOW, FAILURE, {
      status_code: code,
      user: { name: '(unknown)' },
      service: { name: 'gateway' },
      is_remote: true,
      http_request: { http_method: method, url: { path: route ?? '(none)' } },
    });
  };

  /** Events that people are told of. */
  readonly listen = (event: GatewayEvent): void => {
    if (event.type === 'directory.changed' || event.type === 'export.changed') this.#tellChange(event);
    else this.#tellFinding(event);
  };

  /** In the class that has a word for it. */
  #tellChange({ id, timeMs, principal, facts }: GatewayEvent): void {
    const [action, object] = [String(facts.action), String(facts.object)];
    const [kind = ''] = action.split(' ');
    const more = { actor: { user: { uid: principal ?? '(gateway)' } }, unmapped: { event: id, ...facts } };
    const tell = (of: OcsfClass, activity: number, what: object): void =>
      this.#tell(of, activity, timeMs, INFORMATIONAL, SUCCESS, { ...more, ...what });
    const account = accountActivities[action];
    if (account !== undefined)
      tell(accountChange, account, { user: { uid: kind === 'passkey' ? String(facts.of ?? '(unknown)') : object } });
    else if (kind === 'principal')
      tell(userAccess, ASSIGN_ROLE, { user: { uid: object }, privileges: [String(facts.role ?? '(unknown)')] });
    else tell(entityManagement, activityOf(action), { entity: { name: object, type: kind } });
  }

  #tellFinding({ id, type, timeMs, isAlarm, principal, facts }: GatewayEvent): void {
    this.#tell(detectionFinding, CREATE, timeMs, isAlarm ? HIGH : LOW, NEW, {
      finding_info: { uid: id, title: type, created_time: timeMs },
      ...(principal === null ? {} : { actor: { user: { uid: principal } } }),
      unmapped: { ...facts },
    });
  }

  #tell(kind: OcsfClass, activity: number, time: number, severity: number, status: number, more: object): void {
    this.#write({
      ...kind,
      activity_id: activity,
      type_uid: kind.class_uid * 100 + activity,
      time,
      severity_id: severity,
      status_id: status,
      metadata: this.#metadata,
      ...more,
    });
  }
}

/** Create, update, delete of Entity Management, by the last word of an action. */
function activityOf(action: string): number {
  if (action.endsWith(' made') || action.endsWith(' requested')) return 1;
  return action.endsWith(' removed') || action.endsWith(' revoked') ? 4 : 3;
}
