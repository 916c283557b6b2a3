import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comboReader } from '../../../src/dump/readers/combos.ts';
import { comboColumns } from '../../../src/dump/readers/combos-line.ts';
import { MemorySink, memoryContext, memoryInput } from '../memory-sink.ts';
import { randomFrom } from '../samples.ts';

type Row = Partial<Record<(typeof comboColumns)[number], string>>;

async function read(
  text: string | Uint8Array,
  chunkBytes = 65_536,
): Promise<{ rows: Row[]; rejected: Record<string, number> }> {
  const sink = new MemorySink();
  await comboReader.read(memoryInput(text, 'combo.txt', chunkBytes), sink, memoryContext());
  const [table] = sink.tables;
  assert.deepEqual(table?.columns, comboColumns);
  const rows = (table?.rows ?? []).map((cells) => {
    assert.equal(cells.length, comboColumns.length);
    return Object.fromEntries(
      comboColumns.flatMap((name, index) => (cells[index] == null ? [] : [[name, cells[index]]])),
    );
  });
  return { rows, rejected: Object.fromEntries(sink.rejected) };
}

const detect = (text: string): number => comboReader.detect(memoryInput(text));

/** A list of `count` credentials as `form` writes them. */
function list(count: number, form: (email: string, password: string, index: number) => string, seed = 3): string {
  const random = randomFrom(seed);
  const secret = (): string =>
    Array.from({ length: 6 + random(8) }, () => 'abcdefghkmnpqrstXYZ23456789!#'[random(29)]).join('');
  return Array.from({ length: count }, (_, index) =>
    form(`user${index}.x@example${random(9)}.org`, secret(), index),
  ).join('\n');
}

const cases: readonly (readonly [string, string, Row])[] = [
  ['colons in the password', 'ann@example.org:a:b::c', { email: 'ann@example.org', password: 'a:b::c' }],
  ['a user name', 'ann_01:secret1', { username: 'ann_01', password: 'secret1' }],
  ['a phone number', '13800138000:secret1', { phone: '13800138000', password: 'secret1' }],
  ['a phone number with its country', '+8613800138000:secret1', { phone: '+8613800138000', password: 'secret1' }],
  ['QQ number', '10000123:secret1', { username: '10000123', password: 'secret1' }],
  ['a Han user name', '小明同学:secret1', { username: '小明同学', password: 'secret1' }],
  ['no password', 'ann@example.org:', { email: 'ann@example.org' }],
  ['blanks within', 'ann@example.org:my pass word', { email: 'ann@example.org', password: 'my pass word' }],
  ['MD5', `ann@example.org:${'0a'.repeat(16)}`, { email: 'ann@example.org', passwordHash: '0a'.repeat(16) }],
  ['MD5 and salt', `ann:${'0a'.repeat(16)}:s:lt`, { username: 'ann', passwordHash: '0a'.repeat(16), rest: 's:lt' }],
  ['bcrypt', `ann:$2y$10$${'a'.repeat(53)}`, { username: 'ann', passwordHash: `$2y$10$${'a'.repeat(53)}` }],
  [
    'Werkzeug',
    'ann:pbkdf2:sha256:1000$abcdefgh$00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff:x',
    {
      username: 'ann',
      passwordHash: 'pbkdf2:sha256:1000$abcdefgh$00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff',
      rest: 'x',
    },
  ],
  [
    'user, e-mail, password',
    'ann:ann@example.org:se:cret',
    { username: 'ann', email: 'ann@example.org', password: 'se:cret' },
  ],
  [
    'URL first',
    'https://shop.example.org/login:ann@example.org:se:cret',
    { url: 'https://shop.example.org/login', email: 'ann@example.org', password: 'se:cret' },
  ],
  [
    'URL with port',
    'https://shop.example.org:8443/a?b=c:ann:secret1',
    { url: 'https://shop.example.org:8443/a?b=c', username: 'ann', password: 'secret1' },
  ],
  [
    'port without path',
    'http://10.0.0.1:8080:admin:secret1',
    { url: 'http://10.0.0.1:8080', username: 'admin', password: 'secret1' },
  ],
  [
    'digits as login',
    'http://shop.example.org:12345:secret1',
    { url: 'http://shop.example.org', username: '12345', password: 'secret1' },
  ],
  [
    'IPv6',
    'http://[2001:db8::1]:81/:admin:secret1',
    { url: 'http://[2001:db8::1]:81/', username: 'admin', password: 'secret1' },
  ],
  [
    'Android',
    'android://aGFzaA+/b==@org.example.app/:ann@example.org:secret1',
    { url: 'android://aGFzaA+/b==@org.example.app/', email: 'ann@example.org', password: 'secret1' },
  ],
  [
    'URL within URL',
    'https://a.example.org/?to=https://b.example.org/x:ann:secret1',
    { url: 'https://a.example.org/?to=https://b.example.org/x', username: 'ann', password: 'secret1' },
  ],
  [
    'URL and blank',
    'https://a.example.org/x ann:secret1',
    { url: 'https://a.example.org/x', username: 'ann', password: 'secret1' },
  ],
  [
    'URL without scheme',
    'shop.example.org/in:ann:secret1',
    { url: 'shop.example.org/in', username: 'ann', password: 'secret1' },
  ],
  ['host alone', 'shop.example.org:ann:se:cret', { url: 'shop.example.org', username: 'ann', password: 'se:cret' }],
  ['a dotted user name', 'ann.com:secret1', { username: 'ann.com', password: 'secret1' }],
  [
    'URL last',
    'ann@example.org:se:cret:https://shop.example.org:8443/login?x=1',
    { email: 'ann@example.org', password: 'se:cret', url: 'https://shop.example.org:8443/login?x=1' },
  ],
  ['URL without password', 'https://a.example.org/:ann:', { url: 'https://a.example.org/', username: 'ann' }],
  ['URL without login', 'https://a.example.org/::secret1', { url: 'https://a.example.org/', password: 'secret1' }],
  ['prototype keys', '__proto__:constructor', { username: '__proto__', password: 'constructor' }],
];

