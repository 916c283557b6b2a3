import { printable } from '../../core/text.ts';
import type { ProvedEntry } from '../../ledger/service/proof.ts';
import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { formatCount, formatTime } from '../format.ts';

const name = 'ledger verify';

export const ledgerVerifyCommand: Command = {
  name,
  summary: 'checks a proof of an entry, without home or network',
  usage: ['FILE --policy FILE'],
  options: { policy: { value: 'FILE', text: 'whose signatures are believed (c2sp.org/tlog-policy)' } },
  async run(context, given) {
    const [proof, ...more] = given.positionals;
    const policy = given.text('policy');
    if (proof === undefined || more.length > 0) throw usageError(name, 'name one proof');
    if (policy === undefined) throw usageError(name, '--policy is missing: it says whose signatures are believed');
    context.print(describe(await context.services.ledger.verify(proof, policy)));
  },
};

function describe(proved: ProvedEntry): string {
  const { origin, index, size, kind, hourMs, revealed, closed, witnesses } = proved;
  const lines = [
    'PROVED: this entry is in the log, and what is shown is what it was recorded with.',
    `log         ${origin}`,
    `entry       ${index} of ${formatCount(size)}: ${kind}, recorded within the hour from ${formatTime(hourMs / 1000)}`,
    ...(witnesses.length === 0
      ? ['witnesses   none of the policy: whether others were shown another log is not proved']
      : witnesses.map(
          ({ name: witness, timestampSeconds }) =>
            `witness     ${witness}${timestampSeconds === null ? '' : ` saw the log at ${formatTime(timestampSeconds)}`}`,
        )),
    ...revealed.map((field) => `${field.name.padEnd(12)}${valueText(field)}`),
    `closed      ${closed.join(', ') || 'nothing'}`,
    '',
  ];
  return lines.map((line) => printable(line, 5000)).join('\n');
}

/** Values are shown because that is what they were revealed for; bytes that are no text in Base64. */
function valueText({ name: field, value }: ProvedEntry['revealed'][number]): string {
  const bytes = Buffer.from(value);
  const text = bytes.toString('utf8');
  if (field === 'policies' || field === 'record') return bytes.toString('hex');
  if (field === 'requestSignature' || field === 'entries' || field === 'root' || !Buffer.from(text).equals(bytes))
    return bytes.toString('base64');
  const time = field === 'time' ? new Date(Number(text)) : null;
  return time === null || Number.isNaN(time.getTime()) ? text : `${time.toISOString()} (${text})`;
}
