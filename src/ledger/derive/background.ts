import { setImmediate as nextTurn } from 'node:timers/promises';
import { BoltsealError } from '../../core/errors.ts';
import type { TreeState } from '../port.ts';
import { reasonOf } from '../reason.ts';
import { createSegment, listSegments } from '../wal/segment.ts';
import { Deriver, type DeriverInput, type DeriverStart, type Draft, type WalProgress } from './deriver.ts';
import type { Derivation, DerivationEvents, DerivationStatus } from './port.ts';

/** Asks witnesses for their signatures: gives the note with them. Rejects when a quorum is asked for and missed; then nothing is published. */
export type Cosigner = (note: Uint8Array, state: TreeState) => Promise<Uint8Array>;

/** What a derivation in this thread needs. */
export interface BackgroundInput extends Omit<DeriverInput, 'onBundle'> {
  readonly start: DeriverStart;
  /** The segment that is written to. */
  readonly segment: number;
  /** Time between checkpoints while entries come. */
  readonly checkpointMs: number;
  /** Segments that are made ahead. */
  readonly spareSegments: number;
  /** Appends are refused when less is free, and the operator warned. */
  readonly reserveBytes: number;
  readonly warnBytes: number;
  readonly cosign: Cosigner | null;
  /** Forgets what is cached of keys; called when a pause ends. */
  readonly refresh?: () => void;
  /** What is durable, for who can look it up; otherwise it is told by `progress`. */
  readonly readProgress?: () => WalProgress;
  /** Called between small pieces of a round that nobody waits for: lets the thread rest. Rounds for which somebody waits, or that are full, are not held up. */
  readonly pace?: () => void;
  /** Hears of the last segment that is there, once it is there whole. */
  readonly noteSegment?: (number: number) => void;
}

/** Derivation in the thread that made it: it blocks the thread while it computes a round. */
export class BackgroundDerivation implements Derivation {
  readonly #input: BackgroundInput;
  readonly #events: DerivationEvents;
  readonly #deriver: Deriver;
  readonly #timer: NodeJS.Timeout;
  #told: WalProgress;
  #lastSegment: number;
  /** Each step begins when the one before has ended. */
  #last: Promise<unknown> = Promise.resolve();
  #steps = 0;
  #resume: (() => void) | null = null;
  #failure: BoltsealError | null = null;
  #isFull = false;
  #freeBytes = 0;
  #withheld: BoltsealError | null = null;
  #draft: Draft | null = null;

  /** Fails as the constructor of Deriver. */
  constructor(input: BackgroundInput, events: DerivationEvents) {
    this.#input = input;
    this.#events = events;
    this.#deriver = new Deriver({ ...input, onBundle: () => this.#makeSpares() }, input.start);
    this.#told = { size: input.start.size, segment: input.segment };
    this.#lastSegment = listSegments(input.wal).at(-1) ?? input.segment;
    input.noteSegment?.(this.#lastSegment);
    this.#measureRoom();
    this.#timer = setInterval(() => this.#tick(), input.checkpointMs);
    this.#timer.unref();
  }

  status(): DerivationStatus {
    return {
      published: this.#deriver.published,
      isBound: this.#deriver.isBound,
      isFull: this.#isFull,
      isLow: this.#freeBytes < this.#input.warnBytes,
      freeBytes: this.#freeBytes,
      withheld: this.#withheld,
    };
  }

  progress(size: number, segment: number): void {
    this.#told = { size, segment };
  }

  /** At once, not behind the steps that wait: whoever appends waits for it, and rounds may follow each other for minutes. */
  async needSegment(number: number): Promise<void> {
    try {
      if (this.#failure !== null) throw this.#failure;
      this.#makeSegments(number);
    } catch (error) {
      throw this.#judge(error);
    }
  }

  checkpoint(): Promise<TreeState> {
    const goal = this.#progress.size;
    return this.#step(() => this.#checkpoint(goal));
  }

  checkpointAndPause(): Promise<TreeState> {
    const goal = this.#progress.size;
    return this.#stepAndPause(() => this.#checkpoint(goal));
  }

  async pause(): Promise<void> {
    await this.#stepAndPause(() => {});
  }

  resume(): void {
    if (this.#resume === null) return;
    // Keys may have been destroyed meanwhile by somebody else's hand.
    this.#input.refresh?.();
    this.#resume();
    this.#resume = null;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.resume();
    await this.#last;
    this.#deriver.close();
  }

  get #progress(): WalProgress {
    return this.#input.readProgress?.() ?? this.#told;
  }

  /** One round, and another as long as there is more: between two of them come steps that were asked for meanwhile. */
  #tick(): void {
    // What takes longer than the time between checkpoints is not started twice.
    if (this.#steps > 0) return;
    this.#step(async () => {
      await this.#lookAround();
      const goal = this.#progress.size;
      const isFull = goal - this.#deriver.published.size >= this.#input.roundEntries;
      await this.#round(isFull ? undefined : this.#input.pace);
      this.#deriver.removeSegments(this.#progress);
      return this.#deriver.published.size < goal;
    }).then(
      (hasMore) => {
        if (hasMore) this.#tick();
      },
      () => {
        // Whoever has to hear of it has heard in #step.
      },
    );
  }

