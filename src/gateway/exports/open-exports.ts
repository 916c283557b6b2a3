import type { Audit } from '../directory/audit.ts';
import type { Directory } from '../directory/directory.ts';
import type { Forms } from '../forms.ts';
import type { Observation } from '../observe/open-observation.ts';
import type { DecisionLog, PolicyEngine } from '../port.ts';
import type { GatewayStores } from '../stores.ts';
import { ExportBook, exportMigrations } from './export-book.ts';
import { Exports } from './exports.ts';
import type { ExportSettings } from './port.ts';

const UPKEEP_MS = 60_000;

/** What exports work with. */
export interface OpenExportsInput {
  readonly policies: PolicyEngine;
  readonly forms: Forms;
  readonly directory: Pick<Directory, 'findActive'> & { readonly audit: Pick<Audit, 'record'> };
  /** Of decisions, noted for whom they are about. */
  readonly notingLog: DecisionLog;
  readonly observation: Pick<Observation, 'watch' | 'metrics'>;
  readonly settings: ExportSettings;
  readonly nowMs: () => number;
}

/** Opens the exports of a gateway; what was being given when the process ended is broken off, and told in the background. Fails with STORE_* and EXPORT_WRITE. */
export function openExports(
  stores: Pick<GatewayStores, 'vault' | 'exportCanaries' | 'log' | 'openDatabase' | 'keyFor'>,
  { policies, forms, directory, notingLog, observation, settings, nowMs }: OpenExportsInput,
): { readonly exports: Exports; close(): void } {
  const exports = new Exports({
    book: new ExportBook(stores.openDatabase('exports', exportMigrations), stores.keyFor('exports')),
    vault: stores.vault,
    policies,
    forms,
    canaries: stores.exportCanaries,
    findActive: (id) => directory.findActive(id),
    // Steps are no decisions about anybody: they have a count and events of their own.
    log: stores.log,
    rowLog: (isOwnCanary) => observation.watch(notingLog, isOwnCanary),
    onStep(step, { id, request, rows }, by, atMs) {
      observation.metrics.countExport(step);
      const detail = { purpose: request.purpose, recipient: request.recipient, people: request.people, rows };
      directory.audit.record({ actor: by, nowMs: atMs }, `export ${step}`, id, () => ({ result: null, detail }));
    },
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
