import { appendFileSync, closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import { BoltsealError } from '../../core/errors.ts';
import { readErrorReason } from '../../home/system-errors.ts';
import { parseListen, usageError } from '../arguments.ts';
import type { Command, Context } from '../command.ts';
import { serveDemo } from '../serve-demo.ts';

const name = 'serve';

export const serveCommand: Command = {
  name,
  summary: 'opens the gateway: personal data only through a door that knows who, why and how much',
  usage: [
    '[--listen HOST:PORT] [--tls-certificate FILE --tls-key FILE [--tls-clients FILE]]',
    '--demo [--listen HOST:PORT]',
  ],
  options: {
    demo: { text: 'serves an invented carrier that lives, in a home of its own that goes when it is stopped' },
    listen: { value: 'HOST:PORT', text: 'where it answers (default: 127.0.0.1:8443)' },
    'tls-certificate': { value: 'FILE', text: 'certificate chain, PEM' },
    'tls-key': { value: 'FILE', text: 'its private key, PEM' },
    'tls-clients': { value: 'FILE', text: 'authorities whose client certificates services may show, PEM' },
    log: {
      value: 'FILE',
      text: 'where requests are logged, one JSON object a line, added at the end (default: standard error)',
    },
    'without-tls': { text: 'listens beyond this machine without TLS, because something in front of it speaks TLS' },
  },
  details: [
    'It keeps the ledger and the vault of the home open until it is told to stop (Ctrl-C, SIGTERM); what was begun is ended first.',
    'Beyond this machine it listens with TLS alone, unless --without-tls says that a proxy does it.',
  ],
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'serve takes no further words');
    const { host, port } = parseListen(name, given.text('listen') ?? '127.0.0.1:8443');
    const [certificate, key, clients] = [
      given.text('tls-certificate'),
      given.text('tls-key'),
      given.text('tls-clients'),
    ];
    if ((certificate === undefined) !== (key === undefined))
      throw usageError(name, '--tls-certificate and --tls-key belong together');
    const at = (file: string): string => resolve(context.workingFolder, file);
    const request = {
      version: context.version,
      host,
      port,
      tls:
        certificate === undefined || key === undefined
          ? null
          : { certificate: at(certificate), key: at(key), clients: clients === undefined ? null : at(clients) },
      allowsPlain: given.flag('without-tls'),
      // The demo tells what happens in words of its own.
      log: given.flag('demo') && given.text('log') === undefined ? () => undefined : logTo(given.text('log'), context),
      note: (text: string) => context.note(text),
    };
    if (given.flag('demo')) return serveDemo(context, request);
    await context.services.gateway.serve({
      ...request,
      home: context.home,
      onListening: ({ address, firstLink }) => {
        // A session belongs to the name that was signed in at: the reference is named there, not at the address that is listened on.
        const reference = new URL('/docs', firstLink ?? address).href;
        context.print(`The gateway listens at ${address}. Its reference, for whoever is signed in: ${reference}
`);
        if (firstLink !== null)
          context.print(`There is no administrator who can sign in yet. This signs one in, once, within 15 minutes:
  ${firstLink}
`);
      },
      untilStopped: context.untilInterrupted(),
    });
  },
};

/** Opened for each writing, a few times a second at most, so that a program which moves logs away may do so at any time. Fails with OUTPUT_WRITE. */
function logTo(file: string | undefined, { workingFolder, note }: Context): (lines: string) => void {
  if (file === undefined || file === '-') return note;
  const path = resolve(workingFolder, file);
  try {
    closeSync(openSync(path, 'a', 0o600));
  } catch (cause) {
    throw new BoltsealError('OUTPUT_WRITE', { path, reason: readErrorReason(cause) }, { cause });
  }
  return (lines) => appendFileSync(path, lines, { mode: 0o600 });
}
