import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { discloseMasked, type MaskedField } from '../../../src/core/masks/disclose-masked.ts';
import type { MaskUse } from '../../../src/core/masks/use.ts';

const fields: readonly MaskedField[] = ['name', 'phone', 'email', 'address', 'nationalId', 'username'];
const uses: readonly MaskUse[] = ['waybill', 'screen'];
const runs = { numRuns: Number(process.env.BOLTSEAL_PROPERTY_RUNS ?? 300) };

const eastAsian = /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]/gu;
const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

/** Text of the kind that masks meet, and text that nobody writes. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({
    unit: fc.constantFrom(...'王欧阳小明号楼单元室座栋市区县省路弄A4Bb1230９#*.-/, +\n·St Apt Flat Main Road'),
    maxLength: 80,
  }),
);

/** Parts of addresses in any order. */
const addressLike = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        ...'12|7g|8210|111|St|ST|Main|Road|Hauptstr.|Apt|Floor|FL|CT|#4|62704|SW1A|1AA|5th|Ave|Leeds|n|B|***|12/3|王|5号|路|号楼|Unit'.split(
          '|',
        ),
      ),
      fc.constantFrom(' ', ' ', ', ', ', ', '\n', ''),
    ),
    { maxLength: 14 },
  )
  .map((words) => words.flat().join(''));

