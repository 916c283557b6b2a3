import { headerKey, nfkc } from '../core/text.ts';

/** Header names of columns that are none of our fields: they tell a header from data, and speak against a field. */
const otherHeaders: ReadonlySet<string> = new Set(
  (
    'id no num number index seq rowid key value status state type sex gender age birth birthday birthdate dob date dt ts time datetime timestamp created createdat createtime createdate addtime updated updatedat updatetime updatedate modified gmtcreate gmtmodified regtime regdate lastlogin logintime ip ipv6 regip loginip lastip clientip mac macaddr city province prov country district area county region zip zipcode postcode postalcode company organization org salt source channel level grade vip points score amount price total balance fee quantity qty count remark remarks note notes memo comment title subject content orderid orderno orderno ordersn ordernumber tradeid tradeno tid weight height product productname goods item sku qq qqnumber qqno wechat weixin wx wxid openid unionid language lang website url homepage avatar photo image browser ua useragent device deviceid deviceno imei imsi idfa token accesstoken sign signature session sessionid requestid uuid guid lat lng lon latitude longitude brand model color colour size bank bankname bankcard bankcardno cardno cardnumber creditcard iban creditcode taxno plateno nation ethnic nationality education job occupation position department dept ext ext1 ext2 extra attributes attr reserved flag enabled active deleted valid party shop shopname store storename warehouse station branch fax ' +
    '序号 编号 性别 年龄 生日 出生日期 出生年月 日期 时间 创建时间 注册时间 更新时间 下单时间 登录时间 状态 订单状态 类型 类别 城市 省份 省 市 区 区县 县 国家 地区 邮编 邮政编码 备注 留言 买家留言 公司 公司名称 单位 单位名称 寄件公司 订单号 订单编号 订单金额 交易号 流水号 金额 价格 单价 总价 运费 余额 数量 件数 商品 商品名称 品名 货品 规格 重量 等级 会员等级 积分 微信 微信号 qq号 qq号码 qq 来源 渠道 民族 学历 职业 职务 职位 部门 品牌 型号 颜色 尺码 银行 开户行 开户银行 银行卡 银行卡号 卡号 账单 头像 网址 链接 设备 设备号 设备mac 统一社会信用代码 税号 车牌 车牌号 纬度 经度 盐 店铺 店铺名称 网点 站点 快递公司 物流公司 快递员 婚姻状况 国籍 籍贯 传真 是否会员 登录ip 注册ip 备用'
  ).split(' '),
);

/** Last words that turn whatever stands before them into something else: "phone_verified", "mail_status". */
const otherLast: ReadonlySet<string> = new Set(
  'status state type time date at flag count num qty level grade brand model verified valid bound enabled active score price amount fee rate url link ip city province country region zip lang salt token sign source channel remark note desc description title reason operator carrier belong area sex gender age birthday size weight color avatar image photo md5flag'.split(
    ' ',
  ),
);

/** First words whose "name", "id" or "number" is not that of a person. */
const otherFirst: ReadonlySet<string> = new Set(
  'is has can need qq wx wechat order trade product goods item sku shop store mall company corp org dept department bank card bankcard city province country district area region device session request access avatar brand model warehouse station site branch file page app event category class role group tag'.split(
    ' ',
  ),
);

const otherHanFirst =
  /^(?:订单|交易|商品|货品|产品|店铺|公司|企业|单位|银行|开户|设备|品牌|部门|城市|省|国家|快递公司|物流公司|网点|站点|微信|qq|头像|文件)/u;
const otherHanLast =
  /(?:状态|时间|日期|类型|类别|品牌|型号|归属地|运营商|来源|渠道|数量|金额|价格|城市|省份|等级|标志|标识|次数|备注|说明|验证|ip|mac)$/u;
const personLast = /(?:电话|手机|手机号|邮箱|地址|姓名|联系人|身份证号?|密码|人)$/u;

/** Whether a header is a known name of something that is none of our fields. */
export function isOtherHeader(header: string): boolean {
  const key = headerKey(header);
  if (otherHeaders.has(key) || otherHeaders.has(key.replace(/\d{1,2}$/, ''))) return true;
  if (/\p{Script=Han}/u.test(key)) {
    return /^是否/u.test(key) || otherHanLast.test(key) || (otherHanFirst.test(key) && !personLast.test(key));
  }
  const words = headerWords(header).filter((word) => !/^(?:[a-z]|tb|tbl|col|field)$/.test(word));
  if (otherHeaders.has(words.join(''))) return true;
  const [first = ''] = words;
  const last = words.at(-1) ?? '';
  if (words.length > 1 && otherHeaders.has(words.slice(1).join('')) && words.slice(1).join('').length > 3) return true;
  if (words.length < 2) return false;
  if (otherLast.has(last)) return true;
  return (
    otherFirst.has(first) &&
    (/^(?:id|no|num|number|name|title|sn|code|md5|key|bound)$/.test(last) || /^(?:is|has|can|need)$/.test(first))
  );
}

/** The words of a header: "buyer.mobilePhone_2" is buyer, mobile, phone, 2. */
export function headerWords(header: string): string[] {
  const text = nfkc(header.slice(0, 128)) ?? '';
  return text
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

/** Whether a whole key is in the list: what a cell of a header row is compared with. */
export function isOtherHeaderName(key: string): boolean {
  return otherHeaders.has(key);
}
