import { BoltsealError } from '../../core/errors.ts';
import type { Movement, Packing } from '../movements/movement.ts';
import { inSlices } from '../movements/slices.ts';
import type { ParcelTracking } from '../movements/tracking.ts';
import { CheckFailed, type JsonObject } from './check.ts';
import { readContext, readDocument } from './document.ts';
import { type EpcisEvent, type EventProblem, readEvent } from './event.ts';
import { eventName } from './event-name.ts';
import type { CaptureJobs, ErrorBehaviour } from './jobs.ts';
import { type EpcisMapping, movementsOf, packingsOf } from './mapping.ts';

/** What one capture may hold. */
export interface CaptureLimits {
  readonly events: number;
  /** Parcels in all events together. */
  readonly parcels: number;
  readonly bodyBytes: number;
}

/** Others wait for the vault's part of a document alone: less than 100 ms of processor time for 2,000 parcels, half of what it takes in all. */
export const defaultCaptureLimits: CaptureLimits = { events: 2000, parcels: 5000, bodyBytes: 4 * 1024 * 1024 };

/** Takes events and moves parcels. */
export interface EpcisCapture {
  readonly limits: CaptureLimits;
  readonly jobs: CaptureJobs;
  /** Takes a document and gives the id of its job, which is done by then. Rejects with EPCIS_DOCUMENT, EPCIS_LIMIT, and as the vault does: then nothing was taken. */
  captureDocument(json: unknown, by: string, behaviour: ErrorBehaviour): Promise<string>;
  /** Takes one event and gives its id. Rejects as `captureDocument`. */
  captureEvent(json: unknown): Promise<string>;
}

/** What capturing needs. */
export interface CaptureServices {
  readonly tracking: ParcelTracking;
  readonly jobs: CaptureJobs;
  readonly mapping: EpcisMapping;
  readonly limits: CaptureLimits;
  readonly nowMs: () => number;
}

export function createEpcisCapture({ tracking, jobs, mapping, limits, nowMs }: CaptureServices): EpcisCapture {
  async function captureDocument(json: unknown, by: string, behaviour: ErrorBehaviour): Promise<string> {
    const { events, place, prefixes } = orDocumentError(() => readDocument(json));
    if (events.length > limits.events) throw limitError('events', limits.events);
    const now = nowMs();
    const problems: EventProblem[] = [];
    const told: Told = { movements: [], packings: [] };
    let captured = 0;
    await inSlices(events, (part, first) => {
      for (const [i, event] of part.entries()) {
        const read = readOne(event, prefixes, now);
        if ('problem' in read) problems.push({ place: `${place}/${first + i}${read.place}`, problem: read.problem });
        else {
          captured++;
          addTold(told, read);
        }
      }
    });
    const isTaken = behaviour === 'proceed' || problems.length === 0;
    const id = jobs.start(by, behaviour, now);
    try {
      if (isTaken) await record(told);
    } catch (error) {
      jobs.finish(id, 0, [{ place: null, problem: 'could not be stored: send it again' }, ...problems]);
      throw error;
    }
    jobs.finish(id, isTaken ? captured : 0, problems);
    return id;
  }

  async function captureEvent(json: unknown): Promise<string> {
    const read = readOne(json, new Map(), nowMs());
    if ('problem' in read) throw documentError(read);
    const told: Told = { movements: [], packings: [] };
    addTold(told, read);
    await record(told);
    return read.name;
  }

  async function record({ movements, packings }: Told): Promise<void> {
    if (movements.length + packings.length > 0) await tracking.record(movements, [], packings);
  }

  function addTold({ movements, packings }: Told, { event, name }: NamedEvent): void {
    for (const movement of movementsOf(mapping, event, name)) movements.push(movement);
    for (const packing of packingsOf(mapping, event, name)) packings.push(packing);
    if (Math.max(movements.length, packings.length) > limits.parcels) throw limitError('parcels', limits.parcels);
  }

  return { limits, jobs, captureDocument, captureEvent };
}

/** What events say together. */
interface Told {
  readonly movements: Movement[];
  readonly packings: Packing[];
}

interface NamedEvent {
  readonly event: EpcisEvent;
  readonly name: string;
}

function readOne(json: unknown, given: ReadonlyMap<string, string>, nowMs: number): NamedEvent | EventProblem {
  try {
    const own = typeof json === 'object' && json !== null && '@context' in json ? json['@context'] : undefined;
    const prefixes = own === undefined ? given : new Map([...given, ...readContext(own, '/@context')]);
    const event = readEvent(json, prefixes, nowMs);
    return 'problem' in event ? event : { event, name: event.id ?? eventName(json as JsonObject) };
  } catch (error) {
    if (error instanceof CheckFailed) return { place: error.place, problem: error.message };
    throw error;
  }
}

function orDocumentError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof CheckFailed) throw documentError({ place: error.place, problem: error.message });
    throw error;
  }
}

function documentError({ place, problem }: EventProblem): BoltsealError {
  return new BoltsealError('EPCIS_DOCUMENT', { place: place === '' ? '/' : place, problem });
}

function limitError(what: string, limit: number): BoltsealError {
  return new BoltsealError('EPCIS_LIMIT', { what, limit });
}
