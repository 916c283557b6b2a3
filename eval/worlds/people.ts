import { DAY_SECONDS, FOREVER, secondAt, secondsOf, timeOfDay } from './calendar.ts';
import type { WorldConfig } from './config.ts';
import { type Chance, makeChance, poisson, scramble } from './random.ts';

/*
 * Everybody there is, as numbers: customers 0, 1, … in the order in which they signed up, and strangers from STRANGER on whom the company does not know.
 * Names, phones and addresses are functions of numbers, so that ten million people need no text in memory.
 */

const STRANGER = 30_000_000;
const HISTORY_DAYS = 3 * 365;
/** A year's chances of a move, of a new phone, and of leaving. */
const yearly = { move: 0.12, phone: 0.08, leave: 0.01 };

/** All customers and all versions of their records. */
export interface People {
  readonly count: number;
  /** Seconds since 1970, ascending. */
  readonly created: Uint32Array;
  /** When the account was closed, or FOREVER. */
  readonly gone: Uint32Array;
  /** Versions of customer c are those from firstVersion[c] to before firstVersion[c + 1]. */
  readonly firstVersion: Uint32Array;
  readonly versionFrom: Uint32Array;
  /** Number from which the phone is made. */
  readonly phone: Uint32Array;
  /** Number from which the address is made: the station that delivers there is place % stations. */
  readonly place: Uint32Array;
}

/** Everybody of a world, with histories of three years before its first day. */
export function makePeople(config: WorldConfig): People {
  const chance = makeChance(config.seed, 'people');
  const created = signUps(config, chance);
  const start = secondsOf(config.start);
  const end = start + config.days * DAY_SECONDS;
  const count = created.length;
  const gone = new Uint32Array(count).fill(FOREVER);
  const firstVersion = new Uint32Array(count + 1);
  const room = Math.ceil(count * 2) + 1000;
  const versionFrom = new Uint32Array(room);
  const phone = new Uint32Array(room);
  const place = new Uint32Array(room);
  let versions = 0;
  let phones = count;
  const released: { readonly number: number; readonly since: number }[] = [];
  for (let c = 0; c < count; c++) {
    const since = created[c] as number;
    const years = (end - since) / (365 * DAY_SECONDS);
    if (chance.unit() < yearly.leave * years) gone[c] = since + Math.floor(chance.unit() * (end - since));
    // Carriers give numbers out again some time after they were handed back.
    let number = c;
    const free = released[0];
    if (free !== undefined && free.since + 90 * DAY_SECONDS < since && chance.unit() < 0.02) {
      number = free.number;
      released.shift();
    }
    let home = chance.bits();
    firstVersion[c] = versions;
    add(since);
    const until = Math.min(gone[c] as number, end);
    const changes = poisson(((yearly.move + yearly.phone) * (until - since)) / (365 * DAY_SECONDS), chance);
    const times = Array.from({ length: changes }, () => since + 1 + Math.floor(chance.unit() * (until - since - 1)));
    for (const time of times.sort((a, b) => a - b)) {
      if (time <= (versionFrom[versions - 1] as number)) continue;
      if (chance.unit() < yearly.phone / (yearly.move + yearly.phone)) {
        if (released.length < 10_000) released.push({ number, since: time });
        number = phones++;
      } else home = move(home, config, chance);
      add(time);
    }

    function add(from: number): void {
      versionFrom[versions] = from;
      phone[versions] = number;
      place[versions] = home;
      versions++;
    }
  }
  firstVersion[count] = versions;
  return {
    count,
    created,
    gone,
    firstVersion,
    versionFrom: versionFrom.slice(0, versions),
    phone: phone.slice(0, versions),
    place: place.slice(0, versions),
  };
}

/** Times at which people signed up: ever faster over three years, then a steady number a day that swings with the weekday. */
function signUps(config: WorldConfig, chance: Chance): Uint32Array {
  const start = secondsOf(config.start);
  const before = Math.round(config.customers * config.alreadyThere);
  const times = new Uint32Array(config.customers);
  for (let i = 0; i < config.customers; i++) {
    const day =
      i < before
        ? -Math.ceil(HISTORY_DAYS * (1 - Math.sqrt(1 - chance.unit())))
        : Math.floor(chance.unit() * config.days);
    times[i] = secondAt(start, day, timeOfDay('signUp', chance));
  }
  return times.sort();
}

