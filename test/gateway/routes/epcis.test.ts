import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CaptureLimits, createEpcisCapture, defaultCaptureLimits } from '../../../src/gateway/epcis/capture.ts';
import { createCaptureJobs } from '../../../src/gateway/epcis/jobs.ts';
import { defaultMapping } from '../../../src/gateway/epcis/mapping.ts';
import { createParcelTracking } from '../../../src/gateway/movements/tracking.ts';
import { epcisRoutes } from '../../../src/gateway/routes/epcis.ts';
import { aState } from '../context/a-state.ts';
import { aDocument, anEvent, parcel } from '../epcis/documents.ts';
import { aVault } from '../movements/a-vault.ts';
import { aCaller, anApp, nowMs } from './an-app.ts';

const stations = new Map([
  ['https://id.gs1.org/414/4012345000016', 'st-1'],
  ['https://id.gs1.org/414/4012345000023', 'st-2'],
]);

function aRepository(limits: Partial<CaptureLimits> = {}) {
  const { state, database } = aState();
  const vault = aVault();
  let isAway = false;
  const tracking = createParcelTracking(
    { ...vault, writeParcels: (changes) => (isAway ? Promise.reject(new Error('away')) : vault.writeParcels(changes)) },
    state.movements,
    state.containers,
  );
  const mapping = { ...defaultMapping, stationOf: (place: string) => stations.get(place) ?? null };
  const capture = createEpcisCapture({
    tracking,
    jobs: state.jobs,
    mapping,
    limits: { ...defaultCaptureLimits, ...limits },
    nowMs: () => nowMs,
  });
  const gateway = anApp((app) => epcisRoutes(app, capture));
  gateway.as(aCaller('tracking'));
  const away = (next: boolean) => {
    isAway = next;
  };
  return { ...gateway, vault, database, away };
}

const second = 'urn:epc:id:sscc:4012345.0000000002';
const broken = anEvent({ eventTime: 'yesterday' });

test('a document is taken: its job is at Location, and parcels have moved', async () => {
  const { call, vault } = aRepository();
  const answer = await call('POST', '/v1/epcis/capture', aDocument([anEvent()]));
  assert.equal(answer.status, 202);
  assert.equal(answer.headers['gs1-epcis-version'], '2.0');
  assert.equal(answer.headers['gs1-cbv-version'], '2.0');
  const job = await call('GET', String(answer.headers.location));
  assert.equal(job.headers['gs1-capture-error-behaviour'], 'rollback');
  const { captureID, ...rest } = job.body;
  assert.deepEqual(rest, { createdAt: '2026-11-22T12:00:00.000Z', running: false, success: true, errors: [] });
  assert.equal(answer.headers.location, `/v1/epcis/capture/${captureID}`);
  assert.equal(vault.held.get(parcel)?.station, 'st-1');
});

test('a document of a query is taken too, and so is JSON-LD by its own name', async () => {
  const { call, vault } = aRepository();
  const { schemaVersion: _, creationDate: __, ...rest } = aDocument([]);
  const body = { queryResults: { queryName: 'q', resultsBody: { eventList: [anEvent()] } } };
  const document = { ...rest, type: 'EPCISQueryDocument', epcisBody: body };
  const type = { 'content-type': 'application/ld+json' };
  assert.equal((await call('POST', '/v1/epcis/capture', document, type)).status, 202);
  assert.equal(vault.held.get(parcel)?.station, 'st-1');
});

test('rollback: one wrong event, and nothing is taken; proceed: all but that one', async () => {
  for (const behaviour of ['rollback', 'proceed']) {
    const { call, vault } = aRepository();
    const document = aDocument([anEvent(), broken, anEvent({ epcList: [second], bizStep: 'nonsense' })]);
    const headers = { 'gs1-capture-error-behaviour': behaviour };
    const answer = await call('POST', '/v1/epcis/capture', document, headers);
    assert.equal(answer.status, 202);
    const { body } = await call('GET', String(answer.headers.location));
    assert.deepEqual([body.running, body.success], [false, false]);
    assert.deepEqual(
      body.errors.map((error: { type: string; status: number; detail: string }) => [
        error.type,
        error.status,
        error.detail,
      ]),
      [
        ['epcisException:ValidationException', 400, '/epcisBody/eventList/1/eventTime must be a time with its zone'],
        [
          'epcisException:ValidationException',
          400,
          '/epcisBody/eventList/2/bizStep is no word of the standard, and no URI',
        ],
      ],
    );
    assert.equal(vault.held.has(parcel), behaviour === 'proceed');
  }
});

