import type { DisclosureRequest, Receipt } from '../../contract/api/disclosures.ts';
import { parcelParties, vaultFields } from '../../contract/api/words.ts';
import { BoltsealError, type ErrorCode } from '../../core/errors.ts';
import type { Parcel, SubjectReport, Vault } from '../../vault/port.ts';
import { type DiscloseServices, disclose } from '../disclose/disclose.ts';
import { entryOf } from '../disclose/entry.ts';
import { findItems } from '../disclose/item.ts';
import type { Caller } from '../port.ts';
import type { SubjectAccess } from '../routes/subjects.ts';

/** Written by `vault export` too (docs/spec/vault.md). */
const exportFormat = 'boltseal-person-1';

/** Everything in the clear: what a person may see of themselves. */
const everything: DisclosureRequest['fields'] = Object.fromEntries(vaultFields.map((field) => [field, 'clear']));

/** Shows a person's data as a disclosure for the purpose `subject-access`: ticket, policies and budget decide, and the ledger has it before anything leaves. */
export function createSubjectAccess(disclosing: DiscloseServices, vault: Pick<Vault, 'report'>): SubjectAccess {
  const requestOf = (subject: string, ticket: string): DisclosureRequest => ({
    ...{ purpose: 'subject-access', fields: everything, subjects: [subject], ticket },
  });
  const also = ['trackingNumber'];

  async function open(
    caller: Caller,
    subject: string,
    ticket: string,
  ): Promise<{ values: object[]; parcels: object[]; receipt: Receipt }> {
    const body = requestOf(subject, ticket);
    const [result] = await disclose(disclosing, { caller, body, idempotencyKeyOf: null, also });
    if (result?.decision !== 'allowed') throw new BoltsealError((result?.code ?? 'GATEWAY_NOT_JUSTIFIED') as ErrorCode);
    const report = await vault.report(subject);
    const { receipt, values = {} } = result;
    const given = vaultFields.flatMap((field) => {
      const value = values[field]?.value;
      return value === undefined ? [] : [{ field, value, ...timesOf(report, field, value) }];
    });
    return { values: given, parcels: report?.parcels.map((parcel) => parcelOf(parcel, subject)) ?? [], receipt };
  }

  return {
    report: async (caller, subject, ticket) => ({ subject, ...(await open(caller, subject, ticket)) }),
    async export(caller, subject, ticket) {
      const { values, parcels } = await open(caller, subject, ticket);
      return { format: exportFormat, subject, values, parcels };
    },
    async refuse(caller, subject, ticket) {
      const { vault: subjects, log, nowMs } = disclosing;
      const body = requestOf(subject, ticket);
      const asked = { caller, body, also, nowMs: nowMs() };
      const items = await findItems(subjects, body);
      for (const item of items) item.refusal = 'GATEWAY_FORBIDDEN';
      await log.append(items.map((item) => entryOf(item, {}, asked, null)));
    },
  };
}

/** Since when a value is so; nothing when it has changed since it was read. */
function timesOf(report: SubjectReport | null, field: keyof SubjectReport['values'], value: string): object {
  const held = report?.values[field];
  if (held === undefined || held.value !== value) return {};
  return { version: held.version, since: new Date(held.sinceMs).toISOString() };
}

/** A parcel without the other person in it. */
function parcelOf({ trackingNumber, parties, status, station, atMs }: Parcel, subject: string): object {
  const as = parcelParties.filter((party) => parties[party] === subject);
  return { trackingNumber, as, status, station, at: new Date(atMs).toISOString() };
}
