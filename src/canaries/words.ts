/** Names of streets that nearly every city has: an address made of one looks like any, and where it is nobody has to find. */
export const streets: readonly string[] = words(
  '人民路 中山路 解放路 建设路 和平路 新华路 文化路 胜利路 光明路 北京路 长江路 黄河路 青年路 友谊路 迎宾路 花园路 工农路 团结路 东风路 南京路 体育路 学府路 平安路 幸福路 滨河路 环城路 朝阳路 振兴路 育才路 站前路',
);

export const westernStreets: readonly string[] = [
  'High Street',
  'Station Road',
  'Church Street',
  'Main Street',
  'Park Avenue',
  'Oak Street',
  'Maple Avenue',
  'Mill Lane',
  'Victoria Road',
  'Green Lane',
  'Kings Road',
  'Queen Street',
  'New Street',
  'Chestnut Street',
  'Washington Street',
  'Park Road',
  'Elm Street',
  'Cedar Street',
  'Lincoln Avenue',
  'Springfield Road',
];

export const westernTowns: readonly string[] = words(
  'Franklin Clinton Salem Georgetown Ashland Dayton Newport Bristol Milton Oxford Burlington Manchester Kingston Lebanon Arlington Auburn Cambridge Richmond Windsor Chester',
);

function words(text: string): string[] {
  return text.split(' ');
}
