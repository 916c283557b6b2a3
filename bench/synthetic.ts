import { makeGb18030Encoder } from './gb18030.ts';

/*
 * Synthetic customers and strangers: every value is a function of (kind of person, number), so nothing is held in memory and any row can be
 * made in any order. Customers are persons 0 to 2^31 - 1, strangers the upper half of the 32-bit numbers: the values of the two never meet
 * because every identifying value carries a bijection of the number. All identifying values are written the way both sides compare them
 * (mainland phones as 11 digits, lower-case addresses), so equality of bytes is equality of normalised values.
 */

/** First person number of those who are no customers. */
export const STRANGERS = 0x80000000;

/** Seeded bijection of the 32-bit numbers: xor-shift and odd multiplications are each invertible. Constants: Prospector `lowbias32` (C. Wellons, 2018). */
export function mix(number: number, seed: number): number {
  let x = (number ^ Math.imul(seed, 0x9e3779b1)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

/** A permutation of 0 to size - 1: bijections of the next power of two, walked until they fall inside. */
export function permutation(size: number, seed: number): (index: number) => number {
  const bits = Math.max(2, Math.ceil(Math.log2(size)));
  const mask = bits >= 32 ? 0xffffffff : 2 ** bits - 1;
  const shift = Math.max(1, bits >> 1);
  const step = (index: number): number => {
    let x = (index ^ seed) & mask;
    for (let round = 0; round < 3; round++) {
      x = Math.imul(x, 0x21f0aaad + 2 * seed * round) & mask;
      x ^= (x & mask) >>> shift;
      x = (x + 0x735a2d97) & mask;
    }
    return x >>> 0;
  };
  return (index) => {
    let x = step(index);
    while (x >= size) x = step(x);
    return x;
  };
}

const surnames =
  '王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常';
const givenOfCustomers =
  '伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志文斌鹏宇浩婷雪琳晨欣怡佳宁悦轩梓涵子睿博诗若萱思源天佑一诺';
const givenOfStrangers =
  '海波峰林辉云燕春生荣福贵根宝祥庆德义礼信忠孝良善美丹青松柏竹菊莲荷珍珠翠翔飞鸣凯旋胜利权威震雷霆雨露霜冰';
const latinFirst =
  'james mary robert patricia john jennifer michael linda david elizabeth william barbara richard susan'.split(' ');
const latinLastOfCustomers =
  'smith johnson williams brown jones garcia miller davis rodriguez martinez wilson anderson'.split(' ');
const latinLastOfStrangers = 'taylor moore jackson martin lee perez thompson white harris sanchez clark ramirez'.split(
  ' ',
);
const mailNames =
  'wei.zhang fang.wang na.li min.liu jing.chen lihua xiaoming daniel.lee anna linfeng haoyu j.smith m.brown sunny dragon88 panda'.split(
    ' ',
  );
const mailDomains = 'qq.com 163.com 126.com gmail.com sina.com outlook.com foxmail.com example.net'.split(' ');
const cities = '深圳南山区 广州天河区 上海浦东新区 北京朝阳区 杭州西湖区 成都武侯区 武汉洪山区 南京鼓楼区'.split(' ');
const streets = '科技路 人民路 中山路 建设路 解放路 和平路 文化路 长江路 黄河路 新华路'.split(' ');
const westernStreets = 'Oak St,Elm St,Park Ave,Hill Rd,Lake View Dr,Station Rd'.split(',');

/** Writes cells of people into a buffer; every function returns the position behind what it wrote. */
export interface PersonWriter {
  customerId(out: Uint8Array, at: number, person: number): number;
  phone(out: Uint8Array, at: number, person: number, edition: number): number;
  email(out: Uint8Array, at: number, person: number, edition: number): number;
  name(out: Uint8Array, at: number, person: number): number;
  address(out: Uint8Array, at: number, person: number, edition: number): number;
  date(out: Uint8Array, at: number, number: number): number;
}

/**
 * `edition` 0 is the value a person starts with; 1 is the one after a change. A later edition takes its number from the other end of the
 * person's half, so it is new as long as fewer than 2^30 people are on either side. Names of customers and of strangers never agree
 * (different given names and family names), and neither do their addresses (odd and even house numbers).
 */
export function makePersonWriter(encoding: 'utf-8' | 'gb18030', seed: number): PersonWriter {
  const encode = encoding === 'utf-8' ? (text: string) => Buffer.from(text) : makeGb18030Encoder();
  const table = (texts: Iterable<string>) => Array.from(texts, (text) => encode(text) as Uint8Array);
  const surname = table(surnames);
  const given = [table(givenOfCustomers), table(givenOfStrangers)] as const;
  const first = table(latinFirst.map((name) => `${capital(name)} `));
  const last = [table(latinLastOfCustomers.map(capital)), table(latinLastOfStrangers.map(capital))] as const;
  const mailName = table(mailNames);
  const mailDomain = table(mailDomains.map((domain) => `@${domain}`));
  const city = table(cities);
  const street = table(streets);
  const western = table(westernStreets.map((text) => ` ${text}`));
  const houseSign = encode('号') as Uint8Array;

  const valueNumber = (person: number, edition: number) => (edition === 0 ? person : (person ^ 0x40000000) >>> 0);

  return {
    customerId(out, at, person) {
      out[at] = 0x55; // U
      return digits(out, at + 1, mix(person, seed), 10);
    },
    phone(out, at, person, edition) {
      out[at] = 0x31;
      return digits(out, at + 1, 3_000_000_000 + mix(valueNumber(person, edition), seed + 1), 10);
    },
    email(out, at, person, edition) {
      const number = mix(valueNumber(person, edition), seed + 2);
      at = copy(out, at, pick(mailName, number));
      out[at++] = 0x5f;
      at = base36(out, at, number);
      return copy(out, at, pick(mailDomain, number >>> 8));
    },
    name(out, at, person) {
      const number = mix(person, seed + 3);
      const side = person >= STRANGERS ? 1 : 0;
      if (number % 10 < 3) {
        return copy(out, copy(out, at, pick(first, number >>> 4)), pick(last[side], number >>> 12));
      }
      at = copy(out, copy(out, at, pick(surname, number >>> 4)), pick(given[side], number >>> 11));
      return number % 10 < 8 ? copy(out, at, pick(given[side], number >>> 18)) : at;
    },
    address(out, at, person, edition) {
      const number = mix(valueNumber(person, edition), seed + 4);
      const house = 1 + ((number >>> 9) % 450) * 2 + (person >= STRANGERS ? 1 : 0);
      if (mix(person, seed + 3) % 10 < 3) return copy(out, decimal(out, at, house), pick(western, number));
      at = copy(out, copy(out, at, pick(city, number)), pick(street, number >>> 3));
      return copy(out, decimal(out, at, house), houseSign);
    },
    date(out, at, number) {
      const day = mix(number, seed + 5) % 2922;
      at = digits(out, at, 2018 + Math.floor(day / 366), 4);
      out[at] = 0x2d;
      at = digits(out, at + 1, 1 + (day % 12), 2);
      out[at] = 0x2d;
      return digits(out, at + 1, 1 + (day % 28), 2);
    },
  };
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function pick(table: readonly Uint8Array[], number: number): Uint8Array {
  return table[number % table.length] as Uint8Array;
}

// A loop beats `set` for pieces this short.
function copy(out: Uint8Array, at: number, bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i++) out[at + i] = bytes[i] as number;
  return at + bytes.length;
}

function digits(out: Uint8Array, at: number, number: number, width: number): number {
  let high = Math.floor(number / 100_000);
  let low = number - high * 100_000;
  let position = at + width - 1;
  for (let i = 0; i < 5 && position >= at; i++, position--) {
    const tenth = (low / 10) | 0;
    out[position] = 0x30 + low - tenth * 10;
    low = tenth;
  }
  for (; position >= at; position--) {
    const tenth = (high / 10) | 0;
    out[position] = 0x30 + high - tenth * 10;
    high = tenth;
  }
  return at + width;
}

function decimal(out: Uint8Array, at: number, number: number): number {
  return digits(out, at, number, number < 10 ? 1 : number < 100 ? 2 : number < 1000 ? 3 : 4);
}

const base36Digits = Buffer.from('0123456789abcdefghijklmnopqrstuvwxyz');

function base36(out: Uint8Array, at: number, number: number): number {
  for (let i = 0; i < 7; i++) {
    const rest = Math.floor(number / 36);
    out[at++] = base36Digits[number - rest * 36] as number;
    number = rest;
  }
  return at;
}
