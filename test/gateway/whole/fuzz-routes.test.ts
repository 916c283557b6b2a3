import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { openGatewayStores } from '../../../src/compose.ts';
import { buildApp, defaultLimits } from '../../../src/gateway/app.ts';
import { type AssembledGateway, assembleGateway } from '../../../src/gateway/assemble.ts';
import { settingsOf } from '../../../src/gateway/settings.ts';
import { mark, nearly, type Schema, valueBy } from './from-schema.ts';
import { addDevice, ask, type Device, makeHome } from './lab.ts';
import { fillNetwork, station, trackingNumberOf } from './network.ts';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly schema: Schema;
  readonly required?: boolean;
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | null;
}

type Document = Readonly<
  Record<
    'paths',
    Record<
      string,
      Record<string, { parameters?: Parameter[]; requestBody?: { content: Record<string, { schema: Schema }> } }>
    >
  >
>;

function operationsOf({ paths }: Document): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      parameters,
      body: Object.values(requestBody?.content ?? {})[0]?.schema ?? null,
    })),
  );
}

const runs = Number(process.env.BOLTSEAL_FUZZ_RUNS ?? 6);

test('whatever is sent to any route, by its schema or nearly, nothing breaks, and nothing that was sent comes back in a refusal', async (t) => {
  const home = await makeHome(t);
  const stores = await openGatewayStores(home, { onFailure: () => undefined });
  const faults: string[] = [];
  const gateway = await assembleGateway(stores, {
    ...settingsOf(stores.config, 'http://localhost'),
    version: '0.0.0',
    onFault: (error) => faults.push(error instanceof Error ? String(error.stack) : 'no error'),
  });
  const { scanners } = await fillNetwork(gateway, stores, { people: 3, scanners: 1, couriers: 0 });
  const callers = [...scanners, ...addCallers(gateway)];
  const app = await buildApp(gateway.services, defaultLimits);
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  const statuses = new Map<number, number>();
  const operations = operationsOf(app.swagger() as unknown as Document);
  assert.ok(operations.length > 40, `only ${operations.length} operations`);

  /** Sends one request and looks at what comes. */
  async function tryOne({ method, path }: Operation, target: string, text: string | null, caller: Device) {
    const what = `${method} ${path}`;
    const answer = await ask(address, caller, method, target, text === null ? null : JSON.parse(text));
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    assert.ok(answer.status < 500 || answer.status === 501, `${what}: ${answer.status} ${faults.at(-1)}`);
    if (answer.status < 400) return;
    const came = answer.text + JSON.stringify([...answer.headers]);
    const sent = new Set(decodeURIComponent(`${target} ${text ?? ''}`).match(new RegExp(`${mark}\\d*`, 'g')) ?? []);
    // A refused disclosure names the parcel or subject that it is about, to whoever asked for it.
    if (answer.status === 403 && path.includes('/disclosures')) return;
    for (const value of sent) assert.ok(!came.includes(value), `${what}: ${answer.status} gives back what was sent`);
  }

  try {
    for (const operation of operations) {
      const { path, parameters, body } = operation;
      const values = fc.record(Object.fromEntries(parameters.map(({ name, schema }) => [name, valueBy(schema)])));
      const bodies = body === null ? fc.constant(null) : valueBy(body);
      const request = fc.record({
        values: fc.oneof({ weight: 3, arbitrary: values }, { weight: 1, arbitrary: nearly(values) }),
        body: body === null ? bodies : fc.oneof(bodies, nearly(bodies)),
        caller: fc.constantFrom(...callers),
      });
      for (const one of fc.sample(request, { numRuns: runs, seed: 7 })) {
        const given = (typeof one.values === 'object' && one.values !== null ? one.values : {}) as Record<
          string,
          unknown
        >;
        await tryOne(
          operation,
          targetOf(path, parameters, given),
          operation.method === 'GET' || one.body === undefined || body === null ? null : JSON.stringify(one.body),
          one.caller,
        );
      }
    }
  } finally {
    await app.close();
    gateway.close();
    await stores.close();
  }
  t.diagnostic([...statuses].map(([status, count]) => `${status}: ${count}`).join(', '));
  assert.deepEqual(faults, []);
  assert.ok((statuses.get(200) ?? 0) > 20, 'hardly anything was taken: nothing is tested behind the schemas');
  assertNotInFiles(home, ['欧阳0号', '139100000', '中关村路']);
});

function addCallers(gateway: AssembledGateway): Device[] {
  const add = (id: string, kind: 'staff' | 'service', role: string): Device =>
    addDevice(gateway, { id, kind, role, station: null, partner: null, attributes: {} });
  return [
    add('admin-1', 'staff', 'administrator'),
    add('privacy-1', 'staff', 'privacy-officer'),
    add('auditor-1', 'staff', 'auditor'),
    add('all-1', 'service', 'integration'),
  ];
}

/** The address with its parameters; some of them are those of things that are there. */
function targetOf(path: string, parameters: readonly Parameter[], given: Record<string, unknown>): string {
  const known: Record<string, string> = { trackingNumber: trackingNumberOf(0), station, id: 'c-0' };
  const textOf = (name: string): string => {
    const value = given[name];
    const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
    return encodeURIComponent(
      text.toWellFormed() === '' || /^\.+$/.test(text) ? (known[name] ?? 'x') : text.toWellFormed(),
    );
  };
  const filled = path.replace(/\{([^}]+)\}/g, (_whole, name: string) => textOf(name));
  const query = parameters.filter((parameter) => parameter.in === 'query' && given[parameter.name] !== undefined);
  return query.length === 0 ? filled : `${filled}?${query.map(({ name }) => `${name}=${textOf(name)}`).join('&')}`;
}

function assertNotInFiles(folder: string, values: readonly string[]): void {
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const file = join(folder, entry);
    if (!statSync(file).isFile()) continue;
    const bytes = readFileSync(file);
    for (const value of values) assert.ok(!bytes.includes(value), `a planted value stands in ${entry}`);
  }
}
