import {
  frame,
  hostileText,
  type Part,
  pick,
  type Random,
  record,
  rowKey,
  type Sample,
  tame,
  times,
} from './sample.ts';

const keys = ['name', 'phone', 'email', 'e-mail', '姓名', '__proto__', 'constructor', 'toString', 'x', 'a b', ''];

/** Records with an id each, so that no two are the same. */
function people(random: Random): { id: number; value: () => string }[] {
  const first = 1000 + random(9000);
  return times(3 + random(12), (index) => ({ id: first + index, value: () => hostileText(random) }));
}

function jsonString(random: Random, text: string): string {
  const plain = JSON.stringify(text).slice(1, -1);
  const escaped = Array.from(text, (character) =>
    random(6) > 0
      ? JSON.stringify(character).slice(1, -1)
      : character
          .split('')
          .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
          .join(''),
  ).join('');
  return `"${random(2) === 0 ? plain : escaped}"`;
}

/** A JSON value, and the cells that it comes to. */
function jsonValue(random: Random, path: string, cells: Map<string, string>, depth: number): string {
  const kind = random(depth > 3 ? 5 : 8);
  if (kind < 3) {
    const text = hostileText(random);
    cells.set(path, text);
    return jsonString(random, text);
  }
  if (kind === 3) {
    const text = pick(random, ['0', '-0', '1.50', '1E5', '-1e-400', '9007199254740993', '13800138000', '1e999']);
    cells.set(path, text);
    return text;
  }
  if (kind === 4) {
    const text = pick(random, ['true', 'false', 'null']);
    if (text !== 'null') cells.set(path, text);
    return text;
  }
  const blank = pick(random, ['', ' ', '\n ']);
  if (kind === 5) {
    return `[${times(random(5), (index) => {
      cells.set(`${path}.${index}`, String(index * 7));
      return `${blank}${index * 7}`;
    }).join(`${blank},`)}${blank}]`;
  }
  const members = [...new Set(times(random(4), () => pick(random, keys)))].filter((key) => key !== '');
  return `{${members.map((key) => `${blank}"${key}"${blank}:${jsonValue(random, `${path}.${key}`, cells, depth + 1)}`).join(',')}${blank}}`;
}

export function jsonSample(random: Random): Sample {
  const form = random(4);
  const oneLine = form < 2;
  const list = people(random).map(({ id }) => {
    const cells = new Map([['id', String(id)]]);
    const members = [...new Set(times(random(6), () => pick(random, keys)))];
    const body = members
      .map((key) => `,${oneLine ? '' : '\n  '}${jsonString(random, key)}:${jsonValue(random, key, cells, 0)}`)
      .join('');
    const text = `{"id":${id}${oneLine ? body.replaceAll('\n', ' ') : body}}`;
    return { text, key: rowKey([...cells.keys()], [...cells.values()]) };
  });
  if (form < 3) return { parts: list.map(({ text, key }) => record(text, '\n', key)), isLocal: oneLine };
  const rows = list.map(({ key }) => key);
  return { parts: [frame(`[${list.map(({ text }) => text).join(',\n')}]\n`)], isLocal: false, rows };
}

type SqlDialect = 'mysql' | 'postgres' | 'sqlserver' | 'oracle';
const sqlHeads: Readonly<Record<SqlDialect, string>> = {
  mysql: '-- MySQL dump 10.13\n/*!40101 SET NAMES utf8 */;\n',
  postgres: '-- PostgreSQL database dump\nSET standard_conforming_strings = on;\n',
  sqlserver: 'USE [x]\nGO\nSET ANSI_NULLS ON\nGO\n',
  oracle: 'SET DEFINE OFF;\nREM INSERTING into T\n-- VARCHAR2\n',
};
const mysqlEscapes: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\n': '\\n',
  '\r': '\\r',
  '\x1a': '\\Z',
  '\\': '\\\\',
  '"': '\\"',
};

