/*
 * node bench/gateway-server.ts bare|gateway HOME PUBLIC-KEY: one of the two servers that bench/gateway.ts compares, in a process of its own. It says its port on standard output, and ends with its standard input.
 * `bare` verifies the same Ed25519 signature over the same signature base and gives the same JSON; it does nothing else.
 */

import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { openGatewayStores } from '../src/compose.ts';
import { disclosureAnswerSchema } from '../src/contract/api/disclosures.ts';
import { buildApp, defaultLimits } from '../src/gateway/app.ts';
import { assembleGateway } from '../src/gateway/assemble.ts';
import { defaultBudgetRules } from '../src/gateway/budgets/rules.ts';
import { settingsOf } from '../src/gateway/settings.ts';

const [kind, home = '', key = ''] = process.argv.slice(2);

const ended = new Promise<void>((resolve) => {
  process.stdin.on('end', resolve).resume();
});
if (kind === 'bare') await runBare(createPublicKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'spki' }));
else await runGateway();
process.exit(0);

async function runBare(publicKey: KeyObject): Promise<void> {
  const app = fastify({ logger: false }) as unknown as FastifyInstance;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) =>
    done(null, JSON.parse(body as string)),
  );
  app.post<{ Body: { parcels: string[] } }>(
    '/v1/disclosures',
    { schema: { response: { 200: disclosureAnswerSchema } } },
    async ({ headers, body, method }, reply) => {
      const input = String(headers['signature-input']);
      const parameters = input.slice(input.indexOf('=') + 1);
      const base = `"@method": ${method}\n"@authority": ${headers.host}\n"@path": /v1/disclosures\n"@query": ?\n"content-digest": ${headers['content-digest']}\n"content-type": ${headers['content-type']}\n"@signature-params": ${parameters}`;
      const given = String(headers.signature);
      const signature = Buffer.from(given.slice(given.indexOf('=:') + 2, -1), 'base64');
      if (!verify(null, Buffer.from(base, 'latin1'), publicKey, signature)) return reply.status(401).send();
      return {
        disclosures: [
          {
            parcel: body.parcels[0],
            decision: 'allowed',
            values: {
              name: { form: 'masked', value: '张*' },
              address: { form: 'masked', value: '北京市海淀区中关村大街1号院***' },
            },
            receipt: { log: 'boltseal.invalid/0123456789abcdef', shard: '2026h2', index: 123456 },
          },
        ],
      };
    },
  );
  await listen(app);
}

async function runGateway(): Promise<void> {
  const stores = await openGatewayStores(home, {
    onFailure: (error) => {
      console.error(error.code);
      process.exit(1);
    },
  });
  const gateway = await assembleGateway(stores, {
    ...settingsOf({}, 'http://localhost'),
    version: '0',
    skewSeconds: 120,
    // Every one that a request is held against, with room: what is measured is the counting.
    budgetRules: defaultBudgetRules.map((rule) => ({ ...rule, limit: 1e9 })),
    onFault: (error) => console.error(error),
  });
  await listen(await buildApp(gateway.services, defaultLimits));
  gateway.close();
  await stores.close();
}

async function listen(app: FastifyInstance): Promise<void> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  console.log((app.server.address() as AddressInfo).port);
  await ended;
  console.log(JSON.stringify({ rssBytes: process.memoryUsage.rss() }));
  await app.close();
}