test('one event: 201 with its id, which is the same for the same event', async () => {
  const { call, vault } = aRepository();
  const given = await call('POST', '/v1/epcis/events', anEvent({ eventID: 'urn:uuid:1' }));
  assert.equal(given.status, 201);
  assert.equal(given.body.eventID, 'urn:uuid:1');
  assert.equal(given.headers.location, '/v1/epcis/events/urn%3Auuid%3A1');
  const event = anEvent({ epcList: [second] });
  const [first, again] = [
    await call('POST', '/v1/epcis/events', event),
    await call('POST', '/v1/epcis/events', Object.fromEntries(Object.entries(event).reverse())),
  ];
  assert.match(first.body.eventID, /^ni:\/\/\/sha-256;[0-9a-f]{64}/);
  assert.equal(first.body.eventID, again.body.eventID);
  assert.equal(vault.held.size, 2);
});

test('an event that is declared an error is taken back, by its id and without one', async () => {
  for (const eventID of ['urn:uuid:7', undefined]) {
    const { call, vault } = aRepository();
    const wrong = anEvent({
      eventID,
      eventTime: '2026-11-22T11:00:00+08:00',
      bizLocation: { id: 'urn:epc:id:sgln:4012345.00002.0' },
    });
    await call('POST', '/v1/epcis/capture', aDocument([anEvent(), wrong]));
    assert.equal(vault.held.get(parcel)?.station, 'st-2');
    const declaration = { declarationTime: '2026-11-22T12:00:00+08:00', reason: 'did_not_occur' };
    await call('POST', '/v1/epcis/capture', aDocument([{ ...wrong, errorDeclaration: declaration }]));
    assert.equal(vault.held.get(parcel)?.station, 'st-1');
  }
});

test('discovery', async () => {
  const { call } = aRepository();
  const { status, headers } = await call('OPTIONS', '/v1/epcis/capture');
  assert.equal(status, 204);
  assert.equal(headers.allow, 'OPTIONS, POST, GET');
  assert.equal(headers['gs1-epcis-min'], '2.0');
  assert.equal(headers['gs1-cbv-max'], '2.0');
  assert.equal(headers['gs1-epcis-capture-limit'], '2000');
  assert.equal(headers['gs1-epcis-capture-file-size-limit'], String(4 * 1024 * 1024));
  assert.equal(headers['gs1-capture-error-behaviour'], 'rollback');
  for (const path of ['', '/events', '/capture/x'])
    assert.equal((await call('OPTIONS', `/v1/epcis${path}`)).status, 204);
  assert.deepEqual((await call('GET', '/v1/epcis')).body, ['capture', 'events']);
});

test('jobs are listed page by page, to their sender alone', async () => {
  const { call, as } = aRepository();
  for (let i = 0; i < 5; i++) await call('POST', '/v1/epcis/capture', aDocument([anEvent()]));
  const seen: string[] = [];
  let next: string | undefined = '/v1/epcis/capture?perPage=2';
  while (next !== undefined) {
    const page: Awaited<ReturnType<typeof call>> = await call('GET', next);
    seen.push(...page.body.map(({ captureID }: { captureID: string }) => captureID));
    next = /<([^>]+)>; rel="next"/.exec(String(page.headers.link ?? ''))?.[1];
  }
  assert.equal(new Set(seen).size, 5);
  as(aCaller('tracking', { id: 'tracking-2' }));
  assert.deepEqual((await call('GET', '/v1/epcis/capture')).body, []);
  assert.equal((await call('GET', `/v1/epcis/capture/${seen[0]}`)).status, 404);
});

