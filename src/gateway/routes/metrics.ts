import type { FastifyInstance } from 'fastify';
import { BoltsealError } from '../../core/errors.ts';
import { metricsPath } from '../auth/scrape-token.ts';
import { callerOf } from '../caller.ts';
import { isReader } from '../directory/duties.ts';
import type { GatewayMetrics } from '../observe/metrics.ts';

/** `GET /metrics`: how much is asked and refused is nothing for everybody. */
export function metricsRoutes(app: FastifyInstance, metrics: Pick<GatewayMetrics, 'contentType' | 'text'>): void {
  app.get(
    metricsPath,
    { schema: { tags: ['operation'], summary: 'Counts for Prometheus; no personal value, no id of anybody' } },
    async (request, reply) => {
      const caller = callerOf(request);
      const isMonitoring = caller.principal.role === 'monitoring' && caller.principal.partner === null;
      if (!isMonitoring && !isReader(caller)) throw new BoltsealError('GATEWAY_FORBIDDEN');
      return reply.type(metrics.contentType).send(await metrics.text());
    },
  );
}
