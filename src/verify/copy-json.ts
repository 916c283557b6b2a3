import type { Verification } from '../contract/verification.ts';
import type { CopyFindings, CopyWindow } from './dating/date-copy.ts';

type CopyJson = NonNullable<Verification['copy']>;
type WindowJson = CopyJson['windows'][number];

/** What was found about the time of the copy, as the verification carries it: times in ISO 8601. */
export function toCopyJson(findings: CopyFindings): CopyJson {
  const { shape, windows, resolutionSeconds, subjects, informative, staleShare, openEnd, edges } = findings;
  return {
    shape,
    windows: windows.map(toWindowJson),
    resolution: resolutionSeconds,
    subjects,
    informative,
    staleShare,
    openEnd,
    edges: edges === null ? null : { began: toWindowJson(edges.began), ended: toWindowJson(edges.ended) },
    range: { from: iso(findings.rangeFromSeconds), to: iso(findings.rangeToSeconds) },
    curves: findings.curves.map((curve) => curve.map(({ seconds, height }) => [Math.round(seconds), height])),
  };
}

/** The same for the report, which works with seconds. */
export function fromCopyJson(json: CopyJson): CopyFindings {
  const { shape, windows, resolution, subjects, informative, staleShare, openEnd, edges, range } = json;
  return {
    shape,
    windows: windows.map(fromWindowJson),
    resolutionSeconds: resolution,
    subjects,
    informative,
    staleShare,
    rangeFromSeconds: seconds(range.from),
    rangeToSeconds: seconds(range.to),
    openEnd,
    edges: edges === null ? null : { began: fromWindowJson(edges.began), ended: fromWindowJson(edges.ended) },
    curves: json.curves.map((curve) => curve.map(([at = 0, height = 0]) => ({ seconds: at, height }))),
  };
}

function toWindowJson({ fromSeconds, toSeconds, bestSeconds, probability, share }: CopyWindow): WindowJson {
  return { from: iso(fromSeconds), to: iso(toSeconds), best: iso(bestSeconds), probability, share };
}

function fromWindowJson({ from, to, best, probability, share }: WindowJson): CopyWindow {
  return { fromSeconds: seconds(from), toSeconds: seconds(to), bestSeconds: seconds(best), probability, share };
}

function iso(at: number): string {
  return new Date(Math.round(at) * 1000).toISOString().replace('.000', '');
}

function seconds(text: string): number {
  return Date.parse(text) / 1000;
}
