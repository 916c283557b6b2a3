import { fields } from '../core/fields/registry.ts';
import { FIRST_UNKNOWN_SUBJECT } from './port.ts';
import { openDisclosures } from './reader.ts';
import { disclosuresKey } from './sealed.ts';
import { DisclosureWriter } from './writer.ts';

/** One disclosure of somebody, with names instead of numbers. */
export interface NamedDisclosure {
  /** Seconds since 1970. */
  readonly timeSeconds: number;
  readonly principal: string;
  readonly fields: readonly string[];
  readonly purpose: string;
}

/** Every disclosure of a subject that the home knows of, the earliest first. The home's lock must be held. Fails with DISCLOSURES_*, KEY_UNUSABLE, REGISTER_*. */
export function disclosuresOf(home: string, registerKey: Uint8Array, subject: string): readonly NamedDisclosure[] {
  const number = numberOf(home, registerKey, subject);
  if (number === null) return [];
  const reader = openDisclosures(home, registerKey);
  const { shown } = reader.source;
  // Readers show the register's number of somebody whom it knows by now.
  const isShown = (candidate: number): boolean =>
    candidate === number || candidate === (shown[number - FIRST_UNKNOWN_SUBJECT] ?? number);
  const principals = reader.principals();
  const purposes = reader.purposes();
  const found: NamedDisclosure[] = [];
  for (let segment = 0; segment < reader.segments().length; segment++) {
    const { time, principal, subject: subjects, fields: bits, purpose } = reader.openSegment(segment);
    for (let row = 0; row < subjects.length; row++) {
      if (!isShown(subjects[row] ?? 0)) continue;
      found.push({
        timeSeconds: time[row] ?? 0,
        principal: principals[principal[row] ?? 0]?.name ?? '',
        fields: fields.filter(({ id }) => (((bits[row] ?? 0) >>> id) & 1) === 1).map(({ name }) => name),
        purpose: purposes[purpose[row] ?? 0] ?? '',
      });
    }
  }
  return found.sort((a, b) => a.timeSeconds - b.timeSeconds);
}

/** The number that a subject has in segments, or would get. */
function numberOf(home: string, registerKey: Uint8Array, subject: string): number | null {
  const writer = new DisclosureWriter({ home, registerKey, key: disclosuresKey(registerKey) });
  try {
    return writer.subjects.numberOf(subject);
  } finally {
    writer.abandon();
  }
}
