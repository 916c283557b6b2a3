import { createLines } from './lines.ts';
import type { RequestObserver } from './observer.ts';

/** Log of requests: one line of JSON each (docs/operations.md, "What it logs and counts"). */
export interface RequestLog {
  readonly observe: RequestObserver;
  /** Writes what waits. */
  close(): void;
}

/** `write` gets whole lines, as that of `createLines`. */
export function createRequestLog(write: (lines: string) => void, nowMs: () => number): RequestLog {
  const lines = createLines(write);
  return {
    observe({ id, method, route, status, code, role, milliseconds }) {
      const ms = Math.round(milliseconds * 1000) / 1000;
      const time = new Date(nowMs()).toISOString();
      lines.add(JSON.stringify({ time, id, method, route, status, code, role, ms }));
    },
    close: () => lines.close(),
  };
}
