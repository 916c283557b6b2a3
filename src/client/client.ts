import type { BudgetRuleBody, BudgetsBody } from '../contract/api/budgets.ts';
import type { DisclosureAnswer, DisclosureRequest } from '../contract/api/disclosures.ts';
import type { EnrolmentBody, EnrolmentClaimAnswer, NewEnrolmentBody } from '../contract/api/enrolments.ts';
import type { ExceptionBody, ExceptionReviewBody, ExceptionsBody } from '../contract/api/exceptions.ts';
import type { ExportBody, ExportFormat, ExportRequest, ExportsBody } from '../contract/api/exports.ts';
import type { ParcelBody, ParcelsChangeBody, WriteSummaryBody } from '../contract/api/parcels.ts';
import type { PoliciesBody, PolicyProposedBody, PolicyVersionBody } from '../contract/api/policies.ts';
import type { KeyBody, NewKeyBody, PrincipalBody, PrincipalChangeBody } from '../contract/api/principals.ts';
import type { PartnerBody, PartnerChangeBody, StationBody, StationChangeBody } from '../contract/api/stations.ts';
import type { SeenByBody, SubjectChangeBody, SubjectsChangeBody } from '../contract/api/subjects.ts';
import type { TicketBody, TicketChangeBody } from '../contract/api/tickets.ts';
import type { TourBody, TourChangeBody } from '../contract/api/tours.ts';
import type { Waybill, WaybillRequest } from '../contract/api/waybills.ts';
import type { DeviceKey } from './keys.ts';
import { type Call, Transport, type TransportOptions } from './transport.ts';

export type Client = ReturnType<typeof createClient>;

/**
 * The gateway's API for devices and services, in Node and in browsers: one function for each route, typed by the schemas of src/contract/api. Every call is signed, repeated where that
 * helps, and rejects with GatewayError.
 */
