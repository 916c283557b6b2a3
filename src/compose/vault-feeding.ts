import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MOST_ERROR_CHARACTERS = 4000;

/** Feeds the register of a home from its vault again and again. */
export interface Feeding {
  /** Ends it, also in the middle: the next feeding tells again what the register may not have. */
  stop(): Promise<void>;
}

/**
 * Runs `boltseal vault feed` now and then `everyMs` after it has ended, in a process of its own: telling the register takes its memory and some seconds of a processor, which whoever serves has not.
 * `onFailure` hears of the code of what went wrong, such as HOME_LOCKED while somebody adds a table; the next time may do better.
 */
export function startFeeding(home: string, everyMs: number, onFailure: (code: string) => void): Feeding {
  const cli = fileURLToPath(new URL('../cli/main.ts', import.meta.url));
  let isStopped = false;
  let timer: NodeJS.Timeout | null = null;
  let kill = (): void => undefined;
  let running: Promise<void> = Promise.resolve();
  const once = (): Promise<void> =>
    new Promise((resolve) => {
      const words = ['--disable-warning=ExperimentalWarning', cli, 'vault', 'feed', '--quiet', '--home', home];
      const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] });
      kill = () => void child.kill('SIGKILL');
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-MOST_ERROR_CHARACTERS);
      });
      child.on('error', () => undefined);
      child.on('close', (code) => {
        if (code !== 0 && !isStopped) onFailure(/\[([A-Z_]{3,60})\]/.exec(said)?.[1] ?? 'INTERNAL');
        resolve();
      });
    });
  const begin = (): void => {
    running = once().then(() => {
      if (isStopped) return;
      timer = setTimeout(begin, everyMs);
      timer.unref();
    });
  };
  begin();
  return {
    async stop() {
      isStopped = true;
      if (timer !== null) clearTimeout(timer);
      kill();
      await running;
    },
  };
}
