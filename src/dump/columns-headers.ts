import type { FieldName } from '../core/fields/field.ts';
import { fields } from '../core/fields/registry.ts';
import { headerKey } from '../core/text.ts';
import { headerWords, isOtherHeader, isOtherHeaderName } from './other-headers.ts';
import { strictFields } from './profile.ts';

/**
 * What a column's header says: `exact` names a field; `ending` ends in a field's name after words that are not known ("emergency_home_phone"), and `initials` are
 * the first letters of a Chinese name's pinyin: both only with content that agrees; `other` names something that is none of our fields; `nothing` is known.
 */
export type HeaderHint =
  | { readonly says: 'exact' | 'ending' | 'initials'; readonly field: FieldName }
  | { readonly says: 'other' | 'nothing'; readonly field: null };

/** The hint of a column without header. */
export const noHint: HeaderHint = { says: 'nothing', field: null };
const other: HeaderHint = { says: 'other', field: null };

const fieldOfHeader: ReadonlyMap<string, FieldName> = new Map(
  fields.flatMap((field) => field.headers.map((header) => [header, field.name] as const)),
);

/** Initials and full pinyin that home-grown tables use: sjh for 手机号. */
const fieldOfInitials: ReadonlyMap<string, FieldName> = new Map(
  Object.entries({
    phone: 'sj sjh sjhm shouji shoujihao dh dhhm dianhua lxdh lxfs lxsj yddh gddh sjrdh shrdh',
    email: 'yx dzyx dzyj youxiang yxdz',
    nationalId: 'sfz sfzh sfzhm sfzhao shenfenzheng zjh zjhm zjbh gmsfhm gmsfzh',
    name: 'xm xingming sjr shr khxm kehu yhxm hyxm lxr lxrxm zsxm',
    address: 'dz dizhi lxdz jtdz jtzz jtzhuzhi shdz sjdz zz zhuzhi txdz xxdz',
    trackingNumber: 'ydh kddh wldh yundanhao mdh kdh',
    username: 'yhm yonghuming dlm dlzh zh zhanghao nc nicheng',
    password: 'mm mima dlmm kl',
    customerId: 'hyh hybh hyid khh khbh khid yhid yhbh',
  } satisfies Partial<Record<FieldName, string>>).flatMap(([field, keys]) =>
    keys.split(' ').map((key) => [key, field as FieldName] as const),
  ),
);

/** Longest first. Endings of fields with a form of their own may be shorter, because the content must confirm them. */
const endings: readonly (readonly [string, FieldName])[] = [...fieldOfHeader]
  .filter(([header, field]) => {
    const isStrict = strictFields.includes(field);
    return isStrict || field === 'name' || field === 'address'
      ? header.length >= (/[a-z]/.test(header) ? 4 : 2)
      : header.length >= (/[a-z]/.test(header) ? 8 : 3);
  })
  .toSorted((a, b) => b[0].length - a[0].length);

/** Words before a field's name that leave its meaning as it is: whose value it is, which of several, which table. */
const qualifiers: ReadonlySet<string> = new Set(
  'a b c f s t tb tbl col field buyer seller user users customer cust client member members order orders receiver recipient receive sender send consignee ship shipping bill billing delivery contact person people emergency home work office my new old other primary main alt alternate backup second secondary first last reg register registered bind bound crm erp sys info account current default personal private mobile plain raw encrypted'.split(
    ' ',
  ),
);
const hanQualifiers =
  /^(?:客户|顾客|用户|会员|买家|卖家|收货人?|收件人?|寄件人?|发件人?|联系人?|下单人?|持卡人?|紧急|备用|备选|其他|常用|注册|绑定|登录|登陆|主要?|副|新|旧|原|当前|默认|第[一二三四1-4]|个人|家庭|办公|本人|我的)/u;
const hanTails = /(?:必填|选填|可选|备用|备选|[一二三四]|[12]|信息|明文)$/u;

/** The last key of a nested record's path: "user.name" is a name, and "phones.0" a phone. */
const lastKey = /\.([^.\s]{1,64}?)(?:\.\d{1,3})?$/;

/** What a header says. Linear in its first 128 characters; never throws. */
export function readHeader(header: string): HeaderHint {
  const last = lastKey.exec(header.slice(0, 128))?.[1];
  if (last !== undefined && !/^\d+$/.test(last)) {
    const hint = readKey(last);
    if (hint.says === 'exact') return hint;
  }
  return readKey(header);
}

function readKey(header: string): HeaderHint {
  const key = headerKey(header);
  if (key === '') return noHint;
  const exact = fieldOf(key);
  if (exact !== null) return { says: 'exact', field: exact };
  if (isOtherHeaderName(key)) return other;
  const bare = /\p{Script=Han}/u.test(key) ? undecoratedHan(key) : undecorated(header);
  const field = bare === null ? null : fieldOf(bare);
  if (field !== null) return { says: 'exact', field };
  const initials =
    fieldOfInitials.get(key.replace(/\d{1,2}$/, '')) ?? (bare === null ? undefined : fieldOfInitials.get(bare));
  if (initials !== undefined) return { says: 'initials', field: initials };
  if (isOtherHeader(header)) return other;
  const stem = key.replace(/\d{1,2}$/, '');
  const ending = endings.find(([text]) => stem.endsWith(text));
  return ending === undefined ? noHint : { says: 'ending', field: ending[1] };
}

function fieldOf(key: string): FieldName | null {
  return fieldOfHeader.get(key) ?? fieldOfHeader.get(key.replace(/\d{1,2}$/, '')) ?? null;
}

/** The header without the qualifiers before the field's name and the number or qualifier behind it; null when there are none. */
function undecorated(header: string): string | null {
  const words = headerWords(header);
  let start = 0;
  let end = words.length;
  while (
    end - start > 1 &&
    /^(?:\d{1,2}|backup|old|new|home|work|alt|main|primary|secondary|plain|no1|no2)$/.test(words[end - 1] ?? '')
  )
    end--;
  for (;;) {
    const rest = words.slice(start, end).join('');
    if (fieldOf(rest) !== null || fieldOfInitials.has(rest)) return rest;
    if (end - start <= 1 || !qualifiers.has(words[start] ?? '')) return null;
    start++;
  }
}

function undecoratedHan(key: string): string | null {
  let rest = key;
  for (let round = 0; round < 4; round++) {
    const next = rest.replace(hanTails, '');
    const inner = next.replace(hanQualifiers, '');
    if (fieldOf(next) !== null) return next;
    if (inner === rest) return null;
    rest = inner;
    if (fieldOf(rest) !== null) return rest;
  }
  return null;
}
