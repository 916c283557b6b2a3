import Type from 'typebox';
import { verificationFormat } from './formats.ts';

const count = Type.Integer({ minimum: 0 });
const share = Type.Number({ minimum: 0, maximum: 1 });
const nullableNumber = Type.Union([Type.Number(), Type.Null()]);

export const columnSchema = Type.Object({
  index: Type.Integer({ minimum: 0, description: 'position from 0' }),
  name: Type.Union([Type.String(), Type.Null()], { description: "the header's cell; null without header" }),
  field: Type.Union([Type.String(), Type.Null()], { description: 'the field, or null when it is none of ours' }),
  kind: Type.Union([Type.String(), Type.Null()], {
    description:
      'what it looks like when it is no field: date, timestamp, number, money, order, card, qq, ip, uuid, url, category, mixed, text or empty',
  }),
  confidence: share,
  reason: Type.String(),
});

export const fileSchema = Type.Object({
  name: Type.String(),
  bytes: count,
  rows: Type.Integer({ minimum: 0, description: 'rows read; neither header nor rejected rows' }),
  matchedRows: Type.Integer({ minimum: 0, description: 'rows with an identifying value of a subject' }),
  rejectedRows: count,
  rejected: Type.Record(Type.String(), count, { description: 'rejected rows by reason' }),
  format: Type.String(),
  containers: Type.Array(Type.String(), {
    description: 'formats of the archives and compressed streams that it lies in, the outermost first',
  }),
  encoding: Type.String({ description: 'what the file is in, as the WHATWG names it' }),
  encodingConfidence: share,
  separator: Type.String(),
  columns: Type.Array(columnSchema),
});

const windowSchema = Type.Object({
  from: Type.String(),
  to: Type.String(),
  best: Type.String({ description: 'the median of what is likely' }),
  probability: share,
  share: Type.Number({ description: "of the dump's subjects, those from this copy" }),
});

export const copyShapes = ['single', 'merged', 'skimmed', 'unknown'] as const;

const canaryFigures = {
  found: Type.Integer({ minimum: 1 }),
  planted: Type.Integer({ minimum: 1 }),
  madeAt: Type.String({ description: 'ISO 8601, UTC: of the latest one found; at least a part was copied later' }),
  probabilityOfAccident: share,
};

/** Canaries that are in the dump (docs/spec/canaries.md). */
export const canariesSchema = Type.Object({
  found: count,
  planted: Type.Integer({ minimum: 0, description: 'that the register has' }),
  recipients: Type.Integer({ minimum: 0, description: 'principals and scopes that have any' }),
  for: Type.Array(
    Type.Union([
      Type.Object({ principal: Type.String(), ...canaryFigures }),
      Type.Object({ scope: Type.String(), ...canaryFigures }),
    ]),
    { description: 'whose canaries are in the dump, the least likely accident first' },
  ),
});

/** When the dump was copied (docs/spec/copy.md). */
export const copySchema = Type.Object({
  shape: Type.Enum(copyShapes),
  windows: Type.Array(windowSchema),
  resolution: Type.Union([Type.Number(), Type.Null()], {
    description: 'seconds: how far apart changes are that a dump of these subjects could show',
  }),
  subjects: Type.Integer({ minimum: 0, description: 'subjects that dating could use' }),
  informative: Type.Integer({ minimum: 0, description: 'of these, subjects whose values tell times apart' }),
  staleShare: Type.Number({ description: "share of the dump's subjects whose row is of none of the times found" }),
  openEnd: Type.Boolean({ description: 'a window reaches the end of the register: the copy may be younger' }),
  edges: Type.Union([Type.Object({ began: windowSchema, ended: windowSchema }), Type.Null()], {
    description: 'of skimming: when it began and ended',
  }),
  range: Type.Object({ from: Type.String(), to: Type.String() }),
  curves: Type.Array(Type.Array(Type.Array(Type.Number())), {
    description: 'for drawing: pairs of seconds since 1970 and relative likelihood, per window',
  }),
});

export const verdictKinds = ['ours', 'partly-ours', 'recombined', 'not-ours', 'undetermined'] as const;
export type VerdictKind = (typeof verdictKinds)[number];

