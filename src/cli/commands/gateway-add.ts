import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { principalKinds } from '../../contract/api/words.ts';
import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';

const name = 'gateway add';

export const gatewayAddCommand: Command = {
  name,
  summary: 'lets somebody ask the gateway: a device, a member of staff, a service',
  usage: ['ID --kind KIND --role ROLE [--station ID] [--partner ID] [--public-key FILE]'],
  options: {
    kind: { value: 'KIND', text: 'device, staff or service' },
    role: { value: 'ROLE', text: 'as the policies name it: scanner, courier, customer-service, administrator ...' },
    station: { value: 'ID', text: 'where it works' },
    partner: { value: 'ID', text: 'for whom' },
    'public-key': { value: 'FILE', text: 'its Ed25519 public key, PEM' },
  },
  details: ['Devices are better enrolled, with `boltseal gateway enrol`: then their key never leaves them.'],
  async run(context, given) {
    const [id, more] = given.positionals;
    const role = given.text('role');
    const kind = principalKinds.find((known) => known === given.text('kind'));
    if (id === undefined || more !== undefined) throw usageError(name, 'give one ID');
    if (kind === undefined) throw usageError(name, '--kind is device, staff or service');
    if (role === undefined) throw usageError(name, 'give --role');
    const file = given.text('public-key');
    const spki = file === undefined ? null : readPublicKey(resolve(context.workingFolder, file));
    const station = given.text('station') ?? null;
    const partner = given.text('partner') ?? null;
    const principal = { id, kind, role, station, partner, attributes: {} };
    const keyId = await context.services.principals.add(context.home, principal, spki, context.now());
    context.print(keyId === null ? `Added ${id}.\n` : `Added ${id}; its requests are signed with keyid="${keyId}".\n`);
  },
};

function readPublicKey(file: string): Uint8Array {
  try {
    return createPublicKey(readFileSync(file)).export({ format: 'der', type: 'spki' });
  } catch {
    throw usageError(name, '--public-key must be a file with a public key in PEM');
  }
}
