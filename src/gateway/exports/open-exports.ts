import type { Audit } from '../directory/audit.ts';
import type { Directory } from '../directory/directory.ts';
import type { Forms } from '../forms.ts';
import type { Observation } from '../observe/open-observation.ts';
import type { DecisionLog, PolicyEngine } from '../port.ts';
import type { GatewayStores } from '../stores.ts';
import { ExportBook, exportMigrations } from './export-book.ts';
import { Exports } from './exports.ts';
import type { ExportSettings } from './port.ts';
import { stepDetail } from './steps.ts';

const UPKEEP_MS = 60_000;

/** What exports work with. */
export interface OpenExportsInput {
  readonly policies: PolicyEngine;
  readonly forms: Forms;
  readonly directory: Pick<Directory, 'findActive'> & { readonly audit: Pick<Audit, 'record' | 'carryOut'> };
  /** Of decisions, noted for whom they are about. */
  readonly notingLog: DecisionLog;
  readonly observation: Pick<Observation, 'watch' | 'metrics'>;
  readonly settings: ExportSettings;
  readonly nowMs: () => number;
}

/** Opens the exports of a gateway; what was being given when the process ended is broken off, and told in the background. Fails with STORE_* and EXPORT_WRITE. */
export function openExports(
  stores: Pick<GatewayStores, 'vault' | 'exportCanaries' | 'openDatabase' | 'keyFor'>,
  { policies, forms, directory, notingLog, observation, settings, nowMs }: OpenExportsInput,
): { readonly exports: Exports; close(): void } {
  const exports = new Exports({
    book: new ExportBook(stores.openDatabase('exports', exportMigrations), stores.keyFor('exports')),
    vault: stores.vault,
    policies,
    forms,
    canaries: stores.exportCanaries,
    findActive: (id) => directory.findActive(id),
    async tell(record, { step, by, nowMs: atMs, signature = null }) {
      const change = { actor: by, nowMs: atMs, signature };
      const detail = stepDetail(record);
      await directory.audit.carryOut(() =>
        directory.audit.record(change, `export ${step}`, record.id, () => ({ result: null, detail })),
      );
      observation.metrics.countExport(step);
    },
    rowLog: (isOwnCanary) => observation.watch(notingLog, isOwnCanary),
    settings,
    nowMs,
  });
  const upkeep = (): void => {
    exports.upkeep().catch(() => undefined);
  };
  upkeep();
  const timer = setInterval(upkeep, UPKEEP_MS).unref();
  return {
    exports,
    close() {
      clearInterval(timer);
      exports.close();
    },
  };
}
