import { numberOf, ParquetDamage, structOf, type ThriftStruct, textOf } from './parquet-thrift.ts';

/** How values are written (LogicalTypes.md of the format). `scale` digits after the point; `unit` fractions of a second as digits: 3, 6 or 9. */
export type ValueFormat =
  | { readonly kind: 'text' | 'bytes' | 'number' | 'unsigned' | 'date' | 'int96' | 'uuid' | 'float16' | 'interval' }
  | { readonly kind: 'decimal'; readonly scale: number }
  | { readonly kind: 'time' | 'timestamp'; readonly unit: number; readonly utc: boolean };

/** Physical types, by the numbers of parquet.thrift. */
export const PhysicalType = {
  boolean: 0,
  int32: 1,
  int64: 2,
  int96: 3,
  float: 4,
  double: 5,
  byteArray: 6,
  fixed: 7,
} as const;

/** A column as it is stored: the end of a path in the schema. */
export interface Leaf {
  /** Columns of the table: one, or one for each place of a list. */
  readonly names: readonly string[];
  readonly type: number;
  /** Bytes of a value of type `fixed`. */
  readonly typeLength: number;
  readonly format: ValueFormat;
  /** Greatest definition and repetition level; levels are bounded by MAX_DEPTH. */
  readonly maxDefinition: number;
  readonly maxRepetition: number;
  /** The definition level from which on a list has an element here. */
  readonly elementDefinition: number;
}

const MAX_DEPTH = 40;
const MAX_ELEMENTS = 200_000;
const MAX_FIXED_BYTES = 65_536;
/** Places of a list that become columns: as for JSON. */
const SCALAR_PLACES = 8;
const RECORD_PLACES = 4;
const REPEATED = 2;
const OPTIONAL = 1;

interface Place {
  readonly path: readonly string[];
  readonly definition: number;
  readonly repetition: number;
  readonly elementDefinition: number;
  readonly inRecords: boolean;
  /** The group is annotated as a list or a map: its only child carries no name of its own. */
  readonly list: 'outer' | 'inner' | null;
}

/** The leaves in the order of the columns of a row group; fails with ParquetDamage when the list of elements is no tree. */
export function readSchema(elements: readonly ThriftStruct[]): Leaf[] {
  if (elements.length > MAX_ELEMENTS) throw new ParquetDamage('elements');
  const leaves: Leaf[] = [];
  let next = 1;
  const visit = (count: number, place: Place, depth: number) => {
    if (depth > MAX_DEPTH) throw new ParquetDamage('depth');
    for (let child = 0; child < count; child++) {
      const element = elements[next++];
      if (element === undefined) throw new ParquetDamage('tree');
      const children = numberOf(element, 5) ?? 0;
      const inner = placeOf(element, children, place);
      if (children > 0) visit(children, inner, depth + 1);
      else leaves.push(leafOf(element, inner));
    }
  };
  const root: Place = { path: [], definition: 0, repetition: 0, elementDefinition: 0, inRecords: false, list: null };
  visit(numberOf(elements[0] ?? null, 5) ?? 0, root, 0);
  return leaves;
}

const PLACE = '\0';

function placeOf(element: ThriftStruct, children: number, outer: Place): Place {
  const repetitionType = numberOf(element, 3) ?? 0;
  const repeated = repetitionType === REPEATED;
  const definition = outer.definition + (repetitionType === OPTIONAL || repeated ? 1 : 0);
  const annotated = isListOrMap(element);
  const silent = (repeated && outer.list === 'outer') || (outer.list === 'inner' && children >= 0);
  const path = [...outer.path, ...(silent ? [] : [textOf(element, 4)]), ...(repeated ? [PLACE] : [])];
  // `list.element` and `list.item` are one level; `key_value.key` and `.value` are two columns.
  let list: Place['list'] = null;
  if (annotated && children === 1) list = 'outer';
  else if (repeated && outer.list === 'outer' && children === 1) list = 'inner';
  return {
    path,
    definition,
    repetition: outer.repetition + (repeated ? 1 : 0),
    elementDefinition: repeated ? definition : outer.elementDefinition,
    inRecords: outer.inRecords || (children > 1 && (repeated || outer.repetition > 0)),
    list,
  };
}

