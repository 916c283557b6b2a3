import { damageFile, damageRecord } from './damage-bytes.ts';
import { bytesOf, type Part, rowsOf, type Sample, seeded } from './sample.ts';
import { type Outcome, type Subject, sampleBytes } from './subjects.ts';

/** What is held against an input. */
export interface Demand {
  /** `exactly`: these rows in this order and nothing rejected; `at least`: these rows, whatever else; `nothing`: only that it ends well. */
  readonly demands: 'exactly' | 'at least' | 'nothing';
  readonly rows: readonly string[];
}

/** One input with what is demanded of it. */
export interface Case extends Demand {
  readonly bytes: Uint8Array;
}

/** A sound file, damage to one record, or damage to the whole; by a seed. */
export interface MadeCase extends Case {
  /** The sample and the record that was damaged, from which smaller cases can be made. */
  readonly sample: Sample | null;
  readonly damaged: number | null;
}

const sizes = [1, 2, 3, 7, 64, 1000];
/** Longer inputs are not read in chunks of some bytes. */
const SMALL_BYTES = 20_000;
/** Processor time that reading may take: fixed, for each byte. A quadratic reader is far beyond it with 200 KB; the slowest sound one takes a tenth of it. */
const FREE_MILLISECONDS = 500;
const MILLISECONDS_PER_BYTE = 0.004;
/** Memory by which a case may grow the process: fixed, for each byte. */
const FREE_MEMORY_BYTES = 400_000_000;
const MEMORY_PER_BYTE = 400;

export async function makeCase(subject: Subject, seed: number): Promise<MadeCase> {
  const random = seeded(seed);
  const sample = await subject.makeSample(random);
  const kind = random(5);
  const records = sample.parts.flatMap(({ rows }, index) => (rows === null ? [] : [index]));
  if (kind === 0) return soundCase(sample);
  if (kind < 3 && sample.isLocal && records.length > 1) {
    const victim = records[random(records.length)] ?? 0;
    const { bytes, endBytes } = sample.parts[victim] as Part;
    const end = bytes.length - endBytes;
    const near = subject.tokens.filter((token) => subject.farTokens?.has(token) !== true);
    const damage = damageRecord(random, bytes.subarray(0, end), near);
    const given = subject.takesText ? new TextEncoder().encode(new TextDecoder().decode(damage)) : damage;
    const part: Part = { bytes: Buffer.concat([given, bytes.subarray(end)]), endBytes, rows: [] };
    return localCase({ ...sample, parts: sample.parts.with(victim, part) }, victim);
  }
  const special = random(2) === 0 ? subject.makeDamaged?.(random) : undefined;
  const damage =
    special ?? damageFile(random, sampleBytes(sample), sampleBytes(await subject.makeSample(random)), subject.tokens);
  const bytes = subject.takesText
    ? new TextEncoder().encode(new TextDecoder('utf-8', { ignoreBOM: true }).decode(damage))
    : damage;
  return { bytes, demands: 'nothing', rows: [], sample: null, damaged: null };
}

function soundCase(sample: Sample): MadeCase {
  const rows = rowsOf(sample);
  return {
    bytes: bytesOf(sample.parts),
    demands: rows === null ? 'nothing' : 'exactly',
    rows: rows ?? [],
    sample,
    damaged: null,
  };
}

function localCase(sample: Sample, damaged: number): MadeCase {
  return {
    bytes: bytesOf(sample.parts),
    demands: 'at least',
    rows: sample.parts.flatMap(({ rows }) => rows ?? []),
    sample,
    damaged,
  };
}

/** Why the subject fails the case, in a few words without any value of it; null when it does not. */
export async function failureOf(subject: Subject, { bytes, demands, rows }: Case): Promise<string | null> {
  let whole: Outcome;
  try {
    const { outcome, problem } = await measured(subject, bytes);
    if (problem !== null) return problem;
    whole = outcome;
    for (const size of subject.isChunked ? sizes : []) {
      if (size < 64 && bytes.length > SMALL_BYTES) continue;
      if (JSON.stringify(await subject.read(bytes, size)) !== JSON.stringify(whole))
        return 'chunks: what is read depends on their size';
    }
    if (!subject.isChunked && JSON.stringify(await subject.read(bytes, 65_536)) !== JSON.stringify(whole))
      return 'not the same when read twice';
  } catch (error) {
    const frame = error instanceof Error ? /\/(?:src|node_modules)\/\S+?:\d+/.exec(error.stack ?? '')?.[0] : undefined;
    return `threw ${error instanceof Error ? error.name : typeof error} at ${frame ?? 'an unknown place'}`;
  }
  return demandFailure(demands, rows, whole);
}

