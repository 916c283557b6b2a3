import { givenNames } from '../core/fields/given-names.ts';
import { hanSurnames, koreanSurnames } from '../core/fields/han-surnames.ts';
import { chineseProvinces } from '../core/fields/provinces.ts';

/** What kind of text an encoding was made for; its frequent letters tell it from the others. */
export type Script =
  | 'any'
  | 'simplified'
  | 'traditional'
  | 'japanese'
  | 'korean'
  | 'western'
  | 'central'
  | 'turkish'
  | 'cyrillic'
  | 'greek';

// Frequent characters of names, addresses and forms: from general knowledge of what such tables hold, in no order.
const everydayHan =
  '的一是不了在人有我他这中大来上个国到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高意进把法此实回二理美点月明其种声全工己话儿者向情部正名定女问力机给等几很业最间新什打便位因重被走电四第门相次东政海口使教西再平真听世气信北少关并内加化由却代军产入先山五太水万市眼体别处总才场师书比住员九笑性通目华报立马命张活难神数件安表原车白应路期叫死常提感金何更反合放做系计或司利受光王果亲界及今京务制解各任至清物台象记边共风战干接它许八特觉望直服毛林题建南度统色字请交爱让认算论百吃义科怎元社术结六功指思非流每青管夫连远资队跟带花快条院变联言权往展该领传近留红治决周保达办运武半候七必城父强步完革深区即求品士转量空甚众技轻程告江语英基派满式李息写呢识极令黄德收脸钱党倒未持取设始版双历越史商千片容研像找友孩站广改议形委早房音火际则首单据导影失拿网香似斯专石若兵弟谁校读志飞观争究包组造落视济喜离虽坏兴切古' +
  '省县镇乡村街巷弄号楼栋幢单元室层座园苑里庄寨桥河湖岛港湾岭坡坪塘沟洲州阳阴福浦沙泉陵宁宜昌桂柳贵云川渝杭苏锡常徐扬泰盐淮连宿温绍嘉衢丽厦漳莆龙岩赣鄂湘粤琼闽皖豫晋冀鲁陕甘青藏疆蒙辽吉黑沈哈尔滨郑洛株衡岳怀邵益佛莞珠汕惠肇茂湛梅揭潮' +
  '伟芳娜秀敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华慧巧美婷雪倩宇浩凯健俊帆雨梦思佳欣怡梓涵轩晨博建国玉红春云鹏峰斌辉波琳璐莹颖瑶悦淑惠珍荣琴翔旭鑫淼森洁雅雯诗萍燕凤玲芬菊翠莲莉莎菲蕾薇曼琪瑾睿哲彦昊然泽豪庆祥瑞宝贤良善仁孝忠诚勤俭恒毅刚宏远威虎豹彪' +
  '姓名电话手机地址邮箱密码用户编号证订货快递签收状态备注男女年龄生日期间登录注册会员客户已未待付款退完成取消默认启禁正普通级别积余额金价格数量总运费仓库商品类型来源渠道店铺卖买家支付宝微信银行卡账帐户';

const everydayTraditional =
  '這個們來說時會過學對後於還發當經頭從動兩長樣現將與進實點聲話兒問機給幾業間東聽氣關並內產萬體別處總場師書員華報馬張難數車應親務條戰幹許覺題統請愛讓認論義術結連遠資隊帶變聯權該領傳紅決達辦運區衆輕語滿寫識極黃臉錢黨設雙歷廣議單據導網專誰讀飛觀爭組視濟離雖壞興縣鎮鄉號樓棟層莊橋島灣嶺溝陽陰寧貴雲錫揚鹽連溫麗廈龍贛粵閩魯陝遼鄭嶽邵東館號碼電話機訂貨簽狀態備註齡錄冊戶費倉庫類鋪賣買寶銀帳偉靜強軍艷濤蘭剛潔詩鳳蓮薩蕾慶賢誠勤儉遠豐美玲淑芬雅惠台臺北新竹苗栗彰投嘉義屏花蓮門市里鄰巷弄樓室信基隆園桃高雄段路街';

const everydayKanji =
  '日本東京都大阪府北海道県市区町村郡丁目番地号室山川田中高橋佐藤鈴木伊渡辺小林加吉松井上野村石原島崎斎清水森池阿部岡前長谷近後遠坂青西南福三四五六七八九十一二千葉埼玉神奈愛知兵庫岐阜静潟宮城茨栃群馬広児鹿熊沖縄奥良和歌滋賀徳香媛岩手秋形仙台名古屋横浜戸姓氏電話郵便住所会社様株式者生年月男女明美子恵由紀真智裕太郎健一雄介翔平樹奈々香織優花菜沙也陽希結衣莉央愛理悠斗蓮大翔颯蒼直人浩司隆誠治修正和夫博文幸秀樹康弘登録済注文番姫路桜梅竹今新金丸武内藤口沢浅関根堀江久保倉持平星荒酒柴菅丹羽矢宇須';