test('errors are those of the standard', async () => {
  const { call, as } = aRepository({ events: 3, parcels: 4, bodyBytes: 20_000 });
  const many = Array.from({ length: 5 }, (_, i) => `urn:epc:id:sscc:4012345.000000000${i}`);
  const post = (body: unknown, headers = {}) => call('POST', '/v1/epcis/capture', body, headers);
  const document = aDocument([anEvent()]);
  const rows: [what: string, answer: Awaited<ReturnType<typeof post>>, status: number, type: string][] = [
    ['no document', await post({ hello: 1 }), 400, 'ValidationException'],
    ['no JSON', await post('{'), 400, 'ValidationException'],
    ['a list', await post([document]), 400, 'ValidationException'],
    ['another type', await post({ ...document, type: 'EPCISMasterDataDocument' }), 400, 'ValidationException'],
    ['without a context', await post({ ...document, '@context': undefined }), 400, 'ValidationException'],
    ['version 1.2', await post({ ...document, schemaVersion: '1.2' }), 400, 'ValidationException'],
    ['without a date', await post({ ...document, creationDate: undefined }), 400, 'ValidationException'],
    ['without events', await post({ ...document, epcisBody: {} }), 400, 'ValidationException'],
    ['with more', await post({ ...document, more: 1 }), 400, 'ValidationException'],
    ['one event that is wrong', await call('POST', '/v1/epcis/events', broken), 400, 'ValidationException'],
    [
      'an unknown behaviour',
      await post(document, { 'gs1-capture-error-behaviour': 'hope' }),
      400,
      'ValidationException',
    ],
    ['too many events', await post(aDocument(Array(4).fill(anEvent()))), 413, 'CaptureLimitExceededException'],
    ['too many parcels', await post(aDocument([anEvent({ epcList: many })])), 413, 'CaptureLimitExceededException'],
    [
      'too many bytes',
      await post(aDocument([anEvent({ 'x:y': 'z'.repeat(20_000) })])),
      413,
      'CaptureLimitExceededException',
    ],
    ['XML', await post('<a/>', { 'content-type': 'application/xml' }), 415, 'ImplementationException'],
    [
      'XML wanted',
      await call('GET', '/v1/epcis/capture', undefined, { accept: 'application/xml' }),
      406,
      'ImplementationException',
    ],
    ['version 1.2 wanted', await post(document, { 'gs1-epcis-version': '1.2' }), 406, 'ImplementationException'],
    ['no such job', await call('GET', '/v1/epcis/capture/none'), 404, 'NoSuchNameException'],
    ['a query', await call('GET', '/v1/epcis/events'), 501, 'ImplementationException'],
  ];
  as(aCaller('tracking', { partner: 'partner-1' }));
  rows.push(['a partner', await post(document), 403, 'SecurityException']);
  for (const [what, { status, body, headers }, expected, type] of rows) {
    assert.deepEqual([status, body.type], [expected, `epcisException:${type}`], what);
    assert.equal(body.status, expected);
    assert.match(String(headers['content-type']), /^application\/problem\+json/);
    if (expected === 413) assert.equal(headers['gs1-epcis-capture-limit'], '3');
  }
});

test('a vault that is away: nothing is taken, the job says so, and the same document is taken later', async () => {
  const { call, away, vault } = aRepository();
  away(true);
  assert.equal((await call('POST', '/v1/epcis/capture', aDocument([anEvent()]))).status, 500);
  const [job] = (await call('GET', '/v1/epcis/capture')).body;
  assert.deepEqual([job.success, job.errors[0].type], [false, 'epcisException:ImplementationException']);
  away(false);
  assert.equal((await call('POST', '/v1/epcis/capture', aDocument([anEvent()]))).status, 202);
  assert.equal(vault.held.get(parcel)?.station, 'st-1');
});

test('a job that ran when the gateway stopped has failed', async () => {
  const { database } = aState();
  const id = createCaptureJobs(database).start('tracking-1', 'rollback', nowMs);
  const job = createCaptureJobs(database).get(id, 'tracking-1');
  assert.deepEqual([job?.isRunning, job?.isSuccess, job?.problems[0]?.place], [false, false, null]);
});

test('hostile documents are refused fast', async () => {
  const { call } = aRepository();
  const deep = `{"type":"EPCISDocument","x:y":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
  const events = `{"type":"ObjectEvent"},`.repeat(100_000);
  const prefix =
    '{"@context":"urn:x:y","type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-11-22T10:00:00Z","epcisBody":{"eventList":[';
  const started = process.cpuUsage();
  assert.equal((await call('POST', '/v1/epcis/capture', deep)).status, 400);
  assert.equal((await call('POST', '/v1/epcis/capture', `${prefix}${events.slice(0, -1)}]}}`)).status, 413);
  assert.equal(
    (await call('POST', '/v1/epcis/capture', `${prefix}{"__proto__":{"type":"ObjectEvent"}}]}}`)).status,
    400,
  );
  const names = Object.fromEntries(Array.from({ length: 60_000 }, (_, i) => [`p${i}`, 'https://x.example/']));
  assert.equal((await call('POST', '/v1/epcis/capture', aDocument([anEvent()], { '@context': names }))).status, 400);
  const same = aDocument([anEvent({ epcList: Array(80_000).fill('urn:epc:id:sscc:4012345.0000000001') })]);
  assert.equal((await call('POST', '/v1/epcis/capture', same)).status, 202);
  const { user, system } = process.cpuUsage(started);
  assert.ok(user + system < 10_000_000, `${user + system} µs`);
});

test('no personal value reaches the files of the state', async () => {
  const { call, database } = aRepository();
  const marked = 'https://id.gs1.org/8004/4012345MARKED';
  await call(
    'POST',
    '/v1/epcis/capture',
    aDocument([anEvent({ epcList: [marked], eventID: 'urn:x:MARKED' }), { MARKED: 1 }]),
  );
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const rows = tables.flatMap(({ name }) => database.prepare(`SELECT * FROM ${name}`).all());
  assert.ok(rows.length > 0);
  for (const row of rows)
    for (const value of Object.values(row))
      assert.doesNotMatch(
        value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value),
        /MARKED/,
      );
});
