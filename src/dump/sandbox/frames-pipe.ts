import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';

/** What one read may bring; a pipe of Linux holds as much. */
const PIECE_BYTES = 65_536;
const MKFIFO_MILLISECONDS = 2000;

/**
 * A pipe that is read into one buffer. Of the pipes that Node makes for a child by itself, each read allocates 64 KiB, and V8 marks the whole heap for every 64 MB of them: together a
 * quarter of the processor time of reading and matching 100 MB of rows, in both processes and all their threads.
 */
export class FramesPipe implements AsyncIterable<Uint8Array> {
  /** The end that is written to, for a child; whoever has given it away closes it. */
  readonly writable: number;
  readonly #socket: Socket;
  #piece: Uint8Array | null = null;
  #isOver = false;
  #wake: () => void = () => undefined;

  private constructor(readable: number, writable: number) {
    this.writable = writable;
    this.#socket = new Socket({
      fd: readable,
      readable: true,
      writable: false,
      onread: {
        buffer: new Uint8Array(PIECE_BYTES),
        callback: (size, buffer) => {
          this.#piece = buffer.subarray(0, size);
          this.#wake();
          // Nothing more before this has been taken.
          return false;
        },
      },
    });
    for (const event of ['end', 'close', 'error']) {
      this.#socket.on(event, () => {
        this.#isOver = true;
        this.#wake();
      });
    }
  }

  /** Makes a pipe in `folder`, where its name stands for a moment only; null where the system has no named pipes. */
  static open(folder: string): FramesPipe | null {
    const path = join(folder, 'frames');
    const made = spawnSync('mkfifo', ['-m', '600', path], { stdio: 'ignore', timeout: MKFIFO_MILLISECONDS });
    if (made.status !== 0) return null;
    let readable: number | null = null;
    try {
      // Without O_NONBLOCK, opening one end waits for the other.
      readable = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      return new FramesPipe(readable, openSync(path, constants.O_WRONLY));
    } catch {
      if (readable !== null) closeSync(readable);
      return null;
    } finally {
      rmSync(path, { force: true });
    }
  }

  /** What is written, until nobody has the other end any more. A piece is valid until the next is asked for. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    while (this.#piece !== null || !this.#isOver) {
      if (this.#piece === null) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      yield this.#piece;
      this.#piece = null;
      this.#socket.resume();
    }
  }

  /** Closes the end that is read. */
  close(): void {
    this.#socket.destroy();
  }
}