const everydayHangul =
  '이가는을를의에한다하고지서도로사기자시나대어인해은리정그라수일부있것보제전주만들비상원조안우장성구면소아과여방무동니오치스유신위요공개연게세미내생화문관국경학마적계물모바까때없않았었했습된될번호실선진용분결업음입운회물식출말각간년월날금당중행등발표저러와더많또같은남여김박최강윤임황송홍권류노하' +
  '민준지훈현석영철승우재호진희경숙미순옥자연혜은주아름다운빛나래별솔한결예빈채원소율서울부산대구인천광주울산세종경기충북남전라제특별시군읍면동로길층';

const everydayKana =
  'のにはをたがでてとしれさいるもかなこりうまくらすあっけきせよえおやちわんみめだそつごどばべむほげ' +
  'ンールスクトラリアタイフマシッドジプロコレグサデバテカナメキニムチパオブミワボハウォュャ';

const lettersOf: Readonly<Record<'western' | 'central' | 'turkish' | 'greek' | 'cyrillic', readonly [string, string]>> =
  {
    western: ['éèàçñüöäóíáãêôßåøæúëïîâõ', 'ÉÖÜÄÅØÁÓÍÇÑÚÀÈÊÔÂÃÆûùìòœýþð€’–'],
    central: ['áéíóöüčšřžěýůłąężśćńőúäďťň', 'ŠČŽŘŁŚÁÉÖÜÓŐÍŻÝĎŤŇÚŮźűăâîșţşđľĺŕôŹĆŃĄĘ’–'],
    turkish: ['ışğüçöİ', 'ŞÇÖÜĞâîûéä’–'],
    greek: ['αοιετσνρπκςμλίάόέήύώ', 'υηδγχθφωβξζψϊϋΐΑΠΚΜΣΓΔΕΝΛΙΤΟΗΡΧΘΦΒΖΞΨΩΥΆΈΉΊΌΎΏ’–'],
    cyrillic: ['оеаинтсрвлкмдпуя', 'ыьгзбчйхжшюцщэфъёАБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЭЮЯЙЫЬ№іїєґІЇЄҐ’–'],
  };

/** Names with letters beyond ASCII that are frequent in customer tables: one of them says more than many single letters. */
const names: Readonly<Partial<Record<Script, string>>> = {
  western:
    'josé garcía garcia núñez muñoz peña rodríguez martínez hernández lópez gonzález pérez sánchez ramírez fernández gómez díaz jiménez álvarez gutiérrez müller schäfer schröder köhler krüger jäger jürgen jörg günter günther björn sören straße françois françoise rené andré hélène jérôme gérard stéphane frédéric sébastien chloé léa zoé noël benoît joão conceição são araújo gonçalves simões antónio lefèvre lefebvre île-de-france rené åsa östen göran märta lindström öberg sjöberg jørgensen sørensen møller købmager',
  central:
    'novák nováková dvořák dvořáková černý černá procházka kučera veselý horák němec pokorný jiří tomáš lukáš ondřej matěj lucie kateřina zdeněk květa kovács szabó tóth varga nagy józsef lászló györgy jános istván łukasz paweł michał wójcik kowalczyk zieliński wiśniewski kamiński lewandowski dąbrowski kozłowski jabłoński wrocław kraków łódź poznań gdańsk szczecin małgorzata agnieszka ćirić petrović jovanović nikolić božić ulica náměstí',
  turkish:
    'öztürk yılmaz yıldız yıldırım şahin çelik aydın özdemir arslan doğan kılıç aslan çetin kara koç kurt özkan şimşek ayşe gülşen hüseyin ibrahim oğuz çağlar gökhan özgür işık ışık istanbul izmir beyoğlu kadıköy üsküdar mahallesi sokağı',
  cyrillic:
    'иванов иванова петров петрова сидоров смирнов смирнова кузнецов попов васильев соколов михайлов новиков фёдоров морозов волков алексеев лебедев семёнов егоров павлов козлов степанов николаев орлов андреев макаров никитин захаров сергей сергеевич александрович владимирович николаевич ивановна сергеевна москва санкт-петербург улица проспект',
  greek:
    'παπαδόπουλος παπαδοπούλου γεώργιος γιώργος μαρία ιωάννης γιάννης δημήτρης κωνσταντίνος νικόλαος ελένη αθήνα οδός λεωφόρος θεσσαλονίκη πάτρα',
};

/** Costs are natural logarithms of one over a character's probability, times ten. */
const COST_UNKNOWN = 130;
/** U+FFFD: a byte that the encoding cannot hold. */
export const COST_BROKEN = 220;
/** What a character of any script costs at least in text of no known language. */
const COST_NAMED = -60;

