import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import {
  type PoliciesBody,
  type PolicyActivationBody,
  type PolicyProposalBody,
  type PolicyProposedBody,
  type PolicyVersionBody,
  policiesSchema,
  policyActivationSchema,
  policyProposalSchema,
  policyProposedSchema,
  policyVersionsSchema,
} from '../../contract/api/policies.ts';
import { BoltsealError } from '../../core/errors.ts';
import { callerOf } from '../caller.ts';
import { type Finding, findingText } from '../policy/findings.ts';
import type { Policies } from '../policy/policies.ts';
import type { KeptPolicies } from '../policy/policy-store.ts';

/** What the routes of policies need. */
export interface PolicyServices {
  readonly policies: Policies;
  readonly nowMs: () => number;
}

const params = Type.Object({ number: Type.String({ pattern: '^[1-9]\\d{0,8}$' }) });
type WithNumber = { Params: { number: string } };

/** `/v1/policies`: reading for administrators and auditors, changes in two steps for administrators. Each answer about the active version has its ETag, each change names it as If-Match. */
export function policyRoutes(app: FastifyInstance, { policies, nowMs }: PolicyServices): void {
  const tags = ['policies'];
  app.get(
    '/v1/policies',
    { schema: { tags, summary: 'The active policies', response: { 200: policiesSchema } } },
    async (request, reply) => {
      requireRole(request, readers);
      return withTag(reply, policies.active());
    },
  );
  app.get(
    '/v1/policies/versions',
    { schema: { tags, summary: 'All versions, the newest first', response: { 200: policyVersionsSchema } } },
    async (request) => {
      requireRole(request, readers);
      return { versions: policies.versions().map(versionBody) };
    },
  );
  app.get<WithNumber>(
    '/v1/policies/versions/:number',
    { schema: { tags, summary: 'One version', params, response: { 200: policiesSchema } } },
    async (request) => {
      requireRole(request, readers);
      const found = policies.find(Number(request.params.number));
      if (found === null) throw new BoltsealError('GATEWAY_NOT_FOUND');
      return policiesBody(found);
    },
  );
  app.put<{ Body: PolicyProposalBody }>(
    '/v1/policies',
    {
      schema: {
        tags,
        summary: 'First step of a change: keeps a text as a version, and says what it would change',
        body: policyProposalSchema,
        response: { 202: policyProposedSchema },
      },
    },
    async (request, reply) => {
      const by = requireRole(request, writers);
      const { text } = request.body;
      const { kept, findings, changes } = await policies.propose({ text, by, seen: seenOf(request), nowMs: nowMs() });
      const { number, version } = kept;
      const body = { number, version, findings: findings.map(findingBody), changes } as PolicyProposedBody;
      return reply.status(202).header('location', `/v1/policies/versions/${number}`).send(body);
    },
  );
  app.post<WithNumber & { Body: PolicyActivationBody }>(
    '/v1/policies/versions/:number/activate',
    {
      schema: {
        tags,
        summary:
          'Second step of a change, by somebody else where there is one: the version holds from the next request on',
        params,
        body: policyActivationSchema,
        response: { 200: policiesSchema },
      },
    },
    async (request, reply) => {
      const by = requireRole(request, writers);
      const { signature } = callerOf(request);
      const number = Number(request.params.number);
      const accepted = request.body.accept ?? [];
      const isPerson = callerOf(request).principal.kind === 'staff';
      const change = { number, accepted, by, isPerson, signature, seen: seenOf(request), nowMs: nowMs() };
      return withTag(reply, await policies.activate(change));
    },
  );
}

const writers: readonly string[] = ['administrator'];
const readers: readonly string[] = ['administrator', 'auditor'];

/** The caller's id. Fails with GATEWAY_FORBIDDEN unless it is one of the company's own with such a role. */
function requireRole(request: FastifyRequest, roles: readonly string[]): string {
  const { principal } = callerOf(request);
  if (principal.partner !== null || !roles.includes(principal.role)) throw new BoltsealError('GATEWAY_FORBIDDEN');
  return principal.id;
}

/** The version that a change is to replace (RFC 9110, 13.1.1: a strong entity tag). Fails with POLICY_PRECONDITION. */
function seenOf(request: FastifyRequest): string {
  const [, version] = /^"([0-9a-f]{16})"$/.exec(request.headers['if-match'] ?? '') ?? [];
  if (version === undefined) throw new BoltsealError('POLICY_PRECONDITION');
  return version;
}

function withTag(reply: FastifyReply, kept: KeptPolicies): PoliciesBody {
  reply.header('etag', `"${kept.version}"`);
  return policiesBody(kept);
}

function policiesBody(kept: KeptPolicies): PoliciesBody {
  return { ...versionBody(kept), text: kept.text };
}

function versionBody(kept: Omit<KeptPolicies, 'text'>): PolicyVersionBody {
  const { number, version, proposedBy, proposedMs, isActive, activations } = kept;
  return {
    number,
    version,
    proposedBy,
    proposedAt: new Date(proposedMs).toISOString(),
    isActive,
    activations: activations.map(({ by, atMs, accepted }) => ({
      by,
      at: new Date(atMs).toISOString(),
      accepted: [...accepted],
    })),
  };
}

function findingBody(finding: Finding) {
  return { ...finding, text: findingText(finding) };
}
