import type { Client } from '../../client/client.ts';
import { GatewayError } from '../../client/gateway-error.ts';
import type { Random } from '../random.ts';
import { type Company, epcisConfig, type StationName, stations } from './company.ts';

/** Between two rounds of the network's life. */
const ROUND_MS = 1000;
/** Parcels that move in a round: no scanner comes near to what its budget has for a minute. */
const MOVES = 3;
/** The round from which on a scanner is infected, how many parcels it then asks for in each, and for how many it rests once it was stopped. */
const INFECTED_ROUND = 10;
const GREED = 12;
const REST_ROUNDS = 30;

/** Where a parcel is on its way, in the order in which it comes to be there. */
type Stage = { readonly station: StationName; readonly step: 'arriving' | 'departing' } | 'handed-over';
const way: readonly Stage[] = [
  { station: 'st-1', step: 'arriving' },
  { station: 'st-1', step: 'departing' },
  { station: 'st-2', step: 'arriving' },
  'handed-over',
];

export interface LifeInput {
  readonly company: Company;
  readonly random: Random;
  readonly now: () => number;
  /** Hears, now and then, what happened: lines without anybody's data. */
  readonly tell: (text: string) => void;
  readonly untilStopped: Promise<void>;
  /** Instead of the demo's pace. */
  readonly roundMs?: number;
}

/** Lets parcels move and scanners read until it is stopped; ends quietly when the gateway is no longer there. Rejects with GatewayError for what nobody expects. */
export async function live({ company, random, now, tell, untilStopped, roundMs = ROUND_MS }: LifeInput): Promise<void> {
  const moving = new Map<string, number>();
  const counts = { moved: 0, read: 0 };
  let isStopped = false;
  let restsUntil = INFECTED_ROUND;
  const stop = (): void => {
    isStopped = true;
  };
  const stopping = untilStopped.then(stop, stop);
  try {
    for (let round = 1; !isStopped; round++) {
      await moveSome(company, moving, random, now(), counts);
      if (round === INFECTED_ROUND) tell('scanner-3 is infected: from now on it asks for everything at its station');
      if (round >= restsUntil && (await askForAll(company, random, round - restsUntil, tell)))
        restsUntil = round + REST_ROUNDS;
      if (round % 10 === 0) tell(`${counts.moved} movements by EPCIS events, ${counts.read} parcels read by scanners`);
      await Promise.race([sleep(roundMs), stopping]);
    }
  } catch (error) {
    // The gateway stops before its network does.
    if (!(error instanceof GatewayError) || (error.status !== 0 && error.status !== 503)) throw error;
  }
}

/** One document of events; what arrives is read by the scanner there. */
async function moveSome(
  { orders, scanners, announced }: Company,
  moving: Map<string, number>,
  random: Random,
  nowMs: number,
  counts: { moved: number; read: number },
): Promise<void> {
  const candidates = [...moving.keys(), ...announced.slice(0, MOVES)];
  const chosen = new Set(Array.from({ length: MOVES }, () => random.pick(candidates)));
  const arrivals: { readonly parcel: string; readonly station: StationName }[] = [];
  const events = [...chosen].map((parcel) => {
    const place = moving.get(parcel) ?? 0;
    const stage = way[place] as Stage;
    if (place === 0) announced.splice(announced.indexOf(parcel), 1);
    // Who was delivered orders again.
    if (stage === 'handed-over') {
      moving.delete(parcel);
      announced.push(parcel);
    } else {
      moving.set(parcel, place + 1);
      if (stage.step === 'arriving') arrivals.push({ parcel, station: stage.station });
    }
    return eventOf(parcel, stage, nowMs);
  });
  if (events.length > 0) await orders.captureEvents(documentOf(events, nowMs));
  counts.moved += events.length;
  for (const { parcel, station } of arrivals) {
    const { disclosures } = await scan(scanners[station], parcel);
    counts.read += disclosures.filter(({ decision }) => decision === 'allowed').length;
  }
}

/** What malware does on a scanner; gives whether it was stopped. */
async function askForAll(
  { scanners, waiting }: Company,
  random: Random,
  round: number,
  tell: (text: string) => void,
): Promise<boolean> {
  for (let i = 0; i < GREED; i++) {
    const parcel = waiting[(round * GREED + i) % waiting.length] ?? random.pick(waiting);
    try {
      await scan(scanners[stations[2]], parcel);
    } catch (error) {
      if (!(error instanceof GatewayError) || error.status === 0) throw error;
      if (error.code !== 'GATEWAY_BUDGET') {
        tell(`scanner-3 is refused: ${error.message}`);
        return true;
      }
      tell(`scanner-3 was stopped by its budget after ${round * GREED + i} people: ${error.message}`);
      return true;
    }
  }
  return false;
}

function scan(scanner: Client, parcel: string) {
  return scanner.disclose({ purpose: 'sorting', fields: { name: 'masked', address: 'masked' }, parcels: [parcel] });
}

function eventOf(parcel: string, stage: Stage, nowMs: number) {
  const [parcels, places] = [epcisConfig.parcelPrefixes[0], epcisConfig.stationPrefixes[0]];
  const event = {
    type: 'ObjectEvent',
    action: 'OBSERVE',
    eventTime: new Date(nowMs).toISOString(),
    eventTimeZoneOffset: '+00:00',
    epcList: [`${parcels}${parcel}`],
  };
  if (stage === 'handed-over') return { ...event, bizStep: 'https://carrier.example/steps/handed-over' };
  return { ...event, bizStep: stage.step, bizLocation: { id: `${places}${stage.station}` } };
}

function documentOf(events: readonly unknown[], nowMs: number) {
  return {
    '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
    type: 'EPCISDocument',
    schemaVersion: '2.0',
    creationDate: new Date(nowMs).toISOString(),
    epcisBody: { eventList: events },
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
