import { DatabaseSync } from 'node:sqlite';
import type { WitnessedTree, WitnessStore } from './add-checkpoint.ts';

/**
 * A witness's memory in SQLite. Every change is synced before it returns (`synchronous=EXTRA`: the rollback journal's folder too).
 */
export class SqliteWitnessStore implements WitnessStore {
  readonly #database: DatabaseSync;

  /** Opens or makes the file. */
  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec(`
      PRAGMA journal_mode=DELETE;
      PRAGMA synchronous=EXTRA;
      PRAGMA busy_timeout=5000;
      CREATE TABLE IF NOT EXISTS trees (
        origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, checkpoint TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;`);
  }

  last(origin: string): WitnessedTree | null {
    const row = this.#database.prepare('SELECT size, root FROM trees WHERE origin = ?').get(origin);
    return row === undefined ? null : { size: Number(row.size), root: row.root as Uint8Array };
  }

  replace(origin: string, previous: WitnessedTree | null, next: WitnessedTree, checkpoint: string): boolean {
    const values = [next.size, next.root, checkpoint, origin] as const;
    const { changes } =
      previous === null
        ? this.#database
            .prepare('INSERT INTO trees (size, root, checkpoint, origin) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
            .run(...values)
        : this.#database
            .prepare('UPDATE trees SET size = ?, root = ?, checkpoint = ? WHERE origin = ? AND size = ? AND root = ?')
            .run(...values, previous.size, previous.root);
    return changes === 1;
  }

  checkpoint(origin: string): string | null {
    const row = this.#database.prepare('SELECT checkpoint FROM trees WHERE origin = ?').get(origin);
    return row === undefined ? null : String(row.checkpoint);
  }

  close(): void {
    this.#database.close();
  }
}