export const verificationSchema = Type.Object({
  format: Type.Literal(verificationFormat),
  id: Type.Union([Type.String(), Type.Null()], {
    description: 'of the evidence that the home keeps for `attribute`; null when none was kept',
  }),
  createdAt: Type.String({ description: 'ISO 8601, UTC' }),
  version: Type.String({ description: 'of Boltseal' }),
  file: fileSchema,
  parts: Type.Array(fileSchema, {
    description: 'every file or table read; `file` is their sum, with the columns of the largest',
  }),
  partsOmitted: Type.Integer({ minimum: 0, description: 'tables beyond those of `parts`' }),
  failures: Type.Array(Type.Object({ name: Type.String(), code: Type.String(), message: Type.String() }), {
    description: 'what was not read, or not to its end',
  }),
  failuresOmitted: Type.Integer({ minimum: 0, description: 'failures beyond those of `failures`' }),
  rows: Type.Object({
    matched: Type.Integer({ minimum: 0, description: 'strong + weak + chimera' }),
    strong: count,
    weak: count,
    chimera: count,
    identifiable: Type.Integer({ minimum: 0, description: 'rows with a valid identifying value' }),
    multiple: Type.Integer({ minimum: 0, description: 'rows with two or more: only these can be chimeras' }),
    distinct: count,
    distinctError: Type.Number({ minimum: 0, description: 'relative standard error of distinct; 0: exact' }),
  }),
  subjects: Type.Object({
    registered: count,
    matched: count,
    strong: count,
    atLeast: count,
    atMost: count,
    thresholds: Type.Array(Type.Object({ people: count, probability: share }), {
      description: 'how likely at least so many people are in the dump: numbers at which duties begin',
    }),
    byMonth: Type.Array(
      Type.Object({ month: Type.String({ pattern: '^\\d{4}-\\d{2}$' }), registered: count, matched: count }),
    ),
  }),
  fields: Type.Record(
    Type.String(),
    Type.Object({ exclusive: Type.Boolean(), rows: count, matched: count, current: count, stale: count }),
  ),
  controls: Type.Object({
    field: Type.Union([Type.String(), Type.Null()], {
      description: 'the field that is furthest above its chance: lift, low and high are its',
    }),
    lift: Type.Union([Type.Number(), Type.Null()], { description: 'null when there is nothing to compare' }),
    low: nullableNumber,
    high: Type.Union([Type.Number(), Type.Null()], { description: 'null: unbounded' }),
    confidence: Type.Number({ description: 'of the intervals, two-sided' }),
    fields: Type.Array(
      Type.Object({
        field: Type.String(),
        sampled: count,
        sampledSeen: count,
        controls: count,
        controlsSeen: count,
        lift: nullableNumber,
        low: nullableNumber,
        high: nullableNumber,
        chance: Type.Number({ description: 'the lift that a file which has nothing to do with the company can reach' }),
      }),
    ),
  }),
  verdict: Type.Object({
    kind: Type.Enum(verdictKinds),
    reasons: Type.Array(Type.String()),
  }),
  copy: Type.Union([copySchema, Type.Null()], { description: 'null when the dump is not ours' }),
  canaries: Type.Union([canariesSchema, Type.Null()], { description: 'null where none are planted' }),
  corrections: Type.Union([
    Type.Object({
      doubtful: Type.Integer({
        minimum: 0,
        description: 'cells recognised in pictures that were not found as they stood',
      }),
      tried: Type.Integer({ minimum: 0, description: 'other readings of them that were looked up' }),
      corrected: Type.Integer({
        minimum: 0,
        description: 'cells of which exactly one other reading belongs to a customer',
      }),
      expectedByChance: Type.Union([Type.Number(), Type.Null()], {
        description: 'as many values at random would hit so many customers; null when that cannot be estimated',
      }),
    }),
    Type.Null(),
  ]),
  samples: Type.Array(
    Type.Object({
      kind: Type.String({ description: 'strong, weak, chimera or none' }),
      cells: Type.Array(Type.String(), { description: 'masked' }),
    }),
  ),
  register: Type.Object({
    subjects: count,
    versions: count,
    region: Type.String(),
    from: Type.Union([Type.String(), Type.Null()]),
    until: Type.Union([Type.String(), Type.Null()], { description: 'time of the latest table' }),
  }),
  timing: Type.Object({
    seconds: Type.Number(),
    loadSeconds: Type.Number(),
    scanSeconds: Type.Number(),
    evidenceSeconds: Type.Number(),
    bytesPerSecond: Type.Number(),
    threads: Type.Integer(),
    passes: Type.Integer(),
    fastRows: count,
    exactRows: count,
  }),
});

/** What `verify` found. */
export type Verification = Type.Static<typeof verificationSchema>;
