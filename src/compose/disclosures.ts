import type {
  DisclosuresImportRequest,
  DisclosuresImportResult,
  PrincipalsImportRequest,
  PrincipalsImportResult,
  Progress,
} from '../cli/services.ts';
import { openHome } from '../home/home.ts';
import { lockHome, readKey } from './shared.ts';

/** Adds access logs to the columns of disclosures. */
export async function addDisclosures(
  { home, inputs, words }: DisclosuresImportRequest,
  progress: Progress,
): Promise<DisclosuresImportResult> {
  const started = performance.now();
  const { paths, config } = await openHome(home);
  const { importDisclosures } = await import('../disclosures/import/import-disclosures.ts');
  const registerKey = await readKey(paths.key);
  const lock = await lockHome(home);
  try {
    progress.begin('reading the logs', null, 'bytes');
    const summary = await importDisclosures({
      home,
      registerKey,
      region: config.region,
      inputs,
      words,
      stdin: process.stdin,
      onRead: (bytes) => progress.advance(bytes),
    });
    progress.end();
    return { ...summary, seconds: (performance.now() - started) / 1000 };
  } finally {
    lock.release();
  }
}

/** Adds principals and what is known about them. */
export async function addPrincipals(
  { home, inputs, principal, at }: PrincipalsImportRequest,
  progress: Progress,
): Promise<PrincipalsImportResult> {
  const { paths, config } = await openHome(home);
  const { importPrincipals } = await import('../disclosures/import/import-principals.ts');
  const registerKey = await readKey(paths.key);
  const lock = await lockHome(home);
  try {
    progress.begin('reading the principals', null, 'bytes');
    const summary = await importPrincipals({
      home,
      registerKey,
      region: config.region,
      inputs,
      principalColumn: principal,
      atColumn: at,
      stdin: process.stdin,
      onRead: (bytes) => progress.advance(bytes),
    });
    progress.end();
    return summary;
  } finally {
    lock.release();
  }
}
