import assert from 'node:assert/strict';
import { createHash, sign } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { BoltsealError, type ErrorCode } from '../../../src/core/errors.ts';
import { writeDigest } from '../../../src/core/http-signature/content-digest.ts';
import { createSignatureBase } from '../../../src/core/http-signature/signature-base.ts';
import { parseDictionary } from '../../../src/core/http-signature/structured-fields.ts';
import { createAuthenticator } from '../../../src/gateway/auth/authenticator.ts';
import { Nonces } from '../../../src/gateway/auth/nonces.ts';
import type { IncomingRequest } from '../../../src/gateway/port.ts';
import {
  addKeyOf,
  atEnd,
  change,
  type Device,
  makeKey,
  makeWorld,
  openDirectory,
  START_MS,
  signRequest,
  type World,
  withHeaders,
} from './world.ts';

const body = '{"purpose":"delivery","parcels":["TEST0001"]}';

async function refuses(world: World, request: IncomingRequest, code: ErrorCode, why?: string): Promise<void> {
  await assert.rejects(world.authenticator.authenticate(request), { code }, why);
}

test('a signed request is its principal, with its signature', async (t) => {
  const world = makeWorld(t);
  const caller = await world.authenticator.authenticate(signRequest(world.device, { body }));
  assert.equal(caller.by, 'signature');
  assert.equal(caller.signature?.length, 64);
  assert.deepEqual(caller.principal, {
    id: 'scanner-1',
    kind: 'device',
    role: 'scanner',
    station: 'st-1',
    partner: 'p-1',
    attributes: { model: 'm3' },
  });
  await world.authenticator.authenticate(signRequest(world.device, { method: 'GET', target: '/' }));
});

test('who does not sign, signs with an unknown key, or with the key of somebody else, does not get in', async (t) => {
  const world = makeWorld(t);
  const request = signRequest(world.device, { body });
  const other = makeKey();
  await refuses(world, withHeaders(request, { signature: undefined, 'signature-input': undefined }), 'AUTH_MISSING');
  await refuses(world, withHeaders(request, { signature: undefined }), 'AUTH_FORMAT');
  await refuses(world, withHeaders(request, { 'signature-input': undefined }), 'AUTH_FORMAT');
  await refuses(world, signRequest(other, { body }), 'AUTH_KEY');
  await refuses(world, signRequest({ ...other, keyId: world.device.keyId }, { body }), 'AUTH_SIGNATURE');
  await world.authenticator.authenticate(request);
});

test('what was signed for another gateway, or came to another host, does not count here', async (t) => {
  const world = makeWorld(t);
  await refuses(world, signRequest(world.device, { authority: 'gate.other.example' }), 'AUTH_AUTHORITY');
  const elsewhere = signRequest(world.device, { authority: 'gate.other.example' });
  await refuses(world, { ...elsewhere, authority: 'gate.example' }, 'AUTH_SIGNATURE');
  await world.authenticator.authenticate(signRequest(world.device, { authority: 'GATE.example:443' }));
});

