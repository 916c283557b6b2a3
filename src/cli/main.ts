import { createServices, openGatewayDatabase } from '../compose.ts';
import type { PolicyTool } from '../gateway/policy/tool.ts';
import { runProcess } from './process.ts';

/** Loaded when it is asked for, like everything that takes long to load. */
async function loadPolicyTool(): Promise<PolicyTool> {
  const { createPolicyTool } = await import('../gateway/policy/tool.ts');
  return createPolicyTool(openGatewayDatabase);
}

await runProcess(() => ({
  ...createServices(),
  policies: {
    active: async (home) => (await loadPolicyTool()).active(home),
    defaults: async () => (await loadPolicyTool()).defaults(),
    check: async (request) => (await loadPolicyTool()).check(request),
    test: async (request) => (await loadPolicyTool()).test(request),
  },
  gateway: {
    async serve(request) {
      const { serve } = await import('../gateway/server.ts');
      await serve(request);
    },
  },
}));
