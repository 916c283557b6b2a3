import { erasedPrincipal } from '../principals.ts';
import { disclosuresKey } from '../sealed.ts';
import { DisclosureWriter } from '../writer.ts';

/** Removes every disclosure of a subject, wherever it came from; gives how many there were. The home's lock must be held. Fails with DISCLOSURES_*, KEY_UNUSABLE, REGISTER_*; then nothing changed. */
export function removeSubjectRows(home: string, registerKey: Uint8Array, subject: string): number {
  return change(home, registerKey, (writer) => {
    const number = writer.subjects.numberOf(subject);
    return number === null ? 0 : writer.removeSubject(number);
  });
}

/**
 * Closes the name of a principal: its disclosures stay, wherever they came from, as those of `erasedPrincipal`, together with those of everybody who was erased; name and attributes are
 * gone. That a subject's data was disclosed, when and why is the subject's to know and not the principal's to take away. Gives how many disclosures it concerns, 1 where only the name was there; a second call
 * gives 0. Locks and failures as of `removeSubjectRows`.
 */
export function closePrincipal(home: string, registerKey: Uint8Array, principal: string): number {
  return change(home, registerKey, (writer) => {
    const { principals } = writer;
    const number = principals.find(principal.trim());
    const closed = principals.numberOf(erasedPrincipal);
    if (number === null || closed === null || number === closed) return 0;
    const moved = writer.replacePrincipal(number, closed);
    principals.forget(number);
    return Math.max(1, moved);
  });
}

function change(home: string, registerKey: Uint8Array, work: (writer: DisclosureWriter) => number): number {
  const writer = new DisclosureWriter({ home, registerKey, key: disclosuresKey(registerKey) });
  try {
    const changed = work(writer);
    if (changed > 0) writer.commit();
    else writer.abandon();
    return changed;
  } catch (error) {
    writer.abandon();
    throw error;
  }
}
