import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detect, readInChunks, readScript } from './sql-run.ts';

const table = async (script: string, name = 't'): Promise<readonly (readonly (string | null)[])[] | undefined> => {
  const outcome = await readScript(script);
  assert.deepEqual(outcome.rejected, {});
  return outcome.tables[name];
};
const cells = async (head: string, values: string): Promise<readonly (string | null)[] | undefined> =>
  (await table(`${head}\nINSERT INTO t VALUES (${values});\n`))?.[0];

const mysql = '-- MySQL dump 10.13\n/*!40101 SET NAMES utf8 */;';
const postgres = '-- PostgreSQL database dump\nSET standard_conforming_strings = on;';
const sqlserver = 'USE [x]\nGO\nSET ANSI_NULLS ON\nGO';
const oracle = "SET DEFINE OFF;\nREM INSERTING into T\nPROMPT it's running\n-- VARCHAR2\n";

test('MySQL: extended INSERT with the columns of CREATE TABLE', async () => {
  const outcome = await readScript(`${mysql}
DROP TABLE IF EXISTS \`users\`;
CREATE TABLE \`users\` (
  \`id\` int(11) NOT NULL AUTO_INCREMENT COMMENT 'it''s, (a) key;',
  \`e-mail\` varchar(100) CHARACTER SET utf8mb4 DEFAULT 'x',
  key varchar(10), \`pay\` enum('a','b)') ,
  PRIMARY KEY (\`id\`), UNIQUE KEY \`mail\` (\`e-mail\`), KEY \`k\` (\`key\`,\`pay\`),
  CONSTRAINT \`c\` FOREIGN KEY (\`id\`) REFERENCES \`o\` (\`id\`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
LOCK TABLES \`users\` WRITE;
/*!40000 ALTER TABLE \`users\` DISABLE KEYS */;
INSERT INTO \`users\` VALUES (1,'a@b.cn',NULL,'a'),(2,'it\\'s \\"x\\" \\\\','',-1.5e3) , 
 (3,'\\0\\n\\r\\t\\Z\\b\\%\\_\\q','''','b');
INSERT IGNORE INTO \`users\` (\`pay\`,\`id\`) VALUES ('b',4);
REPLACE INTO users VALUES (5,"dou""ble",'','') ON DUPLICATE KEY UPDATE id=VALUES(id), x='),(9,9,9,9)';
INSERT INTO users SET \`e-mail\`='s@t.cn', id = 6, pay:=concat('a','b');
UNLOCK TABLES;
`);
  assert.deepEqual(outcome, {
    columns: { users: ['id', 'e-mail', 'key', 'pay'] },
    tables: {
      users: [
        ['1', 'a@b.cn', null, 'a'],
        ['2', 'it\'s "x" \\', '', '-1.5e3'],
        ['3', '\0\n\r\t\x1a\b\\%\\_q', "'", 'b'],
        ['4', null, null, 'b'],
        ['5', 'dou"ble', '', ''],
        ['6', 's@t.cn', null, 'ab'],
      ],
    },
    rejected: {},
  });
});

test('MySQL: literals', async () => {
  assert.deepEqual(
    await cells(
      mysql,
      `0x4142,x'43',X'FFfe',b'101',_utf8mb4'a',_binary '\\'',_utf8 0x44,n'e',TRUE,false,- 5,+6,.5,0x,@v,DEFAULT`,
    ),
    ['AB', 'C', 'fffe', '5', 'a', "'", 'D', 'e', 'TRUE', 'false', '-5', '6', '.5', '', null, null],
  );
  assert.deepEqual(
    await cells(
      mysql,
      "/* a */1 /*!50705 ,0x00FF */ # b\n,-- c\n'x'/*! , 2*/,UNHEX('4142'),FROM_UNIXTIME(123),NOW(),(SELECT 1,'y')",
    ),
    ['1', '00ff', 'x', '2', 'AB', '123', null, null],
  );
});

test('MySQL: DELIMITER, triggers and procedures hold no rows', async () => {
  assert.deepEqual(
    await table(`${mysql}
/*!50003 CREATE*/ /*!50017 DEFINER=\`r\`@\`%\`*/ /*!50003 TRIGGER x BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1 */;
DELIMITER ;;
CREATE PROCEDURE p() BEGIN
INSERT INTO t VALUES ('no');
END ;;
DELIMITER ;
CREATE TRIGGER y AFTER INSERT ON t FOR EACH ROW BEGIN
  IF 1 THEN INSERT INTO t VALUES ('no'); END IF;
  INSERT INTO t VALUES (CASE WHEN 1 THEN 2 END);
END;
INSERT INTO t VALUES ('yes');
`),
    [['yes']],
  );
});

