import { toBase64 } from '../base64.ts';
import { toUtf8 } from '../bytes.ts';
import type { BareItem, Dictionary, FieldParameters, InnerList, Item, List, Member } from './structured-fields.ts';

/*
 * Structured Field Values for HTTP (RFC 9651), written in their one canonical spelling (section 4.1). What is given must have been read by structured-fields.ts or be valid by itself:
 * nothing is checked again here.
 */

export function writeList(list: List): string {
  return list.map(writeMember).join(', ');
}

export function writeDictionary(dictionary: Dictionary): string {
  return Array.from(dictionary, ([key, member]) => {
    const isYes = 'item' in member && member.item.type === 'boolean' && member.item.value;
    return isYes ? key + writeParameters(member.parameters) : `${key}=${writeMember(member)}`;
  }).join(', ');
}

export function writeMember(member: Member): string {
  return 'item' in member ? writeItem(member) : writeInnerList(member);
}

export function writeInnerList({ items, parameters }: InnerList): string {
  let text = '(';
  for (const item of items) text += text.length === 1 ? writeItem(item) : ` ${writeItem(item)}`;
  return `${text})${writeParameters(parameters)}`;
}

export function writeItem({ item, parameters }: Item): string {
  return writeBareItem(item) + writeParameters(parameters);
}

export function writeParameters(parameters: FieldParameters): string {
  let text = '';
  for (const [key, item] of parameters)
    text += item.type === 'boolean' && item.value ? `;${key}` : `;${key}=${writeBareItem(item)}`;
  return text;
}

/** The text in quotes; ASCII only. */
export function writeString(value: string): string {
  return `"${/["\\]/.test(value) ? value.replace(/["\\]/g, '\\$&') : value}"`;
}

function writeBareItem(item: BareItem): string {
  switch (item.type) {
    case 'string':
      return writeString(item.value);
    case 'integer':
      return String(item.value);
    case 'token':
      return item.value;
    case 'bytes':
      return `:${toBase64(item.value)}:`;
    case 'boolean':
      return item.value ? '?1' : '?0';
    case 'date':
      return `@${item.value}`;
    case 'decimal':
      return item.value.toFixed(3).replace(/0{1,2}$/, '');
    case 'display':
      return `%"${Array.from(toUtf8(item.value), escapeDisplay).join('')}"`;
  }
}

function escapeDisplay(byte: number): string {
  const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x22 && byte !== 0x25;
  return isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, '0')}`;
}