async function measured(subject: Subject, bytes: Uint8Array): Promise<{ outcome: Outcome; problem: string | null }> {
  const allowedMilliseconds = (subject.freeMilliseconds ?? FREE_MILLISECONDS) + bytes.length * MILLISECONDS_PER_BYTE;
  const allowedMemory = FREE_MEMORY_BYTES + bytes.length * MEMORY_PER_BYTE;
  for (let tries = 1; ; tries++) {
    const memoryBefore = process.resourceUsage().maxRSS * 1024;
    const before = process.threadCpuUsage();
    const outcome = await subject.read(bytes, 65_536);
    const { user, system } = process.threadCpuUsage(before);
    const grown = process.resourceUsage().maxRSS * 1024 - memoryBefore;
    if (grown > allowedMemory) return { outcome, problem: `memory: grew by ${Math.round(grown / 1e6)} MB` };
    const milliseconds = (user + system) / 1000;
    if (milliseconds <= allowedMilliseconds) return { outcome, problem: null };
    if (tries === 3) return { outcome, problem: `slow: ${Math.round(milliseconds)} ms for ${bytes.length} bytes` };
  }
}

function demandFailure(demands: Demand['demands'], rows: readonly string[], found: Outcome): string | null {
  if (demands === 'exactly') {
    if (found.failure !== null) return `sound file: ended with ${found.failure}`;
    if (JSON.stringify(found.rows) !== JSON.stringify(rows)) return 'sound file: other rows than were written';
  }
  if (demands === 'at least') {
    const counts = new Map<string, number>();
    for (const row of found.rows) counts.set(row, (counts.get(row) ?? 0) + 1);
    for (const row of rows) {
      const count = counts.get(row) ?? 0;
      if (count === 0) return 'damage to one record: another is lost or changed';
      counts.set(row, count - 1);
    }
  }
  return null;
}

/** What a failure is about, for telling whether a smaller case still fails in the same way. */
export const kindOf = (failure: string | null): string | null =>
  failure === null ? null : failure.startsWith('threw') ? failure : (failure.split(':')[0] ?? failure);

/** Makes a case smaller while it fails in the same way. Bounded by tries and time. */
export async function minimise(subject: Subject, start: MadeCase, failure: string, tries = 800): Promise<Case> {
  const kind = kindOf(failure);
  const until = performance.now() + 30_000;
  let left = tries;
  const fails = async (one: Case): Promise<boolean> => {
    left--;
    return kindOf(await failureOf(subject, one)) === kind;
  };
  const goes = (): boolean => left > 0 && performance.now() < until;
  let best: Case = start;
  let { sample, damaged } = start;
  if (sample !== null) {
    for (let index = sample.parts.length - 1; index >= 0 && goes(); index--) {
      if (index === damaged || sample.parts[index]?.rows === null || sample.parts[index] === undefined) continue;
      const parts: Part[] = sample.parts.toSpliced(index, 1);
      const at: number | null = damaged !== null && index < damaged ? damaged - 1 : damaged;
      const smaller: MadeCase = at === null ? soundCase({ ...sample, parts }) : localCase({ ...sample, parts }, at);
      if (!(await fails(smaller))) continue;
      best = smaller;
      sample = smaller.sample ?? sample;
      damaged = at;
    }
  }
  if (damaged !== null && sample !== null) {
    const victim = sample.parts[damaged] as Part;
    const rest = sample;
    const place = damaged;
    const end = victim.bytes.length - victim.endBytes;
    await shrink(victim.bytes.subarray(0, end), goes, async (bytes) => {
      const part = { ...victim, bytes: Buffer.concat([bytes, victim.bytes.subarray(end)]) };
      const smaller = localCase({ ...rest, parts: rest.parts.with(place, part) }, place);
      const isFailing = await fails(smaller);
      if (isFailing) best = smaller;
      return isFailing;
    });
  } else if (best.demands === 'nothing') {
    await shrink(best.bytes, goes, async (bytes) => {
      const smaller: Case = { ...best, bytes };
      const isFailing = (!subject.takesText || isUtf8(bytes)) && (await fails(smaller));
      if (isFailing) best = smaller;
      return isFailing;
    });
  }
  return best;
}

async function shrink(
  start: Uint8Array,
  goes: () => boolean,
  take: (bytes: Uint8Array) => Promise<boolean>,
): Promise<void> {
  let bytes = start;
  for (let size = Math.ceil(bytes.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < bytes.length && goes(); ) {
      const smaller = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]);
      if (await take(smaller)) bytes = smaller;
      else at += size;
    }
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  return Buffer.compare(Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)), bytes) === 0;
}