test('PostgreSQL: COPY', async () => {
  const outcome = await readScript(`${postgres}
\\restrict abc
COPY public.users (id, "e mail", note) FROM stdin;
1\ta@b.cn\t\\N
2\t\\\\N\t\\b\\f\\n\\r\\t\\v\\101\\x41\\q
3\t\t
4\tx\ty\\
z
\\.


COPY other (a) FROM stdin WITH (FORMAT csv, HEADER, DELIMITER ';', NULL '-');
a
"q""u;
ote"
-
\\.
COPY files FROM '/tmp/x.csv';
SELECT pg_catalog.setval('s', 3, true);
\\connect other
INSERT INTO other VALUES ('b');
`);
  assert.deepEqual(outcome, {
    columns: { users: ['id', 'e mail', 'note'], other: ['a'] },
    tables: {
      users: [
        ['1', 'a@b.cn', null],
        ['2', '\\N', '\b\f\n\r\t\vAAq'],
        ['3', '', ''],
        ['4', 'x', 'y\nz'],
      ],
      other: [['q"u;\note'], [null], ['b']],
    },
    rejected: {},
  });
});

test('PostgreSQL: literals', async () => {
  assert.deepEqual(
    await cells(
      postgres,
      `'C:\\', E'it\\'s\\n\\x41\\u4e2d\\101\\xe6\\x9d\\xad\\346\\235\\255', U&'\\4e2d\\+00004e''', $$a'b$$, $q$),('$q$, 'x'::character varying(10), '2020-01-01'::timestamp without time zone AT TIME ZONE 'utc',
       B'0101', ARRAY['a','b']::text[], DATE '2020-02-29', 'a' || 'b' || NULL, N'pad  ', nextval('s'::regclass), 'c' COLLATE "C", pg_catalog.lower('D'), 'two'
       ' lines', 3 * 4, '\\x00ff'`,
    ),
    [
      'C:\\',
      "it's\nA中A杭杭",
      "中N'",
      "a'b",
      "),('",
      'x',
      '2020-01-01',
      '0101',
      '{a,b}',
      '2020-02-29',
      null,
      'pad',
      null,
      'c',
      'D',
      'two lines',
      null,
      '\\x00ff',
    ],
  );
});

test('PostgreSQL: functions hold no rows, strings are over lines', async () => {
  assert.deepEqual(
    await table(`${postgres}
CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $_$
BEGIN
INSERT INTO t VALUES ('no');
END $_$;
COMMENT ON TABLE t IS 'a
b;';
INSERT INTO public.t (a) VALUES ('yes;
INSERT INTO t VALUES (1)');
`),
    [['yes;\nINSERT INTO t VALUES (1)']],
  );
});

test('SQL Server', async () => {
  const outcome = await readScript(`${sqlserver}
CREATE TABLE [dbo].[Us]]ers](
  [Id] [int] IDENTITY(1,1) NOT NULL, [Na me] [nvarchar](max) NULL,
  CONSTRAINT [PK] PRIMARY KEY CLUSTERED ([Id] ASC) WITH (PAD_INDEX = OFF) ON [PRIMARY]) ON [PRIMARY]
GO
SET IDENTITY_INSERT [dbo].[Us]]ers] ON
INSERT [dbo].[Us]]ers] ([Id], [Na me]) VALUES (1, N'it''s \\')
INSERT [dbo].[Us]]ers] ([Id], [Na me]) VALUES (CAST(2 AS Decimal(10, 2)), CAST(N'2020-01-01T00:00:00.000' AS DateTime))
GO
INSERT dbo.[Us]]ers] VALUES (3, CONVERT(nvarchar(10), N'x', 120))
INSERT INTO [x].[dbo].[Us]]ers] SELECT 4, N'a' + CHAR(39) UNION ALL SELECT 5, NULL
GO
PRINT 'it is done'
GO
`);
  assert.deepEqual(outcome, {
    columns: { 'Us]ers': ['Id', 'Na me'] },
    tables: {
      'Us]ers': [
        ['1', "it's \\"],
        ['2', '2020-01-01T00:00:00.000'],
        ['3', 'x'],
        ['4', "a'"],
        ['5', null],
      ],
    },
    rejected: {},
  });
});