export function createClient(options: TransportOptions) {
  const transport = new Transport(options);
  const call = <T>(request: Call) => transport.call(request) as Promise<T>;
  return {
    /** Asks for personal data. `idempotencyKey`: the same for whatever must be disclosed, and counted, once. */
    disclose: (request: DisclosureRequest, idempotencyKey?: string) =>
      call<DisclosureAnswer>({
        method: 'POST',
        path: '/v1/disclosures',
        body: request,
        // All of it refused: each with its reason.
        answers: [403],
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      }),
    subjects: {
      put: (id: string, subject: SubjectChangeBody) =>
        call<WriteSummaryBody>({ method: 'PUT', path: `/v1/subjects/${encode(id)}`, body: subject }),
      putAll: (subjects: SubjectsChangeBody) =>
        call<WriteSummaryBody>({ method: 'POST', path: '/v1/subjects', body: subjects }),
      report: (id: string, ticket: string) =>
        call<unknown>({ method: 'GET', path: `/v1/subjects/${encode(id)}?ticket=${encode(ticket)}` }),
      disclosures: (id: string, before?: string) =>
        call<SeenByBody>({
          method: 'GET',
          path: `/v1/subjects/${encode(id)}/disclosures${query({ before })}`,
        }),
      erase: (id: string) => call<null>({ method: 'DELETE', path: `/v1/subjects/${encode(id)}` }),
    },
    parcels: {
      putAll: (parcels: ParcelsChangeBody) =>
        call<WriteSummaryBody>({ method: 'POST', path: '/v1/parcels', body: parcels }),
      get: (trackingNumber: string) =>
        call<ParcelBody>({ method: 'GET', path: `/v1/parcels/${encode(trackingNumber)}` }),
      waybill: (trackingNumber: string, request: WaybillRequest = {}) =>
        call<Waybill>({ method: 'POST', path: `/v1/parcels/${encode(trackingNumber)}/waybill`, body: request }),
    },
    budgets: {
      get: () => call<BudgetsBody>({ method: 'GET', path: '/v1/budgets' }),
      put: (rules: readonly BudgetRuleBody[]) =>
        call<BudgetsBody>({ method: 'PUT', path: '/v1/budgets', body: { rules } }),
      reset: () => call<BudgetsBody>({ method: 'DELETE', path: '/v1/budgets' }),
    },
    /** `seen`: the version of the policies that a change replaces. */
    policies: {
      active: () => call<PoliciesBody>({ method: 'GET', path: '/v1/policies' }),
      versions: () => call<{ versions: PolicyVersionBody[] }>({ method: 'GET', path: '/v1/policies/versions' }),
      get: (number: number) => call<PoliciesBody>({ method: 'GET', path: `/v1/policies/versions/${number}` }),
      propose: (text: string, seen: string) =>
        call<PolicyProposedBody>({ method: 'PUT', path: '/v1/policies', body: { text }, ifMatch: seen }),
      activate: (number: number, seen: string, accept: readonly string[] = []) =>
        call<PoliciesBody>({
          method: 'POST',
          path: `/v1/policies/versions/${number}/activate`,
          body: { accept },
          ifMatch: seen,
        }),
    },
    /** Data of many people in one file: one asks, others approve, who asked fetches it once. */
    exports: {
      request: (request: ExportRequest) => call<ExportBody>({ method: 'POST', path: '/v1/exports', body: request }),
      list: (before?: string) => call<ExportsBody>({ method: 'GET', path: `/v1/exports${query({ before })}` }),
      get: (id: string) => call<ExportBody>({ method: 'GET', path: `/v1/exports/${encode(id)}` }),
      approve: (id: string) => call<ExportBody>({ method: 'POST', path: `/v1/exports/${encode(id)}/approve` }),
      refuse: (id: string) => call<ExportBody>({ method: 'POST', path: `/v1/exports/${encode(id)}/refuse` }),
      /** The file as it comes, which may be large. It is asked for once, and fails while it is read when it breaks off. */
      fetch: (id: string, format: ExportFormat) =>
        transport.stream({ method: 'POST', path: `/v1/exports/${encode(id)}/rows`, body: { format } }),
    },
    exceptions: {
      /** `isOpenOnly`: those that nobody has reviewed. */
      list: (isOpenOnly = false, before?: string) =>
        call<ExceptionsBody>({
          method: 'GET',
          path: `/v1/exceptions${query({ before, open: isOpenOnly ? 'true' : undefined })}`,
        }),
      review: (id: string, review: ExceptionReviewBody) =>
        call<ExceptionBody>({ method: 'POST', path: `/v1/exceptions/${encode(id)}/reviews`, body: review }),
    },
    tours: {
      put: (id: string, tour: TourChangeBody) =>
        call<TourBody>({ method: 'PUT', path: `/v1/tours/${encode(id)}`, body: tour }),
      get: (id: string) => call<TourBody>({ method: 'GET', path: `/v1/tours/${encode(id)}` }),
      remove: (id: string) => call<null>({ method: 'DELETE', path: `/v1/tours/${encode(id)}` }),
    },
    tickets: {
      put: (id: string, ticket: TicketChangeBody) =>
        call<TicketBody>({ method: 'PUT', path: `/v1/tickets/${encode(id)}`, body: ticket }),
      get: (id: string) => call<TicketBody>({ method: 'GET', path: `/v1/tickets/${encode(id)}` }),
      remove: (id: string) => call<null>({ method: 'DELETE', path: `/v1/tickets/${encode(id)}` }),
    },
    principals: {
      list: (after?: string) =>
        call<{ principals: PrincipalBody[] }>({ method: 'GET', path: `/v1/principals${query({ after })}` }),
      get: (id: string) =>
        call<PrincipalBody & { keys: KeyBody[] }>({ method: 'GET', path: `/v1/principals/${encode(id)}` }),
      put: (id: string, principal: PrincipalChangeBody) =>
        call<PrincipalBody>({ method: 'PUT', path: `/v1/principals/${encode(id)}`, body: principal }),
      setState: (id: string, state: PrincipalBody['state']) =>
        call<PrincipalBody>({ method: 'PUT', path: `/v1/principals/${encode(id)}/state`, body: { state } }),
      addKey: (id: string, key: NewKeyBody) =>
        call<KeyBody>({ method: 'POST', path: `/v1/principals/${encode(id)}/keys`, body: key }),
      revokeKey: (id: string, keyId: string) =>
        call<null>({ method: 'DELETE', path: `/v1/principals/${encode(id)}/keys/${encode(keyId)}` }),
    },
    stations: {
      list: (after?: string) =>
        call<{ stations: StationBody[] }>({ method: 'GET', path: `/v1/stations${query({ after })}` }),
      put: (id: string, station: StationChangeBody) =>
        call<StationBody>({ method: 'PUT', path: `/v1/stations/${encode(id)}`, body: station }),
      remove: (id: string) => call<null>({ method: 'DELETE', path: `/v1/stations/${encode(id)}` }),
    },
    partners: {
      list: (after?: string) =>
        call<{ partners: PartnerBody[] }>({ method: 'GET', path: `/v1/partners${query({ after })}` }),
      put: (id: string, partner: PartnerChangeBody) =>
        call<PartnerBody>({ method: 'PUT', path: `/v1/partners/${encode(id)}`, body: partner }),
      remove: (id: string) => call<null>({ method: 'DELETE', path: `/v1/partners/${encode(id)}` }),
    },
    enrolments: {
      list: (after?: string) =>
        call<{ enrolments: EnrolmentBody[] }>({ method: 'GET', path: `/v1/enrolments${query({ after })}` }),
      make: (enrolment: NewEnrolmentBody) =>
        call<EnrolmentBody & { code: string }>({ method: 'POST', path: '/v1/enrolments', body: enrolment }),
      approve: (id: string) => call<EnrolmentBody>({ method: 'POST', path: `/v1/enrolments/${encode(id)}/approve` }),
      remove: (id: string) => call<null>({ method: 'DELETE', path: `/v1/enrolments/${encode(id)}` }),
    },
    /** EPCIS 2.0: a document with its events. */
    captureEvents: (document: unknown) =>
      call<unknown>({ method: 'POST', path: '/v1/epcis/capture', body: document, type: 'application/ld+json' }),
  };
}

/** Claims an enrolment: the first time, and again until `approved`, with the same code and key. Rejects with GatewayError. */
export async function claimEnrolment(
  options: Omit<TransportOptions, 'key' | 'keyId'>,
  device: DeviceKey,
  code: string,
  attributes: Readonly<Record<string, string>> = {},
): Promise<EnrolmentClaimAnswer> {
  const { key, keyId, publicKey } = device;
  const body = { code, publicKey, attributes };
  const transport = new Transport({ ...options, key, keyId });
  return (await transport.call({ method: 'POST', path: '/v1/enrolments/claim', body })) as EnrolmentClaimAnswer;
}

/** Fails with TypeError for an id that cannot stand in an address: dots alone mean the folder, however they are written. */
function encode(part: string): string {
  if (part === '' || part === '.' || part === '..') throw new TypeError('this id cannot stand in an address');
  return encodeURIComponent(part);
}

function query(parameters: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return given.length === 0 ? '' : `?${given.join('&')}`;
}
