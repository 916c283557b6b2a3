import { type FieldType, readComponent, structuredFieldTypes } from './components.ts';
import type { SignedMessage } from './message.ts';
import type { InnerList, Item } from './structured-fields.ts';
import { writeInnerList, writeItem } from './write-fields.ts';

/** What is signed, or why there is none; the words name no value of the message. */
export type SignatureBase =
  | { readonly base: string; readonly problem: null }
  | { readonly base: null; readonly problem: string };

/**
 * The signature base (RFC 9421, section 2.5) for covered components and signature parameters: ASCII, lines between LF, none at the end.
 * `fieldTypes` says how fields that are covered with `sf` are read.
 */
export function createSignatureBase(
  covered: InnerList,
  message: SignedMessage,
  fieldTypes: ReadonlyMap<string, FieldType> = structuredFieldTypes,
): SignatureBase {
  const identifiers = new Set<string>();
  let base = '';
  for (const component of covered.items) {
    const identity = identityOf(component);
    if (identifiers.has(identity)) return refuse('a component is covered twice');
    identifiers.add(identity);
    const value = readComponent(component, message, fieldTypes);
    if (value === null) return refuse('a covered component is not in the message, or may not be covered like that');
    if (!isPrintable(value)) return refuse('a covered component has characters that cannot be signed');
    base += `${writeItem(component)}: ${value}\n`;
  }
  return { base: `${base}"@signature-params": ${writeInnerList(covered)}`, problem: null };
}

function refuse(problem: string): SignatureBase {
  return { base: null, problem };
}

/** Parameters of a component have no order (section 2): two that differ in it are the same. */
function identityOf(component: Item): string {
  if (component.parameters.size < 2) return writeItem(component);
  return writeItem({
    ...component,
    parameters: new Map([...component.parameters].sort(([a], [b]) => (a < b ? -1 : 1))),
  });
}

/** Only ASCII without line breaks may be in a base (section 2.5): otherwise one component could pretend to be several. */
function isPrintable(value: string): boolean {
  for (let at = 0; at < value.length; at++) {
    const unit = value.charCodeAt(at);
    if ((unit < 0x20 && unit !== 0x09) || unit > 0x7e) return false;
  }
  return true;
}
