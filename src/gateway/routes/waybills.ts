import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { type WaybillRequest, waybillRequestSchema, waybillSchema } from '../../contract/api/waybills.ts';
import { trackingNumberSchema } from '../../contract/api/words.ts';
import { BoltsealError, type ErrorCode } from '../../core/errors.ts';
import { callerOf } from '../caller.ts';
import { type DiscloseServices, disclose } from '../disclose/disclose.ts';
import { makeWaybill, waybillFields } from '../waybill.ts';

/** `POST /v1/parcels/{tracking}/waybill`: two disclosures with the purpose `waybill`, as a printer needs them. */
export function waybillRoutes(app: FastifyInstance, services: DiscloseServices): void {
  app.post<{ Params: { tracking: string }; Body: WaybillRequest }>(
    '/v1/parcels/:tracking/waybill',
    {
      schema: {
        tags: ['parcels'],
        summary: 'Gives what the printed waybill of a parcel shows',
        params: Type.Object({ tracking: trackingNumberSchema }),
        body: waybillRequestSchema,
        response: { 200: waybillSchema },
      },
    },
    async (request) => {
      const { tracking } = request.params;
      const fields = waybillFields(request.body.phone);
      const ask = async (party: 'recipient' | 'sender') => {
        const body = { purpose: 'waybill', fields, parcels: [tracking], party };
        const [result] = await disclose(services, { caller: callerOf(request), body, idempotencyKeyOf: null });
        if (result === undefined) throw new RangeError('one parcel was asked for');
        return result;
      };
      const recipient = await ask('recipient');
      // Without the recipient there is nothing to print, and the sender is nobody's business.
      if (recipient.decision === 'refused')
        throw new BoltsealError((recipient.code ?? 'GATEWAY_NOT_JUSTIFIED') as ErrorCode);
      return makeWaybill(tracking, recipient, await ask('sender'));
    },
  );
}
