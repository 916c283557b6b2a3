/*
 * Words that invented people are made of: common ones, so that what is made of them looks like anybody.
 */

/** Common family names with their romanisation (Hanyu Pinyin without tones). */
export const familyNames: readonly (readonly [string, string])[] = pairs(
  '王wang 李li 张zhang 刘liu 陈chen 杨yang 黄huang 赵zhao 吴wu 周zhou 徐xu 孙sun 马ma 朱zhu 胡hu 郭guo 何he 高gao 林lin 罗luo 郑zheng 梁liang 谢xie 宋song 唐tang 许xu 韩han 冯feng 邓deng 曹cao 彭peng 曾zeng 肖xiao 田tian 董dong 袁yuan 潘pan 于yu 蒋jiang 蔡cai 余yu 杜du 叶ye 程cheng 苏su 魏wei 吕lv 丁ding 任ren 沈shen 姚yao 卢lu 姜jiang 崔cui 钟zhong 谭tan 陆lu 汪wang 范fan 金jin 石shi 廖liao 贾jia 夏xia 韦wei 付fu 方fang 白bai 邹zou 孟meng 熊xiong 秦qin 邱qiu 江jiang 尹yin 薛xue 闫yan 段duan 雷lei 侯hou 龙long 史shi 欧阳ouyang 司马sima 诸葛zhuge',
);

/** Characters of given names with their romanisation. */
export const givenNames: readonly (readonly [string, string])[] = pairs(
  '伟wei 芳fang 娜na 秀xiu 敏min 静jing 丽li 强qiang 磊lei 军jun 洋yang 勇yong 艳yan 杰jie 娟juan 涛tao 明ming 超chao 兰lan 霞xia 平ping 刚gang 桂gui 英ying 华hua 慧hui 巧qiao 美mei 婷ting 雪xue 倩qian 宇yu 浩hao 凯kai 健jian 俊jun 帆fan 雨yu 梦meng 思si 佳jia 欣xin 怡yi 梓zi 涵han 轩xuan 子zi 晨chen 博bo 文wen 志zhi 建jian 国guo 海hai 玉yu 红hong 春chun 梅mei 云yun 鹏peng 飞fei 龙long 斌bin 峰feng 辉hui 波bo 宁ning 琳lin 璐lu 莹ying 颖ying 瑶yao 悦yue 淑shu 惠hui 珍zhen 荣rong 琴qin 翔xiang 旭xu',
);

/** Common first names of English and French speakers. */
export const westernFirstNames: readonly string[] = words(
  'James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph Jessica Thomas Sarah Charles Karen Daniel Nancy Matthew Lisa Anthony Betty Mark Margaret Paul Sandra Steven Ashley Andrew Kimberly Camille Lucas Manon Hugo Chloe Louis Lea Jules Emma Gabriel Oliver George Amelia Harry Isla Jack Ava Noah',
);

/** Common last names of English and French speakers. */
export const westernLastNames: readonly string[] = words(
  "Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Dubois Durand Lefebvre Moreau Laurent Simon Michel Garnier Evans Hughes O'Neill O'Brien",
);

/** Real districts of cities. */
export const cities: readonly string[] = words(
  '北京市朝阳区 北京市海淀区 上海市浦东新区 上海市静安区 天津市河西区 重庆市渝中区 广东省广州市天河区 广东省深圳市南山区 广东省东莞市 江苏省南京市鼓楼区 江苏省苏州市姑苏区 浙江省杭州市西湖区 浙江省宁波市鄞州区 四川省成都市武侯区 湖北省武汉市武昌区 湖南省长沙市岳麓区 陕西省西安市雁塔区 山东省济南市历下区 山东省青岛市市南区 福建省厦门市思明区 福建省福州市鼓楼区 安徽省合肥市蜀山区 河南省郑州市金水区 河北省石家庄市长安区 辽宁省沈阳市和平区 辽宁省大连市中山区 黑龙江省哈尔滨市南岗区 吉林省长春市朝阳区 云南省昆明市五华区 广西壮族自治区南宁市青秀区',
);

function words(text: string): string[] {
  return text.split(' ');
}

function pairs(text: string): (readonly [string, string])[] {
  return words(text).map((word) => {
    const start = word.search(/[a-z]/);
    return [word.slice(0, start), word.slice(start)] as const;
  });
}