test('a request that was changed on its way is refused', async (t) => {
  const world = makeWorld(t);
  const request = signRequest(world.device, { body, headers: { 'idempotency-key': 'one' } });
  const changed: [string, IncomingRequest, ErrorCode][] = [
    ['method', { ...request, method: 'PUT' }, 'AUTH_SIGNATURE'],
    ['case of the method', { ...request, method: 'post' }, 'AUTH_SIGNATURE'],
    ['path', { ...request, target: '/v1/disclosure?x=1' }, 'AUTH_SIGNATURE'],
    ['query', { ...request, target: '/v1/disclosures?x=2' }, 'AUTH_SIGNATURE'],
    ['no query', { ...request, target: '/v1/disclosures' }, 'AUTH_SIGNATURE'],
    ['encoded', { ...request, target: '/v1/%64isclosures?x=1' }, 'AUTH_SIGNATURE'],
    ['up', { ...request, target: '/v1/x/%2e%2e/disclosures?x=1' }, 'AUTH_SIGNATURE'],
    ['doubled', { ...request, target: '//v1/disclosures?x=1' }, 'AUTH_SIGNATURE'],
    ['parameter', { ...request, target: '/v1/disclosures;a=b?x=1' }, 'AUTH_SIGNATURE'],
    ['fragment', { ...request, target: '/v1/disclosures?x=1#y' }, 'AUTH_FORMAT'],
    ['absolute', { ...request, target: 'https://gate.example/v1/disclosures?x=1' }, 'AUTH_FORMAT'],
    ['blank', { ...request, target: '/v1/disclosures?x=1 ' }, 'AUTH_FORMAT'],
    ['letters', { ...request, target: '/v1/disclosures?x=张' }, 'AUTH_FORMAT'],
    ['body', { ...request, body: Buffer.from(body.replace('1', '2')) }, 'AUTH_DIGEST'],
    ['no body', { ...request, body: new Uint8Array(0) }, 'AUTH_DIGEST'],
    ['type', withHeaders(request, { 'content-type': ['text/plain'] }), 'AUTH_SIGNATURE'],
    ['idempotency key', withHeaders(request, { 'idempotency-key': ['two'] }), 'AUTH_SIGNATURE'],
    ['a version to replace', withHeaders(request, { 'if-match': ['"0123456789abcdef"'] }), 'AUTH_FORMAT'],
    ['what becomes of the rest', withHeaders(request, { 'gs1-capture-error-behaviour': ['proceed'] }), 'AUTH_FORMAT'],
    ['no idempotency key', withHeaders(request, { 'idempotency-key': undefined }), 'AUTH_FORMAT'],
    ['an encoding', withHeaders(request, { 'content-encoding': ['gzip'] }), 'AUTH_FORMAT'],
    ['two hosts', withHeaders(request, { host: ['gate.example', 'gate.example'] }), 'AUTH_FORMAT'],
    ['no digest', withHeaders(request, { 'content-digest': undefined }), 'AUTH_FORMAT'],
  ];
  for (const [why, one, code] of changed) await refuses(world, one, code, why);
  await refuses(world, { ...signRequest(world.device), body: Buffer.from(body) }, 'AUTH_FORMAT', 'a body from nowhere');
  await world.authenticator.authenticate(request);
});

test('digests: two that differ, folded ones, weak ones and those of another body are refused', async (t) => {
  const world = makeWorld(t);
  const other = writeDigest('sha-256', createHash('sha256').update('other').digest());
  const request = signRequest(world.device, { body });
  const own = request.headers.get('content-digest')![0]!;
  await refuses(world, withHeaders(request, { 'content-digest': [own, other] }), 'AUTH_SIGNATURE');
  await refuses(world, withHeaders(request, { 'content-digest': [own, own] }), 'AUTH_SIGNATURE');
  await refuses(world, withHeaders(request, { 'content-digest': [`${own}\r\n ,md5=:AA==:`] }), 'AUTH_SIGNATURE');
  await refuses(world, withHeaders(request, { 'content-digest': [`${own}\r\nx: y`] }), 'AUTH_FORMAT');
  for (const digest of [
    `${own}, ${other}`,
    `${other}, ${own}`,
    `${other}`,
    'md5=:1B2M2Y8AsgTpgAmY7PhCfg==:',
    'sha-256=:AA==:',
    '',
    'x',
  ]) {
    const signed = resign(world.device, withHeaders(request, { 'content-digest': [digest] }));
    await refuses(world, signed, 'AUTH_DIGEST', digest.slice(0, 10));
  }
  const both = `${own}, ${writeDigest('sha-512', createHash('sha512').update(body).digest())}, unknown=:AA==:`;
  await world.authenticator.authenticate(resign(world.device, withHeaders(request, { 'content-digest': [both] })));
  const half = `${own}, ${writeDigest('sha-512', createHash('sha512').update('other').digest())}`;
  await refuses(world, resign(world.device, withHeaders(request, { 'content-digest': [half] })), 'AUTH_DIGEST');
});

test('names of headers are compared in lower case: another spelling is another header', async (t) => {
  const world = makeWorld(t);
  const request = signRequest(world.device, { body });
  const input = request.headers.get('signature-input')![0]!;
  const upper = input.replace('"content-digest"', '"Content-Digest"');
  await refuses(world, withHeaders(request, { 'signature-input': [upper] }), 'AUTH_FORMAT');
});

