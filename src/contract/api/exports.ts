import { type Static, Type } from 'typebox';
import { purposes } from './purposes.ts';
import { byField, nameSchema, subjectIdSchema, timeSchema } from './words.ts';

/** Most people that a request can name one by one; more do not fit into a body. */
export const MOST_NAMED = 20_000;

/** Forms in which exports have fields: a number that forwards for a while is no use in a file. */
export const exportForms = ['masked', 'clear'] as const;
export type ExportForm = (typeof exportForms)[number];

/** How the file is written. */
export const exportFormats = ['csv', 'jsonl'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** `approved`: to be given once, before it expires. `given`, `broken` (cut off after the first rows), `refused`, `expired`: over. */
export const exportStates = ['requested', 'approved', 'running', 'given', 'broken', 'refused', 'expired'] as const;
export type ExportState = (typeof exportStates)[number];

const fieldsSchema = Type.Object(byField(Type.Enum(exportForms)), { additionalProperties: false, minProperties: 1 });

/** Of whom: everybody in the vault, recipients of parcels that are at a station, or people by their ids. */
export const exportSelectionSchema = Type.Union([
  Type.Object({ kind: Type.Literal('everybody') }, { additionalProperties: false }),
  Type.Object({ kind: Type.Literal('station'), station: nameSchema }, { additionalProperties: false }),
  Type.Object(
    {
      kind: Type.Literal('subjects'),
      subjects: Type.Array(subjectIdSchema, { minItems: 1, maxItems: MOST_NAMED, uniqueItems: true }),
    },
    { additionalProperties: false },
  ),
]);
export type ExportSelection = Static<typeof exportSelectionSchema>;

/** `POST /v1/exports`: what is asked for, and why. Nothing of it can be changed later: what was approved is what is given. */
export const exportRequestSchema = Type.Object(
  {
    purpose: Type.Enum(purposes),
    fields: fieldsSchema,
    selection: exportSelectionSchema,
    /** People in the file at most. */
    people: Type.Integer({ minimum: 1, maximum: 100_000_000 }),
    /** Who gets the file: canaries are made for them. A name of the company's, such as `mail-house-3`. */
    recipient: nameSchema,
    reason: Type.String({ minLength: 8, maxLength: 300 }),
  },
  { additionalProperties: false },
);
export type ExportRequest = Static<typeof exportRequestSchema>;

/** An export as those see it who asked, who approve, and who check. Nobody in it is named. */
export const exportSchema = Type.Object({
  id: nameSchema,
  state: Type.Enum(exportStates),
  purpose: Type.String(),
  fields: Type.Object(byField(Type.Enum(exportForms))),
  selection: Type.Object({
    kind: Type.Enum(['everybody', 'station', 'subjects']),
    station: Type.Optional(Type.String()),
    /** How many were named. */
    subjects: Type.Optional(Type.Integer()),
  }),
  people: Type.Integer(),
  recipient: Type.String(),
  reason: Type.String(),
  requestedBy: Type.String(),
  requestedAt: timeSchema,
  expiresAt: timeSchema,
  /** How many others have to approve it. */
  approvalsNeeded: Type.Integer(),
  approvals: Type.Array(Type.Object({ by: Type.String(), at: timeSchema })),
  /** Who refused it or took it back. */
  refusedBy: Type.Optional(Type.String()),
  beganAt: Type.Optional(timeSchema),
  endedAt: Type.Optional(timeSchema),
  /** Lines of the file without its header; of one that was cut off, at most so many left. */
  rows: Type.Optional(Type.Integer()),
  /** Whether all that were selected are in it: false when `people` was reached before, or it was cut off. */
  isWhole: Type.Optional(Type.Boolean()),
});
export type ExportBody = Static<typeof exportSchema>;

export const exportsSchema = Type.Object({
  exports: Type.Array(exportSchema),
  /** There are more: ask again with `before`. */
  next: Type.Optional(Type.String()),
});
export type ExportsBody = Static<typeof exportsSchema>;

/** `POST /v1/exports/{id}/rows`. */
export const exportRowsSchema = Type.Object({ format: Type.Enum(exportFormats) }, { additionalProperties: false });
export type ExportRowsBody = Static<typeof exportRowsSchema>;
