import { parentPort, workerData } from 'node:worker_threads';
import type { TreeState } from '../port.ts';
import { reasonOf } from '../reason.ts';
import { walFolder } from '../shard-place.ts';
import { BackgroundDerivation } from './background.ts';
import { type PostedStatus, postedError, type WorkerCall, type WorkerMessage, type WorkerStart } from './messages.ts';
import { makePace } from './pace.ts';
import type { DerivationParts, MakeParts } from './parts.ts';

/*
 * The thread of derivation: commitments, hashes and seals of a busy log take half of a core, and files are synced in it one after the other, all while appends are
 * answered in the other thread.
 */

const { partsModule, partsOptions, settings, start, segment, progress } = workerData as WorkerStart;
const durable = new BigInt64Array(progress);

const post = (message: WorkerMessage): void => parentPort?.postMessage(message);

try {
  const { makeParts } = (await import(partsModule)) as { makeParts: MakeParts };
  const parts = makeParts(partsOptions);
  try {
    run(parts);
  } catch (error) {
    // Left to the end of the thread, files would close while whoever opened the log goes on.
    parts.close();
    throw error;
  }
} catch (error) {
  post({ is: 'failed', error: postedError(error, reasonOf(error)) });
  parentPort?.close();
}

function run(parts: DerivationParts): void {
  const { folder, origin } = settings;
  const { files, wrap } = parts;
  const derivation = new BackgroundDerivation(
    {
      ...parts,
      ...settings,
      place: { files, folder, origin },
      wal: { files, folder: walFolder(folder), origin, wrap, segmentBytes: settings.segmentBytes },
      start,
      segment,
      nowMs: Date.now,
      readProgress: () => {
        // The segment first: what is durable in a later one is seen with it, or not at all.
        const writing = Number(Atomics.load(durable, 1));
        return { size: Number(Atomics.load(durable, 0)), segment: writing };
      },
      pace: makePace(() => Atomics.load(durable, 3) > 0n),
      noteSegment: (number) => Atomics.store(durable, 2, BigInt(number)),
    },
    {
      onFailure: (error) => post({ is: 'failed', error: postedError(error, 'unknown') }),
      onPublished: (state) => post({ is: 'published', state, status: statusNow() }),
      onStatus: () => post({ is: 'status', status: statusNow() }),
    },
  );
  const statusNow = (): PostedStatus => {
    const status = derivation.status();
    return { ...status, withheld: status.withheld === null ? null : postedError(status.withheld, 'unknown') };
  };
  const answer = async ({ id, call, number }: WorkerCall): Promise<void> => {
    try {
      let state: TreeState | null = null;
      if (call === 'checkpoint') state = await derivation.checkpoint();
      if (call === 'checkpointAndPause') state = await derivation.checkpointAndPause();
      if (call === 'needSegment') await derivation.needSegment(number);
      if (call === 'pause') await derivation.pause();
      if (call === 'resume') derivation.resume();
      if (call === 'close') await derivation.close();
      post({ is: 'done', id, state, status: statusNow() });
    } catch (error) {
      post({ is: 'refused', id, error: postedError(error, reasonOf(error)), status: statusNow() });
    }
    if (call !== 'close') return;
    parts.close();
    parentPort?.close();
  };
  parentPort?.on('message', (call: WorkerCall) => void answer(call));
  post({ is: 'ready', status: statusNow() });
}
