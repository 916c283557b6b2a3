import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createHome, openHome, resolveHomeFolder } from '../../src/home/home.ts';

const base = mkdtempSync(join(tmpdir(), 'boltseal-home-'));
after(() => rmSync(base, { recursive: true }));

const writeKey = (path: string): void => writeFileSync(path, 'synthetic', { mode: 0o600 });

test('the home is that of the option, else of the environment, else of the user', () => {
  const userFolder = '/home/u';
  assert.equal(resolveHomeFolder({ option: '/a', environment: '/b', userFolder }), '/a');
  assert.equal(resolveHomeFolder({ option: undefined, environment: '/b', userFolder }), '/b');
  assert.equal(resolveHomeFolder({ option: undefined, environment: '', userFolder }), '/home/u/.boltseal');
});

test('a new home is its owner’s alone and can be opened', async () => {
  const folder = join(base, 'deep', 'new');
  const made = await createHome(folder, 'CN', writeKey);
  assert.deepEqual(await openHome(folder), made);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(statSync(join(folder, 'keys')).mode & 0o777, 0o700);
  assert.equal(statSync(made.paths.config).mode & 0o777, 0o600);
});

test('an empty folder becomes a home; a home and a folder with other files do not', async () => {
  const empty = join(base, 'empty');
  mkdirSync(empty, { mode: 0o755 });
  await createHome(empty, 'CN', writeKey);
  assert.equal(statSync(empty).mode & 0o777, 0o700);
  await assert.rejects(createHome(empty, 'CN', writeKey), { code: 'HOME_EXISTS', exit: 1 });
  const full = join(base, 'full');
  mkdirSync(full);
  writeFileSync(join(full, 'letter.txt'), '');
  await assert.rejects(createHome(full, 'CN', writeKey), { code: 'HOME_NOT_EMPTY' });
  assert.deepEqual(readdirSync(full), ['letter.txt']);
});

test('when a step fails nothing stays behind', async () => {
  const folder = join(base, 'failing');
  const failing = (): never => {
    throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  };
  await assert.rejects(createHome(folder, 'CN', failing), { code: 'HOME_WRITE', message: /ENOSPC/ });
  assert.deepEqual(readdirSync(folder), []);
  await createHome(folder, 'CN', writeKey);
});

test('of several that make the same home at once, one does, and the others leave its key alone', async () => {
  for (let round = 0; round < 20; round++) {
    const folder = join(base, `race-${round}`);
    const made = await Promise.allSettled(['a', 'b', 'c'].map(() => createHome(folder, 'CN', writeKey)));
    assert.equal(made.filter(({ status }) => status === 'fulfilled').length, 1);
    const { paths } = await openHome(folder);
    assert.ok(existsSync(paths.key), 'the key of the home that was made is there');
  }
});

test('a file where the folder should be is refused and kept', async () => {
  const file = join(base, 'file');
  writeFileSync(file, '');
  await assert.rejects(createHome(file, 'CN', writeKey), { code: 'HOME_WRITE' });
  await assert.rejects(openHome(file), { code: 'HOME_NONE' });
  assert.ok(existsSync(file));
});

test('what is no home, or has a damaged configuration, is refused with the reason', async () => {
  await assert.rejects(openHome(join(base, 'nowhere')), { code: 'HOME_NONE', exit: 1 });
  const { paths } = await createHome(join(base, 'damaged'), 'CN', writeKey);
  for (const [text, problem] of [
    ['', /no JSON/],
    ['{"format":"boltseal-config-1"', /no JSON/],
    ['[]', /"format" must be/],
    ['{"format":"boltseal-config-9","region":"CN"}', /"format" must be/],
    ['{"format":"boltseal-config-1","region":"China"}', /region/],
    ['{"format":"boltseal-config-1","region":"CN","regoin":"US"}', /exactly/],
    ['{"format":"boltseal-config-1","region":"CN","canaries":{"phoneBlocks":["162****"]}}', /canaries/],
    ['{"format":"boltseal-config-1","region":"CN","canaries":{"phoneBlock":"+86162****"}}', /canaries/],
    ['{"format":"boltseal-config-1","region":"CN","canaries":{"mailDomain":"a@b.cn"}}', /canaries/],
    ['{"format":"boltseal-config-1","region":"CN","canaries":[]}', /canaries/],
  ] as const) {
    writeFileSync(paths.config, text);
    await assert.rejects(openHome(paths.folder), { code: 'HOME_CONFIG', message: problem }, text);
  }
});
