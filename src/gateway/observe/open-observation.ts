import type { DecisionLog } from '../port.ts';
import type { GatewayStores } from '../stores.ts';
import { Events } from './events.ts';
import { createLines } from './lines.ts';
import { createMetrics, type GatewayMetrics } from './metrics.ts';
import { observeAll, type RequestObserver } from './observer.ts';
import { OcsfEvents } from './ocsf.ts';
import { createRequestLog } from './request-log.ts';
import { type Webhook, Webhooks, webhookMigrations } from './webhooks.ts';

/** Who is told of what the gateway does. */
export interface ObservationSettings {
  readonly webhooks: readonly Webhook[];
  /** Writes lines of the log of requests; none is kept without it. */
  readonly onLog?: (lines: string) => void;
  /** Writes lines of OCSF events; none are made without it. */
  readonly onOcsf?: (lines: string) => void;
}

/** Everything that watches, open until `close`. */
export interface Observation {
  readonly metrics: GatewayMetrics;
  readonly events: Events;
  readonly onAnswer: RequestObserver;
  /** A log whose decisions are counted and told when they are durable. `isExpected`: canaries that raise no alarm. */
  watch(log: DecisionLog, isExpected?: (subject: string) => boolean): DecisionLog;
  close(): void;
}

/** Opens it. Fails with STORE_*. */
export function openObservation(
  stores: Pick<GatewayStores, 'reading' | 'unfed' | 'isCanary' | 'openDatabase'>,
  { webhooks: hooks, onLog, onOcsf }: ObservationSettings,
  version: string,
  nowMs: () => number,
): Observation {
  const metrics = createMetrics({ ledger: () => stores.reading.figures(), unfed: () => stores.unfed() }, version);
  const requestLog = onLog === undefined ? null : createRequestLog(onLog, nowMs);
  const webhooks =
    hooks.length === 0
      ? null
      : new Webhooks({ hooks, store: stores.openDatabase('webhooks', webhookMigrations), nowMs });
  const lines = onOcsf === undefined ? null : createLines(onOcsf);
  const ocsf = lines === null ? null : new OcsfEvents(version, nowMs, (event) => lines.add(JSON.stringify(event)));
  const events = new Events(
    [...(webhooks === null ? [] : [webhooks.listen]), ...(ocsf === null ? [] : [ocsf.listen])],
    nowMs,
  );
  return {
    metrics,
    events,
    onAnswer: observeAll([
      metrics.observe,
      ...(requestLog === null ? [] : [requestLog.observe]),
      ...(ocsf === null ? [] : [ocsf.observe]),
    ]),
    watch(log, isExpected = () => false) {
      const isAlarming = (subject: string): boolean => stores.isCanary(subject) && !isExpected(subject);
      const watched = events.watchingLog(metrics.countingLog(log), isAlarming);
      return ocsf === null ? watched : ocsf.tellingLog(watched);
    },
    close() {
      webhooks?.close();
      requestLog?.close();
      lines?.close();
    },
  };
}
