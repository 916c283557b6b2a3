import Type from 'typebox';

/** Format version of config.json in a Boltseal home; documented in docs/operations.md. */
export const configFormat = 'boltseal-config-1';

export const configSchema = Type.Object(
  {
    format: Type.Literal(configFormat),
    region: Type.String({
      pattern: '^[A-Z]{2}$',
      description:
        'ISO 3166-1 alpha-2: whose national phone formats need no prefix. Part of every fingerprint of a phone: fixed for life',
    }),
  },
  { additionalProperties: false },
);

/** What a home is configured with. */
export type Config = Type.Static<typeof configSchema>;
