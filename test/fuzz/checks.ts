import { buildRegister, checkAdd, checkPasses, checkVerify } from '../scan/check-world.ts';
import { removeHome } from '../scan/naive-add.ts';
import type { Rig } from '../scan/rig.ts';
import type { World } from '../scan/world.ts';

/** What can be held against a reference; each check throws where they differ. */
export const checkNames = ['verify', 'passes', 'add'] as const;
export type CheckName = (typeof checkNames)[number];

/** Runs one check of a world. The texts of the world fit the rig. */
export function runCheck(rig: Rig, name: CheckName, world: World): void {
  if (name === 'add') {
    checkAdd(rig, world);
    return;
  }
  const home = buildRegister(world);
  try {
    if (name === 'verify') checkVerify(rig, world, home);
    else for (let passes = 2; passes <= 5; passes += 3) checkPasses(rig, world, home, passes);
  } finally {
    removeHome(home);
  }
}

/** A case that once failed. */
export interface Fixture {
  readonly check: CheckName;
  readonly found: string;
  readonly world: World;
}
