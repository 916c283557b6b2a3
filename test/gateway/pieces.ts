import type { DiscloseServices } from '../../src/gateway/disclose/disclose.ts';
import type { DecisionEntry, Principal, Reservation } from '../../src/gateway/port.ts';
import type { Parcel, SubjectValues } from '../../src/vault/port.ts';

/*
 * The parts of the gateway as tests need them: each says yes, and remembers what it was asked.
 */

export const scanner: Principal = {
  id: 'scanner-7',
  kind: 'device',
  role: 'scanner',
  station: 'st-1',
  partner: 'p-1',
  attributes: {},
};

export const parcelOf = (trackingNumber: string, recipient: string | null): Parcel => ({
  trackingNumber,
  parties: { recipient, sender: null },
  status: 'at-station',
  station: 'st-1',
  due: [],
  atMs: 1,
});

export const valuesOf = (values: Record<string, string>): SubjectValues =>
  Object.fromEntries(Object.entries(values).map(([field, value]) => [field, { value, version: 1, sinceMs: 1 }]));

/** What was asked of the parts, in order. */
export interface Seen {
  readonly steps: string[];
  readonly entries: DecisionEntry[];
}

/** Services that allow everything; `changes` replaces parts. */
export function yesServices(changes: Partial<DiscloseServices> = {}): DiscloseServices & Seen {
  const steps: string[] = [];
  const entries: DecisionEntry[] = [];
  return {
    steps,
    entries,
    vault: {
      parcels: async (numbers) => {
        steps.push('parcels');
        return numbers.map((number) => (number.startsWith('NONE') ? null : parcelOf(number, `of-${number}`)));
      },
      read: async (subjects) => {
        steps.push('read');
        return subjects.map((subject) =>
          subject === 'gone' ? null : valuesOf({ name: 'Planted Name', phone: '+8613900000000' }),
        );
      },
    },
    context: {
      justify: async (_principal, _request, matters) => {
        steps.push('justify');
        return matters.map(() => ({ isJustified: true, basis: 'parcel at station st-1' }));
      },
    },
    policies: {
      decide: (_question, fields) => {
        steps.push('policy');
        return { allowed: new Set(fields), version: 'v1' };
      },
      version: 'v1',
      changing: null,
    },
    budgets: {
      reserve: (): Reservation => {
        steps.push('reserve');
        return { isGranted: true, settle: () => void steps.push('settle'), release: () => steps.push('release') };
      },
    },
    forms: { shape: (form, { value }) => (form === 'clear' ? value : `<${form}>`) },
    log: {
      append: async (added) => {
        steps.push('append');
        const first = entries.length;
        entries.push(...added);
        return added.map((_, i) => ({ log: 'test.example/log', shard: '2026h2', index: first + i }));
      },
    },
    nowMs: () => 1_700_000_000_000,
    ...changes,
  };
}