test('a signature that covers too little, or says too little about itself, is refused', async (t) => {
  const world = makeWorld(t);
  const request = signRequest(world.device, { body });
  const good =
    '("@method" "@authority" "@path" "@query" "content-digest" "content-type");created=$C;nonce="$N";keyid="$K";tag="boltseal"';
  const cases: [string, string, ErrorCode | null][] = [
    ['nothing is wrong', good, null],
    ['target-uri', good.replace('"@path" "@query"', '"@target-uri"'), null],
    ['expires', good.replace(';tag', `;expires=${START_MS / 1000 + 1};tag`), null],
    ['alg', good.replace(';tag', ';alg="ed25519";tag'), null],
    ['expired', good.replace(';tag', `;expires=${START_MS / 1000};tag`), 'AUTH_TIME'],
    ['expires as text', good.replace(';tag', ';expires="1";tag'), 'AUTH_FORMAT'],
    ['another alg', good.replace(';tag', ';alg="hmac-sha256";tag'), 'AUTH_FORMAT'],
    ['alg as token', good.replace(';tag', ';alg=ed25519;tag'), 'AUTH_FORMAT'],
    ['no method', good.replace('"@method" ', ''), 'AUTH_FORMAT'],
    ['no authority', good.replace('"@authority" ', ''), 'AUTH_FORMAT'],
    ['no path', good.replace('"@path" ', ''), 'AUTH_FORMAT'],
    ['no query', good.replace('"@query" ', ''), 'AUTH_FORMAT'],
    ['one parameter only', good.replace('"@query"', '"@query-param";name="x"'), 'AUTH_FORMAT'],
    ['no digest', good.replace(' "content-digest"', ''), 'AUTH_FORMAT'],
    ['a part of the digest', good.replace('"content-digest"', '"content-digest";key="sha-256"'), 'AUTH_FORMAT'],
    ['no type', good.replace(' "content-type"', ''), 'AUTH_FORMAT'],
    ['nothing at all', good.replace(/^\(.*\)/, '()'), 'AUTH_FORMAT'],
    ['twice', good.replace('"@method"', '"@method" "@method"'), 'AUTH_FORMAT'],
    ['what is not there', good.replace('"@method"', '"@method" "x-none"'), 'AUTH_FORMAT'],
    ['unknown derived', good.replace('"@method"', '"@method" "@body"'), 'AUTH_FORMAT'],
    ['its own parameters', good.replace('"@method"', '"@method" "@signature-params"'), 'AUTH_FORMAT'],
    ['status of a request', good.replace('"@method"', '"@method" "@status"'), 'AUTH_FORMAT'],
    ['trailers', good.replace('"@method"', '"@method" "content-type";tr'), 'AUTH_FORMAT'],
    ['req', good.replace('"@method"', '"@method" "content-type";req'), 'AUTH_FORMAT'],
    ['unknown parameter of a component', good.replace('"@method"', '"@method" "content-type";x'), 'AUTH_FORMAT'],
    ['sf of what is unknown', good.replace('"@method"', '"@method" "content-type";sf'), 'AUTH_FORMAT'],
    ['no created', good.replace('created=$C;', ''), 'AUTH_FORMAT'],
    ['created as decimal', good.replace('$C', '$C.0'), 'AUTH_FORMAT'],
    ['negative created', good.replace('$C', '-$C'), 'AUTH_FORMAT'],
    ['no nonce', good.replace('nonce="$N";', ''), 'AUTH_FORMAT'],
    ['short nonce', good.replace('$N', 'short'), 'AUTH_FORMAT'],
    ['long nonce', good.replace('$N', 'n'.repeat(65)), 'AUTH_FORMAT'],
    ['no key', good.replace(';keyid="$K"', ''), 'AUTH_FORMAT'],
    ['another key', good.replace('$K', '../../etc/passwd'), 'AUTH_FORMAT'],
    ['another tag', good.replace('boltseal', 'other'), 'AUTH_FORMAT'],
    ['no tag', good.replace(';tag="boltseal"', ''), 'AUTH_FORMAT'],
    ['unknown parameter', good.replace(';tag', ';x=1;tag'), 'AUTH_FORMAT'],
    ['parameter twice', good.replace(';tag', ';created=$C;tag'), 'AUTH_FORMAT'],
  ];
  let number = 0;
  for (const [why, input, code] of cases) {
    const nonce = `nonce-of-sixteen-${number++}`;
    const filled = input
      .replaceAll('$C', String(START_MS / 1000))
      .replace('$N', nonce)
      .replace('$K', world.device.keyId);
    const signed = signAs(world.device, request, filled);
    if (code === null) await world.authenticator.authenticate(signed);
    else await refuses(world, signed, code, why);
  }
});

