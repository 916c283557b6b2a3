/** Values that exporters have to escape; synthetic. */
export const hostileTexts: readonly string[] = [
  '',
  ' ',
  "it's",
  "''",
  "'",
  '"quoted"',
  'back\\slash',
  'ends in a backslash\\',
  "\\'",
  '\\N',
  '\\.',
  'NULL',
  'line\nbreak',
  'carriage\r\nreturn',
  'tab\there',
  "),('x','y'),(",
  "');\nINSERT INTO other VALUES ('z');\n",
  '-- no comment',
  '/* no comment */ */ /*',
  '$$ $body$',
  '100%_\\%\\_',
  '张伟，北京市朝阳区',
  '\u{1f600} \u{20bb7}',
  '__proto__',
  'a;b',
  '\u0001\u001f\u007f',
  '\\n\\r\\t\\0',
  "q'[x]'",
  '0x41',
  '#hash',
];

/** Bytes for blob columns: none that are text. */
export const hostileBlobs: readonly Uint8Array[] = hostileTexts.map((text, index) =>
  Buffer.concat([Buffer.from([0, 255, 39, 92, index]), Buffer.from(text)]),
);
