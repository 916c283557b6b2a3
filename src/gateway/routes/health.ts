import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';

/** `GET /health`: that the process answers; what it can do shows in metrics, which are not for everybody. */
export function healthRoutes(app: FastifyInstance): void {
  app.get(
    '/health',
    {
      config: { isPublic: true },
      schema: {
        tags: ['operation'],
        summary: 'Whether the gateway answers',
        security: [],
        response: { 200: Type.Object({ status: Type.Literal('ok') }) },
      },
    },
    async () => ({ status: 'ok' as const }),
  );
}
