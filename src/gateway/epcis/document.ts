import { CheckFailed, eventId, type JsonObject, optional, text, time, typed, uri } from './check.ts';

/** Events of a document, not looked at yet, and the names that its context gives to namespaces. */
export interface EpcisDocument {
  readonly events: readonly unknown[];
  /** Where they stand, for what is said of one of them. */
  readonly place: string;
  readonly prefixes: ReadonlyMap<string, string>;
}

const documentMembers: ReadonlySet<string> = new Set(
  '@context id type schemaVersion creationDate instanceIdentifier sender receiver epcisHeader epcisBody'.split(' '),
);

/** The events of an EPCISDocument or an EPCISQueryDocument (EPCIS 2.0, section 10.1, and its JSON schema). Master data in the header is passed over. Fails with CheckFailed. */
export function readDocument(json: unknown): EpcisDocument {
  const document = typed<JsonObject>(json, 'object', '');
  const type = text(document.type, '/type');
  for (const member of Object.keys(document))
    if (!documentMembers.has(member) && member.indexOf(':') <= 0)
      throw new CheckFailed('', 'has a member that a document does not have, and no prefix');
  optional(document.id, (value) => eventId(value, '/id'));
  const prefixes = readContext(document['@context'], '/@context');
  const body = typed<JsonObject>(document.epcisBody, 'object', '/epcisBody');
  if (type === 'EPCISQueryDocument') {
    const results = typed<JsonObject>(body.queryResults, 'object', '/epcisBody/queryResults');
    const resultsBody = typed<JsonObject>(results.resultsBody, 'object', '/epcisBody/queryResults/resultsBody');
    return { ...eventsOf(resultsBody, '/epcisBody/queryResults/resultsBody/eventList'), prefixes };
  }
  if (type !== 'EPCISDocument') throw new CheckFailed('/type', 'must be EPCISDocument or EPCISQueryDocument');
  checkVersion(document.schemaVersion);
  time(document.creationDate, '/creationDate');
  return { ...eventsOf(body, '/epcisBody/eventList'), prefixes };
}

/** More short names than any document has. Those of the document are taken along to each event with names of its own: without a bound that is the square of what was sent. */
const MOST_PREFIXES = 200;

/** Short names of namespaces, of a document or of one event. Contexts elsewhere are not fetched: nothing that a document names is. Fails with CheckFailed. */
export function readContext(context: unknown, place: string): ReadonlyMap<string, string> {
  const prefixes = new Map<string, string>();
  if (context === undefined) throw new CheckFailed(place, 'is missing');
  for (const part of [context].flat()) {
    if (typeof part === 'string') {
      uri(part, place);
      continue;
    }
    for (const [name, namespace] of Object.entries(typed<JsonObject>(part, 'object', place)))
      if (typeof namespace === 'string') prefixes.set(name, namespace === '' ? '' : text(namespace, place));
    if (prefixes.size > MOST_PREFIXES) throw new CheckFailed(place, `must have at most ${MOST_PREFIXES} prefixes`);
  }
  return prefixes;
}

/** Early documents have a number here. */
function checkVersion(version: unknown): void {
  const given = typeof version === 'number' ? String(version) : text(version, '/schemaVersion');
  if (!/^2(?:\.\d{1,4}){0,3}$/.test(given)) throw new CheckFailed('/schemaVersion', 'must be 2.0');
}

function eventsOf(body: JsonObject, place: string): { events: readonly unknown[]; place: string } {
  const events = body.eventList;
  if (!Array.isArray(events)) throw new CheckFailed(place, events === undefined ? 'is missing' : 'must be a list');
  return { events, place };
}
