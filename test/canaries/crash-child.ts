import { make } from './support.ts';

/* Makes canaries in the home given first with the key given second, and dies like a killed process at the step given third. */
const [home, key, step] = process.argv.slice(2) as [string, string, string];
const onStep = (reached: string): void => {
  if (reached === step) process.kill(process.pid, 'SIGKILL');
};
make({ home, registerKey: Buffer.from(key, 'hex') }, { onStep }, { isExported: false });