describe('masks of what is given to people', () => {
  const table: readonly (readonly [MaskedField, string, string, string])[] = [
    ['name', '张三', '张**', '张**'],
    ['name', '王小明', '王**', '王**'],
    ['name', '欧阳小明', '欧**', '欧**'],
    ['name', '王', '**', '**'],
    ['name', '王 小明', '王**', '王**'],
    ['name', '李 Lee', '**', '**'],
    ['name', '阿不都·热西提', '阿**', '阿**'],
    ['name', '김철수', '김**', '김**'],
    ['name', 'John Smith', 'J*** S***', 'J***'],
    ['name', 'J Smith', '*** S***', '***'],
    ['phone', '13812345678', '*******5678', '*******78'],
    ['phone', '１３８ １２３４ ５６７８', '*******5678', '*******78'],
    ['phone', '+86 138-1234-5678', '+86 *******5678', '+86 *******78'],
    ['phone', '0086 13812345678', '+86 *******5678', '+86 *******78'],
    ['phone', '+1 (212) 555-0199', '+1 *******0199', '+1 *******99'],
    ['phone', '010-12345678', '*******5678', '*******78'],
    ['phone', '12345678', '*******78', '*******78'],
    ['phone', '1234567', '*******', '*******'],
    ['phone', '13812345678/13987654321', '*******', '*******'],
    ['phone', '87654321/87654322', '*******', '*******'],
    ['phone', '8765432或8765433', '*******', '*******'],
    ['phone', '010-87654321 ext. 234', '*******1234', '*******34'],
    ['email', 'john@example.com', '********', 'j***@***.com'],
    ['email', 'jo@example.com', '********', '***@***.com'],
    ['email', 'john at home', '********', '********'],
    ['nationalId', '110101199001011237', '********', '11********'],
    ['username', 'alice', '********', 'a***'],
    ['username', 'al', '********', '****'],
    ['address', '北京市朝阳区建国路88号院5号楼3单元502室', '北京市朝阳区建国路88号院***', '北京市朝阳区***'],
    ['address', '北京市朝阳区建国路 88 号 5 号 楼', '北京市朝阳区建国路 88 号***', '北京市朝阳区***'],
    ['address', '四川省成都市万科城市花园1期5栋2单元', '四川省成都市万科城市花园1期***', '四川省成都市***'],
    ['address', '台北市信義區市府路45號12樓之1', '台北市信義區市府路45號***', '台北市信義區***'],
    ['address', '河南省三门峡市湖滨区某村3组12号', '河南省三门峡市湖滨区某村3组12号***', '河南省三门峡市湖滨区***'],
    ['address', '浙江省杭州市西湖区文三路5号', '浙江省杭州市西湖区文三路5号***', '浙江省杭州市西湖区***'],
    [
      'address',
      '12 Main St Apt 4B, Springfield, IL 62704',
      '12 Main St ***, Springfield, IL 62704',
      '***, Springfield, IL',
    ],
    ['address', 'Flat 3, 12 High Street, London SW1A 1AA', '***, 12 High Street, London SW1A 1AA', '***, London'],
    ['address', '#12-34, 10 Anson Road, Singapore 079903', '***, 10 Anson Road, Singapore 079903', '***, Singapore'],
    ['address', 'Hauptstr. 12, 3. OG, 10115 Berlin', 'Hauptstr. 12, ***, 10115 Berlin', '***, Berlin'],
    ['address', 'Harbour View 1204, 8 Main St, Hong Kong', 'Harbour View ***, 8 Main St, Hong Kong', '***, Hong Kong'],
    ['address', '12 Main St, Hartford, CT 06103, USA', '12 Main St, Hartford, CT 06103, USA', '***, Hartford, CT, USA'],
    ['address', '12 Main St, Orlando, FL 32801', '12 Main St, Orlando, FL 32801', '***, Orlando, FL'],
    ['address', '12 Main St, FL 3, Orlando', '12 Main St, ***, Orlando', '***, Orlando'],
    ['address', '8210 111 ST NW, Edmonton', '***, Edmonton', '***, Edmonton'],
    ['address', 'Berger Straße 10, 60316 Frankfurt', 'Berger Straße 10, 60316 Frankfurt', '***, Frankfurt'],
    ['address', '', '***', '***'],
  ];
  for (const [field, value, waybill, screen] of table) {
    it(`${field}: ${waybill} on a waybill`, () => {
      assert.equal(discloseMasked(field, value, 'waybill'), waybill);
      assert.equal(discloseMasked(field, value, 'screen'), screen);
    });
  }

  it('stays as it is when it is masked again', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...fields),
        fc.constantFrom(...uses),
        fc.oneof(anyText, addressLike),
        (field, use, text) => {
          const masked = discloseMasked(field, text, use);
          assert.equal(discloseMasked(field, masked, use), masked);
        },
      ),
      runs,
    );
  });

  it('is short and printable, whatever comes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.constantFrom(...uses), anyText, (field, use, text) => {
        const masked = discloseMasked(field, text, use);
        assert.ok(masked.length > 1 && masked.length < 400);
        assert.ok(!/\p{Cc}|\p{Cf}|\n/u.test(masked) && masked.isWellFormed());
      }),
      runs,
    );
    const hostile = [
      '王'.repeat(100_000),
      '1'.repeat(100_000),
      'a,'.repeat(50_000),
      `e${'\u0301'.repeat(50_000)}`,
      '一'.repeat(100_000),
      'A '.repeat(50_000),
    ];
    for (const field of fields)
      for (const use of uses) for (const text of hostile) assert.ok(discloseMasked(field, text, use).length < 1000);
  });

  it('hides a character of every name, and more than one initial of each word never shows', () => {
    fc.assert(
      fc.property(fc.constantFrom(...uses), anyText, (use, text) => {
        const masked = discloseMasked('name', text, use);
        const shown = count(masked, /\p{L}/gu);
        assert.ok(shown <= (use === 'waybill' ? 3 : 1));
        const whole = text
          .normalize('NFKC')
          .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
          .slice(0, 256);
        if (count(whole, eastAsian) > 0 && !/^.\*\*$/u.test(whole.trim()))
          assert.ok(shown <= 1 && shown < count(whole, eastAsian), 'one of several characters at most');
      }),
      runs,
    );
    const han = fc.string({ unit: fc.constantFrom(...'王李欧阳司马诸葛小明伟芳娜𠮷龍'), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(han, fc.constantFrom(...uses), (name, use) => {
        const characters = Array.from(name);
        assert.equal(discloseMasked('name', name, use), `${characters.length > 1 ? characters[0] : ''}**`);
      }),
      runs,
    );
  });

  it('hides six digits of every telephone number, however it is written', () => {
    const written = fc
      .tuple(
        fc.constantFrom('', '+', '00', '+86', '0086', '(0)', 'tel:', '电话'),
        fc.array(
          fc.tuple(
            fc.constantFrom(...'0123456789０１２３４５６７８９'),
            fc.constantFrom('', '', ' ', '-', '.', ')', '\u200b', '\n', 'x', '转'),
          ),
          {
            maxLength: 20,
          },
        ),
      )
      .map(([start, digits]) => start + digits.map(([digit, gap]) => digit + gap).join(''));
    fc.assert(
      fc.property(fc.oneof(written, anyText), fc.constantFrom(...uses), (text, use) => {
        const masked = discloseMasked('phone', text, use);
        assert.match(masked, /^(?:\+\d{1,3} )?\*{7}\d{0,4}$/);
        if (text.trim() === masked) return;
        const digits = count(text.normalize('NFKC').slice(0, 256), /\d/g);
        const shown = count(masked, /\d/g);
        assert.ok(shown === 0 || digits - shown >= 6);
        assert.ok(count(masked.split('*').at(-1) ?? '', /\d/g) <= (use === 'waybill' ? 4 : 2));
      }),
      runs,
    );
  });

  it('hides unit, floor and room of every Chinese address', () => {
    const numbers = fc.constantFrom(
      '7',
      '77',
      '707',
      '7-7',
      '7/7',
      '七',
      '七十七',
      '七零七',
      'G7',
      'G-7',
      '７０７',
      'GG7',
    );
    const gap = fc.constantFrom('', '', ' ', '，', '-');
    const part = fc
      .tuple(
        numbers,
        fc.constantFrom(
          '单元',
          '單元',
          '号楼',
          '號樓',
          '栋',
          '棟',
          '幢',
          '座',
          '室',
          '层',
          '層',
          '楼',
          '樓',
          '户',
          '房',
          '门',
          '号门',
          ' 号楼',
          '号铺',
          '室之7',
        ),
      )
      .map(([number, word]) => number + word);
    const doors = fc.oneof(
      fc.array(fc.tuple(gap, part), { minLength: 1, maxLength: 4 }).map((parts) => parts.flat().join('')),
      fc
        .tuple(
          gap,
          fc.constantFrom(
            '707',
            '7-707',
            '7#707',
            'G座707',
            '甲座七零七室',
            '东座707',
            '附7号',
            'No.707',
            '七零七',
            '七零七号铺',
            '二〇七',
            '第七单元',
            '负七层',
            '地下七层',
            'G',
          ),
        )
        .map((x) => x.join('')),
    );
    const streets = fc.constantFrom(
      '北京市朝阳区建国路88号',
      '北京市朝阳区建国路88号院',
      '上海市浦东新区世纪大道100弄12号',
      '广东省深圳市南山区深南大道9999号创新大厦',
      '四川省成都市城市花园1期',
      '台北市信義區市府路45號',
      '浙江省杭州市西湖区某镇某村3组12号',
      '河南省三门峡市湖滨区五里街',
      '100022 北京市朝阳区建国路 88 号',
    );
    fc.assert(
      fc.property(streets, doors, fc.constantFrom('', '王小明收', ' 13812345677'), (street, door, behind) => {
        const masked = discloseMasked('address', street + door + behind, 'waybill');
        assert.ok(masked.endsWith('***'));
        const shown = masked.slice(0, -3);
        assert.ok(street.includes(shown), `${masked} shows more than ${street}`);
        assert.ok(shown.length >= street.replace(/^\d{6} /, '').length - 1, `${masked} shows too little of ${street}`);
        const screen = discloseMasked('address', street + door + behind, 'screen').slice(0, -3);
        assert.ok(shown.startsWith(screen) && !/\d/.test(screen));
      }),
      runs,
    );
  });

  it('hides unit, floor and room of every spelled address', () => {
    const number = fc.constantFrom('7', '77', '7g', 'g7', '7-77', '7/77', '#7', '#07-77', '7.');
    const word = fc.constantFrom(
      ...'Apt|apt.|Apartment|Flat|FLAT|Unit|Suite|Ste.|Room|Rm|Floor|Fl.|Level|Block|Blk|Tower|Bldg|Building|Whg.|Wohnung|Etage|Stock|Top|Stiege|Bât.|Bâtiment|Appt|étage|Piso|Pta.|Esc.|Depto|Apto|Interno|Scala|lok.|m.|Lgh|bus|кв.|квартира|корп.|подъезд|этаж|PO Box|Ｆｌａｔ'.split(
        '|',
      ),
    );
    const door = fc.oneof(
      fc.tuple(word, number).map(([a, b]) => `${a} ${b}`),
      fc.tuple(word, number).map(([a, b]) => `${a}${b}`),
      fc.tuple(number, word).map(([a, b]) => `${a} ${b}`),
      fc.constantFrom('7/F', '77/77', '#7', '7th Floor', '3rd fl. 77', 'Flat Seven', 'No. 77', 'c/o Seven', '7g'),
    );
    const address = fc.oneof(
      door.map((d) => `12 Main Street ${d}, Springfield, IL 62304`),
      door.map((d) => `12 Main Street, ${d}, Springfield, IL 62304`),
      door.map((d) => `${d}, 12 Main Street, Springfield`),
      door.map((d) => `${d}\n12 High St\nLondon SW1A 1AA`),
      door.map((d) => `Hauptstraße 12, ${d}, 10115 Berlin`),
      door.map((d) => `ул. Ленина 12, ${d}, Москва`),
    );
    fc.assert(
      fc.property(address, fc.constantFrom(...uses), (text, use) => {
        const masked = discloseMasked('address', text, use);
        assert.ok(!/7|seven/i.test(masked), `${masked} of ${text}`);
        if (use === 'waybill') assert.match(masked, /Main Street|High St|Hauptstraße|Ленина/);
      }),
      runs,
    );
  });

  it('shows at most one house number and one postcode of anything', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, addressLike), (text) => {
        if (eastAsian.test(text.normalize('NFKC'))) return;
        const masked = discloseMasked('address', text, 'waybill');
        // Dutch postcodes begin with four digits.
        const numbers =
          masked.replace(/(?<!\d)\d{4} ?[a-z]{2}(?![a-z\d])/gi, '').match(/(?:^|\s)\d{1,4}[a-z]?(?=[,\s]|$)/gi) ?? [];
        assert.ok(numbers.length <= 1, masked);
        assert.ok(!/\p{N}/u.test(discloseMasked('address', text, 'screen')));
      }),
      runs,
    );
  });
});
