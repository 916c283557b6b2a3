import { type CopyFindings, type CopyWindow, FEW_INFORMATIVE, WIDE } from '../dating/date-copy.ts';
import { count, counted } from '../wording.ts';

const HOUR = 3600;
const DAY = 86_400;

/** A time for people, as exact as `precisionSeconds` allows: "2026-03-14" or "2026-03-14 09:26 UTC". */
export function moment(seconds: number, precisionSeconds: number): string {
  const iso = new Date(seconds * 1000).toISOString();
  return precisionSeconds >= 2 * DAY ? iso.slice(0, 10) : `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}

/** A length of time in words: "3 hours", "26 days", "5 months". */
export function span(seconds: number): string {
  if (seconds < 2 * HOUR) return counted(Math.max(1, Math.round(seconds / 60)), 'minute');
  if (seconds < 2 * DAY) return counted(Math.round(seconds / HOUR), 'hour');
  if (seconds < 90 * DAY) return counted(Math.round(seconds / DAY), 'day');
  return counted(Math.round(seconds / (30.44 * DAY)), 'month');
}

function between({ fromSeconds, toSeconds }: CopyWindow): string {
  const width = toSeconds - fromSeconds;
  return `between ${moment(fromSeconds, width)} and ${moment(toSeconds, width)}`;
}

/** A probability or share that never says certain: 0.999 → "99%". */
function share(value: number): string {
  return `${Math.min(99, Math.max(1, Math.floor(value * 100 + 1e-9)))}%`;
}

/**
 * When the copy was taken, in sentences: the answer first, then how sure, then what bounds it. `provenAfterSeconds`: canaries show that at least a part was copied
 * later than this; null when none do.
 */
export function copySentences(copy: CopyFindings, provenAfterSeconds: number | null = null): string[] {
  return [answer(copy), ...laterThanWindows(copy, provenAfterSeconds), ...limitsOf(copy)];
}

/** Canaries and versions look at the same copy in different ways: where they differ the reader has to hear why. */
function laterThanWindows({ windows, openEnd }: CopyFindings, provenAfterSeconds: number | null): string[] {
  if (provenAfterSeconds === null || windows.length === 0) return [];
  if (windows.some(({ toSeconds }) => toSeconds >= provenAfterSeconds)) return [];
  const fact = `Canaries show that at least a part was copied after ${moment(provenAfterSeconds, 0)}`;
  return openEnd
    ? [`${fact}: the register ends before that, and cannot date it.`]
    : [`${fact}: from data that was older than that, such as a backup or an export, or in a second copy.`];
}

function answer(copy: CopyFindings): string {
  const [first] = copy.windows;
  if (first === undefined) return 'When the copy was taken cannot be told: the dump has nobody whose values date it.';
  const width = first.toSeconds - first.fromSeconds;
  const probability = share(first.probability);
  switch (copy.shape) {
    case 'single':
      return `The copy was taken once, ${between(first)} (probability ${probability}), best guess ${moment(first.bestSeconds, width)}.`;
    case 'merged': {
      const parts = copy.windows.map((window) => `${share(window.share)} of the people ${between(window)}`);
      return `The file was put together from ${counted(copy.windows.length, 'copy', 'copies')}: ${parts.join('; ')} (each with probability ${share(Math.min(...copy.windows.map((w) => w.probability)))}).`;
    }
    case 'skimmed': {
      const { edges } = copy;
      const ends =
        edges === null
          ? ''
          : ` It began ${between(edges.began)} and ended ${between(edges.ended)} (each with probability ${share(edges.began.probability)}).`;
      return `The data was taken bit by bit over about ${span(edges === null ? width : edges.ended.bestSeconds - edges.began.bestSeconds)}, not in one copy.${ends}`;
    }
    case 'unknown':
      if (isUndecided(copy)) {
        return `Whether it was copied at once, in parts or bit by bit cannot be told; it was ${between(first)} (probability ${probability}).`;
      }
      return `When the copy was taken can hardly be told: any time ${between(first)} is possible (probability ${probability}).`;
  }
}

/** Times can be told apart, and what kind of copy it was cannot (docs/spec/copy.md, Shape). */
function isUndecided({ windows: [window], informative, rangeFromSeconds, rangeToSeconds }: CopyFindings): boolean {
  if (window === undefined || informative < FEW_INFORMATIVE) return false;
  return window.toSeconds - window.fromSeconds <= WIDE * (rangeToSeconds - rangeFromSeconds);
}

function limitsOf(copy: CopyFindings): string[] {
  if (copy.windows.length === 0) return [];
  const { informative, subjects, resolutionSeconds, staleShare } = copy;
  return [
    copy.shape === 'unknown' && !isUndecided(copy)
      ? `Of ${counted(subjects, 'person', 'people')} of the dump, ${informative === 0 ? 'none has' : `only ${count(informative)} ${informative === 1 ? 'has' : 'have'}`} values that tell times apart: in this register they change too rarely, or it knows one state of them only.`
      : `It rests on ${counted(informative, 'person', 'people')} of the dump whose values changed, or who came or left, while the register watched.`,
    ...(resolutionSeconds === null
      ? []
      : [`Around that time the register cannot tell apart times closer than about ${span(resolutionSeconds)}.`]),
    ...(staleShare >= 0.005 && copy.shape !== 'unknown'
      ? [`About ${share(staleShare)} of the rows are of other times than these; they were left out.`]
      : []),
    ...(copy.openEnd
      ? [
          'The window reaches the end of the register: the copy may be younger still. Add a newer table and verify again.',
        ]
      : []),
  ];
}
