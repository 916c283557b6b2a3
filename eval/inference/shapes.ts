import type { FieldName } from '../../src/core/fields/field.ts';
import { type Draw, makeDraw } from './draw.ts';
import { fieldKinds } from './kinds-fields.ts';
import { otherKinds } from './kinds-others.ts';
import { splitKinds } from './kinds-splits.ts';
import type { ColumnKind } from './makers.ts';
import { bankCard } from './numbers.ts';

/** What one generated column is, for the judge. */
export interface Truth {
  readonly kind: string;
  readonly field: FieldName | null;
  /** Whether no field is right as well: neither header nor content says it. */
  readonly mayBeNone: boolean;
  /** Another field that is right as well: nothing tells the two apart. */
  readonly accepts?: FieldName | null;
  readonly split: readonly (FieldName | null)[] | null;
  /** False where the header says another field and the content could be that: nobody could know. */
  readonly isJudged?: boolean;
}

/** One generated dump: its rows as cells. */
export interface Shape {
  readonly seed: number;
  readonly number: number;
  readonly region: string;
  readonly headerStyle: HeaderStyle;
  readonly header: readonly string[] | null;
  readonly rows: readonly (readonly string[])[];
  readonly truth: readonly Truth[];
}

const headerStyles = ['named', 'named', 'none', 'none', 'cryptic', 'pinyin', 'decorated', 'wrong', 'shifted'] as const;
export type HeaderStyle = (typeof headerStyles)[number];

const rowCounts = [3, 4, 6, 10, 20, 50, 120, 400, 1500];
const noValues = ['', 'NULL', '\\N', '-', 'null', '无', '暂无', '未知', 'N/A'];
const garbage = ['test', '测试', '###', '同上', '1', 'x', '????', '待补充'];

/** Initials of pinyin, as home-grown tables call their columns. */
const pinyinHeaders: Readonly<Partial<Record<FieldName, readonly string[]>>> = {
  phone: ['sjh', 'lxdh', 'dh', 'sjhm'],
  email: ['yx', 'dzyx', 'youxiang'],
  nationalId: ['sfzh', 'sfz', 'zjhm', 'sfzhm'],
  name: ['xm', 'xingming', 'sjr', 'khxm'],
  address: ['dz', 'lxdz', 'jtzz', 'shdz'],
  trackingNumber: ['ydh', 'kddh', 'wldh'],
  username: ['yhm', 'dlm'],
  password: ['mm', 'mima'],
  passwordHash: ['mm', 'mima'],
};

/** Makes one dump; the same seed and number give the same dump. */
export function makeShape(seed: number, number: number): Shape {
  const draw = makeDraw(seed * 1_000_003 + number * 7919);
  const region = draw.pick(['CN', 'CN', 'CN', 'CN', 'CN', 'US', 'US', 'GB', 'DE', 'JP', 'KR']);
  const headerStyle = draw.pick(headerStyles);
  const kinds = drawKinds(draw, region);
  const header = headerStyle === 'none' ? null : makeHeader(draw, kinds, headerStyle);
  const rowCount = draw.pick(rowCounts);
  const columns = kinds.map(([, kind]) => makeCells(draw, kind, rowCount));
  if (rowCount >= 120 && draw.chance(0.3)) disturbHead(draw, columns, kinds);
  const rows = Array.from({ length: rowCount }, (_, row) => columns.map((cells) => cells[row] ?? ''));
  const truth = kinds.map(([name, kind], index) => ({
    isJudged: headerStyle !== 'shifted' || isKnowable(name, kind, kinds[(index + 1) % kinds.length]?.[1] ?? kind),
    kind: name,
    field: kind.field,
    mayBeNone: kind.field !== null && !kind.plain && !isNamed(headerStyle),
    ...(kind.unnamed === undefined || isNamed(headerStyle) ? {} : { accepts: kind.unnamed }),
    split: kind.split ?? null,
  }));
  return { seed, number, region, headerStyle, header, rows, truth };
}

function isNamed(style: HeaderStyle): boolean {
  return style === 'named' || style === 'decorated';
}

const formed = new Set(
  'date,date slash,datetime,seconds since 1970,ms since 1970,growing seconds,ip,uuid,url,amount,card,order by date,agent,json'.split(
    ',',
  ),
);

/** Whether the content of a column is clear although it stands under the header of another. */
function isKnowable(name: string, kind: ColumnKind, under: ColumnKind): boolean {
  if (kind.field === under.field && kind.split === under.split) return true;
  if (kind.split !== undefined) return true;
  if (kind.field === null)
    return (
      formed.has(name) &&
      under.field !== 'customerId' &&
      !(name === 'order by date' && under.field === 'trackingNumber')
    );
  return (
    kind.plain &&
    !((kind.field === 'name' || kind.field === 'passwordHash') && (under.field === 'username' || under.field === null))
  );
}

