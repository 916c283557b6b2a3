import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { checkDating } from './dating/judge.ts';
import { hasPeople, readPeople, rootDirectory } from './people.ts';
import { evaluatePeopleHistory, outputDirectory } from './people-history.ts';
import { checkWorlds } from './worlds/check.ts';

/* npm run eval [-- --only TEXT]: checks the product on real data and on a small world; every line says expected/actual. `--only worlds`: the world alone. */

const { values } = parseArgs({ options: { only: { type: 'string' } } });
if (values.only === 'worlds') {
  // Nothing of the real data.
} else if (!hasPeople()) {
  console.log('eval: ../shared/data/people-history is not there: nothing was evaluated');
} else {
  const report = await evaluatePeopleHistory(values.only ?? null, (line) => console.log(line));
  mkdirSync(outputDirectory, { recursive: true });
  const path = join(outputDirectory, 'report.json');
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
  const wrong = [...report.dumps, ...report.verdicts].filter((result) => !result.agrees).length;
  const inBand = report.dumps.filter((result) => result.inBand === true).length;
  console.log(
    `eval: ${report.dumps.length} dumps and ${report.verdicts.length} verdicts, ${wrong} wrong; ` +
      `the number of people was in the stated band ${inBand} times; ${relative(rootDirectory, path)}`,
  );
  const keepsDates = values.only === undefined ? await checkDating(readPeople(), (line) => console.log(line)) : true;
  process.exitCode = wrong === 0 && keepsDates ? 0 : 1;
}
if (values.only === undefined || values.only === 'worlds') {
  const reachesTargets = await checkWorlds(outputDirectory, (line) => console.log(line));
  if (!reachesTargets) process.exitCode = 1;
}
