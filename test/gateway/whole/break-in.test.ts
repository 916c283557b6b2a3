import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { createServices } from '../../../src/compose.ts';
import { jwkThumbprint } from '../../../src/gateway/directory/keys.ts';
import { addDevice, ask, type Device, makeHome, signedHeaders, startGateway, withGateway } from './lab.ts';
import { fillNetwork, trackingNumberOf } from './network.ts';
import { addLines, exchange, type RawRequest, replaceLine, signedRequest, statusesIn, textOf } from './raw.ts';

const path = '/v1/disclosures';
const body = { purpose: 'sorting', fields: { name: 'masked' }, parcels: [trackingNumberOf(0)] };

async function openHouse(t: TestContext) {
  const home = await makeHome(t);
  const { scanner, elsewhere } = await withGateway(home, async (gateway, stores) => {
    const { scanners } = await fillNetwork(gateway, stores, { people: 1, scanners: 1, couriers: 0 });
    gateway.places.putStation({ id: 'st-2', partner: 'p-1', attributes: {} }, { actor: 'test', nowMs: Date.now() });
    const elsewhere = addDevice(gateway, {
      ...{ id: 'scanner-far', kind: 'device', role: 'scanner' },
      ...{ station: 'st-2', partner: 'p-1', attributes: {} },
    } as const);
    return { scanner: scanners[0] as Device, elsewhere };
  });
  const gateway = await startGateway(home);
  return { home, gateway, scanner, elsewhere };
}

function newDevice(): Device {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { principal: 'scanner-0', keyId: jwkThumbprint(publicKey), privateKey };
}

test('nobody gets in: keys, signatures and stations of others, and requests bent on the way', async (t) => {
  const { home, gateway, scanner, elsewhere } = await openHouse(t);
  const { address } = gateway;
  const { host } = new URL(address);
  const other = await makeHome(t);
  const stranger = await withGateway(other, (there) =>
    addDevice(there, {
      ...{ id: 'scanner-0', kind: 'device', role: 'scanner' },
      ...{ station: null, partner: null, attributes: {} },
    } as const),
  );
  const good = (): RawRequest => signedRequest(scanner, address, path, body);
  const bend = (change: (request: RawRequest) => RawRequest): string => textOf(change(good()));

  // The door is there, and opens for who may come in.
  const opened = await exchange(address, [textOf(good())]);
  assert.deepEqual(statusesIn(opened), [200]);
  assert.ok(opened.includes('values'));

  const used = textOf(good());
  await exchange(address, [used]);
  const signedBy = (device: Device): string => textOf(signedRequest(device, address, path, body));
  const signedAt = (ms: number): string => {
    const { now } = Date;
    Date.now = () => now() + ms;
    try {
      return textOf(good());
    } finally {
      Date.now = now;
    }
  };
  const attempts: Record<string, string> = {
    'no key': bend((request) => replaceLine(replaceLine(request, 'signature'), 'signature-input')),
    'another key under this name': signedBy({ ...newDevice(), keyId: scanner.keyId }),
    'a key that nobody knows': signedBy(newDevice()),
    'a key of another company': signedBy(stranger),
    'sent again': used,
    'from a minute ago': signedAt(-61_000),
    'for in a minute': signedAt(61_000),
    'another body': bend((request) => ({ ...request, body: request.body.replace('0000000"', '0000001"') })),
    'another body and its digest': bend((request) => {
      const bent = signedRequest(newDevice(), address, path, { ...body, fields: { phone: 'clear' } });
      const digest = bent.lines.find((line) => line.startsWith('content-digest')) ?? '';
      const length = `content-length: ${bent.body.length}`;
      return {
        ...replaceLine(replaceLine(request, 'content-digest', digest), 'content-length', length),
        body: bent.body,
      };
    }),
    'another method': bend((request) => ({ ...request, method: 'PUT' })),
    'another address': bend((request) => ({ ...request, target: '/v1/parcels' })),
    'another query': bend((request) => ({ ...request, target: `${path}?a=1` })),
    'another host': bend((request) => replaceLine(request, 'host', 'host: gate.example')),
    'two hosts': bend((request) => addLines(request, 'host: gate.example')),
    'no host': bend((request) => replaceLine(request, 'host')),
    'an idempotency key that is not signed': bend((request) => addLines(request, 'idempotency-key: not-signed-1')),
    'a second content type': bend((request) => addLines(request, 'content-type: text/plain')),
    'two signatures': bend((request) =>
      addLines(request, request.lines.find((line) => /^signature:/.test(line)) ?? ''),
    ),
    'length and chunks': bend((request) => addLines(request, 'transfer-encoding: chunked')),
    'two lengths': bend((request) => addLines(request, 'content-length: 5')),
    'two lengths in one': bend((request) =>
      replaceLine(request, 'content-length', `content-length: ${request.body.length}, 5`),
    ),
    'a length with a sign': bend((request) =>
      replaceLine(request, 'content-length', `content-length: +${request.body.length}`),
    ),
    'chunks by another name': bend((request) => replaceLine(request, 'content-length', 'transfer-encoding: xchunked')),
    'chunks twice': bend((request) =>
      replaceLine(request, 'content-length', 'transfer-encoding: chunked', 'transfer-encoding: identity'),
    ),
    'a name with a blank': bend((request) =>
      replaceLine(request, 'content-length', `content-length : ${request.body.length}`),
    ),
    'a line that goes on in the next': bend((request) => addLines(request, 'x-one: two\r\n three')),
    'a bare line feed': bend((request) => addLines(request, 'x-one: two\nx-three: four')),
    'a zero byte': bend((request) => addLines(request, 'x-one: t\0wo')),
    'HTTP 1.0': textOf(replaceLine(good(), 'host'), 'HTTP/1.0'),
    'HTTP 0.9': `POST ${path}\r\n\r\n`,
    'HTTP 2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'an absolute address': bend((request) => ({ ...request, target: `${address}${path}` })),
    'an absolute address of somebody else': bend((request) => ({ ...request, target: `http://gate.example${path}` })),
    'an authority': `CONNECT ${host} HTTP/1.1\r\nhost: ${host}\r\n\r\n`,
    'a star': `OPTIONS * HTTP/1.1\r\nhost: ${host}\r\n\r\n`,
    'a huge header': bend((request) => addLines(request, `x-one: ${'a'.repeat(40_000)}`)),
    'very many headers': bend((request) => addLines(request, ...Array.from({ length: 3000 }, (_, i) => `x-${i}: 1`))),
    'a huge address': bend((request) => ({ ...request, target: `${path}?${'a'.repeat(40_000)}` })),
    'a request in the body of another': `GET /health HTTP/1.1\r\nhost: ${host}\r\ncontent-length: ${used.length}\r\n\r\n${used}`,
  };
  for (const target of [
    `/health/..${path}`,
    '//v1/disclosures',
    '/v1//disclosures',
    '/v1/disclosures/',
    '/V1/disclosures',
    '/v1/%64isclosures',
    '/v1%2fdisclosures',
    '/v1/./disclosures',
    '/v1/disclosures;a=b',
    '/v1/disclosures%00',
    '/v1/disclosures#',
    '/health%2f..%2fv1%2fdisclosures',
    '\\v1\\disclosures',
    'v1/disclosures',
  ])
    attempts[`by way of ${target}`] = bend((request) => ({ ...request, target }));

  const before = await askForPlace(address, scanner);
  for (const [name, bytes] of Object.entries(attempts)) {
    const came = await exchange(address, [bytes], { answers: 1, waitMs: 2000 });
    const statuses = statusesIn(came);
    assert.ok(!came.includes('"values"'), `${name}: a value came`);
    for (const status of statuses)
      assert.ok(
        (status >= 400 && status < 500) || (status === 200 && came.includes('"status":"ok"')),
        `${name}: ${status}`,
      );
    assert.ok(!came.includes('gate.example') && !came.includes('PKG'), `${name}: what was sent came back`);
  }
  assert.equal(await askForPlace(address, scanner), before + 1, 'strangers wrote to the ledger');

  // Signed rightly, for a parcel at another station: refused, and recorded.
  const far = await ask(address, elsewhere, 'POST', path, body);
  assert.equal(far.status, 403);
  assert.equal(far.json().disclosures[0].code, 'GATEWAY_NOT_JUSTIFIED');
  await gateway.stop();
  assert.deepEqual(gateway.notes, []);
  assert.deepEqual((await createServices().ledger.fsckHome(home, () => undefined)).findings, []);
});

