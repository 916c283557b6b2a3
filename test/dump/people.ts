import { createHash } from 'node:crypto';
import { mod11Of2 } from '../../src/core/fields/checks.ts';

type Random = (limit: number) => number;

const surnames = [...'王李张刘陈杨黄赵周吴徐孙胡朱高林何郭马罗'];
const given = [...'伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国志文'];
const first = [
  'James',
  'Mary',
  'Robert',
  'Patricia',
  'Linda',
  'Carlos',
  'Anna',
  'Hans',
  'Marie',
  'Peter',
  'Sofia',
  'Ivan',
];
const last = ['Smith', 'Johnson', 'Garcia', 'Müller', 'Dubois', 'Brown', 'Rossi', 'Novak', 'Jones', 'Silva', 'Wilson'];
const words = ['dragon', 'sunny', 'happy', 'tiger', 'moon', 'river', 'blue', 'lucky', 'star', 'wolf', 'apple', 'king'];
const domains = ['qq.com', '163.com', 'gmail.com', 'outlook.com', 'example.org', 'mail.example.co.uk', 'sina.cn'];
const cities = ['北京市朝阳区', '上海市浦东新区', '广东省深圳市南山区', '浙江省杭州市西湖区', '四川省成都市武侯区'];
const streets = ['建国路', '科技园路', '文三路', '人民南路', '世纪大道'];

const pick = <T>(random: Random, list: readonly T[]): T => list[random(list.length)] as T;
const digits = (random: Random, count: number): string => Array.from({ length: count }, () => random(10)).join('');
const two = (number: number): string => String(number).padStart(2, '0');
const hash = (name: string, random: Random): string => createHash(name).update(digits(random, 12)).digest('hex');

function residentId(random: Random): string {
  const region = pick(random, ['110105', '310115', '440305', '330106', '510107']);
  const body = `${region}${1950 + random(55)}${two(1 + random(12))}${two(1 + random(28))}${digits(random, 3)}`;
  return body + mod11Of2(body);
}

function base64ish(random: Random, length: number): string {
  const letters = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from({ length }, () => letters[random(64)]).join('');
}

