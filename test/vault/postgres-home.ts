import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import type postgres from 'postgres';
import { openHomeVault } from '../../src/compose/vault.ts';
import { createVaultService } from '../../src/compose/vault-service.ts';
import { BoltsealError } from '../../src/core/errors.ts';
import { problemOf } from '../../src/gateway/problems.ts';

const PASSWORD = 'secret';
const person = { name: '王小明', phone: '13812345678' };

/** A way to a server that can be cut. */
class Cable {
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  port = 0;

  constructor(target: number) {
    this.#target = target;
  }

  async plug(): Promise<void> {
    this.#server = createServer((socket) => {
      const other = connect(this.#target, '127.0.0.1');
      for (const each of [socket, other]) {
        this.#sockets.add(each);
        each.on('error', () => undefined).on('close', () => this.#sockets.delete(each));
      }
      socket.pipe(other).pipe(socket);
      socket.on('close', () => other.destroy());
      other.on('close', () => socket.destroy());
    }).listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (typeof address === 'object' && address !== null) this.port = address.port;
  }

  async cut(): Promise<void> {
    const closed = this.#server === null ? null : once(this.#server.close(), 'close');
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** The vault of a home whose configuration names databases of this server. */
export function testHome(serverPort: number, admin: postgres.Sql): void {
  const folder = mkdtempSync(path.join(tmpdir(), 'boltseal-vault-postgres-'));
  after(() => rmSync(folder, { recursive: true }));

  async function aHome(
    name: string,
    port: number,
  ): Promise<{ home: string; set(store: unknown): void; places: Places }> {
    const home = path.join(folder, name);
    mkdirSync(path.join(home, 'keys'), { recursive: true });
    writeFileSync(path.join(home, 'password'), `${PASSWORD}\n`);
    const [data, keys] = [`${name}_data`, `${name}_keys`];
    for (const database of [data, keys]) await admin.unsafe(`CREATE DATABASE ${database}`);
    const set = (store: unknown): void =>
      writeFileSync(
        path.join(home, 'config.json'),
        JSON.stringify({ format: 'boltseal-config-1', region: 'CN', vault: { store } }),
      );
    const placeOf = (database: string) => ({
      url: `postgres://postgres@127.0.0.1:${port}/${database}`,
      passwordFile: 'password',
    });
    return { home, set, places: { kind: 'postgresql', data: placeOf(data), keys: placeOf(keys) } };
  }

  test('a home keeps its vault in the databases that its configuration names, with the keys apart', async () => {
    const { home, set, places } = await aHome('apart', serverPort);
    set(places);
    await assert.rejects(openHomeVault(home, false), { code: 'VAULT_NONE' });
    const vault = await openHomeVault(home, true);
    await vault.write([{ id: 'C-1', atMs: 1, fields: person }]);
    await vault.close();
    const status = await createVaultService(async () => undefined).status(home);
    assert.deepEqual([status.subjects, status.store], [1, 'PostgreSQL']);
    // The keys of others do not open the data.
    const other = await aHome('strangers', serverPort);
    other.set(other.places);
    await (await openHomeVault(other.home, true)).close();
    set({ ...places, keys: other.places.keys });
    await assert.rejects(openHomeVault(home, false), { code: 'VAULT_KEY' });
  });

  test('a connection that is lost is 503, and made anew without anybody doing anything', async () => {
    const cable = new Cable(serverPort);
    await cable.plug();
    const { home, set, places } = await aHome('cut', cable.port);
    set(places);
    const vault = await openHomeVault(home, true);
    const names = async () => (await vault.read(['C-1'], ['name']))[0]?.name?.value;
    await vault.write([{ id: 'C-1', atMs: 1, fields: person }]);
    assert.equal(await names(), person.name);
    await cable.cut();
    for (const [work, code] of [
      [() => vault.read(['C-1'], ['name']), 'VAULT_READ'],
      [() => vault.write([{ id: 'C-1', atMs: 2, fields: { name: 'lost' } }]), 'VAULT_READ'],
      [() => vault.parcels(['SF1234567890123']), 'VAULT_READ'],
    ] as const) {
      const error = await work().then(
        () => null,
        (cause: unknown) => cause,
      );
      assert.ok(error instanceof BoltsealError);
      assert.equal(error.code, code);
      assert.equal(problemOf(error, 'r').status, 503);
      assert.ok(!JSON.stringify([error.message, error.parameters, error.stack, error.cause]).includes(PASSWORD));
    }
    // A process that starts meanwhile says so.
    await assert.rejects(openHomeVault(home, false), { code: 'POSTGRES_CONNECT' });
    await cable.plug();
    assert.equal(await names(), person.name);
    await vault.write([{ id: 'C-1', atMs: 2, fields: { name: 'back' } }]);
    assert.equal(await names(), 'back');
    await vault.close();
    await cable.cut();
  });

  test('what cannot keep the vault is refused at the start, and no password is ever said', async () => {
    const { home, set, places } = await aHome('unfit', serverPort);
    const refuses = async (store: unknown, code: string): Promise<void> => {
      set(store);
      await assert.rejects(openHomeVault(home, true), (error: unknown) => {
        assert.ok(error instanceof BoltsealError);
        assert.equal(error.code, code);
        assert.ok(!JSON.stringify([error.message, error.parameters, error.remedy]).includes(PASSWORD));
        return true;
      });
    };
    const { url } = places.data;
    const withData = (data: unknown) => ({ ...places, data });
    await refuses(withData({ url: `postgres://postgres:${PASSWORD}@127.0.0.1/x` }), 'POSTGRES_URL');
    await refuses(withData({ url, passwordFile: 'missing' }), 'POSTGRES_PASSWORD');
    await refuses(withData({ url, passwordVariable: 'BOLTSEAL_TEST_NONE' }), 'POSTGRES_PASSWORD');
    process.env.BOLTSEAL_TEST_WRONG = `${PASSWORD}!`;
    await refuses(withData({ url, passwordVariable: 'BOLTSEAL_TEST_WRONG' }), 'POSTGRES_CONNECT');
    delete process.env.BOLTSEAL_TEST_WRONG;
    await refuses(withData({ url: `${url}?synchronous_commit=off`, passwordFile: 'password' }), 'POSTGRES_UNFIT');
    // Beyond this machine nobody is believed without a certificate: this server has none.
    await refuses(withData({ url: `${url}?sslmode=verify-full`, passwordFile: 'password' }), 'POSTGRES_CONNECT');
    await admin.unsafe("CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
    await refuses(withData({ url: url.replace('unfit_data', 'latin'), passwordFile: 'password' }), 'POSTGRES_UNFIT');
    await refuses({ kind: 'postgresql', data: places.data }, 'HOME_CONFIG');
  });
}

interface Places {
  readonly kind: 'postgresql';
  readonly data: { readonly url: string; readonly passwordFile: string };
  readonly keys: { readonly url: string; readonly passwordFile: string };
}