type Named = readonly [string, ColumnKind];

function drawKinds(draw: Draw, region: string): Named[] {
  const here = (kinds: Readonly<Record<string, ColumnKind>>) =>
    Object.entries(kinds).filter(([, kind]) => kind.regions?.includes(region) ?? true);
  const isWide = draw.chance(0.05);
  const fields = Array.from({ length: draw.range(1, isWide ? 12 : 5) }, () => draw.pick(here(fieldKinds)));
  const others = Array.from({ length: draw.range(0, isWide ? 30 : 6) }, () => draw.pick(here(otherKinds)));
  const splits = draw.chance(0.2) ? [draw.pick(here(splitKinds))] : [];
  const chosen: Named[] = [];
  for (const named of [...fields, ...others, ...splits]) {
    const once = named[1].field === 'customerId' && chosen.some(([, kind]) => kind.field === 'customerId');
    if (!once) chosen.push(named);
  }
  return chosen
    .map((named) => ({ named, at: draw.below(1_000_000) }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ named }) => named);
}

function makeHeader(draw: Draw, kinds: readonly Named[], style: HeaderStyle): string[] {
  const stranger = draw.below(kinds.length);
  const cryptic = draw.pick([
    (index: number) => `f${index + 1}`,
    (index: number) => `col_${index}`,
    (index: number) => String.fromCharCode(97 + index),
    (index: number) => `字段${index + 1}`,
  ]);
  const used = new Set<string>();
  const names = kinds.map(([, kind], index) => {
    let name = draw.pick(kind.headers);
    if (style === 'cryptic') name = cryptic(index);
    if (style === 'pinyin') name = draw.pick((kind.field === null ? undefined : pinyinHeaders[kind.field]) ?? [name]);
    if (style === 'decorated') name = decorate(draw, name, kind);
    if (style === 'wrong' && index === stranger && hasForm(kind)) {
      name = draw.pick(Object.values(fieldKinds).filter(({ field }) => field !== kind.field)).headers[0] ?? name;
    }
    while (used.has(name)) name = `${name}${used.size}`;
    used.add(name);
    return name;
  });
  return style === 'shifted' ? [...names.slice(1), names[0] ?? ''] : names;
}

/** Whether the content overrules any header. */
function hasForm(kind: ColumnKind): boolean {
  return kind.plain && kind.field !== null && kind.field !== 'name';
}

function decorate(draw: Draw, name: string, kind: ColumnKind): string {
  const isHan = /\p{Script=Han}/u.test(name);
  // A customer's "number" is a customer number.
  if (kind.field === null) return name;
  return draw.pick(
    isHan
      ? [name, `客户${name}`, `${name}(必填)`, `${name} `, `*${name}`, `【${name}】`]
      : [name, `t_${name}`, `buyer.${name}`, name.toUpperCase(), `[${name}]`, `c_${name}`, `order_${name}`],
  );
}

function makeCells(draw: Draw, kind: ColumnKind, rowCount: number): string[] {
  const make = kind.maker(draw);
  const emptyShare = draw.pick([0, 0, 0.1, 0.3, 0.7, 0.95]);
  const dirtyShare = rowCount < 20 ? 0 : draw.pick([0, 0, 0.02, 0.08]);
  const none = draw.pick(noValues);
  return Array.from({ length: rowCount }, (_, row) => {
    const cell = make(row);
    // The first rows are filled, so that a column of a tiny table is not empty by chance.
    if (row > 2 && draw.chance(emptyShare)) return none;
    if (draw.chance(dirtyShare))
      return draw.pick([draw.pick(garbage), cell.slice(0, draw.below(cell.length)), bankCard(draw)]);
    return cell;
  });
}

/** The first rows of a table are often test accounts, or one column was added later. */
function disturbHead(draw: Draw, columns: string[][], kinds: readonly Named[]): void {
  const length = draw.range(5, 60);
  const isLate = draw.chance(0.5);
  for (const [index, cells] of columns.entries()) {
    const [, kind] = kinds[index] ?? [];
    if (kind?.field === null || draw.chance(0.5)) continue;
    for (let row = 0; row < length; row++) {
      cells[row] = isLate ? '' : draw.pick(['test', '测试', '13800000000', 'admin', '111111', 'a@a.com', '0']);
    }
  }
}

/** The rows that a reader would look at: the head, and rows spread over the rest. */
export function sampleOf(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  if (rows.length <= 800) return rows;
  const step = (rows.length - 400) / 400;
  return [...rows.slice(0, 400), ...Array.from({ length: 400 }, (_, i) => rows[400 + Math.floor(i * step)] ?? [])];
}
