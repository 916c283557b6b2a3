import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What was seen of a child process from outside. */
export interface ProcessRun {
  readonly seconds: number;
  /** Peak resident memory of the process and its children; 0 where /proc is not there. */
  readonly peakRssBytes: number;
  readonly rssSamples: readonly { readonly seconds: number; readonly rssBytes: number }[];
  readonly stdout: string;
}

/** Runs a program to its end and watches its memory every 50 ms. Fails when it does not end with 0, with the end of what it wrote to standard error. */
export async function runProcess(command: string, args: readonly string[], sampleSeconds = 1): Promise<ProcessRun> {
  const startedAt = performance.now();
  const elapsed = () => (performance.now() - startedAt) / 1000;
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-4000);
  });

  let peakRssBytes = 0;
  const rssSamples: { seconds: number; rssBytes: number }[] = [];
  const watch = setInterval(() => {
    const { rssBytes, peakBytes } = readMemory(child.pid ?? 0);
    peakRssBytes = Math.max(peakRssBytes, peakBytes);
    const last = rssSamples.at(-1)?.seconds ?? -Infinity;
    if (elapsed() - last >= sampleSeconds) rssSamples.push({ seconds: round(elapsed()), rssBytes });
  }, 50);
  try {
    const code = await new Promise<number | null>((resolve, reject) =>
      child.once('error', reject).once('close', resolve),
    );
    const seconds = elapsed();
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${stderr}`);
    return { seconds, peakRssBytes, rssSamples, stdout };
  } finally {
    clearInterval(watch);
  }
}

/** Memory of a process and all below it now: resident, and the sum of the high-water marks. */
export function readMemory(pid: number): { rssBytes: number; peakBytes: number } {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kibibytes = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
    let rssBytes = kibibytes('VmRSS') * 1024;
    let peakBytes = kibibytes('VmHWM') * 1024;
    for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)) {
      const below = readMemory(Number(child));
      rssBytes += below.rssBytes;
      peakBytes += below.peakBytes;
    }
    return { rssBytes, peakBytes };
  } catch {
    // It has just ended, or this system has no /proc.
    return { rssBytes: 0, peakBytes: 0 };
  }
}

/** The middle value; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2;
}

/** Three significant digits after the point are more than a run repeats. */
export function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
