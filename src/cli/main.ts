import { createServices, openGatewayDatabase, readHomeAdministration } from '../compose.ts';
import type { DirectoryTool } from '../gateway/directory/tool.ts';
import type { PolicyTool } from '../gateway/policy/tool.ts';
import { runProcess } from './process.ts';

/** Loaded when it is asked for, like everything that takes long to load. */
async function loadPolicyTool(): Promise<PolicyTool> {
  const { createPolicyTool } = await import('../gateway/policy/tool.ts');
  return createPolicyTool(openGatewayDatabase);
}

async function loadDirectoryTool(): Promise<DirectoryTool> {
  const { createDirectoryTool } = await import('../gateway/directory/tool.ts');
  return createDirectoryTool(openGatewayDatabase, readHomeAdministration);
}

await runProcess(() => ({
  ...createServices(),
  policies: {
    active: async (home) => (await loadPolicyTool()).active(home),
    defaults: async () => (await loadPolicyTool()).defaults(),
    check: async (request) => (await loadPolicyTool()).check(request),
    test: async (request) => (await loadPolicyTool()).test(request),
  },
  principals: {
    list: async (home) => (await loadDirectoryTool()).list(home),
    versions: async (home) => (await loadDirectoryTool()).versions(home),
    add: async (...given) => (await loadDirectoryTool()).add(...given),
    revoke: async (...given) => (await loadDirectoryTool()).revoke(...given),
    enrol: async (...given) => (await loadDirectoryTool()).enrol(...given),
    checkAudit: async (home) => (await loadDirectoryTool()).checkAudit(home),
    link: async (...given) => (await loadDirectoryTool()).link(...given),
  },
  gateway: {
    async serve(request) {
      const { serve } = await import('../gateway/server.ts');
      await serve(request);
    },
  },
}));