/** Two of three moves stay in the city: stations of a city have the same remainder by the number of cities. */
function move(home: number, config: WorldConfig, chance: Chance): number {
  const next = chance.bits();
  if (chance.unit() >= 0.66) return next;
  const station = home % config.stations;
  const inCity = Math.ceil((config.stations - (station % config.cities)) / config.cities);
  const to = (station % config.cities) + chance.below(inCity) * config.cities;
  const base = next - (next % config.stations);
  return base + to > FOREVER ? to : base + to;
}

/** The version of a customer's record at a time; the first one for times before. */
export function versionAt(people: People, customer: number, seconds: number): number {
  const first = people.firstVersion[customer] as number;
  let version = (people.firstVersion[customer + 1] as number) - 1;
  while (version > first && (people.versionFrom[version] as number) > seconds) version--;
  return version;
}

/** Whether a customer has an account at a time. */
export function isThere(people: People, customer: number, seconds: number): boolean {
  return (people.created[customer] as number) <= seconds && seconds < (people.gone[customer] as number);
}

/** How many customers had signed up at a time; those with lower numbers. */
export function countCreatedBy(people: People, seconds: number): number {
  let [low, high] = [0, people.count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((people.created[middle] as number) <= seconds) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The company's own id of a customer. */
export function customerId(customer: number): string {
  return `C${String(customer + 10_000_000)}`;
}

/** The number of a stranger. */
export function stranger(index: number): number {
  return STRANGER + index;
}

/**
 * A mobile number of 11 digits; different numbers give different phones below 20 million, and strangers have phones of their own:
 * 3^17 has no factor in common with 7·10^9, and all products stay below 2^53.
 */
export function phoneText(number: number): string {
  return String(13_000_000_000 + ((number * 129_140_163 + 4_242_424_242) % 7_000_000_000));
}

const surnames = [
  ...'王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢',
];
const given = [
  ...'伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红建国志文辉力永健世广海山仁波宁贵福生龙元全胜学祥才发武新利清飞彬富顺信子',
];
const cityNames = [
  '浙江省杭州市',
  '上海市',
  '山东省烟台市',
  '吉林省吉林市',
  '重庆市',
  '广东省广州市',
  '四川省成都市',
  '湖北省武汉市',
];
const streets = [
  '文三路',
  '解放路',
  '人民路',
  '中山路',
  '建设路',
  '和平路',
  '长江路',
  '黄河路',
  '学院路',
  '南京路',
  '北京路',
  '新华路',
];

/** The name of a person by number. */
export function nameText(person: number): string {
  const a = scramble(person, 11);
  const b = scramble(person, 12);
  // Common surnames are much more common than others.
  const surname = surnames[Math.floor(surnames.length * ((a >>> 8) / 2 ** 24) ** 1.8)] as string;
  const first = given[b % given.length] as string;
  return (b >>> 8) % 6 === 0 ? surname + first : surname + first + (given[(b >>> 12) % given.length] as string);
}

/** The address of a place. */
export function addressText(place: number, config: WorldConfig): string {
  const station = place % config.stations;
  const a = scramble(place, 21);
  const b = scramble(place, 22);
  const city = cityNames[(station % config.cities) % cityNames.length] as string;
  return `${city}第${Math.floor(station / config.cities) + 1}区${streets[a % streets.length] as string}${1 + ((a >>> 4) % 900)}号${1 + (b % 40)}幢${1 + ((b >>> 6) % 33)}0${1 + ((b >>> 12) % 8)}室`;
}

/** The e-mail address of a person, or nothing for two of five. */
export function emailText(person: number): string {
  const a = scramble(person, 31);
  if (a % 5 < 2) return '';
  const domain = ['qq.com', '163.com', '126.com', 'sina.com', 'foxmail.com'][(a >>> 8) % 5] as string;
  return `${['u', 'my', 'li', 'x', 'mm', 'wo'][(a >>> 4) % 6] as string}${(person * 7 + 100_003).toString(36)}@${domain}`;
}
