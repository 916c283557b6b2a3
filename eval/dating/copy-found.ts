import type { CopyWindow } from '../../src/verify/dating/date-copy.ts';
import { verify } from '../product.ts';

/** What `verify` says of the time of a copy. */
export interface CopyFound {
  readonly shape: string;
  readonly windows: readonly CopyWindow[];
  readonly window: CopyWindow | undefined;
}

/** Verifies a dump and reads the part of its JSON that is about the copy. */
export async function verifyCopy(home: string, dump: string, maps: readonly string[]): Promise<CopyFound> {
  const { copy } = (await verify(home, dump, maps)) as unknown as {
    copy?: {
      shape: string;
      windows: { from: string; to: string; best: string; probability: number; share: number }[];
    } | null;
  };
  if (copy === undefined) throw new Error('verify --json has no `copy`');
  const seconds = (iso: string): number => Date.parse(iso) / 1000;
  const windows = (copy?.windows ?? []).map((window) => ({
    probability: window.probability,
    share: window.share,
    fromSeconds: seconds(window.from),
    toSeconds: seconds(window.to),
    bestSeconds: seconds(window.best),
  }));
  return { shape: copy?.shape ?? 'none', windows, window: windows[0] };
}
