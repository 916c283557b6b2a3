/** Lines wait so long, or until there are so many: a write for each would cost more than a request's other bookkeeping. */
const FLUSH_MS = 200;
const MOST_LINES = 256;

/** Lines that are written a few at a time. */
export interface Lines {
  add(line: string): void;
  /** Writes what waits. */
  close(): void;
}

/** `write` gets whole lines; what it throws is lost with them: a full disk of logs must not stop requests. */
export function createLines(write: (lines: string) => void): Lines {
  let waiting: string[] = [];
  let timer: NodeJS.Timeout | null = null;
  const flush = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (waiting.length === 0) return;
    const text = `${waiting.join('\n')}\n`;
    waiting = [];
    try {
      write(text);
    } catch {
      // See above.
    }
  };
  return {
    add(line) {
      waiting.push(line);
      if (waiting.length >= MOST_LINES) flush();
      else timer ??= setTimeout(flush, FLUSH_MS).unref();
    },
    close: flush,
  };
}
