import { openHomeVault } from '../../src/compose/vault.ts';
import { BoltsealError } from '../../src/core/errors.ts';

/* Writes to the vault of a home, ten subjects at a time, until it is refused; prints how many were taken, and the refusal. */
const vault = await openHomeVault(process.argv[2] ?? '', true);
let taken = 0;
let code = '';
for (; taken < 5000 && code === ''; ) {
  const changes = Array.from({ length: 10 }, (_, i) => ({
    id: `C-${taken + i}`,
    atMs: 1_790_000_000_000,
    fields: { name: `name ${taken + i}`, phone: '13812345678' },
  }));
  try {
    await vault.write(changes);
    taken += 10;
  } catch (error) {
    code = error instanceof BoltsealError ? `${error.code} ${error.parameters.reason}` : 'uncoded';
  }
}
const [value] = taken === 0 ? [null] : await vault.read([`C-${taken - 1}`], ['name']);
process.stdout.write(JSON.stringify({ taken, code, last: value?.name?.value ?? null }));
