import Type from 'typebox';
import { attributionFormat } from './formats.ts';
import { canariesSchema } from './verification.ts';

const count = Type.Integer({ minimum: 0 });
const probability = Type.Number({ minimum: 0, maximum: 1 });
const time = Type.String({ description: 'ISO 8601, UTC' });

const suspectFields = {
  named: Type.Boolean({ description: 'true only under the controlled false discovery rate' }),
  explained: Type.Integer({
    minimum: 0,
    description: 'subjects of the dump that its reads in the active period explain',
  }),
  expected: Type.Number({ minimum: 0, description: 'as many are expected by chance' }),
  read: Type.Integer({
    minimum: 0,
    description: 'subjects that it read in the active period, with the fields of the dump',
  }),
  logLikelihoodRatio: Type.Number({ description: 'natural logarithm, explained against expected' }),
  logBayesFactor: Type.Number({
    description:
      'natural logarithm, source against chance, over all periods and shares; with earlier sources taken out',
  }),
  probability,
  active: Type.Object({ from: time, to: time }),
  evidence: Type.Array(Type.String({ description: 'in plain words' })),
  together: Type.Array(Type.String(), { description: 'named together: those that it cannot be told apart from' }),
  timeline: Type.Array(Type.Object({ from: time, explained: count, expected: Type.Number({ minimum: 0 }) }), {
    description: 'new subjects of the dump, part by part of the time of the disclosures',
  }),
};

export const groupSchema = Type.Object({
  attribute: Type.String(),
  value: Type.String(),
  principals: Type.Array(Type.String()),
});

export const principalSuspectSchema = Type.Object({ principal: Type.String(), ...suspectFields });
export const groupSuspectSchema = Type.Object({ group: groupSchema, ...suspectFields });
export const suspectSchema = Type.Union([principalSuspectSchema, groupSuspectSchema]);

export const conclusionKinds = ['source', 'sources', 'group', 'outside', 'undetermined'] as const;
export type ConclusionKind = (typeof conclusionKinds)[number];

export const attributionSchema = Type.Object({
  format: Type.Literal(attributionFormat),
  createdAt: time,
  version: Type.String({ description: 'of Boltseal' }),
  verification: Type.Object({ id: Type.String(), createdAt: time, file: Type.String() }),
  suspects: Type.Array(suspectSchema, { description: 'best first' }),
  canaries: Type.Union([canariesSchema, Type.Null()], {
    description: 'as in the verification; null where none are planted',
  }),
  explained: Type.Integer({ minimum: 0, description: 'subjects of the dump that the named suspects explain' }),
  unexplained: Type.Integer({ minimum: 0, description: 'subjects of the dump that they do not' }),
  outside: Type.Object({
    probability: Type.Number({
      minimum: 0,
      maximum: 1,
      description: 'that no principal of the disclosures is a source',
    }),
    reasons: Type.Array(Type.String()),
  }),
  conclusion: Type.Object({
    kind: Type.Enum(conclusionKinds),
    text: Type.String(),
    reasons: Type.Array(Type.String()),
    changes: Type.Array(Type.String(), { description: 'what would change the conclusion' }),
  }),
  subjects: Type.Object({
    dump: Type.Integer({ minimum: 0, description: 'subjects of the dump that were looked at' }),
    reachable: Type.Integer({
      minimum: 0,
      description: 'of these: somebody read them, with these fields and versions',
    }),
  }),
  disclosures: Type.Object({
    count,
    principals: Type.Integer({ minimum: 0, description: 'that read anything comparable' }),
    from: Type.Union([time, Type.Null()]),
    to: Type.Union([time, Type.Null()]),
    sampledDump: Type.Number({ description: 'share of the subjects of the dump that was looked at' }),
    sampledOthers: Type.Number({ description: 'share of all other subjects that they were compared with' }),
  }),
  method: Type.Object({
    hypotheses: count,
    falseDiscoveryRate: Type.Number({ description: 'promised: 0.01' }),
    namingThreshold: Type.Number({ description: 'log Bayes factor from which on a suspect is named' }),
    spread: Type.Number({ description: 'relative standard deviation between innocent principals' }),
  }),
  timing: Type.Object({ seconds: Type.Number(), readSeconds: Type.Number(), threads: Type.Integer() }),
});

/** What `attribute` found. */
export type Attribution = Type.Static<typeof attributionSchema>;
export type Suspect = Type.Static<typeof suspectSchema>;
