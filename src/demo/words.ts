/** Streets that no city has, so that nobody lives there. */
export const streets: readonly string[] = words('样例路 示范大道 演示街 虚构路 假想巷 测试大街 例题路 样本街');

export const westernStreets: readonly string[] = words(
  'Sample Example Placeholder Specimen Fictional Imaginary Demo Pattern',
);

export const westernTowns: readonly string[] = words(
  'Springfield Riverton Fairview Lakeside Hillcrest Brookdale Ashford Kingsbury',
);

/** Codes of provinces (GB/T 2260). */
export const provinceCodes: readonly string[] = words(
  '11 12 13 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 50 51 53 61',
);

function words(text: string): string[] {
  return text.split(' ');
}
