import type { RequestObserver } from './observer.ts';

/** Lines wait so long, or until there are so many: a write for each would cost more than the request's other bookkeeping. */
const FLUSH_MS = 200;
const MOST_LINES = 256;

/** Log of requests: one line of JSON each (docs/operations.md, "What it logs"). */
export interface RequestLog {
  readonly observe: RequestObserver;
  /** Writes what waits. */
  close(): void;
}

/** `write` gets whole lines; what it throws is lost with them: a full disk of logs must not stop requests. */
export function createRequestLog(write: (lines: string) => void, nowMs: () => number): RequestLog {
  let lines: string[] = [];
  let timer: NodeJS.Timeout | null = null;
  const flush = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (lines.length === 0) return;
    const text = `${lines.join('\n')}\n`;
    lines = [];
    try {
      write(text);
    } catch {
      // See above.
    }
  };
  return {
    observe({ id, method, route, status, code, role, milliseconds }) {
      const ms = Math.round(milliseconds * 1000) / 1000;
      const time = new Date(nowMs()).toISOString();
      lines.push(JSON.stringify({ time, id, method, route, status, code, role, ms }));
      if (lines.length >= MOST_LINES) flush();
      else timer ??= setTimeout(flush, FLUSH_MS).unref();
    },
    close: flush,
  };
}
