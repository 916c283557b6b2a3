import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { fromBase64, toBase64 } from '../../../src/core/base64.ts';
import { BoltsealError } from '../../../src/core/errors.ts';
import { formatCheckpoint, parseCheckpoint } from '../../../src/core/note/checkpoint.ts';
import { formatNote, parseNote } from '../../../src/core/note/signed-note.ts';
import { formatVerifierKey, parseVerifierKey } from '../../../src/core/note/verifier-key.ts';
import { signLine, verifyNote } from '../../../src/core/note/verify-note.ts';
import { makeSigner, sha256, verifier } from './keys.ts';

const example = fileURLToPath(new URL('../../../../shared/data/vectors/signed-note.txt', import.meta.url));
const skip = existsSync(example) ? false : 'the vectors are in ../shared, which is not here';
const failsWith = (code: string) => (error: unknown) => error instanceof BoltsealError && error.code === code;

const origin = 'log.example/2026h2';
const text = formatCheckpoint({ origin, size: 70_000, root: sha256(Buffer.from('root')), extensions: [] });

test('the example of the specification verifies, and no altered one does', { skip }, () => {
  const [head = '', ...rest] = readFileSync(example, 'utf8').split('\n');
  const key = parseVerifierKey(sha256, head.replace('vkey: ', ''));
  const note = rest.slice(1).join('\n');
  assert.equal(verifyNote(parseNote(note), [key], verifier).length, 1);
  assert.equal(formatNote(parseNote(note)), note);
  assert.equal(`vkey: ${formatVerifierKey(key)}`, head);
  assert.throws(
    () => verifyNote(parseNote(note.replace('example message', 'Example message')), [key], verifier),
    failsWith('LEDGER_SIGNATURE'),
  );
});

test('a checkpoint carries signatures of every type, and each is bound to its text', () => {
  const signers = [makeSigner(origin, 0x01), makeSigner('witness.example/w', 0x04), makeSigner(origin, 0x06)];
  const note = { text, signatures: signers.map((signer) => signLine(text, signer, 1_790_000_000)) };
  const keys = signers.map(({ key }) => parseVerifierKey(sha256, formatVerifierKey(key)));
  const read = parseNote(formatNote(note));
  assert.deepEqual(
    verifyNote(read, keys, verifier).map(({ timestampSeconds }) => timestampSeconds),
    [null, 1_790_000_000, 1_790_000_000],
  );
  const other = text.replace('70000', '70001');
  for (const key of keys)
    assert.throws(() => verifyNote({ ...read, text: other }, [key], verifier), failsWith('LEDGER_SIGNATURE'));
});

test('lines of unknown keys are passed over; a known one that does not hold refuses the whole note', () => {
  const known = makeSigner(origin, 0x01);
  const stranger = makeSigner('stranger.example', 0x01);
  const second = makeSigner('second.example', 0x01);
  const good = signLine(text, known, 0);
  const keys = [known.key, second.key];
  assert.equal(verifyNote({ text, signatures: [signLine(text, stranger, 0), good] }, keys, verifier).length, 1);
  assert.throws(
    () => verifyNote({ text, signatures: [signLine(text, stranger, 0)] }, keys, verifier),
    failsWith('LEDGER_SIGNATURE'),
  );
  const bad = { ...signLine(text, second, 0), signature: good.signature };
  assert.throws(() => verifyNote({ text, signatures: [good, bad] }, keys, verifier), failsWith('LEDGER_SIGNATURE'));
  const short = { ...good, signature: good.signature.slice(1) };
  assert.throws(() => verifyNote({ text, signatures: [short] }, keys, verifier), failsWith('LEDGER_SIGNATURE'));
});

test('an origin that no cosigned message can hold is refused with a code', () => {
  const { key } = makeSigner(origin, 0x06);
  const long = formatCheckpoint({
    origin: 'x'.repeat(300),
    size: 1,
    root: sha256(Buffer.from('root')),
    extensions: [],
  });
  const line = { name: key.name, keyId: key.keyId, signature: new Uint8Array(8 + 2420) };
  assert.throws(() => verifyNote({ text: long, signatures: [line] }, [key], verifier), failsWith('LEDGER_NOTE'));
});

test('what is no note is refused with a code', () => {
  const line =
    formatNote({ text, signatures: [signLine(text, makeSigner(origin, 0x01), 0)] })
      .split('\n')
      .at(-2) ?? '';
  const refused = [
    '',
    'text\n',
    `text${line}\n`,
    `text\n\n${line}`,
    'text\n\n\n',
    `te\u0001xt\n\n${line}\n`,
    `te\ud800xt\n\n${line}\n`,
    `text\n\n${line} more\n`,
    `text\n\n${line.replace('—', '-')}\n`,
    `text\n\n— log+x AAAAAAAA\n`,
    `text\n\n— log AAAA\n`,
    `text\n\n${`${line}\n`.repeat(101)}`,
  ];
  for (const note of refused) assert.throws(() => parseNote(note), failsWith('LEDGER_NOTE'));
  assert.equal(parseNote(`a\n\nb\n\n${`${line}\n`.repeat(16)}`).signatures.length, 16);
  assert.equal(parseNote(`a\n\nb\n\n${line}\n`).text, 'a\n\nb\n');
});

test('what is no checkpoint is refused with a code; the others keep their spelling', () => {
  const root = toBase64(sha256(new Uint8Array(0)));
  for (const refused of [
    '',
    'o\n1\n',
    `\n1\n${root}\n`,
    `o\n01\n${root}\n`,
    `o\n-1\n${root}\n`,
    `o\n1e3\n${root}\n`,
    `o\n9007199254740993\n${root}\n`,
    `o\n1\n${root.slice(4)}\n`,
    `o\n1\n${root}`,
    `o\n1\n${root}\n\n`,
  ])
    assert.throws(() => parseCheckpoint(refused), failsWith('LEDGER_NOTE'));
  for (const kept of [`o\n0\n${root}\n`, `o\n12\n${root}\nextension\nand another\n`])
    assert.equal(formatCheckpoint(parseCheckpoint(kept)), kept);
});

test('keys with another id, type or length are refused', () => {
  const { key } = makeSigner(origin, 0x01);
  const vkey = formatVerifierKey(key);
  const [name = '', id = '', base64 = ''] = vkey.split('+', 3);
  assert.deepEqual(parseVerifierKey(sha256, vkey), key);
  const secret = toBase64(Uint8Array.of(2, ...key.publicKey));
  for (const refused of [
    '',
    name,
    `${name}+${id}`,
    `other+${id}+${base64}`,
    `${name}+00000000+${base64}`,
    `${name}+${id}+${secret}`,
    `${name}+${id}+AQ==`,
  ])
    assert.throws(() => parseVerifierKey(sha256, refused), failsWith('LEDGER_NOTE'));
});

test('Base64 is that of Node, and has one spelling', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      const encoded = toBase64(bytes);
      assert.equal(encoded, Buffer.from(bytes).toString('base64'));
      assert.deepEqual(fromBase64(encoded), bytes);
    }),
  );
  for (const refused of ['A', 'AA', 'AAA', 'AB==', 'AAB=', 'A===', '====', 'AA=A', 'A-_A', 'AAAA\n', 'AA==AAAA'])
    assert.equal(fromBase64(refused), null, refused);
});
