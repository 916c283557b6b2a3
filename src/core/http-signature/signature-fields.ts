import { joinLines } from './components.ts';
import type { FieldLines } from './message.ts';
import { type InnerList, parseDictionary } from './structured-fields.ts';

/** One signature of a message, as the fields Signature-Input and Signature have it (RFC 9421, section 4). */
export interface MessageSignature {
  readonly label: string;
  /** Covered components, with the signature's parameters. */
  readonly covered: InnerList;
  readonly signature: Uint8Array;
}

/** Longest Signature-Input and Signature together, in characters: a message may have several. */
const MAX_LENGTH = 16_384;

/**
 * All signatures of a message, in the order of Signature-Input; empty when it has neither field, null when the fields are malformed or do not belong together. A label that stands twice
 * makes them malformed: of two readers one would check another signature than the other.
 */
export function readSignatures(fields: FieldLines): readonly MessageSignature[] | null {
  const inputLines = fields.get('signature-input');
  const signatureLines = fields.get('signature');
  if (inputLines === undefined && signatureLines === undefined) return [];
  const input = inputLines === undefined ? null : joinLines(inputLines);
  const signature = signatureLines === undefined ? null : joinLines(signatureLines);
  if (input === null || signature === null || input.length + signature.length > MAX_LENGTH) return null;
  const inputs = parseDictionary(input, 'refused');
  const signatures = parseDictionary(signature, 'refused');
  if (inputs === null || signatures === null || inputs.size !== signatures.size) return null;
  const found: MessageSignature[] = [];
  for (const [label, covered] of inputs) {
    const member = signatures.get(label);
    if (member === undefined || !('item' in member) || member.item.type !== 'bytes') return null;
    if (!('items' in covered) || covered.items.some(({ item }) => item.type !== 'string')) return null;
    found.push({ label, covered, signature: member.item.value });
  }
  return found;
}

/** The parameter with this name when it is a text. */
export function textParameter({ parameters }: InnerList, name: string): string | null {
  const value = parameters.get(name);
  return value?.type === 'string' ? value.value : null;
}

/** The parameter with this name when it is an integer. */
export function integerParameter({ parameters }: InnerList, name: string): number | null {
  const value = parameters.get(name);
  return value?.type === 'integer' ? value.value : null;
}
