import { openHome } from '../home/home.ts';
import { lockHome, readKey } from './shared.ts';

/**
 * Takes people out of a home's register, durably: from now on nothing that loads it has them, and whatever writes it next leaves them out. Done again it does nothing. Fails with HOME_LOCKED,
 * REGISTER_* and KEY_UNUSABLE.
 */
export async function eraseFromRegister(home: string, subjects: readonly string[]): Promise<void> {
  if (subjects.length === 0) return;
  const { paths } = await openHome(home);
  const { addErasures } = await import('../register/erasures.ts');
  const { readManifest } = await import('../register/load.ts');
  const { readCurrent } = await import('../register/store.ts');
  const key = await readKey(paths.key);
  const lock = await lockHome(home);
  try {
    const applied = readCurrent(home) === null ? 0 : (readManifest(home, key).erased?.entries ?? 0);
    addErasures(home, key, subjects, applied);
  } finally {
    lock.release();
  }
}