/** Makers of synthetic cells by kind; the key says the field before the first dot ("none": no field of ours). */
export const makers: Readonly<Record<string, (random: Random, row: number) => string>> = {
  'phone.cn': (random) => `1${pick(random, ['38', '39', '50', '86', '77', '99', '35', '52'])}${digits(random, 8)}`,
  'phone.cn86': (random) => `+861${pick(random, ['38', '39', '50', '86'])}${digits(random, 8)}`,
  'phone.cnSpaced': (random) => `+86 1${pick(random, ['38', '39', '50'])} ${digits(random, 4)} ${digits(random, 4)}`,
  'phone.us': (random) => `+1${2 + random(8)}${digits(random, 2)}${2 + random(8)}${digits(random, 6)}`,
  'phone.uk': (random) => `+44 7${digits(random, 3)} ${digits(random, 6)}`,
  'email.any': (random) =>
    `${pick(random, words)}${random(2) ? '.' : '_'}${pick(random, words)}${random(999)}@${pick(random, domains)}`,
  'email.qq': (random) => `${1 + random(9)}${digits(random, 7 + random(3))}@qq.com`,
  'email.upper': (random) => `${pick(random, first)}.${pick(random, words)}${random(99)}@Example.COM`,
  'nationalId.cn': residentId,
  'username.any': (random) => `${pick(random, words)}${random(2) ? '_' : ''}${pick(random, words)}${random(9999)}`,
  'trackingNumber.sf': (random) => `SF1${digits(random, 12)}`,
  'trackingNumber.yt': (random) => `YT${1 + random(9)}${digits(random, 12)}`,
  'trackingNumber.s10': (random) => {
    const serial = digits(random, 8);
    const sum = [8, 6, 4, 2, 3, 5, 9, 7].reduce((total, weight, index) => total + weight * Number(serial[index]), 0);
    const check = 11 - (sum % 11);
    return `${pick(random, ['RA', 'LX', 'EE', 'CP'])}${serial}${check === 10 ? 0 : check === 11 ? 5 : check}CN`;
  },
  'customerId.number': (random, row) => String(100_000 + row * 3 + random(3)),
  'customerId.code': (random) => `C${digits(random, 8)}`,
  'name.han': (random) => pick(random, surnames) + pick(random, given) + (random(3) ? pick(random, given) : ''),
  'name.latin': (random) => `${pick(random, first)} ${pick(random, last)}`,
  'address.cn': (random) =>
    `${pick(random, cities)}${pick(random, streets)}${1 + random(300)}号${1 + random(30)}栋${101 + random(2000)}室`,
  'address.us': (random) => `${1 + random(9999)} ${pick(random, last)} Street, Springfield, IL ${digits(random, 5)}`,
  'password.any': (random) =>
    pick(random, [
      () => digits(random, 6 + random(3)),
      () => `${pick(random, words)}${random(999)}`,
      () => `${pick(random, first)}${digits(random, 2)}!`,
      () => base64ish(random, 9),
    ])(),
  'passwordHash.md5': (random) => hash('md5', random),
  'passwordHash.sha1': (random) => hash('sha1', random),
  'passwordHash.sha256': (random) => hash('sha256', random).toUpperCase(),
  'passwordHash.bcrypt': (random) => `$2a$10$${base64ish(random, 53)}`,
  'none.row': (_random, row) => String(row + 1),
  'none.date': (random) => `20${two(random(24))}-${two(1 + random(12))}-${two(1 + random(28))}`,
  'none.time': (random) =>
    `20${two(random(24))}-${two(1 + random(12))}-${two(1 + random(28))} ${two(random(24))}:${two(random(60))}:${two(random(60))}`,
  'none.stamp': (random) => String(1_300_000_000 + random(400_000_000)),
  'none.gender': (random) => pick(random, ['M', 'F']),
  'none.性别': (random) => pick(random, ['男', '女']),
  'none.amount': (random) => `${random(2000)}.${two(random(100))}`,
  'none.city': (random) => pick(random, ['北京', '上海', '深圳', '杭州', '成都', '广州']),
  'none.ip': (random) => `${1 + random(222)}.${random(256)}.${random(256)}.${1 + random(254)}`,
  'none.status': (random) => pick(random, ['delivered', 'in transit', 'returned']),
  'none.empty': () => '',
  'none.zip': (random) => digits(random, 6),
};

/** Header names by kind, as such tables have them. */
export const headerNames: Readonly<Record<string, readonly string[]>> = {
  phone: ['phone', 'Mobile', '手机号', 'tel', '联系电话', 'receiver_mobile', 'PHONE_NUMBER'],
  email: ['email', 'E-mail', '邮箱', 'mail', 'user_email'],
  nationalId: ['身份证号', 'id_card', 'idcard', '证件号码', 'IDNumber'],
  username: ['username', 'login', '用户名', 'account', 'nickname'],
  trackingNumber: ['tracking_number', '运单号', '快递单号', 'waybill_no', 'mailno'],
  customerId: ['customer_id', 'uid', 'user_id', '会员号', 'memberNo'],
  name: ['name', '姓名', 'full_name', '收件人', 'Consignee'],
  address: ['address', '地址', '收货地址', 'Shipping Address'],
  password: ['password', 'pwd', '密码', 'pass'],
  passwordHash: ['password_hash', 'md5', 'hash', 'passwordhash'],
  'none.row': ['id', '序号', 'no'],
  'none.date': ['birthday', '日期'],
  'none.time': ['created_at', '下单时间', 'reg_time'],
  'none.stamp': ['ts', 'lastlogin'],
  'none.gender': ['gender', 'sex'],
  'none.性别': ['性别'],
  'none.amount': ['amount', '金额', 'price'],
  'none.city': ['city', '城市'],
  'none.ip': ['ip', 'reg_ip'],
  'none.status': ['status', 'state'],
  'none.empty': ['remark', '备注', 'ext'],
  'none.zip': ['zip', '邮编'],
};

export const fieldOf = (kind: string): string | null => {
  const field = kind.split('.')[0] ?? '';
  return field === 'none' ? null : field;
};
