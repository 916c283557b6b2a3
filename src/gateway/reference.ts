import { hash } from 'node:crypto';
import swagger from '@fastify/swagger';
import scalar from '@scalar/fastify-api-reference';
import type { FastifyInstance } from 'fastify';

/** Where the OpenAPI document and the browsable reference are, for whoever is signed in. */
const referencePath = '/docs';

/** Describes every route that is added after it, from the schemas that validate it. */
export async function describeRoutes(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Boltseal gateway',
        version,
        description:
          'Personal data through one door that knows who asks, why, and how much they have had. Requests are signed (RFC 9421) or come with a session; every decision is in the ledger before data leaves.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: [
        { name: 'disclosures', description: 'Asking for personal data' },
        {
          name: 'ledger',
          description: 'The tamper-evident log of all decisions, as tlog-tiles clients read it, and proofs',
        },
        { name: 'operation', description: 'Health' },
      ],
      components: {
        securitySchemes: {
          signature: {
            type: 'http',
            scheme: 'signature',
            description: 'RFC 9421 HTTP message signature, Ed25519 (docs/spec/signing-requests.md)',
          },
          // OpenAPI 3.1 has it (section 4.8.27), the library's types do not.
          certificate: { type: 'mutualTLS' } as never,
          session: { type: 'apiKey', in: 'cookie', name: '__Host-boltseal' },
          token: {
            type: 'apiKey',
            in: 'header',
            name: 'x-boltseal-csrf',
            description: 'Beside a session, for what changes something: `csrf` of GET /v1/session',
          },
        },
      },
      security: [{ signature: [] }, { certificate: [] }, { session: [], token: [] }],
    },
    hideUntagged: false,
  });
}

/** Serves the reference from this machine alone: no fonts, telemetry or helpers of others, and its page may load and ask nothing elsewhere. */
export async function serveReference(app: FastifyInstance): Promise<void> {
  await app.register(async (scope) => {
    scope.addHook('onSend', async (_request, reply, payload) => {
      if (typeof payload === 'string' && String(reply.getHeader('content-type')).startsWith('text/html'))
        reply.header('content-security-policy', policyOf(payload)).header('referrer-policy', 'no-referrer');
      // The library opens the document to every site.
      reply.removeHeader('access-control-allow-origin').removeHeader('access-control-allow-methods');
    });
    await scope.register(scalar, {
      routePrefix: referencePath,
      configuration: {
        withDefaultFonts: false,
        telemetry: false,
        hideClientButton: true,
        showDeveloperTools: 'never',
        agent: { disabled: true },
        mcp: { disabled: true },
        proxyUrl: '',
        documentDownloadType: 'json',
        authentication: { preferredSecurityScheme: [['session', 'token']] },
      },
    });
  });
}

/** Content-Security-Policy of a page: its own script and files of this origin. The library writes its styles while it runs. */
function policyOf(page: string): string {
  const inline = Array.from(page.matchAll(/<script[^>]*>([^<]+)<\/script>/g), ([, script = '']) => script);
  return [
    "default-src 'none'",
    ["script-src 'self'", ...inline.map((script) => `'sha256-${hash('sha256', script, 'base64')}'`)].join(' '),
    "style-src 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
}