  async #checkpoint(goal: number): Promise<TreeState> {
    for (let isFirst = true; this.#deriver.published.size < goal; isFirst = false) {
      if (!isFirst) await this.#lookAround();
      await this.#round();
      // After each: what is derived takes more room than the reserve has, unless segments make room meanwhile.
      this.#deriver.removeSegments(this.#progress);
    }
    this.#deriver.removeSegments(this.#progress);
    return this.#deriver.published;
  }

  /** What must not wait for the end of many rounds: room, segments ahead of the writer, and what other threads ask. */
  async #lookAround(): Promise<void> {
    this.#measureRoom();
    this.#makeSpares();
    this.#events.onStatus?.();
    await nextTurn();
  }

  async #round(pace?: () => void): Promise<void> {
    // One that witnesses did not sign, or that found no room, is tried again: its records were read already.
    this.#draft ??= await this.#deriver.derive(this.#progress, pace);
    const draft = this.#draft;
    if (draft === null) return;
    const { cosign } = this.#input;
    let { note } = draft;
    if (cosign !== null) note = await cosign(note, draft.state);
    this.#deriver.publish(draft, note);
    this.#draft = null;
    this.#withheld = null;
    this.#events.onPublished?.(draft.state);
  }

  /** As `#step`; the next step begins after `resume`. */
  #stepAndPause<T>(run: () => Promise<T> | T): Promise<T> {
    return new Promise((resolve, reject) => {
      const step = this.#step(async () => {
        const result = await run();
        await new Promise<void>((resume) => {
          this.#resume = resume;
          resolve(result);
        });
      });
      step.catch(reject);
    });
  }

  /** Runs a step after all others. Errors that pass leave the derivation as it was; any other ends it. */
  #step<T>(run: () => Promise<T> | T): Promise<T> {
    this.#steps++;
    const result = this.#last.then(async () => {
      try {
        if (this.#failure !== null) throw this.#failure;
        return await run();
      } catch (error) {
        throw this.#judge(error);
      } finally {
        this.#steps--;
      }
    });
    this.#last = result.catch(() => {});
    return result;
  }

  /** What is told of an error. */
  #judge(error: unknown): BoltsealError {
    if (this.#failure !== null) return this.#failure;
    const known = error instanceof BoltsealError ? error : null;
    if (known?.code === 'LEDGER_DISK_FULL') {
      this.#isFull = true;
      return known;
    }
    if (known?.code === 'LEDGER_SECOND_WRITE' || known?.code === 'LEDGER_QUORUM') {
      this.#withheld = known;
      return known;
    }
    // Fail closed, as the sequencer does: what was written is uncertain.
    this.#failure = known ?? new BoltsealError('LEDGER_FAILED', { reason: reasonOf(error) }, { cause: error });
    clearInterval(this.#timer);
    this.#events.onFailure(this.#failure);
    return this.#failure;
  }

  #measureRoom(): void {
    this.#freeBytes = this.#input.place.files.freeBytes(this.#input.place.folder);
    this.#isFull = this.#freeBytes < this.#input.reserveBytes;
  }

  /** Within a round too: a burst fills a segment in less time. Without room the log goes on with what is there, and derivation makes room. */
  #makeSpares(): void {
    if (this.#isFull) return;
    try {
      this.#makeSegments(this.#progress.segment + this.#input.spareSegments);
    } catch (error) {
      if (!(error instanceof BoltsealError) || error.code !== 'LEDGER_DISK_FULL') throw error;
    }
  }

  #makeSegments(number: number): void {
    const { wal, place, reserveBytes } = this.#input;
    while (this.#lastSegment < number) {
      // Segments must not take the room that derivation needs to make others superfluous.
      const free = place.files.freeBytes(place.folder);
      if (free < reserveBytes + wal.segmentBytes) throw new BoltsealError('LEDGER_DISK_FULL');
      try {
        createSegment(wal, this.#lastSegment + 1);
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        throw code === 'ENOSPC' || code === 'EDQUOT'
          ? new BoltsealError('LEDGER_DISK_FULL', {}, { cause: error })
          : error;
      }
      this.#lastSegment++;
      this.#input.noteSegment?.(this.#lastSegment);
    }
  }
}
