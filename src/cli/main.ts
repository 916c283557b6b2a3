import { createServices, openGatewayDatabase, readGatewayKeys, readHomeAdministration } from '../compose.ts';
import type { DirectoryTool } from '../gateway/directory/tool.ts';
import type { PolicyTool } from '../gateway/policy/tool.ts';
import { openHome } from '../home/home.ts';
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

const forgetInGateway: Parameters<typeof createServices>[0] = async (home, vault, subjects) => {
  const keyFor = await readGatewayKeys(home);
  if (keyFor === null || subjects.length === 0) return;
  const { forgetPeople } = await import('../gateway/forget-people.ts');
  const { config } = await openHome(home);
  const resting = { home, openDatabase: openGatewayDatabase, keyFor, virtualNumbers: config.gateway?.virtualNumbers };
  await forgetPeople(resting, vault, subjects);
};

await runProcess(() => ({
  ...createServices(forgetInGateway),
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
    noteRetention: async (...given) => (await loadDirectoryTool()).noteRetention(...given),
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
