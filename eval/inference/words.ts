/* Words from which the generator makes values: written down for it alone, so that it shares no table with what it judges. */

export const surnames = [
  ...'王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤',
];
export const rareSurnames = [...'仝逯苟佘蔺苑麻冼蒙隋佟邝阙揭'];
export const compoundSurnames = ['欧阳', '上官', '司马', '诸葛', '皇甫', '司徒'];
export const givenCharacters = [
  ...'伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂华玉兰建国志文浩宇轩子涵欣怡梓晨思佳雨泽博诗琪俊鹏飞凯婷雪梅红琳海波龙辉健斌洁晶莹丹春生根福贵德永',
];

export const firstNames =
  'Emma Liam Noah Ava Ethan Mia Lucas Grace Dylan Chloe Martin Heidi Bruno Greta Oscar Elena Hugo Nadia Victor Alice Simon Paula Felix Irene Walter Judith Arthur Monica Edgar Teresa'.split(
    ' ',
  );
export const lastNames =
  'Harris Clark Lewis Walker Hall Young Wright Hill Green Baker Carter Mitchell Turner Parker Collins Bell Ward Foster Russell Hayes Keller Schneider Becker Lopez Moreau Rossi Larsen Novak Sato Tanaka Nguyen Okafor'.split(
    ' ',
  );
export const pinyinSurnames = 'Zhang Wang Liu Chen Yang Huang Zhao Zhou Wu Xu Sun Zhu Ma Hu Guo Lin He Gao'.split(' ');
export const pinyinGiven =
  'Wei Fang Jing Lei Qiang Min Yan Jun Hua Ping Xiuying Guoqiang Meiling Haotian Zihan Yuxuan Jiayi Mingming'.split(
    ' ',
  );

export const places: readonly (readonly [string, string, string])[] = [
  ['广东省', '深圳市', '宝安区'],
  ['广东省', '东莞市', '长安镇'],
  ['江苏省', '苏州市', '吴中区'],
  ['浙江省', '义乌市', '江东街道'],
  ['山东省', '青岛市', '市北区'],
  ['四川省', '绵阳市', '涪城区'],
  ['河南省', '郑州市', '金水区'],
  ['湖北省', '武汉市', '洪山区'],
  ['福建省', '泉州市', '晋江市'],
  ['北京市', '', '海淀区'],
  ['上海市', '', '闵行区'],
  ['重庆市', '', '渝北区'],
  ['广西壮族自治区', '南宁市', '青秀区'],
  ['内蒙古自治区', '包头市', '昆都仑区'],
];
export const roads =
  '解放路 中山北路 人民大道 新华街 建设东路 和平里 学府路 长江西路 滨河大道 银杏巷 工业三路 凤凰村'.split(' ');
export const estates = '阳光花园 翠竹苑 万达广场 金色家园 锦绣江南 东方名城 幸福里小区 创业大厦'.split(' ');
export const britishRoads = 'Station Road,High Street,Victoria Avenue,Mill Lane,Church Close,Kings Drive'.split(',');
export const britishTowns = 'Leeds Bristol York Derby Exeter Norwich'.split(' ');
export const germanStreets = 'Hauptstraße Bahnhofstraße Gartenweg Lindenallee Schillerstr. Bergstraße'.split(' ');
export const germanTowns = 'Kassel Erfurt Bonn Ulm Dresden Kiel'.split(' ');
export const japaneseSurnames = '佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村'.split(' ');
export const japaneseGiven = '太郎 花子 健一 美咲 翔太 由美 大輔 陽子'.split(' ');
export const japanesePlaces = '東京都新宿区西新宿 大阪府大阪市北区梅田 愛知県名古屋市中区栄 福岡県福岡市博多区'.split(
  ' ',
);
export const koreanSurnames = [...'김이박최정강조윤장임'];
export const koreanGiven = '민준 서연 지훈 수빈 현우 지은 영수 미경'.split(' ');
export const koreanPlaces = '서울특별시 강남구 테헤란로,부산광역시 해운대구 센텀로,경기도 성남시 분당구 판교로'.split(
  ',',
);
export const taiwanPlaces = '臺北市信義區信義路,新北市板橋區文化路,高雄市前鎮區中華路'.split(',');
export const streets = 'Maple Oak Cedar Elm Birch Lake Hill Park River Sunset Mill Church'.split(' ');
export const streetKinds = 'St Ave Road Lane Drive Blvd Court'.split(' ');
export const towns = 'Riverton,Fairview,Salem,Georgetown,Clinton,Madison,Franklin,Ashland'.split(',');
export const states = 'CA TX NY OH WA IL GA PA'.split(' ');

export const nickWords =
  'cool moon shadow kitty ninja rock sky fire sweet panda tiger super mike linda cat dog zero snow mini jay leo ryan'.split(
    ' ',
  );
export const hanNicks =
  '快乐的小猪 天涯 浪子回头 小鱼儿 梦里花落 一米阳光 爱吃糖 风一样的男子 老王卖瓜 悠悠 雨后彩虹 大白'.split(' ');
export const mailHosts =
  'qq.com 163.com 126.com gmail.com hotmail.com sina.com.cn foxmail.com yahoo.co.jp example.com corp.example.cn'.split(
    ' ',
  );
export const popularPasswords =
  '123456 111111 a123456 woaini1314 qwerty password 5201314 123456789 iloveyou abc123456 dragon 000000'.split(' ');

export const statuses = ['已签收', '运输中', '已退回', '待付款', '已完成', '派送中'];
export const latinStatuses = ['delivered', 'pending', 'returned', 'in_transit', 'CLOSED'];
export const companies =
  '深圳市华强电子有限公司,上海东方贸易有限公司,顺达物流集团,北京中科软件股份有限公司,杭州新锐网络科技有限公司'.split(
    ',',
  );
export const products =
  '儿童保温杯 男士运动鞋 无线蓝牙耳机 纯棉四件套 手机壳 加厚羽绒服 空气净化器 不锈钢炒锅 华为手机 高清摄像头'.split(
    ' ',
  );
export const jobs = ['经理', '工程师', '会计', '司机', '教师', '销售', '自由职业', '学生'];
export const nations = ['汉族', '回族', '满族', '壮族', '苗族', '维吾尔族'];
export const educations = ['本科', '大专', '高中', '硕士', '初中', '博士'];
export const brands = ['华为', '小米', '苹果', '荣耀', '三星', '魅族', '金立'];
export const colours = ['黄色', '白色', '红色', '蓝色', '黑色', '金色'];
export const cities = ['深圳', '苏州', '青岛', '武汉', '成都', '石家庄', '金华', '温州', '马鞍山'];
export const remarks =
  '请放门口,工作日送货,易碎品轻放,周末不在家,已电话联系客户,麻烦放到菜鸟驿站谢谢,不要打电话,leave at reception'.split(
    ',',
  );
export const banks = ['中国工商银行', '招商银行', '建设银行', '农业银行', '平安银行'];
export const userAgents = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 12_0 like Mac OS X)',
  'Dalvik/2.1.0 (Linux; U; Android 9; MI 8)',
];
