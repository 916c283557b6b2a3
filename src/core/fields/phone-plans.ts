/**
 * How one country writes its telephone numbers without "+". `national` is the national (significant) number: what follows the
 * trunk prefix or the calling code. `bare` is what is accepted with neither, null when the trunk prefix is never left out.
 */
export interface PhonePlan {
  readonly callingCode: string;
  /** The national (trunk) prefix dialled before the national number; empty when there is none. */
  readonly trunk: string;
  readonly national: RegExp;
  readonly bare: RegExp | null;
}

function digits(min: number, max: number, first = '[1-9]'): RegExp {
  return new RegExp(`^${first}\\d{${min - 1},${max - 1}}$`);
}

/** Numbers are written with the trunk prefix. */
function trunked(callingCode: string, trunk: string, national: RegExp): PhonePlan {
  return { callingCode, trunk, national, bare: null };
}

/** The trunk prefix does not exist (then it is empty) or is left out as often as not. */
function open(callingCode: string, trunk: string, national: RegExp): PhonePlan {
  return { callingCode, trunk, national, bare: national };
}

const northAmerica = open('1', '1', /^[2-9]\d{2}[2-9]\d{6}$/);

/**
 * National formats by region (ISO 3166-1 alpha-2). Sources: ITU-T E.164 (11/2010) and its list of assigned country codes
 * (Annex to ITU Operational Bulletin 1114); lengths and trunk prefixes from the national numbering plans deposited with ITU
 * under E.129. Lengths are those of geographic and mobile numbers; short codes are left out.
 */
export const phonePlans: ReadonlyMap<string, PhonePlan> = new Map([
  ['AE', trunked('971', '0', digits(8, 9))],
  ['AR', trunked('54', '0', digits(10, 11))],
  ['AT', trunked('43', '0', digits(7, 13))],
  ['AU', trunked('61', '0', digits(9, 9))],
  ['BD', trunked('880', '0', digits(8, 10))],
  ['BE', trunked('32', '0', digits(8, 9))],
  ['BR', open('55', '0', digits(10, 11))],
  ['CA', northAmerica],
  ['CH', trunked('41', '0', digits(9, 9))],
  ['CL', open('56', '', digits(9, 9))],
  ['CN', { callingCode: '86', trunk: '0', national: digits(9, 11), bare: /^1[3-9]\d{9}$/ }],
  ['CO', open('57', '', digits(10, 10))],
  ['CZ', open('420', '', digits(9, 9))],
  ['DE', trunked('49', '0', digits(7, 13))],
  ['DK', open('45', '', digits(8, 8))],
  ['EG', trunked('20', '0', digits(8, 10))],
  ['ES', open('34', '', digits(9, 9))],
  ['FI', trunked('358', '0', digits(6, 11))],
  ['FR', trunked('33', '0', digits(9, 9))],
  ['GB', trunked('44', '0', digits(9, 10))],
  ['GR', open('30', '', digits(10, 10))],
  ['HK', open('852', '', digits(8, 8, '[2-9]'))],
  ['HU', trunked('36', '06', digits(8, 9))],
  ['ID', trunked('62', '0', digits(8, 12))],
  ['IE', trunked('353', '0', digits(7, 9))],
  ['IL', trunked('972', '0', digits(8, 9))],
  ['IN', open('91', '0', digits(10, 10))],
  ['IT', open('39', '', digits(6, 11, '[03-9]'))],
  ['JP', trunked('81', '0', digits(9, 10))],
  ['KE', trunked('254', '0', digits(9, 9))],
  ['KR', trunked('82', '0', digits(8, 10))],
  ['KZ', open('7', '8', digits(10, 10, '[67]'))],
  ['MO', open('853', '', digits(8, 8, '[2-9]'))],
  ['MX', open('52', '', digits(10, 10))],
  ['MY', trunked('60', '0', digits(8, 10))],
  ['NG', trunked('234', '0', digits(8, 10))],
  ['NL', trunked('31', '0', digits(9, 9))],
  ['NO', open('47', '', digits(8, 8, '[2-9]'))],
  ['NZ', trunked('64', '0', digits(8, 10))],
  ['PH', trunked('63', '0', digits(8, 10))],
  ['PK', trunked('92', '0', digits(9, 10))],
  ['PL', open('48', '', digits(9, 9))],
  ['PT', open('351', '', digits(9, 9))],
  ['RO', trunked('40', '0', digits(9, 9))],
  ['RU', open('7', '8', digits(10, 10, '[3-9]'))],
  ['SA', trunked('966', '0', digits(8, 9))],
  ['SE', trunked('46', '0', digits(7, 9))],
  ['SG', open('65', '', digits(8, 8, '[3689]'))],
  ['TH', trunked('66', '0', digits(8, 9))],
  ['TR', open('90', '0', digits(10, 10))],
  ['TW', trunked('886', '0', digits(8, 9))],
  ['UA', trunked('380', '0', digits(9, 9))],
  ['US', northAmerica],
  ['VN', trunked('84', '0', digits(9, 10))],
  ['ZA', trunked('27', '0', digits(9, 9))],
]);

/** Calling codes after which a trunk 0, as in "+44 (0)20 …", is dropped: national numbers there never begin with 0 (in Italy they do). */
export const droppedZeroAfter: readonly string[] = ['33', '44', '49', '81', '82', '86'];
