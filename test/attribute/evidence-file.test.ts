import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { type EvidenceFacts, readEvidence, writeEvidence } from '../../src/verify/evidence-file.ts';
import type { SubjectEvidence } from '../../src/verify/subject-evidence.ts';

const key = new Uint8Array(32).fill(7);
const facts: EvidenceFacts = { createdAt: '2026-11-22T10:00:00Z', registered: 5_000_000, copy: { shape: 'single' } };

function evidence(count: number): SubjectEvidence {
  return {
    subject: Uint32Array.from({ length: count }, (_, i) => 2 * i),
    fields: Uint16Array.from({ length: count }, (_, i) => 1 + (i % 500)),
    from: Uint32Array.from({ length: count }, (_, i) => 1_700_000_000 + i),
    until: new Uint32Array(count).fill(0xffffffff),
    strong: Uint8Array.from({ length: count }, (_, i) => i % 2),
  };
}

function inHome(work: (home: string) => void): void {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'boltseal-evidence-'));
  try {
    work(home);
  } finally {
    fs.rmSync(home, { recursive: true });
  }
}

test('what is written is read, over several pieces and for none at all', () => {
  inHome((home) => {
    for (const count of [0, 1, 2_500_000]) {
      const written = evidence(count);
      const id = writeEvidence(home, key, facts, written);
      const read = readEvidence(home, key, id);
      assert.equal(read.id, id);
      assert.deepEqual(read.facts, facts);
      for (const column of ['subject', 'fields', 'from', 'until', 'strong'] as const) {
        assert.equal(
          Buffer.compare(Buffer.from(read.subjects[column].buffer), Buffer.from(written[column].buffer)),
          0,
          column,
        );
      }
    }
    assert.equal(fs.statSync(path.join(home, 'verifications')).mode & 0o777, 0o700);
  });
});

test('any change, cut or wrong key is found out', () => {
  inHome((home) => {
    const id = writeEvidence(home, key, facts, evidence(100));
    const file = path.join(home, 'verifications', `${id}.bin`);
    const whole = fs.readFileSync(file);
    const fails = (code: string, run: () => unknown) => assert.throws(run, { code });
    for (let at = 0; at < whole.length; at += 13) {
      const changed = Buffer.from(whole);
      changed[at]! ^= 1;
      fs.writeFileSync(file, changed);
      fails('EVIDENCE_DAMAGED', () => readEvidence(home, key, id));
    }
    for (const length of [0, 10, 40, whole.length - 1]) {
      fs.writeFileSync(file, whole.subarray(0, length));
      fails('EVIDENCE_DAMAGED', () => readEvidence(home, key, id));
    }
    fs.writeFileSync(file, Buffer.concat([whole, Buffer.alloc(1)]));
    fails('EVIDENCE_DAMAGED', () => readEvidence(home, key, id));
    fs.writeFileSync(file, whole);
    fails('EVIDENCE_DAMAGED', () => readEvidence(home, new Uint8Array(32), id));
    assert.equal(readEvidence(home, key, id).subjects.subject.length, 100);
  });
});

test('an id that is none, or of another home, finds nothing', () => {
  inHome((home) => {
    for (const id of ['', '../../etc/passwd', '0'.repeat(32)]) {
      assert.throws(() => readEvidence(home, key, id), { code: 'EVIDENCE_NONE' });
    }
  });
});
