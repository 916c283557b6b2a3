import { migrations } from '../../../src/gateway/context/migrations.ts';
import { type ContextState, createContextState } from '../../../src/gateway/context/state.ts';
import { inTransaction, openSqlite } from '../../../src/store/sqlite.ts';

/** State in memory, with the database under it. */
export function aState() {
  const database = openSqlite(':memory:', { migrations, durability: 'normal' });
  const state: ContextState = createContextState(database, new Uint8Array(32).fill(7), (work) =>
    inTransaction(database, work),
  );
  return { database, state };
}
