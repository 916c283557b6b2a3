import { randomUUID } from 'node:crypto';
import { BoltsealError } from '../../core/errors.ts';
import type { AuditEntry } from '../directory/port.ts';
import type { DecisionLog } from '../port.ts';
import { saidPurpose } from './said-purpose.ts';

/** Kinds of events that people are told of. */
export const eventTypes = [
  'budget.exceeded',
  'canary.asked',
  'directory.changed',
  'export.changed',
  'ledger.trouble',
  'background.trouble',
] as const;
export type GatewayEventType = (typeof eventTypes)[number];

/** Something that people are to hear of. Names principals, stations and entries of the ledger; no value, and nobody whose data it is about. */
export interface GatewayEvent {
  /** Names it among all, so that who hears of it twice knows. */
  readonly id: string;
  readonly type: GatewayEventType;
  readonly timeMs: number;
  readonly isAlarm: boolean;
  /** Who did it; null: nobody in particular. */
  readonly principal: string | null;
  /** What it is about, such as a purpose, an action on the directory, a code of docs/errors.md. */
  readonly facts: Readonly<Record<string, string | number>>;
}

/** Hears of events. It must not throw. */
export type EventListener = (event: GatewayEvent) => void;

/** The same trouble is told again after this time: who is told of every request hears nothing. */
const AGAIN_MS = 60_000;

/** Makes events of what happens. */
export class Events {
  readonly #listeners: readonly EventListener[];
  readonly #nowMs: () => number;
  readonly #told = new Map<string, number>();

  constructor(listeners: readonly EventListener[], nowMs: () => number) {
    this.#listeners = listeners;
    this.#nowMs = nowMs;
  }

  /** A change of principals, keys, stations or partners, or a step of an export. */
  readonly onAudit = ({ actor, action, object, detail }: AuditEntry): void => {
    const { principal, role } = detail;
    const whose = typeof principal === 'string' ? { of: principal } : {};
    const what = action.startsWith('principal ') && typeof role === 'string' ? { role } : {};
    const type = action.startsWith('export ') ? 'export.changed' : 'directory.changed';
    this.#tell(type, actor, { action, object, ...whose, ...what }, false);
  };

  /** Other policies hold. */
  readonly onPolicies = ({ by, version }: { readonly by: string; readonly version: string }): void => {
    this.#tell('directory.changed', by, { action: 'policies activated', object: version }, false);
  };

  /** What runs in the background failed. */
  readonly onTrouble = (what: string, code: string | null): void => {
    this.#tellSometimes('background.trouble', null, { what, code: code ?? 'INTERNAL' }, false);
  };

  /** A log of which the refusals for lack of budget, whatever is about a canary, and failures are events. The answers are as without it. */
  watchingLog(log: DecisionLog, isCanary: (subject: string) => boolean): DecisionLog {
    return {
      append: async (entries) => {
        try {
          const places = await log.append(entries);
          const spent = entries.find(({ basis, decision }) => decision === 'deny' && basis === 'GATEWAY_BUDGET');
          if (spent !== undefined)
            this.#tellSometimes('budget.exceeded', spent.principal, { purpose: saidPurpose(spent.purpose) }, false);
          for (const [i, { subject, principal, purpose, decision }] of entries.entries()) {
            const { shard = '', index = -1 } = places[i] ?? {};
            const facts = { purpose: saidPurpose(purpose), decision, shard, index };
            if (isCanary(subject)) this.#tell('canary.asked', principal, facts, true);
          }
          return places;
        } catch (error) {
          const code = error instanceof BoltsealError ? error.code : 'INTERNAL';
          this.#tellSometimes('ledger.trouble', null, { code }, true);
          throw error;
        }
      },
    };
  }

  #tellSometimes(
    type: GatewayEventType,
    principal: string | null,
    facts: GatewayEvent['facts'],
    isAlarm: boolean,
  ): void {
    const name = JSON.stringify([type, principal, facts]);
    const now = this.#nowMs();
    if ((this.#told.get(name) ?? Number.NEGATIVE_INFINITY) > now - AGAIN_MS) return;
    if (this.#told.size > 10_000) this.#told.clear();
    this.#told.set(name, now);
    this.#tell(type, principal, facts, isAlarm);
  }

  #tell(type: GatewayEventType, principal: string | null, facts: GatewayEvent['facts'], isAlarm: boolean): void {
    const event = { id: randomUUID(), type, timeMs: this.#nowMs(), isAlarm, principal, facts };
    for (const listen of this.#listeners) listen(event);
  }
}
