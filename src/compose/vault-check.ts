import { createReadStream, type Dirent, readdirSync } from 'node:fs';
import path from 'node:path';
import { BoltsealError } from '../core/errors.ts';
import { readErrorReason } from '../home/system-errors.ts';
import type { SampledSubject, Vault, VaultKeeping } from '../vault/port.ts';
import type { CheckSummary, Steps } from '../vault/service-port.ts';

/** Of so many subjects values are looked for: a writer that leaks leaks of nearly all, and patterns for all of ten millions would take 10 GB. */
const MOST_SUBJECTS = 20_000;
const READ_BYTES = 1_048_576;

/** Looks for values of the vault in every file of the home. Fails with VAULT_READ. */
export async function checkPlaintext(folder: string, vault: Vault & VaultKeeping, steps: Steps): Promise<CheckSummary> {
  const { PlaintextSearch } = await import('../vault/plaintext-search.ts');
  const { subjects } = await vault.status();
  const sample = await vault.sample(MOST_SUBJECTS);
  const search = new PlaintextSearch(valuesOf(sample));
  const files = [...listFiles(folder)];
  steps.begin('looking for readable values', null, 'bytes');
  let bytes = 0;
  const hits: CheckSummary['hits'][number][] = [];
  for (const file of files) {
    const found = await search.search(
      readFile(file, (count) => {
        bytes += count;
        steps.advance(count);
      }),
    );
    for (const hit of found) hits.push({ ...hit, file: path.relative(folder, file) });
  }
  steps.end();
  return { sampled: sample.length, subjects, files: files.length, bytes, hits };
}

function* valuesOf(sample: readonly SampledSubject[]): Generator<{ readonly what: string; readonly value: string }> {
  for (const { id, values, trackingNumbers } of sample) {
    yield { what: 'id', value: id };
    for (const [what, held] of Object.entries(values)) yield { what, value: held.value };
    for (const value of trackingNumbers) yield { what: 'trackingNumber', value };
  }
}

function* listFiles(folder: string): Generator<string> {
  let entries: Dirent[] = [];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    throw new BoltsealError('VAULT_READ', { reason: readErrorReason(cause) }, { cause });
  }
  for (const entry of entries) {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* listFiles(place);
    else if (entry.isFile()) yield place;
  }
}

async function* readFile(file: string, onRead: (bytes: number) => void): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: READ_BYTES })) {
      onRead(chunk.length);
      yield chunk;
    }
  } catch (cause) {
    // A journal that ended meanwhile is no loss; what cannot be read has not been looked at.
    if (readErrorReason(cause) === 'ENOENT') return;
    throw new BoltsealError('VAULT_READ', { reason: readErrorReason(cause) }, { cause });
  }
}
