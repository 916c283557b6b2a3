import type { Base } from './base.ts';
import { DAY_SECONDS, isoOf } from './calendar.ts';
import { type Loot, type LootRow, olderLeak, otherCompany, otherVersion, steal } from './loot.ts';
import { addressText, customerId, emailText, nameText, phoneText } from './people.ts';
import { type Chance, makeChance, sample, shuffleIn } from './random.ts';
import type { DumpColumn, Resale, TheftKind, TheftPlan, Truth } from './theft-kinds.ts';

/** A dump and what is true about it. */
export interface Dump {
  readonly csv: string;
  readonly truth: Truth;
}

/** Which columns a thief of each kind sees. */
const columnsOf: Readonly<Record<TheftKind['kind'], readonly DumpColumn[]>> = {
  scanners: ['name', 'phone', 'address'],
  'web-hole': ['name', 'phone', 'address'],
  insiders: ['customer_id', 'name', 'phone', 'email', 'address'],
  export: ['customer_id', 'name', 'phone', 'email', 'address'],
  table: ['customer_id', 'name', 'phone', 'email', 'address'],
  outside: ['name', 'phone', 'email', 'address'],
};

/** Commits a theft in a world and sells what was taken; the same seed gives the same bytes. */
export function makeDump(base: Base, plan: TheftPlan, seed: number): Dump {
  const chance = makeChance(seed, `theft ${plan.label}`);
  const loot = steal(base, plan.theft, chance);
  const resale = plan.resale ?? {};
  const stolen = sample(loot.rows, Math.round(loot.rows.length * (resale.part ?? 1)), chance).map((row) =>
    chance.unit() < (resale.stale ?? 0) ? otherVersion(base.people, row, chance) : row,
  );
  const older = base.from - Math.floor((0.3 + 1.5 * chance.unit()) * 365 * DAY_SECONDS);
  const foreign = mergedRows(base, resale, stolen.length, older, chance);
  const columns = columnsOf[plan.theft.kind].filter((column) => !resale.dropped?.includes(column));
  const lines = shuffleIn([...stolen, ...foreign], chance).map((row) => writeRow(base, row, columns, resale, chance));
  const leaked = resale.merged?.from === 'older-leak' ? [older] : [];
  return {
    csv: `${[columns.join(','), ...lines].join('\n')}\n`,
    truth: describe(base, plan, seed, loot, stolen.length, foreign.length, leaked),
  };
}

function mergedRows(base: Base, { merged }: Resale, stolen: number, older: number, chance: Chance): LootRow[] {
  if (merged === undefined) return [];
  const count = Math.round(stolen * merged.times);
  return merged.from === 'older-leak'
    ? olderLeak(base, count, older, chance)
    : otherCompany(base, count, merged.overlap ?? 0.3, 'uniform', chance);
}

function writeRow(base: Base, row: LootRow, columns: readonly DumpColumn[], resale: Resale, chance: Chance): string {
  return columns
    .map((column) => {
      switch (column) {
        case 'customer_id':
          return row.person < base.people.count ? customerId(row.person) : '';
        case 'name':
          return nameText(row.person);
        case 'phone':
          return writePhone(phoneText(row.phone), resale, chance);
        case 'email':
          return emailText(row.person);
        case 'address':
          return addressText(row.place, base.config);
      }
      throw new Error(`no such column: ${column}`);
    })
    .join(',');
}

function writePhone(digits: string, { retyped = 0, mistyped = 0 }: Resale, chance: Chance): string {
  let phone = digits;
  if (chance.unit() < mistyped) {
    const at = 3 + chance.below(8);
    phone = phone.slice(0, at) + ((Number(phone[at]) + 1 + chance.below(9)) % 10) + phone.slice(at + 1);
  }
  if (chance.unit() >= retyped) return phone;
  const [a, b, c] = [phone.slice(0, 3), phone.slice(3, 7), phone.slice(7)];
  return [`+86${phone}`, `${a}-${b}-${c}`, `${a} ${b} ${c}`, `86${phone}`, `+86 ${a} ${b}${c}`][
    chance.below(5)
  ] as string;
}

function describe(
  base: Base,
  plan: TheftPlan,
  seed: number,
  loot: Loot,
  stolen: number,
  foreign: number,
  leaked: readonly number[],
): Truth {
  const name = (principal: number) => base.fleet.principals[principal]?.principal ?? '';
  const copies = [...(loot.copied === null ? [] : [loot.copied]), ...leaked];
  const own = loot.copied !== null ? 'single' : loot.active !== null ? 'skimmed' : 'none';
  return {
    format: 'boltseal-world-truth-1',
    world: base.config.name,
    label: plan.label,
    seed,
    kind: plan.theft.kind,
    principals: loot.principals.map(name),
    twins: loot.twins.map(name),
    group: loot.group,
    outside: loot.principals.length === 0,
    active: loot.active === null ? null : { from: isoOf(loot.active[0]), to: isoOf(loot.active[1]) },
    copy: { shape: leaked.length > 0 ? 'merged' : own, at: copies.map(isoOf) },
    rows: { stolen, foreign },
  };
}
