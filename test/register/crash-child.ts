import { addTable, idOf, phone } from './support.ts';

/* Adds a table to the home given first, and dies like a killed process at the step given second. */
const [home, step] = process.argv.slice(2) as [string, string];
const rows = [2, 3].map((number) => ({ ...idOf(number), values: [{ field: phone, lo: number, hi: 77 }] }));
addTable(
  home,
  { mode: 'snapshot', asOf: 200, fields: ['phone'], rows },
  {
    rowCheck: 'test',
    onStep: (reached) => {
      if (reached === step) process.kill(process.pid, 'SIGKILL');
    },
  },
);
