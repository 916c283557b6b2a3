import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { compare, compareColumns, type Difference } from './compare.ts';
import { columnNames, cutDump, cuts, fieldsOf } from './dump-cuts.ts';
import { type PersonVersion, peopleFile, readPeople, rootDirectory } from './people.ts';
import { type Expectation, expectFindings } from './plain-match.ts';
import { buildPlainRegister, type PlainRegister } from './plain-register.ts';
import { boltseal, type Found, verify } from './product.ts';
import { verdictCases, writeCase } from './verdict-cases.ts';

export const outputDirectory = join(rootDirectory, 'eval', 'out');

/** What came of one dump. */
export interface CutResult {
  readonly dump: string;
  readonly agrees: boolean;
  readonly differences: readonly Difference[];
  readonly expected: Expectation;
  readonly people: number;
  /** Whether the number of people lies in the band that the product states; told, not judged. */
  readonly inBand: boolean | null;
  readonly verdict: string | null;
  readonly failure: string | null;
}

export interface VerdictResult {
  readonly dump: string;
  readonly expected: string;
  readonly actual: string | null;
  readonly agrees: boolean;
  readonly reasons: readonly string[];
  readonly failure: string | null;
}

/** Everything that the evaluation on the people's history found. */
export interface PeopleReport {
  readonly register: { readonly subjects: number; readonly versions: number; readonly status: string };
  readonly dumps: readonly CutResult[];
  readonly verdicts: readonly VerdictResult[];
}

/** Registers the history, cuts the dumps, verifies each through the command line and compares every count; `tell` gets a line per dump. */
export async function evaluatePeopleHistory(only: string | null, tell: (line: string) => void): Promise<PeopleReport> {
  const work = join(outputDirectory, 'work');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const home = join(work, 'home');
  const versions = readPeople();
  const register = buildPlainRegister(versions);
  const status = await registerPeople(home, join(work, basename(peopleFile)));
  tell(`register: ${versions.length} versions of ${register.subjectCount} people`);

  const dumps: CutResult[] = [];
  for (const [index, cut] of cuts.entries()) {
    if (only !== null && !cut.name.includes(only)) continue;
    const result = await evaluateCut(index, versions, register, home, work);
    dumps.push(result);
    tell(describeCut(result));
  }
  const verdicts: VerdictResult[] = [];
  for (const [index, testCase] of verdictCases.entries()) {
    if (only !== null && !testCase.name.includes(only)) continue;
    const path = join(work, `verdict-${index}.csv`);
    writeFileSync(path, writeCase(testCase, versions, 7000 + index));
    const found = await attempt(() => verify(home, path, []));
    const actual = found.value?.verdict.kind ?? null;
    const agrees = actual === testCase.verdict;
    verdicts.push({
      dump: testCase.name,
      expected: testCase.verdict,
      actual,
      agrees,
      reasons: found.value?.verdict.reasons ?? [],
      failure: found.failure,
    });
    tell(`${agrees ? 'ok  ' : 'FAIL'} verdict of "${testCase.name}": ${testCase.verdict}/${actual ?? found.failure}`);
  }
  return { register: { subjects: register.subjectCount, versions: versions.length, status }, dumps, verdicts };
}

// The shared file is read-only and elsewhere; the product gets a copy, as a user would have it.
async function registerPeople(home: string, copy: string): Promise<string> {
  copyFileSync(peopleFile, copy);
  await boltseal(home, 'init', '--region', 'US');
  const maps = [
    'name=name',
    'email=email',
    'phone=capitol_phone',
    'phone=district_phone',
    'address=capitol_address',
    'address=district_address',
  ];
  const columns = ['--id', 'person_id', '--valid-from', 'valid_from', '--valid-to', 'valid_to'];
  await boltseal(home, 'register', 'add', copy, '--history', ...columns, ...maps.flatMap((map) => ['--map', map]));
  return await boltseal(home, 'register', 'status');
}

async function evaluateCut(
  index: number,
  versions: readonly PersonVersion[],
  register: PlainRegister,
  home: string,
  work: string,
): Promise<CutResult> {
  const cut = cuts[index]!;
  const { bytes, rows, people } = cutDump(cut, versions, 1000 + index);
  const path = join(work, `dump-${index}.txt`);
  writeFileSync(path, bytes);
  const fields = fieldsOf(cut);
  const expected = expectFindings(rows, fields, register);
  const names = columnNames(cut);
  const maps = fields.flatMap((field, column) => (field === null ? [] : [`${field}=${names[column]}`]));
  const { value: found, failure } = await attempt(() => verify(home, path, cut.unmapped ? [] : maps));
  const differences = found === null ? [] : [...compareColumns(found, fields), ...compare(found, expected)];
  const { atLeast, atMost } = found?.subjects ?? { atLeast: 0, atMost: 0 };
  return {
    dump: cut.name,
    agrees: failure === null && differences.length === 0,
    differences,
    expected,
    people,
    inBand: found === null ? null : atLeast <= people && people <= atMost,
    verdict: found?.verdict.kind ?? null,
    failure,
  };
}

async function attempt(run: () => Promise<Found>): Promise<{ value: Found | null; failure: string | null }> {
  try {
    return { value: await run(), failure: null };
  } catch (error) {
    return { value: null, failure: error instanceof Error ? error.message : String(error) };
  }
}

function describeCut(result: CutResult): string {
  const { dump, agrees, differences, expected, failure } = result;
  if (failure !== null) return `FAIL ${dump}: ${failure}`;
  const actual = (what: string, wanted: number) =>
    differences.find((difference) => difference.what === what)?.actual ?? wanted;
  const counts = (['rows', 'matched', 'strong', 'weak', 'chimera', 'distinct'] as const)
    .map((what) => `${what} ${expected[what]}/${actual(what, expected[what])}`)
    .join(', ');
  const subjects = `subjects ${expected.subjectsMatched}/${actual('subjects.matched', expected.subjectsMatched)}`;
  const shown = new Set(['rows', 'matched', 'strong', 'weak', 'chimera', 'distinct', 'subjects.matched']);
  const others = differences
    .filter(({ what }) => !shown.has(what))
    .map(({ what, expected: wanted, actual: got }) => `; ${what} ${wanted}/${got}`)
    .join('');
  return `${agrees ? 'ok  ' : 'FAIL'} ${dump}: ${counts}, ${subjects}${others}`;
}
