import { type ColumnKind, chineseAddress, cn, email, hanName, latinName, password, split } from './makers.ts';
import { landline, mobile, northAmerican, residentId } from './numbers.ts';

/** Columns with several values in a cell. */
export const splitKinds: Readonly<Record<string, ColumnKind>> = {
  'list phones': split(
    ['phone', 'phone'],
    '电话,phone,联系电话,mobile',
    (draw) => {
      const separator = draw.pick(['/', ';', ',', ' ', '、', '|']);
      return (row) =>
        row === 0 || draw.chance(0.6)
          ? `${mobile(draw)}${separator}${draw.chance(0.8) ? mobile(draw) : landline(draw)}`
          : mobile(draw);
    },
    cn,
  ),
  'list emails': split(['email', 'email'], 'email,邮箱,mail', (draw) => {
    const separator = draw.pick([';', ',', '; ', '/', ' ']);
    return (row) => (row === 0 || draw.chance(0.5) ? `${email(draw)}${separator}${email(draw)}` : email(draw));
  }),
  'name phone': split(
    ['name', 'phone'],
    '收件人,联系人,name,contact',
    (draw) => {
      const separator = draw.pick([' ', '', ',', '/', '-', '，', ':', '(']);
      return () => `${hanName(draw)}${separator}${mobile(draw)}${separator === '(' ? ')' : ''}`;
    },
    cn,
  ),
  'phone name': split(
    ['phone', 'name'],
    '收件人,联系方式,contact',
    (draw) => {
      const separator = draw.pick([' ', '', ',', '/', '_']);
      return () => `${mobile(draw)}${separator}${hanName(draw)}`;
    },
    cn,
  ),
  'latin name phone': split(['name', 'phone'], 'contact,receiver,customer', (draw) => {
    const separator = draw.pick([' ', ', ', ' / ', ' - ']);
    return () => `${latinName(draw)}${separator}+1${northAmerican(draw)}`;
  }),
  'name mail': split(
    ['name', 'email'],
    'contact,from,email,recipient',
    (draw) => () => `${draw.chance(0.5) ? latinName(draw) : hanName(draw)} <${email(draw)}>`,
  ),
  'address phone': split(
    ['address', 'phone'],
    '收货信息,address,收货地址',
    (draw) => {
      const separator = draw.pick([' ', ',', '，']);
      return () => `${chineseAddress(draw).replaceAll(' ', '')}${separator}${mobile(draw)}`;
    },
    cn,
  ),
  'name phone address': split(
    ['name', 'phone', 'address'],
    '收货信息,receiver_info,收件信息',
    (draw) => {
      const separator = draw.pick([',', ' ', '，', ';', '|']);
      return () => [hanName(draw), mobile(draw), chineseAddress(draw)].join(separator);
    },
    cn,
  ),
  labelled: split(
    ['name', 'phone'],
    '收件信息,备注,remark',
    (draw) => {
      const separator = draw.pick([' ', ',', ';', '，']);
      const colon = draw.pick([':', '：']);
      const [a, b] = draw.pick([
        ['收件人', '电话'],
        ['姓名', '手机'],
        ['name', 'tel'],
      ] as const);
      return () => `${a}${colon}${hanName(draw)}${separator}${b}${colon}${mobile(draw)}`;
    },
    cn,
  ),
  'mail password': split(['email', 'password'], 'data,line,account', (draw) => {
    const separator = draw.pick([':', '|', '----', ';']);
    return () => `${email(draw)}${separator}${password(draw)}`;
  }),
  'id name': split(['nationalId', 'name'], '证件,客户,info', (draw) => {
    const separator = draw.pick([' ', '-', ',', '/']);
    return () => `${residentId(draw)}${separator}${hanName(draw)}`;
  }),
};
