import path from 'node:path';
import type { EpcisConfig } from '../contract/config.ts';
import type { GatewayServices } from './app.ts';
import { createAuthenticator } from './auth/authenticator.ts';
import { proveByCertificate } from './auth/certificate.ts';
import { Links } from './auth/links.ts';
import { MOST_NONCES, Nonces, readBootId } from './auth/nonces.ts';
import { Oidc, type OidcOptions } from './auth/oidc.ts';
import { Passkeys } from './auth/passkeys.ts';
import { proveByScrapeToken } from './auth/scrape-token.ts';
import { defaultSessionLimits, proveBySession, Sessions } from './auth/sessions.ts';
import { openBudgets } from './budgets/open-budgets.ts';
import type { BudgetRule } from './budgets/rules.ts';
import { createBusinessContext } from './context/business-context.ts';
import { migrations as contextMigrations } from './context/migrations.ts';
import { createContextState } from './context/state.ts';
import { sweepState } from './context/sweep.ts';
import { Directory } from './directory/directory.ts';
import { ADMINISTRATOR } from './directory/duties.ts';
import { Enrolments } from './directory/enrolments.ts';
import { directoryMigrations } from './directory/migrations.ts';
import { Places } from './directory/places.ts';
import { createEpcisCapture, defaultCaptureLimits } from './epcis/capture.ts';
import { createMapping, createStationFinder } from './epcis/settings.ts';
import { openExports } from './exports/open-exports.ts';
import type { ExportSettings } from './exports/port.ts';
import { IdempotentAnswers } from './idempotent-answers.ts';
import { locatedParcels } from './movements/containers.ts';
import { createParcelTracking } from './movements/tracking.ts';
import { type ObservationSettings, openObservation } from './observe/open-observation.ts';
import { openTracing } from './observe/tracing.ts';
import { openPolicies } from './policy/policies.ts';
import { policyMigrations } from './policy/policy-store.ts';
import { budgetRoutes } from './routes/budgets.ts';
import { enrolmentRoutes } from './routes/enrolments.ts';
import { epcisRoutes } from './routes/epcis.ts';
import { exceptionRoutes } from './routes/exceptions.ts';
import { exportRoutes } from './routes/exports.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { parcelRoutes } from './routes/parcels.ts';
import { policyRoutes } from './routes/policies.ts';
import { principalRoutes } from './routes/principals.ts';
import { sessionRoutes, signInUrl } from './routes/sessions.ts';
import { stationRoutes } from './routes/stations.ts';
import { type SubjectErasure, subjectAccessRoutes, subjectRightsRoutes, subjectRoutes } from './routes/subjects.ts';
import { ticketRoutes } from './routes/tickets.ts';
import { tourRoutes } from './routes/tours.ts';
import { waybillRoutes } from './routes/waybills.ts';
import { createForms } from './shape-values.ts';
import type { GatewayStores } from './stores.ts';
import { createSubjectAccess } from './subjects/access.ts';
import { openSubjects } from './subjects/open-subjects.ts';
import { numberHolder } from './virtual-numbers/holder.ts';
import { createLocalNumbers, virtualNumberMigrations } from './virtual-numbers/local.ts';
import { waitingForLedger, watchGovernance } from './watch-governance.ts';

const SWEEP_MS = 3_600_000;

/** What is set of a gateway. */
export interface GatewaySettings extends ObservationSettings {
  readonly version: string;
  /** Of the IANA database: when a tour's day begins, and the hours that policies mean. */
  readonly timeZone: string;
  /** How far the clocks of devices may be off, either way. */
  readonly skewSeconds: number;
  /** Hosts with port that it answers for; null: whatever requests say. */
  readonly authorities: ReadonlySet<string> | null;
  /** Where browsers see it. */
  readonly publicOrigin: string;
  readonly budgetRules: readonly BudgetRule[];
  readonly exports: ExportSettings;
  /** Whether policies are changed by two people; null: as soon as there are two who may. */
  readonly twoPersonPolicies: boolean | null;
  readonly virtualNumbers: VirtualNumberSettings;
  readonly oidc: OidcOptions | null;
  readonly epcis: EpcisConfig;
  /** Opens the metrics to programs that cannot sign; null: none does. */
  readonly scrapeToken: string | null;
  readonly onFault: GatewayServices['onFault'];
}

