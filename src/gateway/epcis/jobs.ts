import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

/** What happens to a document in which an event is wrong: nothing of it is taken, or all but that event. */
export type ErrorBehaviour = 'rollback' | 'proceed';

/** Why something was not taken. */
export interface JobProblem {
  /** JSON pointer into the document; null: the fault is ours. */
  readonly place: string | null;
  readonly problem: string;
}

/** One document that was sent. */
export interface CaptureJob {
  readonly id: string;
  readonly behaviour: ErrorBehaviour;
  readonly createdMs: number;
  readonly isRunning: boolean;
  readonly isSuccess: boolean;
  /** Events that were taken. */
  readonly captured: number;
  /** The first of them. */
  readonly problems: readonly JobProblem[];
}

/** Of so many wrong events the job says where. */
const MOST_PROBLEMS = 100;

/** Jobs of those who sent documents. Durable when a call returns. */
export interface CaptureJobs {
  start(by: string, behaviour: ErrorBehaviour, nowMs: number): string;
  finish(id: string, captured: number, problems: readonly JobProblem[]): void;
  /** Null: there is none, or somebody else's. */
  get(id: string, by: string): CaptureJob | null;
  /** The newest first, from behind one of them (`before`, null: from the newest). */
  list(by: string, before: string | null, limit: number): readonly CaptureJob[];
  /** Takes jobs that were made before away and gives their number. */
  prune(beforeMs: number): number;
}

/** Jobs that ran when the gateway stopped have failed: nothing of them counts until they are sent again. */
export function createCaptureJobs(database: DatabaseSync): CaptureJobs {
  const insert = database.prepare(
    'INSERT INTO capture_jobs (id, sender, behaviour, created_ms, is_running, is_success, captured, problems) VALUES (?, ?, ?, ?, 1, 1, 0, ?)',
  );
  const end = database.prepare(
    'UPDATE capture_jobs SET is_running = 0, is_success = ?, captured = ?, problems = ? WHERE id = ?',
  );
  const find = database.prepare('SELECT * FROM capture_jobs WHERE id = ? AND sender = ?');
  const newest = database.prepare(
    `SELECT * FROM capture_jobs WHERE sender = ?1 AND seq < coalesce((SELECT seq FROM capture_jobs WHERE id = ?2 AND sender = ?1), 1e18)
     ORDER BY seq DESC LIMIT ?3`,
  );
  const dropOld = database.prepare('DELETE FROM capture_jobs WHERE created_ms < ?');
  database
    .prepare('UPDATE capture_jobs SET is_running = 0, is_success = 0, captured = 0, problems = ? WHERE is_running = 1')
    .run(JSON.stringify([{ place: null, problem: 'the gateway stopped before the end: send it again' }]));
  return {
    start(by, behaviour, nowMs) {
      const id = randomBytes(16).toString('base64url');
      insert.run(id, by, behaviour, nowMs, '[]');
      return id;
    },
    finish(id, captured, problems) {
      end.run(problems.length === 0 ? 1 : 0, captured, JSON.stringify(problems.slice(0, MOST_PROBLEMS)), id);
    },
    get(id, by) {
      const row = find.get(id, by);
      return row === undefined ? null : jobOf(row);
    },
    list: (by, before, limit) => newest.all(by, before, limit).map(jobOf),
    prune: (beforeMs) => Number(dropOld.run(beforeMs).changes),
  };
}

function jobOf(row: Readonly<Record<string, unknown>>): CaptureJob {
  return {
    id: String(row.id),
    behaviour: row.behaviour === 'proceed' ? 'proceed' : 'rollback',
    createdMs: Number(row.created_ms),
    isRunning: row.is_running === 1,
    isSuccess: row.is_success === 1,
    captured: Number(row.captured),
    problems: JSON.parse(String(row.problems)) as JobProblem[],
  };
}
