/** What an export of a part of a log says of itself: which bundles are there. */
export interface ExportManifest {
  readonly origin: string;
  /** Of the checkpoint. */
  readonly size: number;
  /** Entries that were asked for, `to` among them: their bundles are there, whole. */
  readonly from: number;
  readonly to: number;
}

/** Its file. */
export const exportManifestName = 'export.json';
/** No longer one is read. */
export const MOST_MANIFEST_BYTES = 4096;

const format = 'boltseal-export-1';

/** The text of the file. */
export function formatExportManifest(manifest: ExportManifest): string {
  return `${JSON.stringify({ format, ...manifest }, null, 2)}\n`;
}

/** Reads it; null when it is none. Hostile. */
export function parseExportManifest(bytes: Uint8Array): ExportManifest | null {
  if (bytes.length > MOST_MANIFEST_BYTES) return null;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { format: named, origin, size, from, to } = value as Readonly<Record<string, unknown>>;
  if (named !== format || typeof origin !== 'string') return null;
  if (!isCount(size) || !isCount(from) || !isCount(to) || from > to || to >= size) return null;
  return { origin, size, from, to };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
