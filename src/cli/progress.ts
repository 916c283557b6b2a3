import { formatBytes, formatCount, formatDuration } from './format.ts';
import type { Progress, ProgressUnit } from './services.ts';

/** The terminal that a bar is drawn on. */
export interface ProgressTerminal {
  write(text: string): void;
  /** Asked at every drawing: windows change their size. */
  columns(): number;
}

const redrawMilliseconds = 100;
const clearLine = '\r\x1b[2K';
const barWidth = 20;

/** Progress that nobody sees. */
export const silentProgress: Progress = { begin() {}, advance() {}, end() {} };

/**
 * Draws one line with share, rate and time left, at most ten times a second, and takes it away at the end of each step.
 * It draws only from within `begin` and `advance`, so no timer keeps the process alive. `now` is in milliseconds.
 */
export function createProgressBar(terminal: ProgressTerminal, now: () => number): Progress {
  let step: {
    readonly label: string;
    readonly total: number | null;
    readonly unit: ProgressUnit;
    readonly startedAt: number;
  } | null = null;
  let done = 0;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let visible = false;

  const draw = (): void => {
    const time = now();
    if (step === null || time - drawnAt < redrawMilliseconds) return;
    drawnAt = time;
    visible = true;
    const seconds = (time - step.startedAt) / 1000;
    // One column stays free: a full line would wrap on some terminals and could not be cleared.
    terminal.write(
      clearLine +
        describe(step.label, done, step.total, step.unit, seconds).slice(0, Math.max(terminal.columns() - 1, 1)),
    );
  };

  return {
    begin(label, total, unit) {
      step = { label, total, unit, startedAt: now() };
      done = 0;
      draw();
    },
    advance(by) {
      done += by;
      draw();
    },
    end() {
      if (visible) terminal.write(clearLine);
      visible = false;
      step = null;
      drawnAt = Number.NEGATIVE_INFINITY;
    },
  };
}

function describe(label: string, done: number, total: number | null, unit: ProgressUnit, seconds: number): string {
  const rate = seconds > 0 ? done / seconds : 0;
  const speed = rate > 0 ? `  ${formatAmount(rate, unit)}/s` : '';
  if (total === null || total <= 0) return `${label}  ${formatAmount(done, unit)}${speed}`;
  const share = Math.min(done / total, 1);
  const full = Math.round(share * barWidth);
  const bar = `[${'#'.repeat(full)}${'.'.repeat(barWidth - full)}]`;
  // In the first second the rate says more about opening files than about the work.
  const left = rate > 0 && seconds >= 1 ? `  ${formatDuration(Math.max(total - done, 0) / rate)} left` : '';
  return `${label}  ${bar} ${Math.floor(share * 100)} %${speed}${left}`;
}

function formatAmount(amount: number, unit: ProgressUnit): string {
  return unit === 'bytes' ? formatBytes(amount) : `${formatCount(Math.round(amount))} rows`;
}
