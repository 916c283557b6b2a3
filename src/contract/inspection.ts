import Type from 'typebox';
import { inspectionFormat } from './formats.ts';
import { columnSchema } from './verification.ts';

const count = Type.Integer({ minimum: 0 });

export const inspectionSchema = Type.Object({
  format: Type.Literal(inspectionFormat),
  parts: Type.Array(
    Type.Object({
      name: Type.String(),
      format: Type.String(),
      containers: Type.Array(Type.String()),
      encoding: Type.String({ description: 'what the file is in, as the WHATWG names it' }),
      encodingConfidence: Type.Number({ minimum: 0, maximum: 1 }),
      separator: Type.String(),
      bytes: Type.Union([count, Type.Null()], { description: 'null when it is not known' }),
      looked: Type.Object({
        bytes: Type.Union([count, Type.Null()], {
          description: 'unpacked bytes of its file that were looked at; null when time was up before that was known',
        }),
        whole: Type.Boolean({ description: 'whether that is all of its file' }),
      }),
      headerRows: count,
      columns: Type.Array(columnSchema),
      rows: Type.Array(Type.Array(Type.String()), { description: 'first rows, masked' }),
      rejected: Type.Record(Type.String(), count, { description: 'rejected rows so far, by reason' }),
    }),
  ),
  partsOmitted: count,
  failures: Type.Array(Type.Object({ name: Type.String(), code: Type.String(), message: Type.String() })),
  failuresOmitted: count,
  complete: Type.Boolean({ description: 'false: time was up before everything was looked at' }),
});

/** What `inspect` found. */
export type Inspection = Type.Static<typeof inspectionSchema>;
