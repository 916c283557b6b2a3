import { resolve } from 'node:path';
import { parseListen, usageError } from '../arguments.ts';
import type { Command } from '../command.ts';

const name = 'ledger witness';

export const ledgerWitnessCommand: Command = {
  name,
  summary: 'serves as a witness: cosigns what only ever grows (c2sp.org/tlog-witness)',
  usage: ['serve --listen HOST:PORT --dir DIR --log VKEY [--log VKEY ...] [--name NAME]'],
  options: {
    listen: { value: 'HOST:PORT', text: 'where it answers; put TLS in front of it' },
    dir: { value: 'DIR', text: 'its keys and what it remembers; made when it is not there' },
    log: {
      value: 'VKEY',
      multiple: true,
      text: 'a key of a log that it witnesses, as `boltseal ledger policy` has them',
    },
    name: { value: 'NAME', text: 'of its keys (default: the host)' },
  },
  details: [
    'Run it where the administrators of the ledger have no access: it is what keeps them from changing the past. It never forgets a checkpoint that it signed; never restore its folder from a backup.',
  ],
  async run(context, given) {
    const [word, ...more] = given.positionals;
    if (word !== 'serve' || more.length > 0) throw usageError(name, 'it is: ledger witness serve');
    const [listen, dir, logs] = [given.text('listen'), given.text('dir'), given.list('log')];
    const { host, port } = parseListen(name, listen ?? '');
    if (dir === undefined) throw usageError(name, '--dir is missing');
    if (logs.length === 0) throw usageError(name, '--log is missing: name a key of each log');
    await context.services.ledger.serveWitness({
      host,
      port,
      folder: resolve(context.workingFolder, dir),
      name: given.text('name') ?? host,
      logs,
      onListening: ({ port: listening, keys }) => {
        const shown = host.includes(':') ? `[${host}]` : host;
        context.print(`Listening on ${shown}:${listening}. For policies:\n`);
        for (const key of keys) context.print(`witness ${witnessName(key)} ${key} http://${shown}:${listening}\n`);
      },
      // A signal ends the process; what was cosigned is durable.
      untilStopped: new Promise<void>(() => {}),
    });
  },
};

/** Names in policies are without blanks, and one for each key. */
function witnessName(key: string): string {
  return key
    .split('+')
    .slice(0, 2)
    .join('-')
    .replace(/[^A-Za-z0-9._-]/g, '_');
}