test('a signature that covers very much is refused before it costs anything', async (t) => {
  const world = makeWorld(t);
  const names = Array.from({ length: 240 }, (_, i) => `p${i.toString(36)}`);
  const request = { ...signRequest(world.device), target: `/v1/disclosures?${names.join('&')}${'&q=1'.repeat(1500)}` };
  const parameters = `created=${START_MS / 1000};nonce="nonce-of-sixteen-x";keyid="${world.device.keyId}";tag="boltseal"`;
  const all = '"@method" "@authority" "@path" "@query"';
  const some = names.slice(0, 4).map((name) => `"@query-param";name="${name}"`);
  await world.authenticator.authenticate(signAs(world.device, request, `(${all} ${some.join(' ')});${parameters}`));
  const many = names.map((name) => `"@query-param";name="${name}"`);
  const costly = withHeaders(request, {
    'signature-input': [`boltseal=(${all} ${many.join(' ')});${parameters}`],
  });
  const before = process.cpuUsage();
  await refuses(world, costly, 'AUTH_FORMAT');
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 50_000, `${user + system} µs`);
  const headers = Object.fromEntries(names.map((name) => [name, ['1']]));
  const whole = names.map((name) => `"${name}"`).join(' ');
  const broad = withHeaders(request, { ...headers, 'signature-input': [`boltseal=(${all} ${whole});${parameters}`] });
  await refuses(world, broad, 'AUTH_FORMAT');
});

test('several signatures: the one with our tag counts, and there must be exactly one', async (t) => {
  const world = makeWorld(t);
  const request = signRequest(world.device);
  const [input] = request.headers.get('signature-input')!;
  const [signature] = request.headers.get('signature')!;
  const proxy = '("@status");tag="proxy"';
  const beside = withHeaders(request, {
    'signature-input': [input!, `proxy=${proxy}`],
    signature: ['proxy=:AAAA:', signature!],
  });
  await world.authenticator.authenticate(beside);
  const again = signRequest(world.device);
  const [secondInput] = again.headers.get('signature-input')!;
  const [secondSignature] = again.headers.get('signature')!;
  const twoOfUs = withHeaders(again, {
    'signature-input': [`${secondInput}, b${input}`],
    signature: [`${secondSignature}, b${signature}`],
  });
  await refuses(world, twoOfUs, 'AUTH_FORMAT');
  const sameLabel = { 'signature-input': [secondInput!, secondInput!], signature: [secondSignature!] };
  await refuses(world, withHeaders(again, sameLabel), 'AUTH_FORMAT');
  const lone = { 'signature-input': [`${secondInput}, x=${proxy}`], signature: [secondSignature!] };
  await refuses(world, withHeaders(again, lone), 'AUTH_FORMAT');
});

test('a signature that is cut off, longer, no bytes, or all zero is refused', async (t) => {
  const world = makeWorld(t);
  const request = signRequest(world.device);
  const bytes = Buffer.from(request.headers.get('signature')![0]!.slice('boltseal=:'.length, -1), 'base64');
  const signatures = [bytes.subarray(0, 63), Buffer.concat([bytes, Buffer.of(0)]), Buffer.alloc(0)];
  for (const one of signatures)
    await refuses(
      world,
      withHeaders(request, { signature: [`boltseal=:${one.toString('base64')}:`] }),
      'AUTH_FORMAT',
      String(one.length),
    );
  const zero = Buffer.alloc(64).toString('base64');
  await refuses(world, withHeaders(request, { signature: [`boltseal=:${zero}:`] }), 'AUTH_SIGNATURE');
  for (const text of ['boltseal="x"', 'boltseal', 'boltseal=:A:', `boltseal=:${zero}`, '', '(', 'other=:AAAA:'])
    await refuses(world, withHeaders(request, { signature: [text] }), 'AUTH_FORMAT', text);
});

test('too old and too new are refused at the edge of the window', async (t) => {
  const world = makeWorld(t);
  for (const [offsetMs, isIn] of [
    [-30_000, true],
    [30_000, true],
    [-31_000, false],
    [31_000, false],
    [-86_400_000, false],
  ] as const) {
    const request = signRequest(world.device, { createdMs: START_MS + offsetMs });
    if (isIn) await world.authenticator.authenticate(request);
    else await refuses(world, request, 'AUTH_TIME', String(offsetMs));
  }
});

