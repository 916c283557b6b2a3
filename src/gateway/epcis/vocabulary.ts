import type { ParcelStatus } from '../../contract/api/words.ts';

/*
 * Words of the GS1 Core Business Vocabulary 2.0 (sections 7.1 to 7.5) as EPCIS 2.0 has them in JSON: bare.
 */

export const bizSteps: ReadonlySet<string> = new Set(
  `accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting decommissioning departing destroying
   disassembling dispensing encoding entering_exiting holding inspecting installing killing loading other packing picking receiving removing
   repackaging repairing replacing reserving retail_selling sampling sensor_reporting shipping staging_outbound stock_taking stocking storing
   transporting unloading unpacking void_shipping`.split(/\s+/),
);

export const dispositions: ReadonlySet<string> = new Set(
  `active available completeness_inferred completeness_verified conformant container_closed container_open damaged destroyed dispensed disposed
   encoded expired in_progress in_transit inactive mismatch_class mismatch_instance mismatch_quantity needs_replacement no_pedigree_match
   non_conformant non_sellable_other partially_dispensed recalled reserved retail_sold returned sellable_accessible sellable_not_accessible
   stolen unavailable unknown`.split(/\s+/),
);

export const transactionTypes: ReadonlySet<string> = new Set(
  'bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt'.split(' '),
);
export const partyTypes: ReadonlySet<string> = new Set(['owning_party', 'possessing_party', 'location']);
export const errorReasons: ReadonlySet<string> = new Set(['did_not_occur', 'incorrect_data']);

/** What steps mean for a parcel: words of the vocabulary, or URIs of the company's own. */
export type StepTable = Readonly<Record<string, ParcelStatus>>;

/** A carrier's reading. A step that is not here says nothing of where a parcel is; `loading` is still at the station, as `departing` follows it. */
export const carrierSteps: StepTable = {
  commissioning: 'announced',
  accepting: 'at-station',
  arriving: 'at-station',
  collecting: 'at-station',
  cycle_counting: 'at-station',
  holding: 'at-station',
  inspecting: 'at-station',
  loading: 'at-station',
  packing: 'at-station',
  picking: 'at-station',
  receiving: 'at-station',
  repackaging: 'at-station',
  staging_outbound: 'at-station',
  stock_taking: 'at-station',
  stocking: 'at-station',
  storing: 'at-station',
  unloading: 'at-station',
  unpacking: 'at-station',
  void_shipping: 'at-station',
  consigning: 'in-transit',
  departing: 'in-transit',
  shipping: 'in-transit',
  transporting: 'in-transit',
  retail_selling: 'delivered',
  destroying: 'lost',
};

/** Dispositions that say more than the step. */
export const carrierDispositions: StepTable = {
  retail_sold: 'delivered',
  dispensed: 'delivered',
  destroyed: 'lost',
  disposed: 'lost',
  stolen: 'lost',
};

const fullForms = /^(?:cbv:|https?:\/\/(?:ref|ns)\.gs1\.org\/cbv\/)(?:BizStep|Disp|BTT|SDT|ER)-([a-z_]+)$/;

/** A word of the vocabulary however it was written, or the URI that a prefix of the document's context stands for. */
export function wordOf(text: string, prefixes: ReadonlyMap<string, string>): string {
  const full = fullForms.exec(text);
  if (full?.[1] !== undefined) return full[1];
  const colon = text.indexOf(':');
  const namespace = colon > 0 ? prefixes.get(text.slice(0, colon)) : undefined;
  return namespace === undefined ? text : namespace + text.slice(colon + 1);
}
