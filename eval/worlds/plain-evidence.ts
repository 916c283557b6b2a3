import type { Base } from './base.ts';
import { addressText, customerId, emailText, nameText, phoneText } from './people.ts';

/** What a dump says about the customers in it: the evaluation's own reading of the file, as `verify` would have it. Arrays are parallel, ascending by `subject`. */
export interface PlainEvidence {
  readonly subject: Uint32Array;
  /** Which fields agreed with the subject, by name. */
  readonly fields: readonly (readonly string[])[];
  /** Seconds in which all of the values were current together; where they never were, from the first to the last of them. */
  readonly from: Uint32Array;
  readonly until: Uint32Array;
  /** 1: two values agreed in one row. */
  readonly strong: Uint8Array;
}

/** One value of one customer and when it was current. */
interface Held {
  readonly customer: number;
  readonly from: number;
  readonly until: number;
}

interface Found {
  readonly fields: Set<string>;
  from: number;
  until: number;
  earliest: number;
  latest: number;
  strong: boolean;
}

/** Prepares a world and returns the reader of its dumps, which knows each column by the world's own name for it. */
export function makePlainEvidence(base: Base): (csv: string) => PlainEvidence {
  const { people, config } = base;
  const owners = new Map<string, Held[]>();
  const versions = (c: number) => [people.firstVersion[c] as number, people.firstVersion[c + 1] as number] as const;
  const endOf = (c: number, v: number) =>
    v + 1 < versions(c)[1] ? (people.versionFrom[v + 1] as number) : (people.gone[c] as number);
  for (let c = 0; c < people.count; c++) {
    const [first, end] = versions(c);
    for (let v = first; v < end; v++) {
      // One record as long as the value stays the same.
      if (v > first && people.phone[v] === people.phone[v - 1]) continue;
      let last = v;
      while (last + 1 < end && people.phone[last + 1] === people.phone[v]) last++;
      const phone = phoneText(people.phone[v] as number);
      const held = { customer: c, from: people.versionFrom[v] as number, until: endOf(c, last) };
      const others = owners.get(phone);
      if (others === undefined) owners.set(phone, [held]);
      else others.push(held);
    }
  }
  const wholeLife = (c: number): Held => ({
    customer: c,
    from: people.created[c] as number,
    until: people.gone[c] as number,
  });
  const numberOfId = (text: string) => Number(text.slice(1)) - Number(customerId(0).slice(1));
  const byEmail = new Map<string, number>();
  for (let c = 0; c < people.count; c++) {
    const text = emailText(c);
    if (text !== '') byEmail.set(text, c);
  }
  const addressesOf = (c: number, text: string): Held[] => {
    const [first, end] = versions(c);
    const held: Held[] = [];
    for (let v = first; v < end; v++) {
      if (addressText(people.place[v] as number, config) !== text) continue;
      let last = v;
      while (last + 1 < end && people.place[last + 1] === people.place[v]) last++;
      held.push({ customer: c, from: people.versionFrom[v] as number, until: endOf(c, last) });
      v = last;
    }
    return held;
  };
  return (csv) => {
    const [header = '', ...lines] = csv.trimEnd().split('\n');
    const columns = header.split(',');
    const found = new Map<number, Found>();
    const add = (field: string, { customer, from, until }: Held): Found => {
      let one = found.get(customer);
      if (one === undefined) {
        one = { fields: new Set(), from: 0, until: 0xffffffff, earliest: 0xffffffff, latest: 0, strong: false };
        found.set(customer, one);
      }
      one.fields.add(field);
      one.from = Math.max(one.from, from);
      one.until = Math.min(one.until, until);
      one.earliest = Math.min(one.earliest, from);
      one.latest = Math.max(one.latest, until);
      return one;
    };
    for (const line of lines) {
      const cells = line.split(',');
      const cell = (column: string) => cells[columns.indexOf(column)] ?? '';
      const agreed = new Map<number, number>();
      const note = (field: string, held: Held) => {
        add(field, held);
        agreed.set(held.customer, (agreed.get(held.customer) ?? 0) + 1);
      };
      for (const held of owners.get(cell('phone').replace(/\D/g, '').slice(-11)) ?? []) note('phone', held);
      const email = byEmail.get(cell('email'));
      if (email !== undefined) note('email', wholeLife(email));
      if (cell('customer_id') !== '') note('customerId', wholeLife(numberOfId(cell('customer_id'))));
      for (const customer of [...agreed.keys()]) {
        if (cell('name') === nameText(customer)) note('name', wholeLife(customer));
        if (columns.includes('address'))
          for (const held of addressesOf(customer, cell('address'))) note('address', held);
        const one = found.get(customer) as Found;
        if ((agreed.get(customer) as number) >= 2) one.strong = true;
      }
    }
    const order = [...found.keys()].sort((a, b) => a - b);
    const all = order.map((c) => found.get(c) as Found);
    const never = (one: Found) => one.from >= one.until;
    return {
      subject: Uint32Array.from(order),
      fields: all.map(({ fields }) => [...fields]),
      from: Uint32Array.from(all, (one) => (never(one) ? one.earliest : one.from)),
      until: Uint32Array.from(all, (one) => (never(one) ? one.latest : one.until)),
      strong: Uint8Array.from(all, ({ strong }) => (strong ? 1 : 0)),
    };
  };
}
