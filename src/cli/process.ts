import { homedir } from 'node:os';
import { BoltsealError } from '../core/errors.ts';
import { readErrorReason } from '../home/system-errors.ts';
import { readVersion } from '../home/version.ts';
import { describeFailure, describeThrown, type Host, runCommandLine, type Stream } from './run.ts';
import type { Services } from './services.ts';

/** Runs this process's command line and ends the process: with 130 or 143 when it was told to stop, with 2 when something was thrown that nobody caught, and with what was begun taken back. */
export async function runProcess(createServices: () => Services): Promise<void> {
  const cleanUps: (() => void)[] = [];
  let stop: (() => void) | null = null;
  const endOnSignal = (signal: 'SIGINT' | 'SIGTERM', exitCode: number): void => {
    process.on(signal, () => {
      const stopOnce = stop;
      stop = null;
      if (stopOnce !== null) return stopOnce();
      for (const cleanUp of cleanUps) cleanUp();
      process.exit(exitCode);
    });
  };
  endOnSignal('SIGINT', 130);
  endOnSignal('SIGTERM', 143);
  const output = wrapStream(process.stdout);
  const errors = wrapStream(process.stderr);
  // Node itself would show the message, which may carry a value.
  process.on('uncaughtException', (error) => {
    for (const cleanUp of cleanUps) cleanUp();
    errors.write(describeThrown(error, process.env));
    process.exit(2);
  });
  const host: Host = {
    version: readVersion(),
    environment: process.env,
    userFolder: homedir(),
    workingFolder: process.cwd(),
    output,
    errors,
    now: () => Date.now(),
    onInterrupt: (cleanUp) => {
      cleanUps.push(cleanUp);
    },
    untilInterrupted: () =>
      new Promise((resolve) => {
        stop = resolve;
      }),
    createServices,
  };
  const exitCode = await runCommandLine(process.argv.slice(2), host);
  // Workers or connections that a failure left open must not keep the process; the empty write waits for what is still in the pipe.
  process.stdout.write('', () => {
    const cause = output.failure();
    if (exitCode !== 0 || cause === null) process.exit(exitCode);
    const failure = new BoltsealError('OUTPUT_WRITE', { path: 'standard output', reason: readErrorReason(cause) });
    errors.write(describeFailure(failure));
    process.exit(failure.exit);
  });
}

/**
 * A stream whose reader may go away (`boltseal verify … | head`): what it no longer takes is dropped, and the work goes on.
 * `failure`: why something could not be written for any other reason, such as a full disk; null when all was.
 */
function wrapStream(stream: NodeJS.WriteStream): Stream & { failure(): unknown } {
  let gone = false;
  let failure: unknown = null;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    gone = true;
    if (error.code !== 'EPIPE') failure ??= error;
  });
  return {
    isTerminal: stream.isTTY === true,
    columns: () => stream.columns || 80,
    write(text) {
      if (gone) return;
      stream.write(text, (error) => {
        if (error && readErrorReason(error) !== 'EPIPE') failure ??= error;
      });
    },
    failure: () => failure,
  };
}
