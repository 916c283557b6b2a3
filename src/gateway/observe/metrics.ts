import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { DecisionLog, LedgerFigures } from '../port.ts';
import type { RequestObserver } from './observer.ts';
import { saidPurpose } from './said-purpose.ts';

/** What is counted, for Prometheus (docs/operations.md, "What it counts"). Labels are words of ours and roles: no value and no id of anybody. */
export interface GatewayMetrics {
  readonly observe: RequestObserver;
  /** A log whose decisions are counted when they are durable, and whose failures are. */
  countingLog(log: DecisionLog): DecisionLog;
  /** Counts a step of an export. */
  countExport(step: string): void;
  /** Text format, and its content type. */
  readonly contentType: string;
  text(): Promise<string>;
}

/** What is looked at when somebody asks. */
export interface ObservedFigures {
  /** Of the ledger. */
  ledger(): LedgerFigures;
  /** Writes of which the register has not heard yet. */
  unfed(): Promise<number>;
}

/** From a verified signature, well below a millisecond, to a ledger that waits for a disk. */
const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

export function createMetrics(figures: ObservedFigures, version: string): GatewayMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({ name: 'boltseal_info', help: 'Version of the program', labelNames: ['version'], registers }).set(
    { version },
    1,
  );
  const requests = new Counter({
    name: 'boltseal_requests_total',
    help: 'Requests that were answered, by the pattern of their route',
    labelNames: ['method', 'route', 'status', 'role'],
    registers,
  });
  const seconds = new Histogram({
    name: 'boltseal_request_seconds',
    help: 'Time from the first byte of a request to the last of its answer',
    labelNames: ['route'],
    buckets: SECONDS,
    registers,
  });
  const problems = new Counter({
    name: 'boltseal_problems_total',
    help: 'Requests that ended with an error, by its code (docs/errors.md)',
    labelNames: ['code'],
    registers,
  });
  const decisions = new Counter({
    name: 'boltseal_decisions_total',
    help: 'Decisions that the ledger has, by purpose, decision and the code of a refusal',
    labelNames: ['purpose', 'decision', 'code'],
    registers,
  });
  const appends = new Histogram({
    name: 'boltseal_ledger_append_seconds',
    help: 'Time until the ledger had the decisions of a request durably',
    buckets: SECONDS,
    registers,
  });
  const refused = new Counter({
    name: 'boltseal_ledger_refusals_total',
    help: 'Requests whose decisions the ledger did not take: nothing left',
    registers,
  });
  const exportSteps = new Counter({
    name: 'boltseal_export_steps_total',
    help: 'Steps of exports that the ledger has; their rows are among the decisions',
    labelNames: ['step'],
    registers,
  });
  const gauge = (name: string, help: string, read: () => number | Promise<number>): void => {
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        this.set(await read());
      },
    });
  };
  gauge('boltseal_ledger_entries', 'Entries of the current shard that are durable', () => figures.ledger().entries);
  gauge(
    'boltseal_ledger_unpublished_entries',
    'Of them, those that no published checkpoint covers yet',
    () => figures.ledger().entries - figures.ledger().published,
  );
  gauge('boltseal_ledger_free_bytes', 'Room where the ledger lies', () => figures.ledger().freeBytes);
  gauge('boltseal_ledger_withheld', '1: the last checkpoint could not be brought to witnesses or second place', () =>
    Number(figures.ledger().isWithheld),
  );
  gauge('boltseal_vault_unfed', 'Writes of the vault of which the register has not heard yet', figures.unfed);

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    countExport: (step) => exportSteps.inc({ step }),
    observe({ method, route, status, code, role, milliseconds }) {
      const labels = { route: route ?? '(none)' };
      requests.inc({ ...labels, method, status, role: role ?? '(none)' });
      seconds.observe(labels, milliseconds / 1000);
      if (code !== null) problems.inc({ code });
    },
    countingLog: (log) => ({
      async append(entries) {
        const end = appends.startTimer();
        try {
          const places = await log.append(entries);
          end();
          for (const { purpose, decision, basis } of entries)
            decisions.inc({
              purpose: saidPurpose(purpose),
              decision,
              code: decision === 'deny' ? basis : '',
            });
          return places;
        } catch (error) {
          refused.inc();
          throw error;
        }
      },
    }),
  };
}
