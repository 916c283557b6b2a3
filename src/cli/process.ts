import { homedir } from 'node:os';
import { readVersion } from '../home/version.ts';
import { type Host, runCommandLine, type Stream } from './run.ts';
import type { Services } from './services.ts';

/** Runs this process's command line and ends the process: with 130 or 143 when it was told to stop, and with what was begun taken back. */
export async function runProcess(createServices: () => Services): Promise<void> {
  const cleanUps: (() => void)[] = [];
  const endOnSignal = (signal: 'SIGINT' | 'SIGTERM', exitCode: number): void => {
    process.on(signal, () => {
      for (const cleanUp of cleanUps) cleanUp();
      process.exit(exitCode);
    });
  };
  endOnSignal('SIGINT', 130);
  endOnSignal('SIGTERM', 143);
  const host: Host = {
    version: readVersion(),
    environment: process.env,
    userFolder: homedir(),
    workingFolder: process.cwd(),
    output: wrapStream(process.stdout),
    errors: wrapStream(process.stderr),
    now: () => Date.now(),
    onInterrupt: (cleanUp) => {
      cleanUps.push(cleanUp);
    },
    createServices,
  };
  const exitCode = await runCommandLine(process.argv.slice(2), host);
  // Workers or connections that a failure left open must not keep the process; the empty write waits for what is still in the pipe.
  process.stdout.write('', () => process.exit(exitCode));
}

/** A stream whose reader may go away (`boltseal verify … | head`): what it no longer takes is dropped, and the work goes on. */
function wrapStream(stream: NodeJS.WriteStream): Stream {
  let gone = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    gone = true;
  });
  return {
    isTerminal: stream.isTTY === true,
    columns: () => stream.columns || 80,
    write(text) {
      if (!gone) stream.write(text);
    },
  };
}
