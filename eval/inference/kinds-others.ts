import { type ColumnKind, clock, hex, letters, nick, other } from './makers.ts';
import { bankCard, creditCode, day, imei, mobile, residentId } from './numbers.ts';
import * as words from './words.ts';

/** Columns that are none of our fields. */
export const otherKinds: Readonly<Record<string, ColumnKind>> = {
  row: {
    ...other('id,序号,no,编号,row_id', () => ''),
    maker: (draw) => {
      const from = draw.below(5000);
      return (row) => String(from + row);
    },
  },
  date: other('birthday,出生日期,date,日期,reg_date', (draw) => day(draw, 1960, 2022).join('-')),
  'date slash': other('date,日期,created', (draw) => day(draw, 2010, 2022).join('/')),
  'date compact': other('birth,生日,reg_date,dt', (draw) => day(draw, 1950, 2022).join('')),
  datetime: other(
    'created_at,下单时间,update_time,注册时间,gmt_create',
    (draw) => `${day(draw, 2012, 2023).join('-')} ${clock(draw)}`,
  ),
  'seconds since 1970': other('ts,last_login,create_time,reg_time,addtime', (draw) =>
    String(draw.range(1_280_000_000, 1_700_000_000)),
  ),
  'ms since 1970': other(
    'ts,timestamp,gmt_modified,login_time',
    (draw) => `${draw.range(1_280_000_000, 1_700_000_000)}${draw.digits(3)}`,
  ),
  'growing seconds': {
    ...other('ts,order_time,addtime', () => ''),
    maker: (draw) => {
      let t = draw.range(1_400_000_000, 1_600_000_000);
      return () => {
        t += draw.below(900);
        return String(t);
      };
    },
  },
  gender: other('gender,性别,sex', (draw) => draw.pick(['男', '女'])),
  'gender mf': other('gender,sex', (draw) => draw.pick(['M', 'F'])),
  status: other('状态,status,订单状态,order_state', (draw) => draw.pick(words.statuses)),
  'status latin': other('status,state,delivery_status', (draw) => draw.pick(words.latinStatuses)),
  boolean: other('is_valid,enabled,email_verified,是否会员,phone_verified', (draw) => draw.pick(['0', '1'])),
  'true false': other('active,is_phone_bound,deleted', (draw) => draw.pick(['true', 'false'])),
  city: other('city,城市,所在城市,dest_city', (draw) => draw.pick(words.cities)),
  province: other('省份,province,省', (draw) => draw.pick(words.places)[0]),
  district: other('区县,district,区', (draw) => draw.pick(words.places)[2]),
  zip: other('zip,邮编,postcode', (draw) => draw.digits(6)),
  ip: other(
    'ip,reg_ip,last_ip,登录IP,client_ip',
    (draw) => `${draw.range(1, 223)}.${draw.below(256)}.${draw.below(256)}.${draw.range(1, 254)}`,
  ),
  ipv6: other('ip,ipv6', (draw) => Array.from({ length: 8 }, () => draw.text(hex, 4)).join(':')),
  mac: other('mac,mac_addr,设备MAC', (draw) => Array.from({ length: 6 }, () => draw.text(hex, 2)).join(':')),
  agent: other('user_agent,ua,browser', (draw) => draw.pick(words.userAgents)),
  uuid: other(
    'uuid,guid,request_id,session_id',
    (draw) =>
      `${draw.text(hex, 8)}-${draw.text(hex, 4)}-4${draw.text(hex, 3)}-9${draw.text(hex, 3)}-${draw.text(hex, 12)}`,
  ),
  token: {
    ...other('token,device_id,sign,access_token,openid,avatar_md5', (draw) => draw.text(hex, 32)),
    unnamed: 'passwordHash',
  },
  amount: other('amount,金额,price,订单金额,运费,balance', (draw) => `${draw.below(3000)}.${draw.digits(2)}`),
  'amount signed': other(
    'amount,金额,balance',
    (draw) => `${draw.pick(['¥', '-', ''])}${draw.below(90000)}.${draw.digits(2)}`,
  ),
  quantity: other('qty,数量,count,件数', (draw) => String(draw.range(1, 20))),
  'order by date': other(
    'order_no,订单号,订单编号,trade_no',
    (draw) => `${day(draw, 2015, 2023).join('')}${draw.digits(10)}`,
  ),
  'order long': other('order_id,订单号,trade_id,tid', (draw) => `${draw.range(1, 4)}${draw.digits(17)}`),
  'order letters': other('order_no,订单号,order_sn', (draw) => `DD${day(draw, 2015, 2023).join('')}${draw.digits(6)}`),
  qq: other('qq,QQ号,qq_number,QQ', (draw) => `${draw.range(1, 9)}${draw.digits(draw.range(5, 9))}`),
  card: other('card_no,银行卡号,bank_card,卡号', bankCard),
  imei: other('imei,设备号,device_imei', imei),
  wechat: {
    ...other('wechat,微信号,weixin', (draw) =>
      draw.pick([`wxid_${draw.text(`${letters}0123456789`, 14)}`, nick(draw)]),
    ),
    unnamed: 'username',
  },
  'credit code': other('统一社会信用代码,tax_no,credit_code', creditCode),
  company: other('company,公司,单位名称,寄件公司', (draw) => draw.pick(words.companies)),
  product: other('product_name,商品名称,item_title,商品', (draw) => draw.pick(words.products)),
  remark: other('remark,备注,note,买家留言', (draw) => draw.pick(words.remarks)),
  job: other('job,职业,职务', (draw) => draw.pick(words.jobs)),
  nation: other('民族,nation,ethnic', (draw) => draw.pick(words.nations)),
  education: other('学历,education', (draw) => draw.pick(words.educations)),
  brand: other('brand,品牌,phone_brand,手机品牌', (draw) => draw.pick(words.brands)),
  colour: other('color,颜色,规格', (draw) => draw.pick(words.colours)),
  bank: other('bank_name,开户行,银行', (draw) => draw.pick(words.banks)),
  url: other('url,avatar,homepage,头像', (draw) => `https://img.example.com/${draw.text(hex, 12)}.jpg`),
  json: other(
    'ext,extra,attributes',
    (draw) => `{"level":${draw.below(9)},"src":"${draw.pick(['app', 'web', 'h5'])}"}`,
  ),
  latitude: other('lat,latitude,纬度', (draw) => `${draw.range(20, 45)}.${draw.digits(6)}`),
  plate: other('plate_no,车牌号', (draw) => `粤${draw.text('ABCDES', 1)}${draw.text('0123456789ABCDEFGH', 5)}`),
  'masked phone': other('phone,手机号,mobile', (draw) => {
    const m = mobile(draw);
    return `${m.slice(0, 3)}****${m.slice(7)}`;
  }),
  'masked id': other('id_card,身份证号', (draw) => {
    const id = residentId(draw);
    return `${id.slice(0, 4)}**********${id.slice(14)}`;
  }),
  salt: other('salt,盐', (draw) => draw.text(`${letters}0123456789`, 6)),
  level: other('level,会员等级,grade', (draw) => draw.pick(['普通会员', '金卡', '银卡', '钻石'])),
  constant: other('source,来源,channel', () => 'h5_app'),
  empty: other('ext1,备用,reserved', () => ''),
};
