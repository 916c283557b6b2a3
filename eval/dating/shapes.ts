import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { type CopyFindings, dateCopy } from '../../src/verify/dating/date-copy.ts';
import { fieldOfColumn, hasPeople, type PersonVersion, readPeople, rootDirectory } from '../people.ts';
import { makeRandom, shuffle } from '../random.ts';
import { PlainHistory } from './plain-evidence.ts';

/*
 * eval/dating/shapes.ts [--seed N] [--trials N] [--rows N] [--only skimmed]: dumps from the people's history that were copied once, twice, or bit by bit over months, 5 % of the rows wrong, and which of them dating takes them for.
 */

const DAY = 86_400;
const FIRST = Date.parse('2021-01-01T00:00:00Z') / 1000;
const LAST = Date.parse('2026-07-31T00:00:00Z') / 1000;
const WRONG_SHARE = 0.05;
const kinds = ['single', 'merged', 'skimmed'] as const;
const answers = ['single', 'merged', 'skimmed', 'unknown'] as const;
const columns = [
  'person_id',
  'name',
  'email',
  'capitol_address',
  'capitol_phone',
  'district_address',
  'district_phone',
] as const;
const dumpFields = new Set(columns.map((column) => fieldOfColumn[column]));

interface Made {
  /** When each row is copied. */
  readonly time: () => number;
  /** The times to be found: of the copies, or of the first and the last row. */
  readonly truth: readonly number[];
}

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    trials: { type: 'string', default: '40' },
    rows: { type: 'string', default: '2000' },
    only: { type: 'string' },
  },
});

if (!hasPeople()) {
  console.log('eval: ../shared/data/people-history is not there: nothing was evaluated');
} else {
  const people = readPeople();
  const history = new PlainHistory(people);
  const byPerson = new Map<string, PersonVersion[]>();
  for (const version of people) byPerson.set(version.id, [...(byPerson.get(version.id) ?? []), version]);
  const summaries = kinds
    .filter((kind) => values.only === undefined || kind === values.only)
    .map((kind) => {
      const said = { single: 0, merged: 0, skimmed: 0, unknown: 0 };
      let [copiesRight, held, times] = [0, 0, 0];
      for (let trial = 0; trial < Number(values.trials); trial++) {
        const random = makeRandom(Number(values.seed) + 7919 * trial + 104_729 * kinds.indexOf(kind));
        for (let i = 0; i < 5; i++) random();
        const made = make(kind, random);
        const findings = dateCopy(
          history.evidence(draw([...byPerson.values()], made.time, Number(values.rows), random), dumpFields),
        );
        said[findings.shape]++;
        if (findings.shape !== kind) continue;
        if (kind !== 'merged' || findings.windows.length === made.truth.length) copiesRight++;
        const windows = findings.edges === null ? findings.windows : [findings.edges.began, findings.edges.ended];
        for (const time of made.truth) {
          times++;
          if (windows.some(({ fromSeconds, toSeconds }) => fromSeconds <= time && time <= toSeconds)) held++;
        }
      }
      console.log(
        `${kind}: ${answers.map((answer) => `${answer} ${said[answer]}`).join(', ')}; right number of copies ${copiesRight}; true times in their windows ${held} of ${times}`,
      );
      return { kind, said, copiesRight, held, times };
    });
  const output = join(rootDirectory, 'eval', 'out', 'dating');
  mkdirSync(output, { recursive: true });
  const path = join(output, 'shapes.json');
  writeFileSync(
    path,
    `${JSON.stringify({ seed: Number(values.seed), rows: Number(values.rows), summaries }, null, 2)}\n`,
  );
  console.log(`eval: ${relative(rootDirectory, path)}`);
}

/** Copies half a year apart or more, the smaller with a fifth of the rows at least; skimming over four months to a year. */
function make(kind: CopyFindings['shape'], random: () => number): Made {
  if (kind === 'merged') {
    const apart = (180 + random() * 540) * DAY;
    const old = FIRST + random() * (LAST - FIRST - apart);
    const share = 0.2 + 0.6 * random();
    return { time: () => (random() < share ? old : old + apart), truth: [old, old + apart] };
  }
  if (kind === 'skimmed') {
    const length = (120 + random() * 245) * DAY;
    const began = FIRST + random() * (LAST - FIRST - length);
    return { time: () => began + random() * length, truth: [began, began + length] };
  }
  const time = FIRST + random() * (LAST - FIRST);
  return { time: () => time, truth: [time] };
}

function draw(
  people: readonly (readonly PersonVersion[])[],
  time: () => number,
  count: number,
  random: () => number,
): PersonVersion[] {
  const rows: PersonVersion[] = [];
  for (const versions of shuffle([...people], random)) {
    if (rows.length === count) break;
    const at = time();
    const current = versions.find(
      ({ fromSeconds, untilSeconds }) => fromSeconds <= at && at < (untilSeconds ?? Infinity),
    );
    if (current === undefined) continue;
    const others = versions.filter((other) => other !== current);
    rows.push(random() < WRONG_SHARE && others.length > 0 ? others[Math.floor(random() * others.length)]! : current);
  }
  return rows;
}
