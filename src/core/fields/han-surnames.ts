/**
 * Surnames of one character: the Hundred Family Surnames and what else is among the 400 commonest of the Ministry of Public
 * Security's yearly name report; traditional forms beside simplified ones.
 */
export const hanSurnames: ReadonlySet<string> = new Set(
  '赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊於惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘钭厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍郤璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公肖覃岳佟闫代付岩仝海苟邸展候占官凡青佘来粟兰操揭冼冯涂逢亓原皇盘庹褟栗郄钭植勇初英门漆迟隋战宾信修衣谌商牟达哈' +
    '趙錢孫鄭馮陳褚衛蔣韓楊許呂張孔嚴華謝鄒竇雲蘇範魯韋馬鳳鮑費賀倪湯羅畢鄔樂時傅齊顧黃穆蕭貝計談龐熊紀項賈婁顏鐘徐邱駱夏樊淩萬盧莫經繆應鄧單諸鈕龔邢陸榮龍葉黎賴藺喬蒼聞黨譚貢勞姬邊農溫莊閻連習魚遊蘭劉',
);

/** Surnames of two characters. */
export const compoundHanSurnames: ReadonlySet<string> = new Set(
  '欧阳 歐陽 上官 司马 司馬 诸葛 諸葛 东方 東方 皇甫 尉迟 尉遲 公孙 公孫 令狐 慕容 宇文 长孙 長孫 司徒 夏侯 轩辕 軒轅 钟离 鍾離 闾丘 公羊 澹台 端木 百里 呼延 南宫 南宮 西门 西門 独孤 獨孤 拓跋 申屠 太史 公冶 濮阳 濮陽 淳于 单于 單于 赫连 赫連 公西 巫马 巫馬 公良 漆雕 壤驷 宰父 谷梁 拓拔 左丘 梁丘 东郭 東郭 南门 微生 第五 闻人 聞人 万俟 司空 仲孙 仲孫 鲜于 鮮于 范姜 张简 張簡'.split(
    ' ',
  ),
);

/** Frequent words of two and three characters that begin with a surname and are no names. */
export const hanWordsNoNames: ReadonlySet<string> = new Set(
  '江苏 江西 云南 安徽 甘肃 宁夏 海南 贵州 广东 广西 北京 上海 成都 武汉 沈阳 金华 温州 常州 徐州 苏州 杭州 郑州 惠州 广州 石家庄 张家口 唐山 黄山 马鞍山 包头 乌鲁木齐 南京 连云港 宿迁 东莞 吉林 高级 高中 黄色 白色 蓝色 红色 青色 黄金 白银 白金 金卡 金融 成功 成人 成员 关闭 方案 任务 管理 管理员 时间 单位 单身 全部 全国 全职 支付 支付宝 通过 应收 经理 常规 平台 家庭 安全 安卓 国内 国际 国产 广告 文本 信息 信用卡 相同 都市 农业 农民 师范 商品 商务 来电 来源 关注 文件 水果 毛衣 高速 和平 计算机 原因 原价 冷冻 简体 达成 连衣裙 车辆 花园 容量 满意 通知 明细 时尚 空号 余额 付款 项目 金额 金牌 应付 武警 东方 华东 华南 华北 华中 华为 易碎 海外 海关 公司 公务员 后台 越南 古巴 丰田 强制 养殖 曾用名 代理 代收'.split(
    ' ',
  ),
);

/** Common Korean surnames, which begin names of two to four syllables. */
export const koreanSurnames: ReadonlySet<string> = new Set(
  '김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노하곽성차주우구나민진지엄채원천방공현함변염여추도소석선설마길연위표명기반왕금옥육인맹제모탁국어은편용',
);
