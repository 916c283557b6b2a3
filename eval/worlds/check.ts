import { join } from 'node:path';
import { evaluateWorlds } from './evaluate.ts';

/** A dozen dumps of one world: whatever has a target and is not rare, and the files from outside that look most like a theft. */
const THEFTS = '=scanner+=build+=insider+=neighbours+outside, popular';

/** Asks about a few thefts of one world from within (npm run eval). Returns whether no target was missed; what takes more trials to say is measured by `npm run eval:worlds`. */
export async function checkWorlds(directory: string, tell: (line: string) => void): Promise<boolean> {
  const { targets } = await evaluateWorlds(
    {
      worlds: ['small'],
      seed: 1,
      copies: 1,
      trials: 1,
      only: THEFTS,
      jobs: 1,
      directory: join(directory, 'worlds-check'),
      fresh: false,
      resume: false,
      keepDumps: false,
      checks: 0,
      baseline: false,
      seconds: Number.POSITIVE_INFINITY,
      launcher: null,
    },
    tell,
  );
  for (const { target, wanted, share, reached } of targets) {
    if (share !== null)
      tell(`${reached === true ? 'ok' : 'MISSED'}: ${target}: ${share.hits} of ${share.trials} (wanted: ${wanted})`);
  }
  return targets.every(({ reached }) => reached !== false);
}
