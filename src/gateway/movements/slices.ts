/** So much is done before whoever else waits gets a turn: a few milliseconds. */
const SLICE = 100;

/** Calls `work` with one part of the items after the other, and lets others go on in between. */
export async function inSlices<T>(
  items: readonly T[],
  work: (part: readonly T[], first: number) => void,
): Promise<void> {
  for (let first = 0; first < items.length; first += SLICE) {
    if (first > 0) await new Promise((resolve) => setImmediate(resolve));
    work(items.slice(first, first + SLICE), first);
  }
}