for (const [name, line, row] of cases) {
  test(`a line with ${name}`, async () => {
    const text = `${list(30, (email, password) => `${email}:${password}`)}\n${line}\r\n`;
    for (const size of [1, 7, 65_536]) {
      const { rows, rejected } = await read(text, size);
      assert.deepEqual(rows.at(-1), row);
      assert.equal(rows.length, 31);
      assert.deepEqual(rejected, {});
    }
  });
}

test('other separators, also mixed ones', async () => {
  for (const separator of [';', '|', '\t', '----', ' ', ':', '::']) {
    const text = list(
      50,
      (email, password, index) => `${index % 2 === 0 ? email : email.split('@')[0]}${separator}${password}:;x`,
    );
    const { rows } = await read(text);
    assert.equal(rows.length, 50, separator);
    assert.ok(
      rows.every((row) => row.password?.endsWith(':;x') === true),
      separator,
    );
    assert.ok(rows.every((row, index) => (index % 2 === 0 ? row.email : row.username) !== undefined));
    const plain = list(50, (email, password) => `${email}${separator}${password}`);
    if (separator !== ' ') assert.ok(detect(plain) >= 0.5, `${separator} ${detect(plain)}`);
  }
  const dashed = list(50, (email, password, index) => `${email}----${password}----138${10_000_000 + index}`);
  assert.ok(detect(dashed) >= 0.5);
  const { rows } = await read(dashed);
  assert.ok(rows.every((row) => row.phone?.startsWith('138') && !row.password?.includes('-')));
  const mixed = list(60, (email, password, index) => `${email}${':;|'[index % 3]}${password}`);
  assert.ok(detect(mixed) >= 0.5);
  assert.ok((await read(mixed)).rows.every((row) => row.email !== undefined && !/[:;|]/.test(row.password ?? ':')));
});

