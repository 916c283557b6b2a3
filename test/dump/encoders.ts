import type { SingleEncoding } from '../../src/dump/encoding.ts';

const tables = new Map<string, ReadonlyMap<string, readonly number[]>>();

/** Every character of an encoding of one and two bytes (EUC-JP also three), by asking the decoder. */
function tableOf(encoding: string): ReadonlyMap<string, readonly number[]> {
  let table = tables.get(encoding);
  if (table !== undefined) return table;
  const decoder = new TextDecoder(encoding);
  const found = new Map<string, readonly number[]>();
  const add = (...bytes: number[]): void => {
    const character = decoder.decode(Uint8Array.from(bytes));
    if (Array.from(character).length === 1 && character !== '\ufffd' && !found.has(character))
      found.set(character, bytes);
  };
  for (let byte = 0; byte < 256; byte++) add(byte);
  const isWide = /^(?:gb|big5|euc|shift)/.test(encoding);
  for (let lead = 0x81; isWide && lead <= 0xfe; lead++) {
    for (let trail = 0x40; trail <= 0xfe; trail++) add(lead, trail);
  }
  table = found;
  tables.set(encoding, table);
  return table;
}

/** A text in an encoding; characters that it has not become `?`. */
export function encodeText(text: string, encoding: SingleEncoding): Uint8Array {
  if (encoding === 'utf-8') return new TextEncoder().encode(text);
  if (encoding === 'utf-16le') return new Uint8Array(Buffer.from(text, 'utf16le'));
  if (encoding === 'utf-16be') return new Uint8Array(Buffer.from(text, 'utf16le').swap16());
  if (encoding.startsWith('utf-32')) {
    const points = Array.from(text, (character) => character.codePointAt(0) ?? 0);
    const view = new DataView(new ArrayBuffer(points.length * 4));
    for (const [index, point] of points.entries()) view.setUint32(index * 4, point, encoding === 'utf-32le');
    return new Uint8Array(view.buffer);
  }
  const table = tableOf(encoding);
  const bytes: number[] = [];
  for (const character of text) bytes.push(...(table.get(character) ?? [0x3f]));
  return Uint8Array.from(bytes);
}

const words = (text: string): string[] => text.split(' ');

