import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { BoltsealError } from '../../src/core/errors.ts';
import type { DataStore, KeyStore } from '../../src/vault/stores/port.ts';
import { memoryProvider, openTestVault } from './support.ts';

export interface OpenStores {
  readonly data: DataStore;
  readonly keyStore: KeyStore;
  /** Runs a statement on the data, as somebody would who has the database in his hands. */
  tamper(sql: string): Promise<void>;
  /** The plan of a query of the data, as text. */
  explain(sql: string): Promise<string>;
}

/** What the stores must do, through the vault that uses them. `open` gives new and empty ones that are closed with the vault; `again` opens the same once more. */
export interface StoreUnderTest {
  open(): Promise<OpenStores>;
  again(stores: OpenStores): Promise<Pick<OpenStores, 'data' | 'keyStore'>>;
}

const at = 1_790_000_000_000;
const person = { name: '王小明', phone: '138 1234 5678', email: 'Ming@Example.com', nationalId: '11010519491231002X' };

/** The one suite of all stores. */
export function testStores({ open, again }: StoreUnderTest): void {
  test('values come back as they were written, each with its version and time; nobody else has any', async () => {
    const { vault } = await openTestVault(await open());
    const written = await vault.write([
      { id: 'C-1', atMs: at, fields: person },
      { id: 'C-2', atMs: at, fields: { username: 'ming' } },
    ]);
    assert.deepEqual(written, { made: 2, changed: 0, same: 0 });
    const [first, none, second, empty] = await vault.read(['C-1', 'C-9', ' C-2 ', ''], ['name', 'phone', 'username']);
    assert.deepEqual(first, {
      name: { value: '王小明', version: 1, sinceMs: at },
      phone: { value: '138 1234 5678', version: 1, sinceMs: at },
    });
    assert.equal(none, null);
    assert.deepEqual(second, { username: { value: 'ming', version: 1, sinceMs: at } });
    assert.equal(empty, null);
    await vault.close();
  });

  test('a value that changes is a new version; one that is as given, or newer, stays; null takes it away', async () => {
    const { vault } = await openTestVault(await open());
    await vault.write([{ id: 'C-1', atMs: at, fields: person }]);
    const change = (atMs: number, fields: Record<string, string | null>) => vault.write([{ id: 'C-1', atMs, fields }]);
    assert.deepEqual(await change(at + 10, { name: '王大明', phone: person.phone }), { made: 0, changed: 1, same: 0 });
    assert.deepEqual(await change(at + 5, { name: '王中明' }), { made: 0, changed: 0, same: 1 });
    assert.deepEqual(await change(at + 20, { phone: null }), { made: 0, changed: 1, same: 0 });
    assert.deepEqual(await change(at + 20, { phone: null }), { made: 0, changed: 0, same: 1 });
    const [values] = await vault.read(['C-1'], ['name', 'phone']);
    assert.deepEqual(values, { name: { value: '王大明', version: 2, sinceMs: at + 10 } });
    assert.deepEqual(await vault.find('phone', person.phone), []);
    await change(at + 30, { phone: '13912345678' });
    const [later] = await vault.read(['C-1'], ['phone']);
    assert.equal(later?.phone?.version, 3);
    // Two changes of one subject in one call come one after the other.
    const both = [1, 2].map((i) => ({ id: 'C-1', atMs: at + 30 + i, fields: { name: `n${i}` } }));
    assert.deepEqual(await vault.write(both), { made: 0, changed: 1, same: 0 });
    const [last] = await vault.read(['C-1'], ['name']);
    assert.deepEqual(last?.name, { value: 'n2', version: 4, sinceMs: at + 32 });
    await vault.close();
  });

  test('subjects are found by every identifying field, however the value is spelled, as the register spells it', async () => {
    const { vault } = await openTestVault(await open());
    await vault.write([
      { id: 'C-1', atMs: at, fields: { ...person, username: 'Ming' } },
      { id: 'C-2', atMs: at, fields: { phone: '+8613812345678', name: '李' } },
    ]);
    assert.deepEqual([...(await vault.find('phone', '0086-138-1234-5678'))].sort(), ['C-1', 'C-2']);
    assert.deepEqual(await vault.find('email', 'ming@example.COM'), ['C-1']);
    assert.deepEqual(await vault.find('nationalId', '11010519491231002x'), ['C-1']);
    assert.deepEqual(await vault.find('username', 'MING'), ['C-1']);
    assert.deepEqual(await vault.find('phone', 'no phone'), []);
    await assert.rejects(vault.find('name', '李'), { code: 'VAULT_SEARCH' });
    await vault.close();
  });

  test('a person has one id in every answer, however the writers spell it', async () => {
    const { vault } = await openTestVault(await open());
    await vault.write([{ id: ' \uff23-1 ', atMs: at, fields: person }]);
    await vault.writeParcels([{ trackingNumber: 'SF1234567890123', atMs: at, parties: { recipient: '\uff23-1' } }]);
    await vault.writeParcels([{ trackingNumber: 'SF1234567890124', atMs: at, parties: { recipient: 'C-1\u3000' } }]);
    assert.deepEqual(await vault.find('email', person.email), ['C-1']);
    const parcels = await vault.parcels(['SF1234567890123', 'SF1234567890124']);
    assert.deepEqual(
      parcels.map((parcel) => parcel?.parties.recipient),
      ['C-1', 'C-1'],
    );
    assert.equal((await vault.report('C-1'))?.subject, 'C-1');
    await vault.close();
  });

  test('every look-up uses its index', async () => {
    const stores = await open();
    const { vault } = await openTestVault(stores);
    await vault.write(Array.from({ length: 300 }, (_, i) => ({ id: `C-${i}`, atMs: at, fields: person })));
    await vault.writeParcels(
      Array.from({ length: 300 }, (_, i) => ({
        trackingNumber: `SF10000000${i + 100}`,
        atMs: at,
        parties: { recipient: `C-${i}` },
      })),
    );
    for (const [column, index] of [
      ['phone_print', 'subjects_phone'],
      ['email_print', 'subjects_email'],
      ['national_id_print', 'subjects_national_id'],
      ['username_print', 'subjects_username'],
      ['print', 'subjects_print'],
    ])
      assert.match(
        await stores.explain(`SELECT number FROM subjects WHERE ${column} = ?`),
        new RegExp(`USING .*${index}\\b|Scan using ${index}\\b|on ${index}\\b`),
      );
    assert.match(await stores.explain('SELECT number FROM parcels WHERE print = ?'), /parcels_print/);
    assert.match(
      await stores.explain('SELECT number FROM parcels WHERE recipient = ? ORDER BY number DESC LIMIT 5'),
      /parcels_recipient/,
    );
    await vault.close();
  });

  test('parcels have parties, a state and a time; what is late is passed over', async () => {
    const { vault } = await openTestVault(await open());
    await vault.write([{ id: 'C-1', atMs: at, fields: person }]);
    const parcel = { trackingNumber: 'SF1234567890123', atMs: at, parties: { recipient: 'C-1', sender: 'S-1' } };
    assert.deepEqual(await vault.writeParcels([{ ...parcel, status: 'at-station', station: 'st-1', due: ['st-2'] }]), {
      made: 1,
      changed: 0,
      same: 0,
    });
    const late = { trackingNumber: 'SF1234567890123', atMs: at - 1, status: 'announced' } as const;
    assert.deepEqual(await vault.writeParcels([late]), { made: 0, changed: 0, same: 1 });
    assert.deepEqual(await vault.writeParcels([{ ...parcel, atMs: at + 1, station: null }]), {
      made: 0,
      changed: 1,
      same: 0,
    });
    const [found, none] = await vault.parcels(['sf 1234-567890123', 'SF9']);
    assert.deepEqual(found, {
      trackingNumber: 'sf 1234-567890123',
      parties: { recipient: 'C-1', sender: 'S-1' },
      status: 'at-station',
      station: null,
      due: ['st-2'],
      atMs: at + 1,
    });
    assert.equal(none, null);
    await vault.writeParcels([{ trackingNumber: 'SF2222222222222', atMs: at, parties: { recipient: 'C-1' } }]);
    assert.deepEqual(await vault.parcelsOf('C-1'), ['SF2222222222222', 'SF1234567890123']);
    assert.deepEqual(await vault.parcelsOf('C-1', 1), ['SF2222222222222']);
    assert.deepEqual(await vault.parcelsOf('S-1'), ['SF1234567890123']);
    const { subjects, parcels } = await vault.status();
    assert.deepEqual([subjects, parcels], [2, 2]);
    await vault.close();
  });

  test('who is erased is nowhere: not to be read, found or reached by parcels', async () => {
    const { vault, keyStore } = await openTestVault(await open());
    await vault.write([{ id: 'C-1', atMs: at, fields: person }]);
    await vault.writeParcels([
      { trackingNumber: 'SF1234567890123', atMs: at, parties: { recipient: 'C-1', sender: 'S-1' } },
    ]);
    assert.equal(await vault.erase('C-1'), true);
    assert.equal(await vault.erase('C-1'), false);
    assert.deepEqual(await vault.read(['C-1'], ['name']), [null]);
    assert.deepEqual(await vault.find('phone', person.phone), []);
    assert.equal(await vault.report('C-1'), null);
    assert.deepEqual((await vault.parcels(['SF1234567890123']))[0]?.parties, { recipient: null, sender: 'S-1' });
    const { versions } = await vault.news(0, 100);
    assert.deepEqual(
      versions.filter(({ subject }) => subject === 'C-1'),
      [],
    );
    assert.equal((await vault.status()).unfed, 0);
    assert.deepEqual(await keyStore.keys([1]), ['destroyed']);
    assert.deepEqual((await vault.status()).keyVersions, [{ version: 1, dataKeys: 1 }]);
    await vault.close();
  });

  test('who was erased does not come back by a write, an import or a parcel, unless an import is told so', async () => {
    const { vault } = await openTestVault(await open());
    await vault.write([{ id: 'C-1', atMs: at, fields: person }]);
    await vault.erase('C-1');
    const again = { id: ' C-1 ', atMs: at + 1, fields: { name: 'new' } };
    const other = { id: 'C-2', atMs: at + 1, fields: { name: 'other' } };
    await assert.rejects(vault.write([other, again]), { code: 'VAULT_ERASED' });
    assert.deepEqual(await vault.read(['C-1', 'C-2'], ['name']), [null, null]);
    const imported = await vault.importSubjects([again, other, again], randomBytes(16), 3);
    assert.deepEqual(imported, { made: 1, changed: 0, same: 0, erased: 1 });
    const parcel = { trackingNumber: 'SF1234567890123', atMs: at, parties: { recipient: 'C-1', sender: 'S-1' } };
    await vault.writeParcels([parcel]);
    assert.deepEqual((await vault.parcels(['SF1234567890123']))[0]?.parties, { recipient: null, sender: 'S-1' });
    assert.equal((await vault.read(['C-1'], ['name']))[0], null);
    assert.deepEqual(await vault.importSubjects([again], randomBytes(16), 1, true), { made: 1, changed: 0, same: 0 });
    assert.deepEqual((await vault.read(['C-1'], ['name']))[0]?.name, { value: 'new', version: 1, sinceMs: at + 1 });
    // Who is there is written as anybody.
    assert.deepEqual(await vault.write([{ ...again, atMs: at + 2, fields: { name: 'newer' } }]), {
      made: 0,
      changed: 1,
      same: 0,
    });
    await vault.close();
  });

  test('an erasure that ended with the destruction of the key is finished when the vault is opened', async () => {
    const stores = await open();
    const provider = memoryProvider();
    const { vault } = await openTestVault({ ...stores, provider });
    await vault.write([{ id: 'C-1', atMs: at, fields: person }]);
    await stores.keyStore.destroy([{ number: 1, print: new Uint8Array(16) }]);
    // Until then: erased.
    const other = await openTestVault({ ...(await again(stores)), provider });
    assert.deepEqual(await other.vault.read(['C-1'], ['name']), [null]);
    assert.equal((await other.vault.status()).subjects, 0);
    assert.deepEqual(await other.keyStore.unremoved(), []);
    await other.vault.close();
    await vault.close();
  });

  test('a subject of an older copy of the data whose key was destroyed is nobody, and its id can be taken', async () => {
    const stores = await open();
    const provider = memoryProvider();
    const { vault } = await openTestVault({ ...stores, provider });
    await vault.write([{ id: 'C-1', atMs: at, fields: person }]);
    // Erased, and the data then restored from a backup.
    await stores.keyStore.destroy([{ number: 1, print: new Uint8Array(16) }]);
    await stores.keyStore.removed([1]);
    const other = await openTestVault({ ...(await again(stores)), provider });
    assert.deepEqual(await other.vault.read(['C-1'], ['name']), [null]);
    assert.deepEqual(await other.vault.find('phone', person.phone), []);
    assert.deepEqual(await other.vault.sample(10), []);
    await other.vault.write([{ id: 'C-1', atMs: at, fields: { name: 'new' } }]);
    assert.equal((await other.vault.read(['C-1'], ['name']))[0]?.name?.value, 'new');
    assert.equal((await other.vault.status()).subjects, 1);
    await other.vault.close();
    await vault.close();
  });

  test('numbers are never given twice, whichever of the two stores comes from an older backup', async () => {
    const { vault, data, keyStore } = await openTestVault(await open());
    await vault.write([1, 2, 3].map((i) => ({ id: `C-${i}`, atMs: at, fields: {} })));
    await vault.erase('C-3');
    await vault.write([{ id: 'C-4', atMs: at, fields: {} }]);
    assert.equal(await data.lastNumber(), 4);
    assert.equal(await keyStore.make(1, 9, 1, () => randomBytes(60)), 10);
    await vault.close();
  });

  test('a rotation wraps every key anew, goes on where it was killed, and keeps nobody from reading or writing', async () => {
    const stores = await open();
    const provider = memoryProvider();
    const { vault } = await openTestVault({ ...stores, provider });
    const ids = Array.from({ length: 700 }, (_, i) => `C-${i}`);
    await vault.write(ids.map((id) => ({ id, atMs: at, fields: { name: `name of ${id}` } })));
    await vault.erase('C-5');
    const other = await openTestVault({ ...(await again(stores)), provider });
    const late = await openTestVault({ ...(await again(stores)), provider });
    const progress: number[] = [];
    const killed = new Error('killed');
    await assert.rejects(
      vault.rotate((done) => {
        progress.push(done);
        throw killed;
      }),
      killed,
    );
    assert.deepEqual(progress, [256]);
    assert.deepEqual((await vault.status()).rotation, { done: 256, total: 699 });
    // It knows the old version only, makes keys meanwhile, and learns of the new one.
    await other.vault.write([{ id: 'D-1', atMs: at, fields: { name: 'other' } }]);
    assert.equal((await other.vault.read(['C-600'], ['name']))[0]?.name?.value, 'name of C-600');
    await vault.erase('C-650');
    const done = await other.vault.rotate(() => undefined);
    assert.deepEqual(done, { version: 2, dataKeys: 699 });
    const status = await vault.status();
    assert.deepEqual([status.rotation, status.keyVersions], [null, [{ version: 2, dataKeys: 699 }]]);
    const values = await vault.read([...ids, 'D-1'], ['name']);
    assert.equal(values.filter((value) => value === null).length, 2);
    assert.equal(values[699]?.name?.value, 'name of C-699');
    assert.equal((await stores.keyStore.encryptionKeys())[0]?.wrapped, null);
    // One that has heard of nothing until now makes no key under what is destroyed.
    await late.vault.write([{ id: 'D-2', atMs: at, fields: { name: 'late' } }]);
    assert.deepEqual(
      (await stores.keyStore.encryptionKeys()).map(({ dataKeys }) => dataKeys),
      [0, 700],
    );
    const fresh = await openTestVault({ ...(await again(stores)), provider });
    assert.equal((await fresh.vault.read(['D-2'], ['name']))[0]?.name?.value, 'late');
    for (const each of [fresh, late, other]) await each.vault.close();
    await vault.close();
  });

  test('a key that is destroyed while a rotation has it in hand stays destroyed', async () => {
    const { vault, keyStore } = await openTestVault(await open());
    await vault.write([{ id: 'C-1', atMs: at, fields: person }]);
    const [key] = await keyStore.keysBefore(2, 0, 10);
    assert.ok(key !== undefined);
    await keyStore.destroy([{ number: 1, print: new Uint8Array(16) }]);
    await keyStore.rewrapped(2, [{ ...key, from: 1, version: 2 }], 1);
    assert.deepEqual(await keyStore.keys([1]), ['destroyed']);
    await vault.close();
  });

  test('two processes that write the same subject at once lose nothing', async () => {
    const stores = await open();
    const provider = memoryProvider();
    const { vault } = await openTestVault({ ...stores, provider });
    const other = await openTestVault({ ...(await again(stores)), provider });
    const fields = ['name', 'phone', 'email', 'username'] as const;
    await Promise.all(
      fields.map((field, i) =>
        (i % 2 === 0 ? vault : other.vault).write([{ id: 'C-1', atMs: at + i, fields: { [field]: `value-${i}` } }]),
      ),
    );
    const [values] = await vault.read(['C-1'], fields);
    assert.deepEqual(Object.keys(values ?? {}).sort(), [...fields].sort());
    await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        (i % 2 === 0 ? vault : other.vault).write([{ id: 'C-1', atMs: at + 9, fields: { name: `name-${i}` } }]),
      ),
    );
    // Each rests on the one before it.
    assert.equal((await vault.read(['C-1'], ['name']))[0]?.name?.version, 11);
    assert.equal((await vault.status()).subjects, 1);
    await other.vault.close();
    await vault.close();
  });

  test('values that were moved or changed in the database are VAULT_DAMAGED, never another value', async () => {
    const stores = await open();
    const { vault } = await openTestVault(stores);
    await vault.write([
      { id: 'C-1', atMs: at, fields: person },
      { id: 'C-2', atMs: at, fields: { ...person, name: '李四', phone: '13912345678' } },
    ]);
    await vault.writeParcels([
      { trackingNumber: 'SF1111111111111', atMs: at, parties: { recipient: 'C-1', sender: 'C-2' } },
      { trackingNumber: 'SF2222222222222', atMs: at, parties: { recipient: 'C-2' } },
    ]);
    const damaged = { code: 'VAULT_DAMAGED' };
    const fails = async (sql: string, back: string, work: () => Promise<unknown>): Promise<void> => {
      await stores.tamper(sql);
      await assert.rejects(work, damaged, sql);
      await stores.tamper(back);
    };
    const read = () => vault.read(['C-1'], ['name']);
    await stores.tamper('CREATE TABLE kept AS SELECT * FROM subjects');
    await stores.tamper('CREATE TABLE kept_parcels AS SELECT * FROM parcels');
    const restore = (column: string): string =>
      `UPDATE subjects SET ${column} = (SELECT k.${column} FROM kept k WHERE k.number = subjects.number)`;
    // To another row, to another field, the rows' prints exchanged.
    await fails(
      'UPDATE subjects SET name = (SELECT name FROM kept WHERE number = 2) WHERE number = 1',
      restore('name'),
      read,
    );
    await fails('UPDATE subjects SET name = phone', restore('name'), read);
    await stores.tamper('UPDATE subjects SET print = phone_print WHERE number = 1');
    await fails(
      'UPDATE subjects SET print = (SELECT print FROM kept WHERE number = 1) WHERE number = 2',
      'UPDATE subjects SET print = (SELECT print FROM kept WHERE number = 2) WHERE number = 2',
      read,
    );
    await stores.tamper(restore('print'));
    // An index that points to somebody else.
    await fails(
      'UPDATE subjects SET phone_print = (SELECT phone_print FROM kept WHERE number = 1) WHERE number = 2',
      restore('phone_print'),
      () => vault.find('phone', person.phone),
    );
    // A parcel that says that it is somebody else's, or whose parties changed places, or that has another's number.
    const parcel = () => vault.parcels(['SF1111111111111']);
    const back =
      'UPDATE parcels SET recipient = (SELECT k.recipient FROM kept_parcels k WHERE k.number = parcels.number), recipient_link = (SELECT k.recipient_link FROM kept_parcels k WHERE k.number = parcels.number), sender = (SELECT k.sender FROM kept_parcels k WHERE k.number = parcels.number), sender_link = (SELECT k.sender_link FROM kept_parcels k WHERE k.number = parcels.number)';
    await fails('UPDATE parcels SET recipient = 2 WHERE number = 1', back, parcel);
    await fails('UPDATE parcels SET recipient = sender, recipient_link = sender_link WHERE number = 1', back, parcel);
    await fails(
      'UPDATE parcels SET recipient = 2, recipient_link = (SELECT recipient_link FROM kept_parcels WHERE number = 2) WHERE number = 1',
      back,
      parcel,
    );
    assert.equal((await read())[0]?.name?.value, '王小明');
    assert.equal((await parcel())[0]?.parties.recipient, 'C-1');
    await vault.close();
  });

  test('keys of another vault, another tenant, or none at all are VAULT_KEY before anything is changed', async () => {
    const stores = await open();
    const provider = memoryProvider();
    const { vault } = await openTestVault({ ...stores, provider });
    await vault.write([{ id: 'C-1', atMs: at, fields: person }]);
    const wrong = { code: 'VAULT_KEY' };
    await assert.rejects(async () => openTestVault({ ...(await again(stores)), provider: memoryProvider() }), wrong);
    await assert.rejects(async () => openTestVault({ ...(await again(stores)), provider, tenant: 'other' }), wrong);
    const elsewhere = await open();
    const second = await openTestVault({ ...elsewhere, provider });
    await assert.rejects(
      async () =>
        openTestVault({ data: (await again(stores)).data, keyStore: (await again(elsewhere)).keyStore, provider }),
      wrong,
    );
    const empty = await open();
    await assert.rejects(
      async () => openTestVault({ data: (await again(stores)).data, keyStore: empty.keyStore, provider }),
      wrong,
    );
    await empty.data.close();
    await second.vault.close();
    assert.equal((await vault.read(['C-1'], ['name']))[0]?.name?.value, '王小明');
    await vault.close();
  });

  test('an outbox tells of every version once, with its times, and of what is no longer current', async () => {
    const { vault } = await openTestVault(await open());
    await vault.write([{ id: 'C-1', atMs: at, fields: { name: 'a', phone: '13812345678' } }]);
    await vault.write([{ id: 'C-1', atMs: at + 5000, fields: { name: 'b', phone: null } }]);
    await vault.write([{ id: 'C-1', atMs: at + 9000, fields: { name: 'c' } }]);
    await vault.writeParcels([{ trackingNumber: 'SF1234567890123', atMs: at, parties: { recipient: 'C-1' } }]);
    const { versions, closed, next } = await vault.news(0, 100);
    const seen = new Set(
      versions.map((v) => `${v.field} ${v.value} ${v.sinceMs - at} ${v.untilMs === null ? '' : v.untilMs - at}`),
    );
    assert.deepEqual(
      [...seen].sort(),
      [
        'name a 0 5000',
        'name b 5000 9000',
        'name c 9000 ',
        'phone 13812345678 0 5000',
        'trackingNumber SF1234567890123 0 ',
      ].sort(),
    );
    assert.deepEqual(
      closed.map(({ fields }) => fields),
      [['name', 'phone'], ['name']],
    );
    assert.equal((await vault.status()).unfed, 4);
    await vault.fed(next ?? 0);
    assert.deepEqual(await vault.news(0, 100), { versions: [], closed: [], next: null });
    assert.equal((await vault.status()).unfed, 0);
    // Numbers go on: what is written after everything was told is not taken for told.
    await vault.write([{ id: 'C-2', atMs: at, fields: { name: 'd' } }]);
    assert.ok(((await vault.news(0, 100)).next ?? 0) > (next ?? 0));
    await vault.close();
  });

  test('how far a table was read counts with what it brought', async () => {
    const { vault } = await openTestVault(await open());
    const source = randomBytes(16);
    assert.equal(await vault.importedRows(source), 0);
    await vault.importSubjects([{ id: 'C-1', atMs: at, fields: person }], source, 500);
    assert.equal(await vault.importedRows(source), 500);
    await vault.importParcels([{ trackingNumber: 'SF1234567890123', atMs: at }], source, 700);
    assert.equal(await vault.importedRows(source), 700);
    assert.equal(await vault.importedRows(randomBytes(16)), 0);
    await vault.close();
  });

  test('people are listed in parts, all of them or those with parcels at a station', async () => {
    const { vault } = await openTestVault(await open());
    const ids = Array.from({ length: 1003 }, (_, i) => `listed-${i}`);
    await vault.write(ids.map((id) => ({ id, atMs: at, fields: { name: 'x' } })));
    await vault.writeParcels(
      ids.slice(0, 1002).map((id, i) => ({
        trackingNumber: `SF20000000${String(i).padStart(5, '0')}`,
        atMs: at,
        parties: { recipient: id, sender: 'listed-1002' },
        station: i % 3 === 0 ? 'st-1' : 'st-2',
      })),
    );
    assert.equal(await vault.eraseAll(['listed-0', 'listed-500']), 2);
    const collect = async (page: (after: number) => Promise<{ subjects: readonly string[]; next: number | null }>) => {
      const found: string[] = [];
      for (let after: number | null = 0; after !== null; ) {
        const { subjects, next }: Awaited<ReturnType<typeof page>> = await page(after);
        assert.ok(subjects.length <= 1000);
        found.push(...subjects);
        after = next;
      }
      return found;
    };
    assert.deepEqual(
      await collect((after) => vault.list(after)),
      ids.filter((id) => id !== 'listed-0' && id !== 'listed-500'),
    );
    assert.deepEqual(
      await collect((after) => vault.recipientsAt('st-1', after)),
      ids.slice(1, 1002).filter((_, i) => (i + 1) % 3 === 0 && i + 1 !== 500),
    );
    assert.deepEqual(await collect((after) => vault.recipientsAt('nowhere', after)), []);
    await vault.close();
  });

  test('people of whom nothing happened for long are known, by their own changes and their parcels', async () => {
    const { vault } = await openTestVault(await open());
    await vault.write([
      { id: 'old', atMs: at, fields: { name: 'x' } },
      { id: 'parcel', atMs: at, fields: { name: 'x' } },
      { id: 'new', atMs: at + 100, fields: { name: 'x' } },
      { id: 'sender', atMs: at, fields: {} },
    ]);
    await vault.writeParcels([
      { trackingNumber: 'SF1234567890123', atMs: at, parties: { recipient: 'old' } },
      { trackingNumber: 'SF1234567890124', atMs: at + 100, parties: { recipient: 'parcel', sender: 'sender' } },
    ]);
    assert.deepEqual(await vault.unused(0, at + 50), { subjects: ['old'], next: null });
    assert.equal(await vault.eraseAll(['old', 'nobody', 'parcel']), 2);
    assert.equal((await vault.status()).subjects, 2);
    await vault.close();
  });

  test('what is told late of a person makes nobody old', async () => {
    const { vault } = await openTestVault(await open());
    await vault.write([{ id: 'C-1', atMs: at, fields: { name: '王小明' } }]);
    await vault.write([{ id: 'C-1', atMs: at - 1000, fields: { username: 'ming' } }]);
    assert.deepEqual((await vault.unused(0, at)).subjects, []);
    assert.deepEqual((await vault.unused(0, at + 1)).subjects, ['C-1']);
    await vault.close();
  });

  test('an erasure that somebody kept from its end is ended by the same call again', async () => {
    const stores = await open();
    let isBusy = true;
    const data = new Proxy(stores.data, {
      get(target, name) {
        if (name === 'scrub' && isBusy)
          return () => Promise.reject(new BoltsealError('VAULT_WRITE', { reason: 'busy' }));
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    const { vault } = await openTestVault({ data, keyStore: stores.keyStore });
    await vault.write([{ id: 'C-1', atMs: at, fields: person }]);
    await assert.rejects(vault.erase('C-1'), { code: 'VAULT_WRITE' });
    assert.equal((await stores.keyStore.unremoved()).length, 1);
    isBusy = false;
    assert.equal(await vault.erase('C-1'), false);
    assert.deepEqual(await stores.keyStore.unremoved(), []);
    await vault.close();
  });

  test('values and ids that are none are refused before anything is written', async () => {
    const { vault } = await openTestVault(await open());
    const bad = { code: 'VAULT_VALUE' };
    const ok = { id: 'C-1', atMs: at, fields: { name: 'x' } };
    for (const change of [
      { ...ok, id: '' },
      { ...ok, id: 'x'.repeat(300) },
      { ...ok, atMs: -1 },
      { ...ok, atMs: Number.NaN },
      { ...ok, fields: { name: '王'.repeat(3000) } },
    ])
      await assert.rejects(vault.write([ok, change]), bad);
    for (const trackingNumber of ['', '--', 'S'.repeat(65), 'SF1\0C-2', 'SF/1'])
      await assert.rejects(vault.writeParcels([{ trackingNumber, atMs: at }]), bad);
    assert.equal((await vault.status()).subjects, 0);
    await vault.close();
  });
}
