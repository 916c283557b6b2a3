import type { FastifyInstance, FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { BoltsealError } from '../../core/errors.ts';
import { callerOf } from '../caller.ts';
import { isReader } from '../directory/duties.ts';
import type { PublicLedger } from '../port.ts';

const shardSchema = Type.String({ pattern: '^[0-9]{4}h[12]$' });
const shardParams = Type.Object({ shard: shardSchema });
const tileParams = Type.Object({ shard: shardSchema, '*': Type.String({ maxLength: 100 }) });
const proofParams = Type.Object({ shard: shardSchema, index: Type.String({ pattern: '^[0-9]{1,15}$' }) });
const proofQuery = Type.Object(
  { reveal: Type.Optional(Type.String({ pattern: '^[A-Za-z]{1,20}(,[A-Za-z]{1,20}){0,10}$' })) },
  { additionalProperties: false },
);

/**
 * The log itself as tlog-tiles clients read it, below `/ledger/{shard}` (`/ledger` lists the shards), and proofs of receipts. Checkpoints are public: a checkpoint that only friends see proves nothing.
 */
export function ledgerRoutes(app: FastifyInstance, ledger: PublicLedger): void {
  app.get('/ledger', { schema: { tags: ['ledger'], summary: 'The shards of the ledger, oldest first' } }, async () => ({
    shards: ledger.shards(),
  }));
  app.get(
    '/ledger/checkpoint',
    { config: { isPublic: true }, schema: { tags: ['ledger'], summary: 'The newest signed checkpoint', security: [] } },
    async (_request, reply) =>
      sendBytes(reply, ledger.checkpoint(ledger.shards().at(-1) ?? ''), 'text/plain; charset=utf-8'),
  );
  app.get<{ Params: { shard: string } }>(
    '/ledger/:shard/checkpoint',
    {
      config: { isPublic: true },
      schema: { tags: ['ledger'], summary: 'The signed checkpoint of a shard', security: [], params: shardParams },
    },
    async ({ params }, reply) => sendBytes(reply, ledger.checkpoint(params.shard), 'text/plain; charset=utf-8'),
  );
  app.get<{ Params: { shard: string } }>(
    '/ledger/:shard/policy',
    {
      schema: {
        tags: ['ledger'],
        summary: 'The policy by which others check a shard (c2sp.org/tlog-policy)',
        params: shardParams,
      },
    },
    async ({ params }, reply) => reply.type('text/plain; charset=utf-8').send(ledger.policy(params.shard)),
  );
  app.get<{ Params: { shard: string; '*': string } }>(
    '/ledger/:shard/tile/*',
    {
      schema: {
        tags: ['ledger'],
        summary: 'A tile of hashes or a bundle of entries (c2sp.org/tlog-tiles)',
        params: tileParams,
      },
    },
    async ({ params }, reply) =>
      sendBytes(reply, ledger.tile(params.shard, `tile/${params['*']}`), 'application/octet-stream'),
  );
  app.get<{ Params: { shard: string; index: string }; Querystring: { reveal?: string } }>(
    '/v1/receipts/:shard/:index/proof',
    {
      schema: {
        tags: ['ledger'],
        summary:
          'Proves a decision to others, with the named fields opened (c2sp.org/tlog-proof): the own ones without whom they are about, all to auditors',
        params: proofParams,
        querystring: proofQuery,
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { shard, index } = request.params;
      const reveal = request.query.reveal?.split(',') ?? [];
      if (!isReader(caller)) {
        if (ledger.principalOf(shard, Number(index)) !== caller.principal.id)
          throw new BoltsealError('GATEWAY_NOT_FOUND');
        // The entry of a refusal names whoever the parcel belongs to, so that tracking numbers could be guessed by it, and of what was given it names the customer, who was not.
        if (reveal.includes('subject')) throw new BoltsealError('GATEWAY_FORBIDDEN');
      }
      return reply.type('text/plain; charset=utf-8').send(ledger.prove({ shard, index: Number(index), reveal }));
    },
  );
}

function sendBytes(reply: FastifyReply, bytes: Uint8Array | null, type: string): FastifyReply {
  if (bytes === null) throw new BoltsealError('GATEWAY_NOT_FOUND');
  return reply.type(type).send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}
