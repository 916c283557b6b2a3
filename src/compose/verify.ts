import type { Progress, VerifyRequest, VerifyResult } from '../cli/services.ts';
import { openHome } from '../home/home.ts';
import { readVersion } from '../home/version.ts';
import type { KeptVerification } from '../verify/kept-verifications.ts';
import { asOptions, defaultThreads, readKey } from './shared.ts';

/** Verifies a dump and gives the reports on it. */
export async function verify(request: VerifyRequest, progress: Progress): Promise<VerifyResult> {
  const { paths, config } = await openHome(request.home);
  const key = await readKey(paths.key);
  const { openDump } = await import('../dump/open-dump.ts');
  const { verifyDump } = await import('../verify/verify.ts');
  const { readCanaries } = await import('../canaries/marker.ts');
  const { renderTerminal } = await import('../verify/report/terminal.ts');
  const { renderHtml } = await import('../verify/report/html.ts');
  const dump = await openDump(request.inputs, {
    region: config.region,
    map: request.map,
    joins: true,
    ...asOptions(request.hints),
  });
  const { affected } = request;
  const verification = await verifyDump({
    home: request.home,
    key,
    region: config.region,
    version: readVersion(),
    dump,
    threads: request.threads ?? defaultThreads(),
    memoryBytes: request.memoryBytes,
    onRead: (bytes) => progress.advance(bytes),
    onPasses: (passes) => {
      const size = dump.sizeBytes;
      progress.begin('reading the dump', size === null ? null : size * passes, 'bytes');
    },
    readCanaries: () => readCanaries(request.home),
    keepsEvidence: request.keepsEvidence,
    writeAffected: affected === null ? null : (text) => affected.write(text),
  });
  progress.end();
  return {
    verification,
    renderTerminal: ({ columns, colour }) => renderTerminal(verification, { width: columns, color: colour }),
    renderHtml: () => renderHtml(verification),
  };
}

/** Verifications whose evidence a home keeps. */
export async function listKept(home: string): Promise<readonly KeptVerification[]> {
  const { paths } = await openHome(home);
  const { listVerifications } = await import('../verify/kept-verifications.ts');
  return listVerifications(home, await readKey(paths.key));
}

/** Removes the evidence of verifications. */
export async function removeKept(home: string, kept: readonly KeptVerification[]): Promise<number> {
  const { removeVerifications } = await import('../verify/kept-verifications.ts');
  return removeVerifications(home, kept);
}
