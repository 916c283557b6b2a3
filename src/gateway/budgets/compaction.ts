import { closeSync, fdatasyncSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { isOver, readUses } from './journal.ts';
import { PeopleOfDay, readPeople } from './people-file.ts';

const DAY_MS = 86_400_000;
const name = /^(\d{4}-\d{2}-\d{2})\.(uses|people)$/;

/**
 * Makes the journals of days shorter that only windows of a month still reach, and removes those that no window reaches: of each person who was read by a principal for a purpose the last time remains, which is all that such a window asks for.
 * So the folder is bounded by whom was read on a day, and not by how often: about 25 bytes each, for 31 days.
 *
 * The new file is on the disk before it has its name, and has its name before the old one goes: killed at any moment, what is there counts as before, since a person who is counted twice counts once.
 */
export async function compactJournals(folder: string, nowMs: number): Promise<void> {
  for (const file of readdirSync(folder).sort()) {
    const [, day, ending] = name.exec(file) ?? [];
    if (day === undefined) continue;
    if (isOver(day, nowMs)) rmSync(path.join(folder, file), { force: true });
    else if (ending === 'uses' && Date.parse(day) + 2 * DAY_MS <= nowMs) await compactDay(folder, day);
  }
}

async function compactDay(folder: string, day: string): Promise<void> {
  const from = path.join(folder, `${day}.uses`);
  const to = path.join(folder, `${day}.people`);
  const people = new PeopleOfDay();
  // What was counted again from the ledger comes behind those whom the day has already.
  for await (const use of readPeople(to)) people.add(use);
  for await (const use of readUses(from)) people.add(use);
  const descriptor = openSync(`${to}.new`, 'w', 0o600);
  try {
    for (const line of people.lines()) {
      writeSync(descriptor, line);
      await new Promise((resolve) => setImmediate(resolve));
    }
    fdatasyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(`${to}.new`, to);
  syncFolder(folder);
  rmSync(from);
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
