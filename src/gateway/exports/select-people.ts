import type { VaultField } from '../../contract/api/words.ts';
import { canonicalSubject } from '../../core/fields/canonical.ts';
import type { SubjectValues, Vault } from '../../vault/port.ts';
import type { KeptSelection } from './port.ts';

/** People that are read, recorded and sent together: a bundle of the ledger, some milliseconds of the thread that answers. */
export const AT_A_TIME = 256;

/** Somebody who has at least one of the fields; the id in its one spelling. */
export interface SelectedPerson {
  readonly id: string;
  readonly values: SubjectValues;
}

export type SelectingVault = Pick<Vault, 'read' | 'list' | 'recipientsAt'>;

/** Whom to select. */
export interface Selecting {
  readonly selection: KeptSelection;
  readonly fields: readonly VaultField[];
  /** People at most. */
  readonly most: number;
}

/**
 * The people of a selection, each once, some at a time; `isLast` with the last ones, which may be none, and then `isWhole`: nobody was left out because there are too many. Who is not there, was erased,
 * or has none of the fields is passed over. Fails as the vault does.
 */
export async function* selectPeople(
  vault: SelectingVault,
  { selection, fields, most }: Selecting,
): AsyncGenerator<{ readonly people: readonly SelectedPerson[]; readonly isLast: boolean; readonly isWhole: boolean }> {
  let held: readonly SelectedPerson[] = [];
  let taken = 0;
  for await (const ids of idsOf(vault, selection)) {
    const values = await vault.read(ids, fields);
    const people = ids.flatMap((id, i): SelectedPerson[] => {
      const one = values[i] ?? null;
      return one === null || Object.keys(one).length === 0 ? [] : [{ id: canonicalSubject(id) ?? id, values: one }];
    });
    if (people.length === 0) continue;
    // One step behind: only who has seen what comes next knows what is the last.
    if (taken === most) {
      yield { people: held, isLast: true, isWhole: false };
      return;
    }
    if (held.length > 0) yield { people: held, isLast: false, isWhole: false };
    held = people.slice(0, most - taken);
    taken += held.length;
    if (held.length < people.length) {
      yield { people: held, isLast: true, isWhole: false };
      return;
    }
  }
  yield { people: held, isLast: true, isWhole: true };
}

async function* idsOf(vault: SelectingVault, selection: KeptSelection): AsyncGenerator<readonly string[]> {
  if (selection.kind === 'subjects')
    yield* inParts([...new Set(selection.subjects.map((id) => canonicalSubject(id) ?? ''))].filter((id) => id !== ''));
  else if (selection.kind === 'everybody') {
    for (let after: number | null = 0; after !== null; ) {
      const page: Awaited<ReturnType<Vault['list']>> = await vault.list(after);
      yield* inParts(page.subjects);
      after = page.next;
    }
  } else {
    // Whoever has several parcels there comes once: 40 bytes a person, and no more people than an export may have.
    const seen = new Set<string>();
    for (let after: number | null = 0; after !== null; ) {
      const page: Awaited<ReturnType<Vault['recipientsAt']>> = await vault.recipientsAt(selection.station, after);
      const fresh = [...new Set(page.subjects)].filter((id) => !seen.has(id));
      for (const id of fresh) seen.add(id);
      yield* inParts(fresh);
      after = page.next;
    }
  }
}

function* inParts(ids: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < ids.length; at += AT_A_TIME) yield ids.slice(at, at + AT_A_TIME);
}
