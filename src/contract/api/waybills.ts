import { type Static, Type } from 'typebox';
import { receiptSchema } from './disclosures.ts';
import { trackingNumberSchema } from './words.ts';

/** `POST /v1/parcels/{tracking}/waybill`. */
export const waybillRequestSchema = Type.Object(
  {
    /** Left out: `masked`. */
    phone: Type.Optional(Type.Enum(['masked', 'virtual'])),
  },
  { additionalProperties: false },
);
export type WaybillRequest = Static<typeof waybillRequestSchema>;

const partySchema = Type.Object({ name: Type.String(), phone: Type.String(), address: Type.String() });

/** What a printer needs, and no more; a party that may not be told, or is none any more, is null. */
export const waybillSchema = Type.Object({
  parcel: trackingNumberSchema,
  recipient: Type.Union([partySchema, Type.Null()]),
  sender: Type.Union([partySchema, Type.Null()]),
  receipts: Type.Array(receiptSchema),
});
export type Waybill = Static<typeof waybillSchema>;