test('a password that begins like a hash is one; hashes are whole', async () => {
  const of = (length: number): string => 'aZ0./bY9'.repeat(16).slice(0, length);
  const hashes = [
    `$1$salt$${of(22)}`,
    `$apr1$salt$${of(22)}`,
    `$2y$10$${of(53)}`,
    `$wp$2y$10$${of(53)}`,
    `$5$rounds=5000$salt$${of(43)}`,
    `$6$salt$${of(86)}`,
    `$P$B${of(30)}`,
    `$S$D${of(51)}`,
    `$y$j9T$${of(22)}$${of(43)}`,
    `$7$C6..../....${of(22)}$${of(43)}`,
    '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b3dWRWJTmaaJObG',
    '{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr',
    '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=',
    `pbkdf2:sha256:260000$salt$${'0a'.repeat(32)}`,
    'pbkdf2_sha256$600000$salt$W6ph5Mm5Pz8GgiULbPgzG37mj9gW6ph5Mm5Pz8GgiUL=',
    `scrypt:32768:8:1$salt$${'0a'.repeat(64)}`,
  ];
  const passwords = [
    '$1$+bX7b!!',
    '$2y$10$short',
    '$P$ab',
    '{SHA}x',
    '$6$a$b',
    'pbkdf2_sha',
    '$argon2i$',
    `$1$salt$${of(23)}`,
  ];
  const text = [...hashes, ...passwords].map((secret, index) => `u${index}@example.org:${secret}`).join('\n');
  const { rows } = await read(text);
  assert.deepEqual(
    rows.map(({ passwordHash }) => passwordHash),
    [...hashes, ...passwords.map(() => undefined)],
  );
  assert.deepEqual(
    rows.map(({ password }) => password),
    [...hashes.map(() => undefined), ...passwords],
  );
  const salted = await read(hashes.map((hash, index) => `u${index}@example.org:${hash}:s${index}`).join('\n'));
  assert.deepEqual(
    salted.rows.map(({ passwordHash, rest }) => [passwordHash, rest]),
    hashes.map((hash, index) => [hash, `s${index}`]),
  );
});

test('records of one key a line', async () => {
  const text = [
    '***********************',
    'https://t.example.org/ads : join us',
    '',
    'Soft: Browser [Default]',
    'URL: https://shop.example.org:444/login',
    'Username: ann@example.org',
    'Password: a: b',
    '===============',
    'URL: https://b.example.org/',
    'USER: 13800138000',
    'PASS: secret1',
    '===============',
    'URL: https://c.example.org/',
    'Login: UNKNOWN',
    'Password: UNKNOWN',
    '',
    'Host: c.example.org',
    'Login: bob_1',
    'Password: secret2',
    'Host: d.example.org',
    'Login: bob_2',
    'Password: secret3',
  ].join('\r\n');
  for (const size of [1, 2, 3, 7, 64]) {
    const { rows, rejected } = await read(text, size);
    assert.deepEqual(rows, [
      { url: 'https://shop.example.org:444/login', email: 'ann@example.org', password: 'a: b' },
      { url: 'https://b.example.org/', phone: '13800138000', password: 'secret1' },
      { url: 'c.example.org', username: 'bob_1', password: 'secret2' },
      { url: 'd.example.org', username: 'bob_2', password: 'secret3' },
    ]);
    assert.deepEqual(rejected, { 'bad-line': 1, 'bad-record': 1 });
  }
  assert.ok(detect(text) >= 0.5);
});

test('advertising and blank lines are no credentials, a header is none either', async () => {
  const text = `email:password\n${list(20, (email, password) => `${email}:${password}`)}\n\n=== more at our channel ===\nTelegram: @channel\n`;
  const { rows, rejected } = await read(text);
  assert.equal(rows.length, 20);
  assert.deepEqual(rejected, { 'bad-line': 2 });
  assert.ok(detect(text) >= 0.5);
});