test('a nonce is taken once, whatever it is sent with, and by nobody but its key', async (t) => {
  const world = makeWorld(t);
  const request = signRequest(world.device, { body });
  await world.authenticator.authenticate(request);
  await refuses(world, request, 'AUTH_REPLAY');
  const nonce = 'once-and-only-once';
  await world.authenticator.authenticate(signRequest(world.device, { nonce, target: '/a' }));
  await refuses(world, signRequest(world.device, { nonce, target: '/b', createdMs: START_MS + 20_000 }), 'AUTH_REPLAY');
  await world.authenticator.authenticate(signRequest(addKeyOf(world.directory, 'scanner-1'), { nonce }));
});

test('of many equal requests at once one gets in', async (t) => {
  const world = makeWorld(t);
  const request = signRequest(world.device, { body });
  const results = await Promise.allSettled(Array.from({ length: 50 }, () => world.authenticator.authenticate(request)));
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
});

test('requests that are refused take no nonce and no memory', async (t) => {
  const world = makeWorld(t);
  const request = signRequest(world.device, { body });
  await refuses(world, { ...request, method: 'PUT' }, 'AUTH_SIGNATURE');
  await refuses(world, { ...request, body: Buffer.from('{}') }, 'AUTH_DIGEST');
  assert.equal(world.nonces.count, 0);
  await world.authenticator.authenticate(request);
  assert.equal(world.nonces.count, 1);
});

test('a replay is refused after a restart, also after a kill', async (t) => {
  const world = makeWorld(t);
  const request = signRequest(world.device, { body });
  await world.authenticator.authenticate(request);
  // Nothing is closed: as after a kill.
  const nonces = new Nonces({
    folder: join(world.folder, 'nonces'),
    skewSeconds: 30,
    most: 1000,
    nowMs: START_MS + 2000,
    boot: 'boot-1',
  });
  atEnd(t, () => nonces.close());
  const { directory, database } = openDirectory(join(world.folder, 'directory.sqlite'));
  atEnd(t, () => database.close());
  const options = { keys: directory, nonces, skewSeconds: 30, authorities: null, proofs: [] };
  const authenticator = createAuthenticator({ ...options, now: () => START_MS + 2000 });
  await assert.rejects(authenticator.authenticate(request), { code: 'AUTH_REPLAY' });
  await authenticator.authenticate(signRequest(world.device, { body }));
});

test('a revocation holds for the next request: of the key, of the principal, by another process', async (t) => {
  const world = makeWorld(t);
  const second = addKeyOf(world.directory, 'scanner-1');
  await world.authenticator.authenticate(signRequest(world.device));
  world.directory.revokeKey(world.device.keyId, change);
  await refuses(world, signRequest(world.device), 'AUTH_KEY');
  await world.authenticator.authenticate(signRequest(second));
  world.directory.setState('scanner-1', 'suspended', change);
  await refuses(world, signRequest(second), 'AUTH_KEY');
  world.directory.setState('scanner-1', 'active', change);
  await world.authenticator.authenticate(signRequest(second));
  const other = openDirectory(join(world.folder, 'directory.sqlite'));
  atEnd(t, () => other.database.close());
  other.directory.setState('scanner-1', 'revoked', change);
  await refuses(world, signRequest(second), 'AUTH_KEY');
});

test('a key that is revoked while its signature is verified lets nobody in, and takes no nonce', async (t) => {
  const world = makeWorld(t);
  const pending = world.authenticator.authenticate(signRequest(world.device));
  world.directory.revokeKey(world.device.keyId, change);
  await assert.rejects(pending, { code: 'AUTH_KEY' });
  assert.equal(world.nonces.count, 0);
});

test('a role that changed is the role of the next request', async (t) => {
  const world = makeWorld(t);
  await world.authenticator.authenticate(signRequest(world.device));
  world.directory.changePrincipal('scanner-1', { role: 'courier', attributes: {} }, change);
  const { principal } = await world.authenticator.authenticate(signRequest(world.device));
  assert.equal(principal.role, 'courier');
  assert.deepEqual(principal.attributes, {});
});

test('a key counts from its time on and until its time', async (t) => {
  const world = makeWorld(t);
  const device = makeKey();
  const spki = device.publicKey.export({ format: 'der', type: 'spki' });
  const times = { notBeforeMs: START_MS + 10_000, notAfterMs: START_MS + 20_000 };
  world.directory.addKey({ principal: 'scanner-1', use: 'signature', spki, ...times }, change);
  await refuses(world, signRequest(device), 'AUTH_KEY');
  world.clock.nowMs = START_MS + 10_000;
  await world.authenticator.authenticate(signRequest(device));
  world.clock.nowMs = START_MS + 20_000;
  await refuses(world, signRequest(device), 'AUTH_KEY');
});