function sqlString(random: Random, dialect: SqlDialect, text: string): string {
  if (dialect === 'mysql') {
    const body = text.replace(/[\0\n\r\x1a\\"]/g, (letter) => mysqlEscapes[letter] ?? letter);
    return `${pick(random, ['', '', '_utf8mb4'])}'${body.replaceAll("'", random(2) === 0 ? "''" : "\\'")}'`;
  }
  const clean = text.replaceAll('\0', '');
  if (dialect === 'postgres') {
    const tag = pick(random, ['$$', '$q$']);
    if (random(6) === 0 && !clean.includes('$')) return `${tag}${clean}${tag}`;
    if (random(4) === 0) return `E'${clean.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n')}'`;
  }
  return `${dialect === 'sqlserver' ? 'N' : ''}'${clean.replaceAll("'", "''")}'`;
}

export function sqlSample(random: Random): Sample {
  const dialect = pick(random, ['mysql', 'postgres', 'sqlserver', 'oracle'] as const);
  const columns = ['id', 'name', 'phone', 'note'];
  // Blanks at the end of N'…' are the padding of NCHAR.
  const text = (value: () => string): string => (dialect === 'sqlserver' ? value().replace(/ +$/, '') : value());
  const list = people(random).map(({ id, value }) => ({
    id,
    cells: [
      String(id),
      ...times(3, () => (random(6) === 0 ? null : random(5) === 0 ? String(random(1e9)) : text(value))),
    ],
  }));
  const known = (cells: readonly (string | null)[]): string =>
    rowKey(
      columns,
      cells.map((cell) => (dialect === 'mysql' ? cell : (cell?.replaceAll('\0', '') ?? null))),
    );
  if (dialect === 'postgres' && random(2) === 0) {
    const lines = list.map(({ cells }) =>
      cells
        .map(
          (cell) =>
            cell
              ?.replace(/\0/g, '')
              .replace(/[\\\t\n\r]/g, (c) => ({ '\t': '\\t', '\n': '\\n', '\r': '\\r' })[c] ?? '\\\\') ?? '\\N',
        )
        .join('\t'),
    );
    const parts = lines.map((line, index) => record(line, '\n', known(list[index]?.cells ?? [])));
    return {
      parts: [frame(`${sqlHeads.postgres}COPY t (id, name, phone, note) FROM stdin;\n`), ...parts, frame('\\.\n')],
      isLocal: true,
    };
  }
  const tuples = list.map(
    ({ cells }) =>
      `(${cells.map((cell) => (cell === null ? 'NULL' : /^[1-9]\d{3,}$/.test(cell) && random(2) === 0 ? cell : sqlString(random, dialect, cell))).join(pick(random, [',', ', ']))})`,
  );
  const end = dialect === 'sqlserver' ? '\nGO\n' : ';\n';
  const insert = 'INSERT INTO t (id, name, phone, note) VALUES ';
  const head = frame(sqlHeads[dialect]);
  if (random(2) === 0) {
    return {
      parts: [head, ...tuples.map((tuple, index) => record(insert + tuple, end, known(list[index]?.cells ?? [])))],
      isLocal: true,
    };
  }
  return {
    parts: [head, frame(insert + tuples.join(pick(random, [',', ',\n'])) + end)],
    isLocal: false,
    rows: list.map(({ cells }) => known(cells)),
  };
}

export function xmlSample(random: Random): Sample {
  const escaped = (text: string): string =>
    text.replace(/[&<>"']/g, (c) =>
      random(3) === 0
        ? `&#x${c.charCodeAt(0).toString(16)};`
        : ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }[c] ?? '&apos;'),
    );
  const content = (text: string): string =>
    random(4) === 0 && !text.includes(']]>') ? `<![CDATA[${text}]]>` : escaped(text);
  const parts = people(random).map(({ id, value }) => {
    const [attribute, name, street] = [tame(value()), tame(value()), tame(value())];
    const cells: [string, string][] = [
      ['id', String(id)],
      ['k', attribute],
      ['name', name],
    ];
    if (street !== '') cells.push(['address.street', street]);
    const text = `<user id="${id}" k="${escaped(attribute)}"><name>${content(name)}</name>${street === '' ? '' : `<address><street>${content(street)}</street></address>`}${pick(random, ['', '<!-- > -->', '<?x y?>'])}</user>`;
    return record(
      text,
      '\n',
      rowKey(
        cells.map(([key]) => key),
        cells.map(([, cell]) => cell),
      ),
    );
  });
  return {
    parts: [frame('<?xml version="1.0" encoding="utf-8"?>\n<users>\n'), ...parts, frame('</users>\n')],
    isLocal: false,
  };
}

export function ldifSample(random: Random): Sample {
  const fold = (line: string): string => {
    const letters = Array.from(line);
    if (letters.length < 8 || random(3) > 0) return line;
    const at = 4 + random(letters.length - 4);
    return `${letters.slice(0, at).join('')}\n ${letters.slice(at).join('')}`;
  };
  const line = (name: string, text: string): string => {
    const isSafe = !/^[ :<\ufeff]|[\0\r\n]| $/.test(text);
    return fold(isSafe && random(3) > 0 ? `${name}: ${text}` : `${name}:: ${Buffer.from(text).toString('base64')}`);
  };
  const parts = people(random).map(({ id, value }): Part => {
    const cells: [string, string][] = [
      ['dn', `cn=u${id}`],
      ['cn', value()],
      ['mail', value()],
      ['mail.1', value()],
    ];
    const text = cells.map(([name, cell]) => line(name.replace('.1', ''), cell)).join('\n');
    return record(
      text,
      '\n\n',
      rowKey(
        cells.map(([name]) => name),
        cells.map(([, cell]) => cell),
      ),
    );
  });
  return { parts: [frame('version: 1\n\n'), ...parts], isLocal: true };
}

export function vcardSample(random: Random): Sample {
  const escaped = (text: string): string => text.replace(/[\\,;]/g, '\\$&').replaceAll('\n', '\\n');
  const parts = people(random).map(({ id, value }): Part => {
    // Lines that look like a frame or a fold are not written by anybody.
    const [name, note] = [tame(value()), value().replace(/[\r\ufeff]/g, '')];
    const lines = [
      'BEGIN:VCARD',
      'VERSION:3.0',
      `FN:${escaped(name)}`,
      `TEL;TYPE=CELL:${id}`,
      `NOTE:${escaped(note)}`,
      'END:VCARD',
    ];
    return record(lines.join('\n'), '\n', rowKey(['fn', 'tel.0', 'note'], [name, String(id), note]));
  });
  return { parts, isLocal: true };
}

export function keyValuesSample(random: Random): Sample {
  const parts = people(random).map(({ id, value }): Part => {
    const [name, mail] = [tame(value()), `u${id}@example.org`];
    const text = `level=info id=${id} mail=${mail} name="${name.replace(/[\\"]/g, '\\$&')}"`;
    return record(text, '\n', rowKey(['level', 'id', 'mail', 'name'], ['info', String(id), mail, name]));
  });
  return { parts, isLocal: true };
}

export function comboSample(random: Random): Sample {
  const parts = people(random).map(({ id }): Part => {
    const password = times(6 + random(9), () => pick(random, Array.from('abcXYZ0123456789!#%^*_+'))).join('');
    return record(
      `u${id}@example.org:${password}`,
      '\n',
      rowKey(['email', 'password'], [`u${id}@example.org`, password]),
    );
  });
  return { parts, isLocal: true };
}

const quoted = (cell: string): string => (/["\n\r,]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** CSV as RFC 4180 has it, for the exact reading of rows. */
export function delimitedSample(random: Random): Sample {
  const parts = people(random).map(({ id, value }): Part => {
    const cells = [String(id), ...times(3, () => value())];
    return record(cells.map(quoted).join(','), pick(random, ['\n', '\r\n']), rowKey(null, cells));
  });
  return { parts, isLocal: false };
}

/** A table of debris: lines whose cells say where they belong. */
export function messySample(random: Random): Sample {
  const separator = pick(random, [',', ';', '|', '\t']);
  const columns = ['id', 'name', 'phone', 'email', 'city'];
  const parts = people(random).map(({ id }): Part => {
    const cells = [
      String(id),
      `Ann Example${id}`,
      `1380000${id}`,
      `ann${id}@example.org`,
      pick(random, ['Hangzhou', 'Suzhou']),
    ];
    return record(cells.join(separator), '\n', rowKey(columns, cells));
  });
  return { parts: [frame(`${columns.join(separator)}\n`), ...parts], isLocal: true };
}