test('credentials are claimed, tables and prose are not', () => {
  const claimed = [
    list(50, (email, password) => `${email}:${password}`),
    list(50, (email, _, index) => `${email}:${(1e9 + index * 7_654_321).toString(16).repeat(4)}:salt${index}`),
    list(50, (email, password) => `https://a.example.org/x:${email}:${password}`),
    list(50, (email, password) => `${email}:${password}:https://a.example.org/x`),
    list(50, (email, password) => `android://h==@org.example/:${email.split('@')[0]}:${password}`),
    list(50, (email, password) => `${email.replace(/\..*/, '')}:${password}`),
  ];
  for (const [index, text] of claimed.entries()) assert.ok(detect(text) >= 0.5, `${index}: ${detect(text)}`);
  const others = [
    'name,phone\nann,13800138000\nbob,13800138001\n'.repeat(20),
    list(50, (email, _, index) => `${email};138${10_000_000 + index}`),
    list(50, (email, password, index) => `${index},${email},${password}`),
    list(50, (email, password, index) => `${email};${password};Ann ${index};Street ${index}`),
    list(50, (email, password, index) => `${email}:${password}:Ann${index}:Street${index}`),
    list(50, (email, _, index) => `${email}|Ann Smith ${index}`),
    list(50, (_, __, index) => `2026-11-22 10:${10 + index}:07 INFO login of user ${index}`),
    list(50, (email, password) => `{"email":"${email}","password":"${password}"}`),
    list(50, (email, password) => `INSERT INTO users VALUES ('${email}','${password}');`),
    list(50, (_, password, index) => `name: Ann ${index}\nphone: ${index}\nnote: ${password}`),
    list(50, (email) => email),
    'This is a letter: it has some words, and some lines.\nSo it goes on; and on: nothing here.\nBye.\n'.repeat(9),
    list(50, (_, password, index) => `key_${index}=${password}`),
    list(50, (_, __, index) => `item_${index}:${index * 7}`),
    'a:b\nc:d\n',
    '',
  ];
  for (const [index, text] of others.entries()) assert.ok(detect(text) < 0.5, `${index}: ${detect(text)}`);
});

test('damage of any kind neither throws nor depends on the chunks', async () => {
  const random = randomFrom(21);
  const clean = new TextEncoder().encode(
    list(60, (email, password, index) =>
      index % 3 === 0 ? `https://a.example.org/:${email}:${password}` : `${email}:${password}`,
    ),
  );
  for (let round = 0; round < 40; round++) {
    const bytes = Uint8Array.from(clean);
    for (let hit = 0; hit < 20; hit++) bytes[random(bytes.length)] = random(256);
    const broken = bytes.subarray(random(50), bytes.length - random(50));
    const whole = await read(broken);
    for (const size of [3, 64]) assert.deepEqual(await read(broken, size), whole);
    detect(new TextDecoder().decode(broken));
  }
});

test('long lines are given up, the next is read', async () => {
  const text = `${list(20, (email, password) => `${email}:${password}`)}\n${'a:'.repeat(1_000_000)}\nann@example.org:secret1\n`;
  const { rows, rejected } = await read(text);
  assert.deepEqual(rows.at(-1), { email: 'ann@example.org', password: 'secret1' });
  assert.deepEqual(rejected, { 'too-long': 1 });
});

test('an e-mail address and a phone number in a line are no credentials, however the number is written', () => {
  const lists = [
    (i: number) => `someone${i}@example.net:850-717-${5000 + i}`,
    (i: number) => `someone${i}@example.net:(850) 717-${5000 + i}`,
    (i: number) => `someone${i}@example.net:+1 850 717 ${5000 + i}`,
  ];
  for (const line of lists) {
    const text = Array.from({ length: 60 }, (_, i) => line(i)).join('\n');
    assert.ok(comboReader.detect(memoryInput(text)) < 0.5, line(0));
  }
});
