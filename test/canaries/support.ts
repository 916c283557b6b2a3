import { systemChance } from '../../src/canaries/chance.ts';
import { type MadeCanaries, type MakeCanariesRequest, makeCanaries, settleCanaries } from '../../src/canaries/make.ts';
import type { CanarySettings } from '../../src/contract/config.ts';
import { acquireHomeLock } from '../../src/register/lock.ts';
import { Lab } from '../verify/verify-lab.ts';

/** What an invented company has set aside; nobody has such numbers or mailboxes. */
export const settings: CanarySettings = {
  customerIds: 'K9******',
  phoneBlocks: ['+861620000****'],
  mailDomain: 'mail.example.net',
};

export const madeAt = Date.UTC(2024, 0, 15);

export interface Wish {
  readonly home: string;
  readonly registerKey: Uint8Array;
}

/** Makes canaries as the command does; `isExported` false: dies before it has exported them. */
export function make(
  { home, registerKey }: Wish,
  wish: Partial<MakeCanariesRequest> = {},
  { isExported = true } = {},
): MadeCanaries {
  const lock = acquireHomeLock(home);
  try {
    const made = makeCanaries({
      home,
      registerKey,
      region: 'CN',
      settings,
      recipient: { principal: 'scanner-7' },
      count: 5,
      columns: null,
      now: madeAt,
      chance: systemChance,
      ...wish,
    });
    if (isExported) settleCanaries(home, made.batch.id);
    return made;
  } finally {
    lock.release();
  }
}

/** A home with a register of invented customers, and how to make canaries in it. */
export async function labOf(count: number): Promise<{ lab: Lab; wish: Wish }> {
  const lab = await Lab.create();
  await lab.addTable([lab.file(customerTable(0, count))]);
  return { lab, wish: { home: lab.home, registerKey: lab.key } };
}

/** Customers of an invented company, most with an e-mail address, who came one after the other. */
export function customerTable(from: number, to: number): string {
  const rows = Array.from({ length: to - from }, (_, i) => {
    const number = from + i;
    const email = number % 5 === 0 ? '' : `someone${number}@example.net`;
    const word = number.toString(26).replace(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)]!);
    const created = new Date(Date.UTC(2023, 0, 1) + number * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
    return `K${String(number).padStart(7, '0')},162${String(10_000_000 + number * 37).slice(-8)},${email},Person ${word},${created}`;
  });
  return `customer_id,phone,email,name,created_at\n${rows.join('\n')}\n`;
}

/** Dated versions of invented customers, of whom every third moves house after a year. */
export function historyTable(from: number, to: number): string {
  const iso = (seconds: number): string => new Date(1000 * seconds).toISOString();
  const rows = Array.from({ length: to - from }, (_, i) => {
    const number = from + i;
    const began = 1_600_000_000 + number * 3_607;
    const cells = [`K${String(number).padStart(7, '0')}`, `162${String(10_000_000 + number * 37).slice(-8)}`];
    const moved = began + 30_000_000;
    return number % 3 > 0
      ? `${[...cells, 'one road', iso(began), ''].join()}\n`
      : `${[...cells, 'one road', iso(began), iso(moved)].join()}\n${[...cells, 'other road', iso(moved), ''].join()}\n`;
  });
  return `customer_id,phone,address,valid_from,valid_to\n${rows.join('')}`;
}
