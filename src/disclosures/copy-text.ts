/** A copy of a text that is kept: one that was cut out of a larger one keeps all of it in memory, half a megabyte of a log for each name. */
export function copyText(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