/** Which letters stand beside each other in words. */
const LETTER_NONE = 0;
const LETTER_LATIN = 1;
const LETTER_CYRILLIC = 2;
const LETTER_GREEK = 3;
const LETTER_SYMBOL = 4;
const LETTER_HALF_KANA = 5;
const SCRIPT_BITS = 7;
const UPPER = 8;

let kinds: Uint8Array | undefined;
const costs = new Map<Script, Uint8Array>();
const namesOf = new Map<Script, ReadonlySet<string>>();

/** Script and case of each UTF-16 unit. */
function letterKinds(): Uint8Array {
  if (kinds !== undefined) return kinds;
  const table = new Uint8Array(65_536);
  for (let unit = 0; unit < 0x0600; unit++) {
    const character = String.fromCharCode(unit);
    let kind = LETTER_NONE;
    if (/\p{Script=Latin}/u.test(character)) kind = LETTER_LATIN;
    else if (/\p{Script=Cyrillic}/u.test(character)) kind = LETTER_CYRILLIC;
    else if (/\p{Script=Greek}/u.test(character)) kind = LETTER_GREEK;
    else if (unit >= 0x80) kind = LETTER_SYMBOL;
    table[unit] = /\p{Lu}/u.test(character) ? kind | UPPER : kind;
  }
  table.fill(LETTER_SYMBOL, 0x2010, 0x2800);
  table.fill(LETTER_HALF_KANA, 0xff61, 0xffa0);
  // What stands between words, and apostrophes.
  for (const character of '\u00a0\u2018\u2019\u201c\u201d\u2013\u2014\u2116')
    table[character.charCodeAt(0)] = LETTER_NONE;
  kinds = table;
  return table;
}

function setCosts(table: Uint8Array, characters: string, cost: number): void {
  for (const character of characters) {
    const unit = character.charCodeAt(0);
    if (cost < (table[unit] ?? 0)) table[unit] = cost;
  }
}

/** Characters of the rows [from, to] of a two-byte encoding, which standards fill by how common they are. */
function rows(encoding: string, from: number, to: number, trailFrom: number): string {
  const bytes = new Uint8Array((to - from + 1) * (0xff - trailFrom) * 2);
  let at = 0;
  for (let lead = from; lead <= to; lead++) {
    for (let trail = trailFrom; trail <= 0xfe; trail++) {
      if (trail === 0x7f) continue;
      bytes[at++] = lead;
      bytes[at++] = trail;
    }
  }
  return new TextDecoder(encoding).decode(bytes.subarray(0, at)).replace(/[\x00-\x7f\ufffd]/g, '');
}

/** Signs between words of East Asian text. */
const eastAsianSigns = '，。、：；（）《》【】“”！？·－—　～％＃＋０１２３４５６７８９「」・ー々〇…￥';

function fillCosts(table: Uint8Array, script: Script): void {
  switch (script) {
    case 'simplified':
      setCosts(table, everydayHan + [...hanSurnames].join('') + chineseProvinces.join(''), 58);
      setCosts(table, rows('gb18030', 0xb0, 0xd7, 0xa1), 88);
      setCosts(table, everydayTraditional, 92);
      setCosts(table, rows('gb18030', 0xd8, 0xf7, 0xa1), 112);
      setCosts(table, rows('gb18030', 0x81, 0xa0, 0x40), 125);
      setCosts(table, eastAsianSigns, 60);
      setCosts(table, everydayKana, 112);
      break;
    case 'traditional':
      setCosts(table, rows('big5', 0xa4, 0xc6, 0x40), 85);
      setCosts(table, rows('big5', 0xc9, 0xf9, 0x40), 115);
      for (const character of everydayHan + [...hanSurnames].join('') + chineseProvinces.join('')) {
        if ((table[character.charCodeAt(0)] ?? 0) === 85) table[character.charCodeAt(0)] = 60;
      }
      setCosts(table, everydayTraditional, 58);
      setCosts(table, eastAsianSigns, 60);
      break;
    case 'japanese':
      setCosts(table, everydayKana, 42);
      setCosts(table, rows('shift_jis', 0x88, 0x97, 0x40), 92);
      setCosts(table, rows('shift_jis', 0x98, 0x9f, 0x40) + rows('shift_jis', 0xe0, 0xea, 0x40), 118);
      setCosts(table, everydayKanji, 58);
      setCosts(table, eastAsianSigns, 60);
      for (let unit = 0x3041; unit <= 0x30fe; unit++) setCosts(table, String.fromCharCode(unit), 65);
      for (let unit = 0xff66; unit <= 0xff9f; unit++) setCosts(table, String.fromCharCode(unit), 44);
      break;
    case 'korean':
      setCosts(table, everydayHangul + [...koreanSurnames].join(''), 54);
      setCosts(table, rows('euc-kr', 0xb0, 0xc8, 0xa1), 84);
      for (let unit = 0xac00; unit <= 0xd7a3; unit++) setCosts(table, String.fromCharCode(unit), 118);
      setCosts(table, rows('euc-kr', 0xca, 0xfd, 0xa1), 115);
      setCosts(table, eastAsianSigns, 65);
      break;
    case 'any':
      break;
    default: {
      const [frequent, rarer] = lettersOf[script];
      const own = script === 'cyrillic' || script === 'greek';
      for (let unit = 0x80; unit < 0x0530; unit++) table[unit] = own ? 95 : 80;
      for (let unit = 0x80; unit < 0xa0; unit++) table[unit] = 150;
      for (let unit = 0x2010; unit < 0x2600; unit++) table[unit] = 95;
      setCosts(table, '©®°·«»£§ªº¿¡', 62);
      setCosts(table, frequent, own ? 28 : 36);
      setCosts(table, rarer, own ? 46 : 54);
    }
  }
}

