import type { Services, VerifyResult } from '../../src/cli/services.ts';
import type { Attribution } from '../../src/contract/attribution.ts';
import type { Verification } from '../../src/contract/verification.ts';

/** What `verify` answers in tests of the command line: the commands pass it on and look at nothing inside. */
export const fakeVerification = { format: 'boltseal-verification-1' } as Verification;

const result: VerifyResult = {
  verification: fakeVerification,
  renderTerminal: ({ columns, colour }) => `page of ${columns} columns, ${colour ? 'coloured' : 'plain'}\n`,
  renderHtml: () => '<!doctype html>\n',
};

/** Services that note what they were asked. */
export function createFakeServices(overrides: Partial<Services> = {}): { services: Services; requests: unknown[] } {
  const requests: unknown[] = [];
  const note = (request: unknown): void => {
    requests.push(request);
  };
  const services: Services = {
    initialise: async (request) => {
      note(request);
      return { keyPath: `${request.home}/keys/register.key`, configPath: `${request.home}/config.json` };
    },
    policies: {
      active: async (home) => {
        note(home);
        return { text: 'permit (principal, action, resource);\n', version: '0123456789abcdef', source: 'active' };
      },
      defaults: async () => ({ policies: '// default\n', examples: '# examples\n' }),
      check: async (request) => {
        note(request);
        return {
          policies: { text: '', version: '0123456789abcdef', source: 'file' },
          rules: 3,
          roles: ['scanner'],
          findings: [
            {
              level: 'danger',
              code: 'bulk-clear',
              act: 'read',
              role: 'scanner',
              form: 'clear',
              fields: ['name', 'phone'],
              purposes: ['sorting'],
            },
          ],
        };
      },
      test: async (request) => {
        note(request);
        return { lines: 2, questions: 12, failed: [] };
      },
    },
    principals: {
      list: async (home) => {
        note(home);
        return [];
      },
      versions: async () => [],
      add: async (...given) => {
        note(given);
        return null;
      },
      revoke: async (...given) => note(given),
      noteRetention: async (...given) => note(given),
      checkAudit: async () => ({ rows: 0, sound: 0, notCarriedOut: 0, unchecked: 0, differences: [] }),
      enrol: async (...given) => {
        note(given);
        return { code: '0000-1111-2222-3333', principal: 'device-1' };
      },
      link: async (...given) => {
        note(given);
        return 'token';
      },
    },
    gateway: {
      serve: async (request) => note(request),
    },
    register: {
      add: async (request, progress) => {
        note(request);
        progress.begin('reading', 10, 'rows');
        progress.advance(10);
        progress.end();
        return {
          columns: [{ index: 0, name: 'id', field: 'customerId', kind: null, confidence: 1, reason: '' }],
          rows: 1234,
          rejected: new Map([['no-id', 2]]),
          newSubjects: 1000,
          goneSubjects: 3,
          newVersions: 2000,
          closedVersions: 4,
          subjects: 1000,
          versions: 2000,
          seconds: 1,
        };
      },
      status: async (home) => {
        note(home);
        return {
          region: 'CN',
          subjects: 1000,
          versions: 2000,
          currentVersions: 1900,
          fields: [{ field: 'phone', exclusive: false, versions: 1000, current: 950 }],
          sizeBytes: 24_000,
          fromSeconds: 1709251200,
          untilSeconds: 1725148800,
          waiting: 0,
        };
      },
    },
    // Commands of the ledger are tested with the ledger itself (test/ledger/cli).
    ledger: {} as Services['ledger'],
    // Those of the vault with the vault (test/vault).
    vault: {} as Services['vault'],
    canaries: {
      make: async (request) => {
        note(request);
        request.output.write('customer_id\r\n');
        request.output.commit();
        const { count } = request;
        return { batch: '00', count, columns: ['customerId'], isResumed: false, unregistered: [] };
      },
      drill: async (request) => {
        note(request);
        return {
          shapes: ['CSV', 'SQL'],
          recipients: [{ recipient: { principal: 'p' }, planted: 2, found: 2, notRegistered: 0, missed: [] }],
        };
      },
      list: async () => ({ batches: [], stock: 3 }),
    },
    attribute: {
      run: async (request) => {
        note(request);
        return {
          attribution: { format: 'boltseal-attribution-1' } as Attribution,
          renderTerminal: ({ columns }) => `suspects on ${columns} columns\n`,
          renderHtml: () => '<!doctype html>\n',
        };
      },
    },
    inspect: async (request) => {
      note(request);
      return {
        format: 'boltseal-inspection-1',
        parts: [],
        partsOmitted: 0,
        failures: [],
        failuresOmitted: 0,
        complete: true,
      };
    },
    verify: {
      run: async (request) => {
        note(request);
        request.affected?.write('subject\nC1\n');
        return result;
      },
    },
    verifications: {
      list: async () => [],
      remove: async () => 0,
    },
    disclosures: {
      import: async (request) => {
        note(request);
        return {
          files: 2,
          knownFiles: 1,
          formats: new Set(['table'] as const),
          read: 1200,
          added: 1000,
          rejected: new Map([['bad-time', 3]] as const),
          ignoredNames: 2,
          fromSeconds: 1709251200,
          untilSeconds: 1725148800,
          newPrincipals: 5,
          newUnknownSubjects: 7,
          total: 5000,
          seconds: 1,
        };
      },
      importPrincipals: async (request) => {
        note(request);
        return {
          rows: 12,
          rejected: new Map([['no-principal', 1]] as const),
          added: 10,
          changed: 11,
          attributes: ['kind', 'station'],
          total: 20,
        };
      },
      status: async (home) => {
        note(home);
        return {
          disclosures: 5000,
          segments: 1,
          sizeBytes: 60_000,
          fromSeconds: 1709251200,
          untilSeconds: 1725148800,
          principals: 20,
          purposes: 2,
          unknownSubjects: 7,
          files: 2,
        };
      },
    },
    ...overrides,
  };
  return { services, requests };
}
