import type { SubjectEvidence } from '../verify/subject-evidence.ts';
import type { DumpSubjects } from './port.ts';

/** A share of subjects with two agreeing values from which on the others are left out. */
const MOSTLY_STRONG = 0.5;

/**
 * The subjects that attribution looks at: those of whom two values agree, where the dump has such; a single value may have belonged to somebody else before. All of them, where the dump has one column only.
 */
export function usableSubjects({ subject, fields, from, until, strong }: SubjectEvidence): DumpSubjects {
  const strongCount = strong.reduce((sum, one) => sum + one, 0);
  if (strongCount < MOSTLY_STRONG * subject.length || strongCount === subject.length)
    return { subject, fields, from, until };
  const isStrong = (_: number, i: number): boolean => strong[i] === 1;
  return {
    subject: subject.filter(isStrong),
    fields: fields.filter(isStrong),
    from: from.filter(isStrong),
    until: until.filter(isStrong),
  };
}
