/** One way to read: which fields are handed out and what for. An index into this list stands in a world's columns. */
export interface Access {
  readonly fields: readonly string[];
  readonly purpose: string;
}

const label = ['name', 'phone', 'address'];

const all = {
  order: { fields: label, purpose: 'order' },
  print: { fields: label, purpose: 'label' },
  pickUp: { fields: label, purpose: 'pickup' },
  station: { fields: label, purpose: 'station' },
  sort: { fields: ['address'], purpose: 'sorting' },
  load: { fields: label, purpose: 'delivery' },
  deliver: { fields: label, purpose: 'delivery' },
  call: { fields: ['phone'], purpose: 'delivery' },
  sms: { fields: ['name', 'phone'], purpose: 'notification' },
  track: { fields: ['name', 'phone', 'address'], purpose: 'tracking' },
  analytics: { fields: ['customerId', 'address'], purpose: 'statistics' },
  search: { fields: ['name', 'phone'], purpose: 'support' },
  invoice: { fields: ['customerId', 'name', 'address'], purpose: 'invoice' },
  settlement: { fields: ['customerId', 'name'], purpose: 'settlement' },
  export: { fields: ['customerId', 'name', 'phone', 'email', 'address'], purpose: 'crm' },
  support: { fields: ['customerId', 'name', 'phone', 'email', 'address'], purpose: 'support' },
  curious: { fields: ['customerId', 'name', 'phone', 'email', 'address'], purpose: 'support' },
  hole: { fields: ['name', 'phone', 'address'], purpose: 'tracking' },
} satisfies Record<string, Access>;

export type AccessName = keyof typeof all;
export const accesses: readonly Access[] = Object.values(all);
/** The index of each access. */
export const access = Object.fromEntries(Object.keys(all).map((name, index) => [name, index])) as Record<
  AccessName,
  number
>;
