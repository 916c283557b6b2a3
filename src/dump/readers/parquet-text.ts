import { isUtf8 } from 'node:buffer';
import type { ValueFormat } from './parquet-schema.ts';
import { ParquetDamage } from './parquet-thrift.ts';

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Bytes as hexadecimal. */
export function hex(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('hex');
}

/** A value of bytes as text; fails with ParquetDamage when it has not the length of its type. */
export function textOfBytes(bytes: Uint8Array, from: number, to: number, format: ValueFormat): string {
  const value = bytes.subarray(from, to);
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  switch (format.kind) {
    case 'text':
      return utf8.decode(value);
    case 'decimal':
      return decimalText(
        value.length === 0 ? 0n : BigInt.asIntN(value.length * 8, BigInt(`0x${hex(bytes, from, to)}`)),
        format.scale,
      );
    case 'int96': {
      if (value.length !== 12) throw new ParquetDamage('length');
      // Nanoseconds of the day, then the Julian day: 2440588 is 1970-01-01.
      const days = view.getInt32(8, true) - 2_440_588;
      return timestampText(BigInt(days) * 86_400_000_000_000n + view.getBigInt64(0, true), 9, false);
    }
    case 'uuid':
      return hex(bytes, from, to).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    case 'float16':
      return value.length === 2 ? String(halfFloat(view.getUint16(0, true))) : hex(bytes, from, to);
    case 'interval':
      if (value.length !== 12) return hex(bytes, from, to);
      return `P${view.getUint32(0, true)}M${view.getUint32(4, true)}DT${view.getUint32(8, true) / 1_000}S`;
    default:
      return isUtf8(value) && !value.includes(0) ? utf8.decode(value) : hex(bytes, from, to);
  }
}

function halfFloat(bits: number): number {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * 2 ** -24 * fraction;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * 2 ** (exponent - 25) * (fraction + 1_024);
}

/** The shortest number that is the same in 32 bits. */
export function floatText(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(value);
}

/** A decimal number, exact. */
export function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** A day since 1970-01-01 as ISO 8601, or null outside of the years 0 to 9999. */
export function isoDay(days: number): string | null {
  // The years that ISO 8601 writes with four digits.
  if (!(days >= -719_528 && days <= 2_932_896)) return null;
  return new Date(days * 86_400_000).toISOString().slice(0, 10);
}

/** The time of day, from units of 10^-`unit` seconds. */
export function clockText(value: bigint, unit: number): string {
  const perSecond = 10n ** BigInt(unit);
  const seconds = Number(value / perSecond);
  const fraction = value % perSecond;
  if (value < 0n || seconds >= 86_400) return String(value);
  const two = (part: number) => String(part).padStart(2, '0');
  const text = `${two(Math.floor(seconds / 3_600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return fraction === 0n ? text : `${text}.${String(fraction).padStart(unit, '0').replace(/0+$/, '')}`;
}

/** A time since 1970-01-01 in units of 10^-`unit` seconds as ISO 8601, with Z when it is UTC. */
export function timestampText(value: bigint, unit: number, utc: boolean): string {
  const perDay = 86_400n * 10n ** BigInt(unit);
  const rest = ((value % perDay) + perDay) % perDay;
  const day = isoDay(Number((value - rest) / perDay));
  return day === null ? String(value) : `${day}T${clockText(rest, unit)}${utc ? 'Z' : ''}`;
}
