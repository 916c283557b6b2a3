import { type Static, Type } from 'typebox';
import { attributesSchema } from './principals.ts';
import { nameSchema } from './words.ts';

/** `PUT /v1/stations/{id}`. */
export const stationChangeSchema = Type.Object(
  { partner: Type.Optional(nameSchema), attributes: Type.Optional(attributesSchema) },
  { additionalProperties: false },
);
export type StationChangeBody = Static<typeof stationChangeSchema>;

export const stationSchema = Type.Object({
  id: nameSchema,
  partner: Type.Optional(nameSchema),
  attributes: attributesSchema,
});
export type StationBody = Static<typeof stationSchema>;
export const stationListSchema = Type.Object({ stations: Type.Array(stationSchema) });

/** `PUT /v1/partners/{id}`. */
export const partnerChangeSchema = Type.Object(
  { attributes: Type.Optional(attributesSchema) },
  { additionalProperties: false },
);
export type PartnerChangeBody = Static<typeof partnerChangeSchema>;

export const partnerSchema = Type.Object({ id: nameSchema, attributes: attributesSchema });
export type PartnerBody = Static<typeof partnerSchema>;
export const partnerListSchema = Type.Object({ partners: Type.Array(partnerSchema) });
