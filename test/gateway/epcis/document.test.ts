import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEpcisCapture, defaultCaptureLimits } from '../../../src/gateway/epcis/capture.ts';
import { CheckFailed } from '../../../src/gateway/epcis/check.ts';
import { readDocument } from '../../../src/gateway/epcis/document.ts';
import { defaultMapping } from '../../../src/gateway/epcis/mapping.ts';
import { createParcelTracking } from '../../../src/gateway/movements/tracking.ts';
import { aState } from '../context/a-state.ts';
import { aVault } from '../movements/a-vault.ts';
import { aDocument, anEvent } from './documents.ts';

const prefixes = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, `https://ns.example.com/${i}/`]));

test('a document has an id that holds within it alone, a URI, or none', () => {
  for (const id of ['_:document1', 'https://id.example.org/document1', undefined])
    assert.equal(readDocument(aDocument([], id === undefined ? {} : { id })).events.length, 0);
  assert.throws(() => readDocument(aDocument([], { id: 'document 1' })), CheckFailed);
});

test('a context has so many prefixes at most, and short ones', () => {
  assert.equal(readDocument(aDocument([], { '@context': prefixes(200) })).prefixes.size, 200);
  for (const context of [
    prefixes(201),
    [prefixes(150), { a: 'https://a.example/' }, { ...prefixes(210) }],
    { x: 'y'.repeat(2001) },
  ])
    assert.throws(() => readDocument(aDocument([], { '@context': context })), CheckFailed);
});

test('two thousand events with names of their own are read in time that grows with what was sent', async () => {
  const { state } = aState();
  const tracking = createParcelTracking(aVault(), state.movements, state.containers);
  const capture = createEpcisCapture({
    tracking,
    jobs: state.jobs,
    mapping: defaultMapping,
    limits: defaultCaptureLimits,
    nowMs: () => Date.parse('2026-11-22T12:00:00Z'),
  });
  const event = anEvent({ '@context': { own: 'https://own.example.com/' }, bizStep: 'p1:step', epcList: [] });
  const many = Array.from({ length: 2000 }, () => event);
  const started = process.cpuUsage();
  await capture.captureDocument(aDocument(many, { '@context': prefixes(200) }), 'tracking-1', 'rollback');
  assert.ok(process.cpuUsage(started).user < 2_000_000);
  const huge = aDocument(many, { '@context': { p1: 'x'.repeat(2_000_000) } });
  await assert.rejects(capture.captureDocument(huge, 'tracking-1', 'rollback'), { code: 'EPCIS_DOCUMENT' });
});
