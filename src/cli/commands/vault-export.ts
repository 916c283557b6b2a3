import { parcelParties } from '../../contract/api/words.ts';
import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';

const name = 'vault export';
/** Documented in docs/spec/vault.md. */
const format = 'boltseal-person-1';

export const vaultExportCommand: Command = {
  name,
  summary: 'writes everything that is held about a person as JSON',
  usage: ['--subject ID --out FILE'],
  options: {
    subject: { value: 'ID', text: 'your own id of the person' },
    out: { value: 'FILE', text: 'where it goes, readable by you alone; `-` is standard output' },
  },
  details: [
    'The answer to a request for portability: values with their times, parcels, disclosures (docs/spec/vault.md).',
  ],
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'vault export takes no further words');
    const subject = given.text('subject');
    const out = given.text('out');
    if (subject === undefined || out === undefined)
      throw usageError(name, 'say whose and where: --subject ID --out FILE');
    const file = context.openOutput(out);
    try {
      const { person, disclosures } = await context.services.vault.report(context.home, subject);
      const iso = (ms: number): string => new Date(ms).toISOString();
      const document = {
        format,
        subject: person.subject,
        values: Object.entries(person.values).map(([field, { value, version, sinceMs }]) => ({
          field,
          value,
          version,
          since: iso(sinceMs),
        })),
        // Without the other person in it.
        parcels: person.parcels.map(({ trackingNumber, parties, status, station, atMs }) => ({
          trackingNumber,
          as: parcelParties.filter((party) => parties[party] === person.subject),
          status,
          station,
          at: iso(atMs),
        })),
        disclosures: disclosures.map(({ timeSeconds, ...disclosure }) => ({
          at: iso(timeSeconds * 1000),
          ...disclosure,
        })),
      };
      file.write(`${JSON.stringify(document, null, 2)}\n`);
      file.commit();
    } finally {
      file.discard();
    }
  },
};