/** Where the ledger has an answer that is right: the next such place tells whether anything was recorded in between. */
async function askForPlace(address: string, scanner: Device): Promise<number> {
  const answer = await ask(address, scanner, 'POST', path, body);
  return answer.json().disclosures[0].receipt.index;
}

test('of requests in one connection each is known by itself: one that is wrong opens nothing for the next, and closes nothing', async (t) => {
  const { gateway, scanner } = await openHouse(t);
  const good = (): string => textOf(signedRequest(scanner, gateway.address, path, body));
  const unsigned = textOf(
    replaceLine(replaceLine(signedRequest(scanner, gateway.address, path, body), 'signature'), 'signature-input'),
  );
  const came = await exchange(gateway.address, [good() + unsigned + good() + unsigned], { answers: 4, waitMs: 10_000 });
  assert.deepEqual(statusesIn(came), [200, 401, 200, 401]);
  const broken = await exchange(gateway.address, [`${good()}NONSENSE\r\n\r\n${good()}`], {
    answers: 3,
    waitMs: 10_000,
  });
  // The connection ends there; an answer that was not out yet is lost with it, which is the safe side.
  assert.equal(statusesIn(broken).at(-1), 400);
  assert.ok(statusesIn(broken).length <= 2, 'after a line that is no request nothing is read any more');
  await gateway.stop();
});

test('a device that is revoked gets nothing in a connection that is open', async (t) => {
  const { home, gateway, scanner } = await openHouse(t);
  assert.equal((await ask(gateway.address, scanner, 'POST', path, body)).status, 200);
  const { openGatewayDatabase, readHomeAdministration } = await import('../../../src/compose.ts');
  const { createDirectoryTool } = await import('../../../src/gateway/directory/tool.ts');
  await createDirectoryTool(openGatewayDatabase, readHomeAdministration).revoke(home, scanner.principal, Date.now());
  const url = new URL(path, gateway.address);
  const text = JSON.stringify(body);
  const answer = await fetch(url, { method: 'POST', body: text, headers: signedHeaders(scanner, 'POST', url, text) });
  assert.equal(answer.status, 401);
  await gateway.stop();
});
