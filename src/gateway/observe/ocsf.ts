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

/** API Activity (6003): a decision of the gateway. */
const apiActivity = { class_uid: 6003, category_uid: 6 };
/** Authentication (3002): somebody who could not prove who they are. */
const authentication = { class_uid: 3002, category_uid: 3 };
/** Entity Management (3004): principals, keys, stations, exports. */
const entityManagement = { class_uid: 3004, category_uid: 3 };

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
  readonly observe = ({ status, code, route }: AnsweredRequest): void => {
    if (status !== 401 || code === null) return;
    this.#tell(authentication, 1, this.#nowMs(), LOW, FAILURE, {
      status_code: code,
      user: { name: '(unknown)' },
      service: { name: 'gateway' },
      unmapped: { route: route ?? '(none)' },
    });
  };

  /** Events that people are told of. */
  readonly listen = ({ id, type, timeMs, isAlarm, principal, facts }: GatewayEvent): void => {
    const severity = isAlarm ? HIGH : INFORMATIONAL;
    const who = principal ?? '(gateway)';
    if (type === 'directory.changed' || type === 'export.changed') {
      const { action = '', object = '' } = facts;
      const [kind = ''] = String(action).split(' ');
      this.#tell(entityManagement, activityOf(String(action)), timeMs, severity, SUCCESS, {
        actor: { user: { uid: who } },
        entity: { name: String(object), type: kind },
        unmapped: { event: id, ...facts },
      });
      return;
    }
    this.#tell(apiActivity, READ, timeMs, severity, FAILURE, {
      message: type,
      actor: { user: { uid: who } },
      src_endpoint: { uid: who },
      api: { operation: 'disclose', service: { name: 'gateway' } },
      unmapped: { event: id, type, ...facts },
    });
  };

  #tell(
    kind: { readonly class_uid: number; readonly category_uid: number },
    activity: number,
    time: number,
    severity: number,
    status: number,
    more: object,
  ): void {
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
