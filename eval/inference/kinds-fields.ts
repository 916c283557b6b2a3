import type { Draw } from './draw.ts';
import {
  addressHeaders,
  americanAddress,
  type ColumnKind,
  chineseAddress,
  cn,
  crypt,
  customerHeaders,
  digest,
  email,
  emailHeaders,
  hanName,
  hashHeaders,
  hex,
  idHeaders,
  kind,
  latinName,
  nameHeaders,
  nick,
  password,
  passwordHeaders,
  phoneHeaders,
  trackingHeaders,
  usernameHeaders,
} from './makers.ts';
import {
  brazilianId,
  couriers,
  digitCouriers,
  landline,
  mobile,
  northAmerican,
  oldResidentId,
  residentId,
  spanishId,
} from './numbers.ts';
import * as words from './words.ts';

/** Columns of fields. */
export const fieldKinds: Readonly<Record<string, ColumnKind>> = {
  'phone mobile': kind('phone', true, phoneHeaders, mobile, cn),
  'phone +86': kind('phone', true, phoneHeaders, (draw) => `+86${mobile(draw)}`),
  'phone +86 spaced': kind('phone', true, phoneHeaders, (draw) => {
    const m = mobile(draw);
    return `+86 ${m.slice(0, 3)} ${m.slice(3, 7)} ${m.slice(7)}`;
  }),
  'phone 86': kind('phone', true, phoneHeaders, (draw) => `86${mobile(draw)}`, cn),
  'phone 0086': kind('phone', true, phoneHeaders, (draw) => `0086${mobile(draw)}`),
  'phone dashed': kind(
    'phone',
    true,
    phoneHeaders,
    (draw) => {
      const m = mobile(draw);
      return `${m.slice(0, 3)}-${m.slice(3, 7)}-${m.slice(7)}`;
    },
    cn,
  ),
  'phone mixed': {
    ...kind('phone', true, phoneHeaders, mobile, cn),
    maker: (draw) => () =>
      draw.pick([mobile, mobile, (d: Draw) => `+86-${mobile(d)}`, (d: Draw) => ` ${mobile(d)}`, landline])(draw),
  },
  'phone landline': kind('phone', true, phoneHeaders, landline, cn),
  'phone us': kind(
    'phone',
    true,
    phoneHeaders,
    (draw) => {
      const n = northAmerican(draw);
      return draw.pick([
        `(${n.slice(0, 3)}) ${n.slice(3, 6)}-${n.slice(6)}`,
        `${n.slice(0, 3)}-${n.slice(3, 6)}-${n.slice(6)}`,
      ]);
    },
    ['US'],
  ),
  'phone us bare': kind('phone', false, phoneHeaders, northAmerican, ['US']),
  'phone +1': kind('phone', true, phoneHeaders, (draw) => `+1${northAmerican(draw)}`),
  'phone +49': kind('phone', true, phoneHeaders, (draw) => `+49 ${draw.pick(['151', '160', '171'])} ${draw.digits(8)}`),
  'phone gb': kind('phone', true, phoneHeaders, (draw) => `07${draw.digits(3)} ${draw.digits(6)}`, ['GB']),
  'phone jp': kind(
    'phone',
    true,
    phoneHeaders,
    (draw) => `0${draw.pick(['80', '90', '70'])}-${draw.range(1, 9)}${draw.digits(3)}-${draw.digits(4)}`,
    ['JP'],
  ),
  'phone kr': kind(
    'phone',
    true,
    phoneHeaders,
    (draw) => `010-${draw.range(2, 9)}${draw.digits(3)}-${draw.digits(4)}`,
    ['KR'],
  ),
  'phone de': kind(
    'phone',
    true,
    phoneHeaders,
    (draw) => `0${draw.pick(['151', '170', '30', '89'])} ${draw.range(1, 9)}${draw.digits(6)}`,
    ['DE'],
  ),
  'phone sorted': {
    ...kind('phone', true, phoneHeaders, mobile, cn),
    maker: (draw) => {
      let next = Number(`13${draw.digits(3)}100000`);
      return () => {
        next += draw.range(1, 12);
        return String(next);
      };
    },
  },
  'phone of few': {
    ...kind('phone', true, ['寄件人电话', 'sender_phone', 'shop_phone'], mobile, cn),
    maker: (draw) => {
      const few = [mobile(draw), mobile(draw), landline(draw)];
      return () => draw.pick(few);
    },
  },
  email: kind('email', true, emailHeaders, email),
  'email upper': kind('email', true, emailHeaders, (draw) => email(draw).toUpperCase()),
  'id 18': kind('nationalId', true, idHeaders, residentId),
  'id lower': kind('nationalId', true, idHeaders, (draw) => residentId(draw).toLowerCase()),
  'id mixed': kind('nationalId', true, idHeaders, (draw) =>
    draw.chance(0.1) ? oldResidentId(draw) : residentId(draw),
  ),
  'id ssn': kind(
    'nationalId',
    true,
    ['ssn', 'SSN', 'social_security_number', 'id_number'],
    (draw) => `${draw.range(101, 665)}-${draw.range(10, 99)}-${draw.range(1000, 9999)}`,
  ),
  'id dni': kind('nationalId', true, ['dni', 'nif', 'id_number', 'document_no'], spanishId),
  'id cpf': kind('nationalId', true, ['cpf', 'CPF', 'document_number'], brazilianId),
  'tracking sequence': {
    ...kind('trackingNumber', false, trackingHeaders, mobile, cn),
    maker: (draw) => {
      let next = Number(`${draw.pick(['21', '55', '90', '75'])}${draw.digits(10)}`);
      return () => {
        next += draw.range(1, 9);
        return String(next);
      };
    },
  },
  'tracking unknown': kind('trackingNumber', false, trackingHeaders, (draw) => `${draw.range(1, 9)}${draw.digits(13)}`),
  'tracking one courier': {
    ...kind('trackingNumber', true, trackingHeaders, mobile),
    maker: (draw) => {
      const make = draw.pick(Object.values(couriers));
      return () => make(draw);
    },
  },
  'tracking digits': {
    ...kind('trackingNumber', false, trackingHeaders, mobile, cn),
    maker: (draw) => {
      const make = draw.pick(Object.values(digitCouriers));
      return () => make(draw);
    },
  },
  'tracking mixed': kind(
    'trackingNumber',
    true,
    trackingHeaders,
    (draw) => draw.pick([...Object.values(couriers).slice(0, 6), digitCouriers.zto ?? mobile])(draw),
    cn,
  ),
  'name han': kind('name', true, nameHeaders, hanName),
  'name latin': kind('name', true, nameHeaders, latinName),
  'name last first': kind(
    'name',
    true,
    nameHeaders,
    (draw) => `${draw.pick(words.lastNames)}, ${draw.pick(words.firstNames)}`,
  ),
  'name pinyin': kind(
    'name',
    true,
    nameHeaders,
    (draw) => `${draw.pick(words.pinyinSurnames)} ${draw.pick(words.pinyinGiven)}`,
  ),
  'name upper': kind('name', false, nameHeaders, (draw) => latinName(draw).toUpperCase()),
  'address cn': kind('address', true, addressHeaders, chineseAddress),
  'address road': kind(
    'address',
    true,
    addressHeaders,
    (draw) =>
      `${draw.pick(words.places)[2]}${draw.pick(words.roads)}${draw.range(1, 300)}号${draw.pick(words.estates)}`,
  ),
  'name jp': kind(
    'name',
    true,
    [...nameHeaders, '氏名'],
    (draw) => `${draw.pick(words.japaneseSurnames)} ${draw.pick(words.japaneseGiven)}`,
    ['JP'],
  ),
  'name kr': kind(
    'name',
    true,
    [...nameHeaders, '이름'],
    (draw) => draw.pick(words.koreanSurnames) + draw.pick(words.koreanGiven),
    ['KR'],
  ),
  'name first': kind('name', false, ['first_name', 'FirstName', 'given_name'], (draw) => draw.pick(words.firstNames)),
  'name last': kind('name', false, ['last_name', 'LastName', 'surname'], (draw) => draw.pick(words.lastNames)),
  'address gb': kind(
    'address',
    true,
    addressHeaders,
    (draw) =>
      `${draw.range(1, 200)} ${draw.pick(words.britishRoads)}, ${draw.pick(words.britishTowns)} ${draw.text('LBYDEN', 2)}${draw.range(1, 20)} ${draw.range(1, 9)}${draw.text('ABDEFGH', 2)}`,
    ['GB'],
  ),
  'address de': kind(
    'address',
    true,
    addressHeaders,
    (draw) =>
      `${draw.pick(words.germanStreets)} ${draw.range(1, 99)}, ${draw.digits(5)} ${draw.pick(words.germanTowns)}`,
    ['DE'],
  ),
  'address jp': kind(
    'address',
    true,
    [...addressHeaders, '住所'],
    (draw) => `${draw.pick(words.japanesePlaces)}${draw.range(1, 9)}丁目${draw.range(1, 30)}-${draw.range(1, 20)}`,
    ['JP'],
  ),
  'address kr': kind(
    'address',
    true,
    [...addressHeaders, '주소'],
    (draw) => `${draw.pick(words.koreanPlaces)} ${draw.range(1, 300)}`,
    ['KR'],
  ),
  'address tw': kind(
    'address',
    true,
    addressHeaders,
    (draw) => `${draw.pick(words.taiwanPlaces)}${draw.range(1, 300)}號${draw.range(2, 20)}樓`,
  ),
  'address us': kind('address', true, addressHeaders, americanAddress),
  username: kind('username', false, usernameHeaders, nick),
  'username han': kind(
    'username',
    false,
    ['昵称', '会员名', 'nickname', '用户名'],
    (draw) => draw.pick(words.hanNicks) + (draw.chance(0.7) ? draw.digits(draw.range(1, 3)) : ''),
  ),
  password: kind('password', false, passwordHeaders, password),
  'hash md5': kind('passwordHash', true, hashHeaders, (draw) => digest(draw, 'md5')),
  'hash sha1': kind('passwordHash', true, hashHeaders, (draw) => digest(draw, 'sha1')),
  'hash sha256': kind('passwordHash', true, hashHeaders, (draw) => digest(draw, 'sha256')),
  'hash upper': kind('passwordHash', true, hashHeaders, (draw) => digest(draw, 'md5').toUpperCase()),
  'hash bcrypt': kind('passwordHash', true, hashHeaders, (draw) => `$2y$10$${draw.text(crypt, 53)}`),
  'hash phpass': kind('passwordHash', true, hashHeaders, (draw) => `$P$B${draw.text(crypt, 30)}`),
  'hash salted': kind('passwordHash', true, hashHeaders, (draw) => `${digest(draw, 'md5')}:${draw.text(hex, 6)}`),
  'hash mysql': kind('passwordHash', true, hashHeaders, (draw) => `*${digest(draw, 'sha1').toUpperCase()}`),
  'customer number': {
    ...kind('customerId', false, customerHeaders, mobile),
    maker: (draw) => {
      let last = draw.range(10_000, 9_000_000);
      return () => {
        last += draw.range(1, 400);
        return String(last);
      };
    },
  },
  'customer random': kind('customerId', false, customerHeaders, (draw) => `${draw.range(1, 9)}${draw.digits(7)}`),
  'customer code': kind('customerId', false, customerHeaders, (draw) => `VIP${draw.digits(8)}`),
  'customer uuid': kind(
    'customerId',
    false,
    customerHeaders,
    (draw) =>
      `${draw.text(hex, 8)}-${draw.text(hex, 4)}-4${draw.text(hex, 3)}-a${draw.text(hex, 3)}-${draw.text(hex, 12)}`,
  ),
};
