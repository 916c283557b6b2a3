import { disclosuresKey } from '../sealed.ts';
import { DisclosureWriter } from '../writer.ts';

/** Removes every disclosure of a subject, wherever it came from; gives how many there were. The home's lock must be held. Fails with DISCLOSURES_*, KEY_UNUSABLE, REGISTER_*; then nothing changed. */
export function removeSubjectRows(home: string, registerKey: Uint8Array, subject: string): number {
  const writer = new DisclosureWriter({ home, registerKey, key: disclosuresKey(registerKey) });
  try {
    const number = writer.subjects.numberOf(subject);
    const removed = number === null ? 0 : writer.removeSubject(number);
    if (removed > 0) writer.commit();
    else writer.abandon();
    return removed;
  } catch (error) {
    writer.abandon();
    throw error;
  }
}
