import { createHmac } from 'node:crypto';
import type { OpenDatabase } from '../stores.ts';
import type { GatewayEvent, GatewayEventType } from './events.ts';

/** What waits to be delivered: bodies of events, which hold no personal data. */
export const webhookMigrations: readonly string[] = [
  `CREATE TABLE deliveries (
     number INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, url TEXT NOT NULL, body TEXT NOT NULL,
     tries INTEGER NOT NULL DEFAULT 0, next_ms INTEGER NOT NULL
   );
   CREATE INDEX deliveries_next ON deliveries (next_ms);`,
];

/** Where events are sent. */
export interface Webhook {
  readonly url: string;
  /** At least 24 bytes, shared with who listens there. */
  readonly secret: Uint8Array;
  /** Null: all. */
  readonly types: readonly GatewayEventType[] | null;
}

/** Waits between tries; after the last the delivery is given up (www.standardwebhooks.com, "Deliverability and reliability"). */
const WAITS_MS = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400].map((seconds) => seconds * 1000);
const TRY_MS = 10_000;
const TURN_MS = 1000;
const AT_A_TIME = 20;
/** Somebody's dead address must not fill the disk. */
const MOST_WAITING = 100_000;

export interface WebhookOptions {
  readonly hooks: readonly Webhook[];
  readonly store: OpenDatabase;
  readonly nowMs: () => number;
  readonly fetch?: typeof fetch;
}

/** Sends events to the company's systems, signed, and again until they are taken. What waits survives restarts. */
export class Webhooks {
  readonly #options: WebhookOptions;
  readonly #insert;
  readonly #count;
  readonly #due;
  readonly #again;
  readonly #delete;
  readonly #timer: NodeJS.Timeout;
  #sending: Promise<void> | null = null;

  constructor(options: WebhookOptions) {
    this.#options = options;
    const { database } = options.store;
    this.#insert = database.prepare('INSERT INTO deliveries (event, url, body, next_ms) VALUES (?, ?, ?, ?)');
    this.#count = database.prepare('SELECT count(*) AS waiting FROM deliveries');
    this.#due = database.prepare('SELECT * FROM deliveries WHERE next_ms <= ? ORDER BY next_ms LIMIT ?');
    this.#again = database.prepare('UPDATE deliveries SET tries = ?, next_ms = ? WHERE number = ?');
    this.#delete = database.prepare('DELETE FROM deliveries WHERE number = ?');
    this.#timer = setInterval(() => void this.send().catch(() => undefined), TURN_MS).unref();
  }

  /** Queues an event for everybody who wants it. Never throws: who cannot be told must not stop who asks. */
  readonly listen = ({ id, type, timeMs, isAlarm, principal, facts }: GatewayEvent): void => {
    try {
      const body = JSON.stringify({
        type,
        timestamp: new Date(timeMs).toISOString(),
        data: { isAlarm, principal, ...facts },
      });
      if (Number(this.#count.get()?.waiting) >= MOST_WAITING) return;
      for (const { url, types } of this.#options.hooks)
        if (types === null || types.includes(type)) this.#insert.run(id, url, body, this.#options.nowMs());
    } catch {
      // A full disk, which the ledger says louder.
    }
  };

  /** Tries what is due. */
  send(): Promise<void> {
    this.#sending ??= this.#sendDue().finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  /** Nothing is sent any more when it returns but what is under way. */
  close(): void {
    clearInterval(this.#timer);
  }

  async #sendDue(): Promise<void> {
    const { nowMs, hooks } = this.#options;
    const rows = this.#due.all(nowMs(), AT_A_TIME);
    const results = await Promise.all(
      rows.map(async (row) => {
        const hook = hooks.find(({ url }) => url === row.url);
        return hook === undefined || (await this.#deliver(hook, String(row.event), String(row.body)));
      }),
    );
    if (!this.#options.store.database.isOpen) return;
    for (const [i, row] of rows.entries()) {
      const number = Number(row.number);
      const wait = WAITS_MS[Number(row.tries)];
      if (results[i] === true || wait === undefined) this.#delete.run(number);
      else this.#again.run(Number(row.tries) + 1, nowMs() + wait, number);
    }
  }

  async #deliver({ url, secret }: Webhook, id: string, body: string): Promise<boolean> {
    try {
      const answer = await (this.#options.fetch ?? fetch)(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...webhookSignature(secret, id, Math.floor(this.#options.nowMs() / 1000), body),
        },
        body,
        redirect: 'error',
        signal: AbortSignal.timeout(TRY_MS),
      });
      await answer.body?.cancel();
      return answer.ok;
    } catch {
      return false;
    }
  }
}

/** Headers that sign a body: HMAC-SHA-256 over `id.timestamp.body` (www.standardwebhooks.com, "Signature scheme"). */
export function webhookSignature(
  secret: Uint8Array,
  id: string,
  timestampSeconds: number,
  body: string,
): Readonly<Record<string, string>> {
  const signature = createHmac('sha256', secret).update(`${id}.${timestampSeconds}.${body}`).digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': `v1,${signature}`,
  };
}
