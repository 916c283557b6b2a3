import { DisclosureWriter } from '../../src/disclosures/writer.ts';
import { key, registerKey } from './support.ts';

/* Adds disclosures to the home given first, and dies like a killed process at the step given second. */
const [home, step] = process.argv.slice(2) as [string, string];
const writer = new DisclosureWriter({
  home,
  registerKey,
  key,
  segmentRows: 8,
  onStep: (reached) => {
    if (reached === step) process.kill(process.pid, 'SIGKILL');
  },
});
const principal = writer.principals.numberOf('p');
const subject = writer.subjects.numberOf('C1');
writer.principals.numberOf('another');
for (let time = 1; time < 21; time++) writer.add(time, principal ?? 0, subject ?? 0, 3, 0);
writer.commit();