test('any change of one byte of a signed request is refused, with a code', async (t) => {
  const world = makeWorld(t);
  const request = signRequest(world.device, { body, headers: { 'idempotency-key': 'k' } });
  const names = ['content-digest', 'content-type', 'idempotency-key', 'signature', 'signature-input'];
  const places = ['method', 'target', 'authority', 'body', ...names];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...places), fc.nat(), fc.integer({ min: 1, max: 255 }), async (place, at, by) => {
      const changed = changeByte(request, place, at, by);
      if (changed === null) return;
      await assert.rejects(world.authenticator.authenticate(changed), (error) => error instanceof BoltsealError);
    }),
    { numRuns: 600 },
  );
  await world.authenticator.authenticate(request);
});

test('whatever stands in the signature headers gets an answer with a code', async (t) => {
  const world = makeWorld(t);
  const request = signRequest(world.device, { body });
  const [input] = request.headers.get('signature-input')!;
  const piece = fc.constantFrom(
    'boltseal=',
    '(',
    ')',
    '"@method"',
    ';',
    'created=1',
    ':',
    ',',
    ' ',
    '"',
    '\\',
    'a',
    '@1',
  );
  const text = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
    fc.nat({ max: 200 }).map((end) => input!.slice(0, end)),
  );
  await fc.assert(
    fc.asyncProperty(text, text, async (first, second) => {
      const changed = withHeaders(request, { 'signature-input': [first], signature: [second] });
      await assert.rejects(world.authenticator.authenticate(changed), (error) => error instanceof BoltsealError);
    }),
    { numRuns: 300 },
  );
});

test('messages of refusals carry nothing of the request', async (t) => {
  const world = makeWorld(t);
  const secret = '13812345678';
  const request = signRequest(world.device, { target: `/v1/x?phone=${secret}`, body: `{"phone":"${secret}"}` });
  const input = request.headers.get('signature-input')![0]!.replace('"@method"', `"@query-param";name="${secret}"`);
  for (const one of [
    withHeaders(request, { 'signature-input': [input] }),
    withHeaders(request, { 'signature-input': [secret] }),
    { ...request, target: `/${secret}` },
    { ...request, body: Buffer.from(secret) },
  ])
    await assert.rejects(
      world.authenticator.authenticate(one),
      (error) =>
        error instanceof BoltsealError && !`${error.message}${error.remedy}${String(error.cause)}`.includes(secret),
    );
});

/** Signs a request over what `input` covers, as somebody would who makes their own rules. */
function signAs(device: Device, request: IncomingRequest, input: string): IncomingRequest {
  const covered = parseDictionary(`a=${input}`)?.get('a');
  assert.ok(covered !== undefined && 'items' in covered, input);
  const { base } = createSignatureBase(covered, { request, response: null });
  const signature = sign(null, Buffer.from(base ?? 'nothing'), device.privateKey).toString('base64');
  return withHeaders(request, { 'signature-input': [`a=${input}`], signature: [`a=:${signature}:`] });
}

function resign(device: Device, request: IncomingRequest): IncomingRequest {
  const [input] = request.headers.get('signature-input')!;
  const fresh = input!.slice(input!.indexOf('=') + 1).replace(/nonce="[^"]+"/, `nonce="fresh-${Math.random()}-fresh"`);
  return signAs(device, request, fresh.replace('0.', 'x'));
}

function changeByte(request: IncomingRequest, place: string, at: number, by: number): IncomingRequest | null {
  const flip = (text: string): string => {
    const where = at % text.length;
    return text.slice(0, where) + String.fromCharCode(text.charCodeAt(where) ^ by) + text.slice(where + 1);
  };
  if (place === 'body') {
    const bytes = Buffer.from(request.body);
    bytes[at % bytes.length]! ^= by;
    return { ...request, body: bytes };
  }
  if (place === 'authority') {
    const authority = flip(request.authority);
    // Hosts have no case.
    return authority.toLowerCase() === request.authority ? null : { ...request, authority };
  }
  if (place === 'method' || place === 'target') return { ...request, [place]: flip(request[place]) };
  return withHeaders(request, { [place]: [flip(request.headers.get(place)![0]!)] });
}