/** Invented people by language: family names, given names, places. */
const people: Readonly<Record<string, readonly [string[], string[], string[]]>> = {
  chinese: [
    words('王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 欧阳 诸葛 覃 阮 邝'),
    words('小明 丽娟 建国 婷婷 志强 雪梅 晓东 子涵 浩然 嘉怡 佩瑶 毓敏 霁 睿渊 峻熙'),
    words(
      '浙江省杭州市西湖区文三路 广东省深圳市南山区科技园 四川省成都市武侯区人民南路 湖北省襄阳市樊城区 云南省昆明市盘龙区 已签收 待付款 女 男',
    ),
  ],
  traditional: [
    words('陳 林 黃 張 李 王 吳 劉 蔡 楊 許 鄭 謝 洪 郭'),
    words('淑芬 志明 雅婷 俊傑 美玲 家豪 怡君 宗翰 詩涵 冠宇 佩珊 建宏'),
    words('臺北市信義區松仁路 高雄市三民區建國路 新北市板橋區文化路 桃園市中壢區 彰化縣員林市 已付款 女 男'),
  ],
  japanese: [
    words('佐藤 鈴木 高橋 田中 渡辺 伊藤 山本 中村 小林 加藤 吉田 山口 井上 佐々木 西村'),
    words('太郎 花子 健一 美咲 翔太 さくら 大輔 陽子 ケンジ 由美子 拓也 ひろし'),
    words(
      '東京都新宿区西新宿 大阪府大阪市北区梅田 北海道札幌市中央区 愛知県名古屋市中区 サンプルマンション 福岡県福岡市博多区',
    ),
  ],
  korean: [
    words('김 이 박 최 정 강 조 윤 장 임 한 오 서 신 권'),
    words('민준 서연 지훈 수빈 영희 철수 은지 현우 미경 동현 혜진 상철'),
    words('서울특별시강남구테헤란로 부산광역시해운대구 경기도성남시분당구 대구광역시수성구 남 여 회원'),
  ],
  western: [
    words('Müller González François Lefèvre Muñoz Gonçalves Åkesson Sørensen Bäcker Strauß Núñez Peña Desprès Grün'),
    words('José Jürgen Hélène André María Zoë Inês Björn Søren Käthe Anaïs Ramón Léo'),
    words('München Málaga Besançon Göteborg Ålborg Köln São_Paulo Genève Orléans Straße'),
  ],
  central: [
    words('Novák Dvořáková Kovács Szűcs Wójcik Zieliński Čermák Růžička Kőszegi Jabłoński Šťastný Horváth Żak'),
    words('Jiří Łukasz Zsófia Małgorzata Tomáš Ondřej Győző Agnieszka Kateřina Paweł Žofie Bożena'),
    words('Kraków Brno-město Győr Łódź Plzeň České_Budějovice Székesfehérvár Wrocław Poznań'),
  ],
  turkish: [
    words('Yılmaz Öztürk Şahin Çelik Yıldız Özdemir Kılıç Güneş Doğan Aydoğdu Işık'),
    words('Ayşe Gülşah Hüseyin Çağrı Oğuzhan Özgür Işıl Şule Tuğba Barış'),
    words('İstanbul_Kadıköy İzmir_Karşıyaka Çankaya Beşiktaş Muğla Eskişehir'),
  ],
  cyrillic: [
    words('Иванов Смирнова Кузнецов Попова Соколов Лебедева Козлов Новикова Щербаков Ёлкина Журавлёв'),
    words('Александр Сергей Елена Ольга Дмитрий Наталья Юрий Эльвира Пётр Жанна'),
    words('Москва Санкт-Петербург Новосибирск Екатеринбург ул.Ленина Нижний_Новгород Казань'),
  ],
  greek: [
    words('Παπαδόπουλος Οικονόμου Γεωργίου Βασιλείου Κωνσταντίνου Αντωνίου Μακρή Χατζής'),
    words('Γιώργος Μαρία Δημήτρης Ελένη Νίκος Κατερίνα Ιωάννα Φώτης'),
    words('Αθήνα Θεσσαλονίκη Πάτρα Ηράκλειο Λάρισα Κέρκυρα'),
  ],
};

/** Encodings with the language of their sample people. */
export const encodedLanguages: readonly (readonly [SingleEncoding, string])[] = [
  ['utf-8', 'chinese'],
  ['utf-8', 'western'],
  ['utf-16le', 'chinese'],
  ['utf-16be', 'cyrillic'],
  ['gb18030', 'chinese'],
  ['big5', 'traditional'],
  ['euc-kr', 'korean'],
  ['shift_jis', 'japanese'],
  ['euc-jp', 'japanese'],
  ['windows-1250', 'central'],
  ['iso-8859-2', 'central'],
  ['windows-1251', 'cyrillic'],
  ['windows-1252', 'western'],
  ['windows-1253', 'greek'],
  ['windows-1254', 'turkish'],
  ['koi8-r', 'cyrillic'],
];

/** Rows of `id,name,phone,place,email`; a share of them with letters beyond ASCII. */
export function peopleTable(language: string, rows: number, share: number, random: (limit: number) => number): string {
  const [family = [], given = [], places = []] = people[language] ?? [];
  const pick = (list: readonly string[]): string => list[random(list.length)] ?? '';
  let text = '';
  for (let row = 0; row < rows; row++) {
    const isForeign = random(10_000) < share * 10_000;
    const spaced = /western|central|turkish|cyrillic|greek/.test(language);
    const name = isForeign ? pick(family) + (spaced ? ' ' : '') + pick(given) : `user${row}`;
    const place = isForeign ? pick(places).replaceAll('_', ' ') + random(300) : 'n/a';
    text += `${row},${name},13${100_000_000 + random(899_999_999)},${place},u${row}@example.org\n`;
  }
  return text;
}