function isListOrMap(element: ThriftStruct): boolean {
  const converted = numberOf(element, 6);
  const logical = structOf(element, 10);
  // ConvertedType MAP, MAP_KEY_VALUE, LIST; LogicalType MAP, LIST.
  return (
    (converted !== null && converted >= 1 && converted <= 3) || logical?.has(2) === true || logical?.has(3) === true
  );
}

function leafOf(element: ThriftStruct, place: Place): Leaf {
  const type = numberOf(element, 1) ?? -1;
  const typeLength = type === PhysicalType.int96 ? 12 : (numberOf(element, 2) ?? 0);
  if (type === PhysicalType.fixed && (typeLength < 1 || typeLength > MAX_FIXED_BYTES))
    throw new ParquetDamage('length');
  const places = place.repetition === 0 ? 1 : place.inRecords ? RECORD_PLACES : SCALAR_PLACES;
  const names: string[] = [];
  for (let at = 0; at < places; at++) {
    // In lists of lists the values are counted through.
    let open = true;
    const steps: string[] = [];
    for (const step of place.path) {
      if (step !== PLACE) steps.push(step);
      else if (open) {
        steps.push(String(at));
        open = false;
      }
    }
    names.push(steps.join('.'));
  }
  return {
    names,
    type,
    typeLength,
    format: formatOf(element, type),
    maxDefinition: place.definition,
    maxRepetition: place.repetition,
    elementDefinition: place.elementDefinition,
  };
}

/** By the logical type, or by the converted type of older files (LogicalTypes.md). */
function formatOf(element: ThriftStruct, type: number): ValueFormat {
  if (type === PhysicalType.float || type === PhysicalType.double) return { kind: 'number' };
  const logical = structOf(element, 10);
  const converted = numberOf(element, 6);
  if (logical?.has(5) || converted === 5) return { kind: 'decimal', scale: scaleOf(element, logical) };
  if (logical?.has(6) || converted === 6) return { kind: 'date' };
  for (const [id, kind] of [
    [7, 'time'],
    [8, 'timestamp'],
  ] as const) {
    const annotation = structOf(logical, id);
    if (annotation !== null) return { kind, unit: unitOf(annotation), utc: annotation.get(1) === true };
  }
  if (converted === 7 || converted === 8) return { kind: 'time', unit: converted === 7 ? 3 : 6, utc: true };
  if (converted === 9 || converted === 10) return { kind: 'timestamp', unit: converted === 9 ? 3 : 6, utc: true };
  const integer = structOf(logical, 10);
  if (integer?.get(2) === false || (converted !== null && converted >= 11 && converted <= 14))
    return { kind: 'unsigned' };
  if (logical?.has(14) && type === PhysicalType.fixed) return { kind: 'uuid' };
  if (logical?.has(15) && type === PhysicalType.fixed) return { kind: 'float16' };
  if (converted === 21 && type === PhysicalType.fixed) return { kind: 'interval' };
  if (type === PhysicalType.int96) return { kind: 'int96' };
  // STRING, ENUM, JSON; UTF8, ENUM, JSON.
  if (logical?.has(1) || logical?.has(4) || logical?.has(12)) return { kind: 'text' };
  if (converted === 0 || converted === 4 || converted === 19) return { kind: 'text' };
  return { kind: type === PhysicalType.byteArray || type === PhysicalType.fixed ? 'bytes' : 'number' };
}

function scaleOf(element: ThriftStruct, logical: ThriftStruct | null): number {
  const scale = numberOf(structOf(logical, 5), 1) ?? numberOf(element, 7) ?? 0;
  return scale >= 0 && scale <= 1_000 ? scale : 0;
}

function unitOf(annotation: ThriftStruct): number {
  const unit = structOf(annotation, 2);
  return unit?.has(2) ? 6 : unit?.has(3) ? 9 : 3;
}
