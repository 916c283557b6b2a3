import { bzip2 } from './containers/bzip2.ts';
import { gzip } from './containers/gzip.ts';
import { lz4 } from './containers/lz4.ts';
import { rar } from './containers/rar.ts';
import { sevenZip } from './containers/seven-zip.ts';
import { tar } from './containers/tar.ts';
import { xz } from './containers/xz.ts';
import { zip } from './containers/zip.ts';
import { zstd } from './containers/zstd.ts';
import type { Container, FormatReader } from './reader.ts';
import { bsonReader } from './readers/bson.ts';
import { comboReader } from './readers/combos.ts';
import { jsonReader } from './readers/json.ts';
import { keyValueReader } from './readers/key-values.ts';
import { ldifReader } from './readers/ldif.ts';
import { messyTextReader } from './readers/messy-text.ts';
import { parquetReader } from './readers/parquet.ts';
import { pictureReader } from './readers/picture.ts';
import { sqlReader } from './readers/sql.ts';
import { sqliteReader } from './readers/sqlite.ts';
import { vcardReader } from './readers/vcard.ts';
import { xlsReader } from './readers/xls.ts';
import { xlsxReader } from './readers/xlsx.ts';
import { xmlReader } from './readers/xml.ts';

/** Every format that holds tables, but for delimited text, which is what all other text is taken for. A further one is an entry here. */
export const readers: readonly FormatReader[] = [
  sqlReader,
  jsonReader,
  xmlReader,
  ldifReader,
  vcardReader,
  keyValueReader,
  comboReader,
  messyTextReader,
  bsonReader,
  sqliteReader,
  xlsxReader,
  xlsReader,
  parquetReader,
  pictureReader,
];

/** Every compressed stream and archive. */
export const containers: readonly Container[] = [gzip, bzip2, xz, zstd, lz4, zip, tar, sevenZip, rar];