/** Numbers of the company's own that are given out in place of real ones. */
export interface VirtualNumberSettings {
  readonly pool: readonly string[];
  /** How long one forwards, and how long it then rests. */
  readonly ttlSeconds: number;
  readonly restSeconds: number;
}

/** The parts of a gateway that are open, and what ends them. */
export interface AssembledGateway {
  readonly services: GatewayServices;
  readonly directory: Directory;
  readonly places: Places;
  /** Address that signs an administrator in once, when there is none who can; null otherwise. */
  readonly firstLink: string | null;
  /** Tells who listens to events that something in the background failed. */
  onTrouble(what: string, code: string | null): void;
  close(): void;
}

/** Puts the parts together over open stores. Fails with STORE_*, POLICY_*, GATEWAY_BUDGETS_WRITE. */
export async function assembleGateway(stores: GatewayStores, settings: GatewaySettings): Promise<AssembledGateway> {
  const { folder, vault, ledger } = stores;
  const { skewSeconds, timeZone, authorities, version, publicOrigin, onFault } = settings;
  const nowMs = Date.now;

  const observation = openObservation(stores, settings, version, nowMs);
  const directoryStore = stores.openDatabase('directory', directoryMigrations);
  const directory = new Directory(directoryStore, observation.events.onAudit, stores.governance);
  const places = new Places(directoryStore, directory.audit);
  const enrolments = new Enrolments(directoryStore, directory);
  const nonces = new Nonces({
    folder: path.join(folder, 'nonces'),
    skewSeconds,
    most: MOST_NONCES,
    nowMs: nowMs(),
    boot: readBootId(),
  });
  const signatures = { nonces, skewSeconds, authorities };
  const sessions = new Sessions(directoryStore, defaultSessionLimits);
  const links = new Links(directoryStore, directory);
  const passkeys = new Passkeys(directoryStore, directory, publicOrigin);
  const oidc = settings.oidc === null ? null : new Oidc(settings.oidc, directory);
  const authenticator = createAuthenticator({
    ...signatures,
    keys: directory,
    proofs: [
      ...(settings.scrapeToken === null ? [] : [proveByScrapeToken(settings.scrapeToken)]),
      proveByCertificate(directory),
      proveBySession(sessions, directory, publicOrigin),
    ],
    now: nowMs,
  });

  const contextStore = stores.openDatabase('context', contextMigrations);
  const state = createContextState(contextStore.database, stores.keyFor('context'), contextStore.transact);
  const tracking = createParcelTracking(vault, state.movements, state.containers);
  const { parcels } = locatedParcels(vault, state.containers);
  const capture = createEpcisCapture({
    tracking,
    jobs: state.jobs,
    mapping: createMapping(
      settings.epcis,
      createStationFinder(() => allStations(places), nowMs),
    ),
    limits: defaultCaptureLimits,
    nowMs,
  });

  const answers = new IdempotentAnswers();
  const policies = openPolicies(stores.openDatabase('policies', policyMigrations), {
    timeZone,
    nowMs: nowMs(),
    needsTwo: () => settings.twoPersonPolicies ?? directory.countPeople(ADMINISTRATOR) > 1,
    ledger: stores.governance,
    onActivated: observation.events.onPolicies,
  });
  const governing = await watchGovernance(directory, policies, stores, observation.events.onTrouble, nowMs);
  const budgets = await openBudgets(stores, {
    configured: settings.budgetRules,
    directory,
    directoryStore,
    nowMs,
    onTrouble: observation.events.onTrouble,
  });
  const sweeping = setInterval(() => {
    budgets.sweep();
    try {
      sweepState(state, nowMs());
    } catch (error) {
      // A full disk: what is left for the next time justifies nothing.
      onFault(error, 'sweep');
    }
  }, SWEEP_MS).unref();
  const numbers = openNumbers(stores, settings);
  const subjects = await openSubjects(stores, state, { numbers, audit: directory.audit }, nowMs);
  const tracing = await openTracing(version);
  const forms = createForms({
    numbers,
    ttlSeconds: settings.virtualNumbers.ttlSeconds,
    nowMs,
  });
  const untraced = {
    vault: { parcels, read: vault.read.bind(vault) },
    context: createBusinessContext(state, { timeZone }),
    policies: policies.engine,
    budgets: budgets.budgets,
    forms,
    log: observation.watch(subjects.notingLog),
    nowMs,
  };
  const { exports, close: closeExports } = openExports(stores, {
    policies: policies.engine,
    forms,
    directory,
    notingLog: subjects.notingLog,
    observation,
    settings: settings.exports,
    nowMs,
  });
  const disclosing = tracing === null ? untraced : tracing.watchSteps(untraced);
  return {
    services: {
      version,
      authenticator: waitingForLedger(authenticator, directory),
      disclosing,
      ledger,
      onFault,
      ...(tracing === null ? {} : { tracing }),
      onAnswer: observation.onAnswer,
      answers,
      addRoutes(app) {
        principalRoutes(app, { directory, nowMs });
        stationRoutes(app, { places, nowMs });
        enrolmentRoutes(app, { enrolments, signatures, nowMs });
        sessionRoutes(app, { directory, sessions, links, passkeys, oidc, publicOrigin, nowMs });
        budgetRoutes(app, { kept: budgets, nowMs });
        policyRoutes(app, { policies, nowMs });
        parcelRoutes(app, { vault: { parcels }, tracking, nowMs });
        tourRoutes(app, { tours: state.tours, nowMs });
        ticketRoutes(app, { tickets: state.tickets, nowMs });
        subjectRoutes(app, { vault, nowMs });
        subjectAccessRoutes(app, createSubjectAccess(disclosing, vault));
        exceptionRoutes(app, subjects.exceptions);
        exportRoutes(app, { exports, answers, nowMs });
        epcisRoutes(app, capture);
        waybillRoutes(app, disclosing);
        subjectRightsRoutes(app, { ...subjects.rights, erasure: forgettingAnswers(subjects.rights.erasure, answers) });
        metricsRoutes(app, observation.metrics);
      },
    },
    directory,
    places,
    onTrouble: observation.events.onTrouble,
    firstLink: oidc === null ? await firstLinkOf(links, publicOrigin, nowMs()) : null,
    close() {
      clearInterval(sweeping);
      governing.close();
      closeExports();
      // What waits is sent while everything else closes; a collector that is away keeps nobody.
      tracing?.close().catch(() => undefined);
      observation.close();
      subjects.close();
      budgets.close();
      nonces.close();
    },
  };
}

function* allStations(places: Places) {
  for (let after: string | null = null; ; ) {
    const page = places.listStations({ after, limit: 1000 });
    yield* page;
    if (page.length < 1000) return;
    after = page.at(-1)?.id ?? null;
  }
}

/** Answers that are kept for repeated requests go with whom they may be about. */
function forgettingAnswers(erasure: SubjectErasure, answers: IdempotentAnswers): SubjectErasure {
  return {
    async erase(subject, by) {
      // Before as well: what is given again between the ledger's erasure and the vault's would be in no entry.
      answers.clear();
      try {
        return await erasure.erase(subject, by);
      } finally {
        answers.clear();
      }
    },
  };
}

async function firstLinkOf(links: Links, publicOrigin: string, nowMs: number): Promise<string | null> {
  const token = await links.makeFirst(nowMs);
  return token === null ? null : signInUrl(publicOrigin, token);
}

function openNumbers(stores: GatewayStores, { virtualNumbers: { pool, restSeconds } }: GatewaySettings) {
  return createLocalNumbers(stores.openDatabase('virtual-numbers', virtualNumberMigrations), {
    pool,
    restSeconds,
    holderOf: numberHolder(stores.keyFor('virtual numbers')),
  });
}
