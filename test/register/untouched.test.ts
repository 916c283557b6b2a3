import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { test } from 'node:test';
import type { AddSummary } from '../../src/register/builder.ts';
import type { ControlNeighbours } from '../../src/register/port.ts';
import {
  type AddSettings,
  addTable,
  email,
  load,
  name,
  newHome,
  phone,
  type Row,
  readAllIds,
  readImage,
  sorted,
  type Table,
  type Value,
} from './support.ts';

/* What a table leaves untouched is copied: the register must be the one in which everything is merged anew. */

const SUBJECTS = 600;
/** Well spread over the range of fingerprints (the finaliser of MurmurHash3). */
function mix(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function rowOf(subject: number, version: number): Row {
  const seed = 16 * subject + version;
  return {
    id: `C${subject}`,
    idValue: { lo: subject, hi: mix(subject + 7) },
    values: [
      // Every seventh shares a phone number with the one before.
      { field: phone, lo: 1, hi: mix(seed - (subject % 7 === 0 ? 16 : 0)) },
      { field: email, lo: 2, hi: mix(seed + 0x5000000) },
      { field: name, lo: mix(seed + 0x6000000), hi: 0 },
    ],
    created: 1000 + subject,
  };
}

/** Some change, some go and come back, some are new. */
function tableOf(step: number, mode: Table['mode']): Table {
  const rows: Row[] = [];
  for (let subject = 0; subject < SUBJECTS + 2 * step; subject++) {
    if (subject % 150 === step) continue;
    if (mode === 'delta' && subject % 10 !== 0) continue;
    // Changes add up; one in two hundred and forty goes back to what it was.
    const changes = subject % 120 < step ? step - (subject % 120) : 0;
    rows.push(rowOf(subject, subject % 240 === 0 ? changes % 2 : changes));
  }
  return { mode, asOf: 1000 * (step + 1), fields: ['phone', 'email', 'name'], rows };
}

/** Controls anywhere in the table; one of them is a value that some customer has or will have. */
function spread({ field, lo, hi }: Value): ControlNeighbours {
  return { field: field.id, sampleHi: hi, neighbours: Uint32Array.of(lo, mix(hi), 1, mix(16 * (hi % SUBJECTS) + 2)) };
}

/** All that the register says, but for the numbers of lines and periods. */
function describe(home: string): unknown {
  const loaded = load(home);
  const { versions, controls } = readImage(loaded);
  const { uuid: _uuid, files: _files, lines: _lines, overflow: _overflow, ...manifest } = loaded.manifest;
  const created = [...loaded.image.created];
  return { versions: sorted(versions), controls: [...controls].sort(), manifest, created, ids: readAllIds(home) };
}

function withoutManifest({ manifest: _manifest, ...summary }: AddSummary): unknown {
  return summary;
}

test('snapshots and deltas that leave most of a register untouched make the one that merging all of it makes', () => {
  const settings: AddSettings = { rowsPerBlock: 500, controlled: [phone], samplesPerField: 20, neighbours: spread };
  const [copied, merged] = [newHome(), newHome()];
  addTable(copied, tableOf(0, 'snapshot'), settings);
  cpSync(copied, merged, { recursive: true });
  const { lines } = load(copied).manifest;
  (['snapshot', 'delta', 'snapshot', 'snapshot'] as const).forEach((mode, i) => {
    const table = tableOf(i + 1, mode);
    const summary = addTable(copied, table, settings);
    assert.deepEqual(
      withoutManifest(summary),
      withoutManifest(addTable(merged, table, { ...settings, remakes: true })),
    );
    assert.deepEqual(describe(copied), describe(merged), `${mode} ${i}`);
    assert.equal(load(copied).manifest.lines, lines, 'the table was copied');
    assert.notEqual(load(merged).manifest.lines, lines, 'the table was made anew');
  });
  assert.ok(load(copied).manifest.controls[0]!.threshold < 0x20000000, 'some lines have no value of the sample');
});

test('a table that has become too full for its lines gets new ones', () => {
  const home = newHome();
  const rows = (count: number): Row[] => Array.from({ length: count }, (_, i) => rowOf(i, 0));
  addTable(
    home,
    { mode: 'snapshot', asOf: 100, fields: ['phone', 'email', 'name'], rows: rows(250) },
    { rowsPerBlock: 500 },
  );
  const { lines } = load(home).manifest;
  addTable(
    home,
    { mode: 'snapshot', asOf: 200, fields: ['phone', 'email', 'name'], rows: rows(260) },
    { rowsPerBlock: 600 },
  );
  assert.equal(load(home).manifest.lines, lines);
  addTable(
    home,
    { mode: 'snapshot', asOf: 300, fields: ['phone', 'email', 'name'], rows: rows(300) },
    { rowsPerBlock: 600 },
  );
  const { manifest } = load(home);
  assert.equal(manifest.lines, Math.ceil(manifest.records / 5.5));
});
