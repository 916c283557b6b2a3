import { CheckFailed, eventId, type JsonObject, list, only, optional, text, time, typed, uri, word } from './check.ts';
import { dispositions, errorReasons, partyTypes, transactionTypes } from './vocabulary.ts';

/** Members with a prefix, and the keywords of JSON-LD. */
export function isExtension(member: string): boolean {
  return member.indexOf(':') > 0 || member.startsWith('@');
}

/** Parts of an event that say nothing of where things are: their shape is checked, and they are passed over (EPCIS 2.0, sections 7.3 and 7.4.1). Fails with CheckFailed. */
export function checkParts(event: JsonObject): void {
  optional(event.certificationInfo, (value) => {
    if (Array.isArray(value)) list(value, '/certificationInfo', 0, uri);
    else uri(value, '/certificationInfo');
  });
  optional(event.persistentDisposition, checkPersistentDisposition);
  for (const member of ['sourceList', 'destinationList'] as const)
    list(event[member], `/${member}`, 0, (value, place) => {
      const name = member.slice(0, -'List'.length);
      const item = only(value, place, ['type', name]);
      word(item.type, `${place}/type`, partyTypes, true);
      uri(item[name], `${place}/${name}`);
    });
  list(event.bizTransactionList, '/bizTransactionList', 0, (value, place) => {
    const { type, bizTransaction } = only(value, place, ['type', 'bizTransaction']);
    optional(type, (kind) => word(kind, `${place}/type`, transactionTypes, true));
    uri(bizTransaction, `${place}/bizTransaction`);
  });
  list(event.sensorElementList, '/sensorElementList', 0, checkSensorElement);
}

/** Whether the event is declared an error. Fails with CheckFailed. */
export function checkErrorDeclaration(declaration: unknown): boolean {
  if (declaration === undefined) return false;
  const { declarationTime, reason, correctiveEventIDs } = typed<JsonObject>(declaration, 'object', '/errorDeclaration');
  time(declarationTime, '/errorDeclaration/declarationTime');
  optional(reason, (value) => word(value, '/errorDeclaration/reason', errorReasons, true));
  list(correctiveEventIDs, '/errorDeclaration/correctiveEventIDs', 0, eventId);
  return true;
}

function checkPersistentDisposition(value: unknown): void {
  const place = '/persistentDisposition';
  const { set, unset } = only(value, place, ['set', 'unset']);
  if (set === undefined && unset === undefined) throw new CheckFailed(place, 'must have set or unset');
  for (const [member, words] of Object.entries({ set, unset }))
    optional(words, () => list(words, `${place}/${member}`, 1, (item, at) => word(item, at, dispositions, true)));
}

const metadataTimes = ['time', 'startTime', 'endTime'];
const reportNumbers = ['value', 'minValue', 'maxValue', 'meanValue', 'sDev', 'percRank', 'percValue'];

function checkSensorElement(value: unknown, place: string): void {
  const { sensorMetadata, sensorReport } = typed<JsonObject>(value, 'object', place);
  optional(sensorMetadata, (metadata) => {
    const given = typed<JsonObject>(metadata, 'object', `${place}/sensorMetadata`);
    for (const member of metadataTimes) optional(given[member], (at) => time(at, `${place}/sensorMetadata/${member}`));
  });
  list(sensorReport, `${place}/sensorReport`, 1, (report, at) => {
    const given = typed<JsonObject>(report, 'object', at);
    text(given.type ?? given.exception, `${at}/type`);
    optional(given.time, (when) => time(when, `${at}/time`));
    for (const member of reportNumbers) optional(given[member], (number) => typed(number, 'number', `${at}/${member}`));
  });
}
