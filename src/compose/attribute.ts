import { readFile } from 'node:fs/promises';
import type { AttributeRequest, AttributeResult, Progress } from '../cli/services.ts';
import type { Verification } from '../contract/verification.ts';
import { BoltsealError } from '../core/errors.ts';
import { openHome } from '../home/home.ts';
import { readErrorReason } from '../home/system-errors.ts';
import { readVersion } from '../home/version.ts';
import { defaultThreads, readKey } from './shared.ts';

/** Says through whom a verified dump was taken, and gives the reports on it. */
export async function attributeDump(request: AttributeRequest, progress: Progress): Promise<AttributeResult> {
  const { paths } = await openHome(request.home);
  const { attribute } = await import('../attribute/attribute.ts');
  const { readLedger } = await import('../attribute/read-ledger.ts');
  const { renderAttributionHtml } = await import('../attribute/report/html.ts');
  const { renderAttributionTerminal } = await import('../attribute/report/terminal.ts');
  const { usableSubjects } = await import('../attribute/usable-subjects.ts');
  const { openDisclosures } = await import('../disclosures/reader.ts');
  const { readEvidence } = await import('../verify/evidence-file.ts');
  const key = await readKey(paths.key);
  const { verification, id } = await readVerification(request.verification);
  const { facts, subjects } = readEvidence(request.home, key, id);
  const dump = usableSubjects(subjects);
  const reader = openDisclosures(request.home, key);
  const threads = request.threads ?? defaultThreads();
  progress.begin(
    'reading the disclosures',
    reader.segments().reduce((sum, { rows }) => sum + rows, 0),
    'rows',
  );
  const ledger = await readLedger({
    reader,
    source: reader.source,
    dump,
    registered: facts.registered,
    threads,
    onRead: (rows) => progress.advance(rows),
  });
  const attribution = attribute({
    version: readVersion(),
    dump: {
      id,
      createdAt: facts.createdAt,
      name: verification.file.name,
      subjects: dump,
      copyShape: copyShape(facts.copy),
      shareOfRegister: subjects.subject.length / Math.max(1, facts.registered),
      canaries: facts.canaries ?? null,
    },
    principals: reader.principals(),
    ledger,
    threads,
    now: Date.now(),
  });
  progress.end();
  return {
    attribution,
    renderTerminal: ({ columns, colour }) => renderAttributionTerminal(attribution, { width: columns, color: colour }),
    renderHtml: () => renderAttributionHtml(attribution),
  };
}

/** A verification and its id in this home; '' when it has none, which no evidence file answers to. */
async function readVerification(path: string): Promise<{ readonly verification: Verification; readonly id: string }> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new BoltsealError('VERIFICATION_READ', { path, reason: readErrorReason(cause) }, { cause });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = null;
  }
  const { parseVerification } = await import('../contract/validate.ts');
  const verification = parseVerification(json);
  const id = verification.id ?? '';
  return { verification, id };
}

function copyShape(copy: unknown): string | null {
  if (typeof copy !== 'object' || copy === null || !('shape' in copy)) return null;
  return typeof copy.shape === 'string' ? copy.shape : null;
}