/** For each UTF-16 unit from 0x80 on what it costs in such text; 255 at most. */
function costsOf(script: Script): Uint8Array {
  let table = costs.get(script);
  if (table === undefined) {
    table = new Uint8Array(65_536).fill(COST_UNKNOWN);
    if (script === 'any') {
      for (const other of [
        'simplified',
        'traditional',
        'japanese',
        'korean',
        ...(Object.keys(lettersOf) as Script[]),
      ] as const) {
        const their = costsOf(other);
        // A little dearer than in an encoding that was made for the script, so that chance does not choose it.
        for (let unit = 0x80; unit < 65_536; unit++) table[unit] = Math.min(table[unit] ?? 0, (their[unit] ?? 0) + 2);
      }
    } else fillCosts(table, script);
    table[0xfffd] = COST_BROKEN;
    costs.set(script, table);
  }
  return table;
}

function namesIn(script: Script): ReadonlySet<string> {
  let set = namesOf.get(script);
  if (set === undefined) {
    const listed = script === 'any' ? Object.values(names).join(' ') : (names[script] ?? '');
    const common = script === 'cyrillic' || script === 'any' ? [...givenNames] : [];
    set = new Set([...listed.split(' '), ...common].filter((name) => /[^\x00-\x7f]/.test(name)));
    namesOf.set(script, set);
  }
  return set;
}

/** A text's cost with the characters beyond ASCII that it was counted over, and those of them that were U+FFFD. */
export interface TextCost {
  cost: number;
  characters: number;
  broken: number;
}

/**
 * How unlikely a decoded text is as text of that script: sum over its characters beyond ASCII of 10·ln(1/p), more where letters of two scripts stand in one word, where the case
 * changes within it or a symbol stands inside it, less for well-known names. Linear.
 */
export function costOfText(text: string, script: Script): TextCost {
  const table = costsOf(script);
  const letters = letterKinds();
  const known = namesIn(script);
  let cost = 0;
  let characters = 0;
  let broken = 0;
  let wordStart = -1;
  let wordIsForeign = false;
  let before = LETTER_NONE;
  for (let index = 0; index <= text.length; index++) {
    const unit = index === text.length ? 0x20 : text.charCodeAt(index);
    const kind = letters[unit] ?? LETTER_NONE;
    const isForeign = unit >= 0x80;
    if (isForeign) {
      cost += table[unit] ?? COST_UNKNOWN;
      characters++;
      if (unit === 0xfffd) broken++;
    }
    if (isForeign || wordIsForeign) cost += misfit(before, kind);
    // Half-width kana come in words of their own.
    if (kind === LETTER_HALF_KANA && before !== LETTER_HALF_KANA) cost += 40;
    const isLetter = (kind & SCRIPT_BITS) >= LETTER_LATIN && (kind & SCRIPT_BITS) <= LETTER_GREEK;
    if (isLetter) {
      if (wordStart === -1) wordStart = index;
      wordIsForeign ||= isForeign;
    } else {
      if (wordIsForeign && index - wordStart <= 20 && known.has(text.slice(wordStart, index).toLowerCase()))
        cost += COST_NAMED;
      wordStart = -1;
      wordIsForeign = isForeign;
    }
    before = kind;
  }
  return { cost, characters, broken };
}

/** What two neighbours cost that do not go together in a word. */
function misfit(left: number, right: number): number {
  if (left === LETTER_NONE || right === LETTER_NONE) return 0;
  const leftScript = left & SCRIPT_BITS;
  const rightScript = right & SCRIPT_BITS;
  if (leftScript !== rightScript) return 35;
  if (leftScript === LETTER_HALF_KANA || leftScript === LETTER_SYMBOL) return 0;
  return (left & UPPER) === 0 && (right & UPPER) !== 0 ? 35 : 0;
}
