import type { CheckSummary } from '../vault/service-port.ts';
import { formatBytes, formatCount } from './format.ts';

/** What a search for readable values found, without the values. */
export function describeCheck({ sampled, subjects, files, bytes, hits }: CheckSummary): string {
  const whose =
    sampled < subjects ? `${formatCount(sampled)} of ${formatCount(subjects)}` : `all ${formatCount(subjects)}`;
  const searched = `Looked for the values of ${whose} subjects in ${formatCount(files)} files (${formatBytes(bytes)})`;
  if (hits.length === 0) return `${searched}: none stands readable.\n`;
  const lines = hits.map(({ file, at, what, encoding }) => `  ${file}, byte ${at}: a value of ${what} in ${encoding}`);
  return [`${searched}:`, ...lines, ''].join('\n');
}
