import { parseArgs } from 'node:util';
import { killAgainAndAgain } from './kill-rounds.ts';

/*
 * node test/gateway/whole/kill-loop.ts [--rounds N]
 *
 * The kills of kill.test.ts, many times over: while it starts, is asked, writes.
 */

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '40' } } });

const works: (() => void)[] = [];
try {
  await killAgainAndAgain(
    { after: (work) => void works.push(work) },
    {
      rounds: Number(values.rounds),
      people: 400,
      scanners: 4,
      limit: 350,
      killAfterMs: (round) => (round % 4 === 1 ? -1 - Math.random() * 300 : Math.random() * 2000),
      note: (text) => console.log(text),
    },
  );
  console.log('everything that was acknowledged is there');
} finally {
  for (const work of works) work();
}