test('Oracle', async () => {
  const outcome = await readScript(`${oracle}
CREATE TABLE "S"."T" ("ID" NUMBER(10,0), "D" DATE, "N" VARCHAR2(10 CHAR));
/
Insert into S.T (ID,D,N) values (1,to_date('2020-01-01','YYYY-MM-DD'),q'[it's]');
INSERT ALL
  INTO S.T (ID, D, N) VALUES (2, NULL, 'a'||chr(38)||'b')
  INTO other (x) VALUES (EMPTY_CLOB())
SELECT * FROM dual;
INSERT INTO S.T (N) SELECT nq'!x!' FROM dual;
CREATE OR REPLACE PROCEDURE p AS BEGIN INSERT INTO t VALUES (1); END p;
/
commit;
`);
  assert.deepEqual(outcome, {
    columns: { 'S.T': ['ID', 'D', 'N'], other: ['x'] },
    tables: {
      'S.T': [
        ['1', '2020-01-01', "it's"],
        ['2', null, 'a&b'],
        [null, null, 'x'],
      ],
      other: [[null]],
    },
    rejected: {},
  });
});

test('SQLite', async () => {
  assert.deepEqual(
    await table(`PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE IF NOT EXISTS "t" (a INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT, c BLOB);
INSERT INTO t VALUES(1,replace(replace('a\\nb\\r','\\n',char(10)),'\\r',char(13)),X'00ff');
INSERT INTO "t" VALUES(2,unistr('a\\u000ab\\\\'),NULL);
CREATE TRIGGER x AFTER INSERT ON t BEGIN INSERT INTO t VALUES(9,9,9); END;
COMMIT;
`),
    [
      ['1', 'a\nb\r', '00ff'],
      ['2', 'a\nb\\', null],
    ],
  );
});

test('backslashes: rows correct what the head made believe', async () => {
  // Nothing says MySQL, and '' is what the others write: the first row in which it matters decides.
  assert.deepEqual(await table("INSERT INTO t VALUES (1,'a');\nINSERT INTO t VALUES (2,'it\\'s'),(3,'\\n');\n"), [
    ['1', 'a'],
    ['2', "it's"],
    ['3', '\n'],
  ]);
  // Against what the head says it takes three: one may be damaged.
  const path = (id: number): string => `(${id},'C:\\')`;
  assert.deepEqual(
    await table(`${mysql}\nINSERT INTO t VALUES (1,'a'),${path(2)},(3,'\\n'),${path(4)},${path(5)},(6,'\\n');\n`),
    [
      ['1', 'a'],
      ['2', 'C:\\'],
      ['3', '\n'],
      ['4', 'C:\\'],
      ['5', 'C:\\'],
      ['6', '\\n'],
    ],
  );
});

test('a table that is defined anew, or listed with other columns, is a table of its own', async () => {
  const outcome = await readScript(`${mysql}
CREATE TABLE users (a int, b int);
INSERT INTO users VALUES (1,2);
USE other;
CREATE TABLE users (b int, c int, d int);
INSERT INTO users VALUES (3,4,5);
INSERT INTO users (e) VALUES (6);
`);
  assert.deepEqual(outcome.tables, { users: [['1', '2']], 'users (2)': [['3', '4', '5']], 'users (3)': [['6']] });
  assert.deepEqual(outcome.columns['users (3)'], ['e']);
});

test('names that are none of JavaScript’s business', async () => {
  const outcome = await readScript('INSERT INTO `__proto__` (`__proto__`,`constructor`) VALUES (1,2);');
  assert.deepEqual(Object.entries(outcome.tables), [['__proto__', [['1', '2']]]]);
});

test('detection', () => {
  assert.equal(detect(`${mysql}\nINSERT INTO t VALUES (1);`), 0.95);
  assert.equal(detect('COPY a.b (c, d) FROM stdin;\n1\t2\n\\.\n'), 0.95);
  assert.equal(detect('CREATE TABLE x (a int);'), 0.95);
  assert.equal(detect('insert into t\n(a,b)\nvalues\n(1,2)'), 0.95);
  assert.equal(detect("-- dump\n\nINSERT [dbo].[T] ([a]) VALUES (N'x')\n"), 0.95);
  assert.equal(detect("garbage at the top\n(1,'x'),\nINSERT INTO t VALUES (1,'x'),\n(2,'y'),\n(3,'z');\n"), 0.7);
  for (const other of [
    'id,name\n1,INSERT INTO t VALUES (1)\n',
    'insert,update,delete\n1,2,3\n',
    '[{"q":"INSERT INTO t VALUES (1)"}]',
    'create table tennis reviews\nhello\n',
    'user:INSERT INTO\n',
    '2020-01-01 12:00:00 LOG: INSERT INTO t VALUES (1)\n',
    'select the best\n',
    '',
  ]) {
    assert.equal(detect(other), 0, other);
  }
});

test('PostgreSQL: a text of nothing but escapes, however long', async () => {
  // In one kind of chunks: four million chunks of a byte took most of a minute.
  const script = `${postgres}\nINSERT INTO t VALUES (E'${'\\101'.repeat(1_000_000)}');\n`;
  assert.equal((await readInChunks(script, 65_536)).tables.t?.[0]?.[0]?.length, 1_000_000);
});
