/** Longest work in one go, and then rest for as long as that took: long enough to be worth a switch of threads, far shorter than a tick of the kernel. */
const WORK_MS = 0.5;
const MOST_REST_MS = 2;

/**
 * Gives a function that is called between small pieces of work, and lets the thread sleep for half of the time unless somebody waits for it. Not for the main thread, where nothing may sleep.
 *
 * Why: a sync is handed to the disk by a thread of the kernel on the processor where it was asked for. When derivation computes there, that thread waits for the end of a tick, 4 ms,
 * and so does whoever is woken by the end of the sync; a thread that sleeps by itself is waited for half a millisecond.
 */
export function makePace(isWaitedFor: () => boolean): () => void {
  const never = new Int32Array(new SharedArrayBuffer(4));
  let begunMs = performance.now();
  return () => {
    const workedMs = performance.now() - begunMs;
    if (workedMs < WORK_MS) return;
    if (!isWaitedFor()) Atomics.wait(never, 0, 0, Math.min(workedMs, MOST_REST_MS));
    begunMs = performance.now();
  };
}
