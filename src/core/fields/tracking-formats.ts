import { holdsFedexExpress, holdsGs1, holdsMod7, holdsS10, holdsUps } from './checks.ts';

/** How one carrier writes its numbers (upper case, without blanks and hyphens) and how surely a number of that shape is one. */
export interface TrackingFormat {
  readonly carrier: string;
  readonly pattern: RegExp;
  /** 0 to 1; where there is a check digit, the value when it holds. */
  readonly confidence: number;
  readonly check?: (code: string) => boolean;
  /** Regions in which the shape means anything; everywhere when absent. */
  readonly regions?: readonly string[];
}

/**
 * Formats of parcel carriers. Sources: UPU S10-12; the carriers' own pages on their numbers (UPS, FedEx, USPS Publication 199,
 * DHL, SF Express, YTO, ZTO, STO, Yunda, JD Logistics, Cainiao, J&T); check digits compared with the published examples that
 * the tests hold. Numbers of digits alone are told from other numbers by nothing but their length and first digits: low.
 */
export const trackingFormats: readonly TrackingFormat[] = [
  {
    carrier: 'S10',
    pattern: /^[A-Z]{2}\d{9}[A-Z]{2}$/,
    confidence: 0.98,
    check: (code) => holdsS10(code.slice(2, 11)),
  },
  { carrier: 'UPS', pattern: /^1Z[A-Z0-9]{15}\d$/, confidence: 0.99, check: holdsUps },
  { carrier: 'USPS', pattern: /^9[1-5]\d{20}$/, confidence: 0.95, check: holdsGs1 },
  { carrier: 'USPS', pattern: /^(?:03|2[13]|7[0137]|81)\d{18}$/, confidence: 0.85, check: holdsGs1 },
  { carrier: 'FedEx Ground 96', pattern: /^96\d{20}$/, confidence: 0.95, check: (code) => holdsGs1(code.slice(-15)) },
  { carrier: 'FedEx SmartPost', pattern: /^61\d{18}$/, confidence: 0.85, check: (code) => holdsGs1(`92${code}`) },
  { carrier: 'GS1 SSCC', pattern: /^00\d{18}$/, confidence: 0.9, check: holdsGs1 },
  { carrier: 'SF Express', pattern: /^SF\d{12,13}$/, confidence: 0.97 },
  { carrier: 'YTO', pattern: /^YT\d{13}$/, confidence: 0.97 },
  { carrier: 'JD Logistics', pattern: /^JD[A-Z]{0,3}\d{9,20}$/, confidence: 0.95 },
  { carrier: 'Cainiao', pattern: /^LP\d{14,18}$/, confidence: 0.95 },
  { carrier: 'J&T', pattern: /^JT\d{13}$/, confidence: 0.96 },
  { carrier: 'Deppon', pattern: /^DPK\d{9,15}$/, confidence: 0.95 },
  { carrier: 'DHL', pattern: /^(?:JJD|JVGL|JD|GM)\d{9,21}$/, confidence: 0.93 },
  { carrier: 'Amazon', pattern: /^TB[A-C]\d{12}$/, confidence: 0.96 },
  { carrier: '4PX', pattern: /^4PX\d{13}CN$/, confidence: 0.96 },
  { carrier: 'Yun Express', pattern: /^YT\d{16}$/, confidence: 0.95 },
  { carrier: 'LaserShip', pattern: /^1LS\d{12}(?:-?1)?$/, confidence: 0.93 },
  { carrier: 'FedEx Express', pattern: /^[1-9]\d{11}$/, confidence: 0.7, check: holdsFedexExpress },
  { carrier: 'FedEx Ground', pattern: /^\d{15}$/, confidence: 0.7, check: holdsGs1 },
  { carrier: 'DHL Express', pattern: /^[2-9]\d{9}$/, confidence: 0.6, check: holdsMod7 },
  { carrier: 'Yamato, Sagawa', pattern: /^\d{12}$/, confidence: 0.8, check: holdsMod7, regions: ['JP', 'KR'] },
  { carrier: 'STO', pattern: /^77\d{10,13}$/, confidence: 0.55, regions: ['CN'] },
  { carrier: 'ZTO', pattern: /^7[3-9]\d{10,12}$/, confidence: 0.5, regions: ['CN'] },
  { carrier: 'Yunda', pattern: /^(?:3[0-9]|4[36])\d{11}(?:\d{2})?$/, confidence: 0.45, regions: ['CN'] },
  { carrier: 'EMS', pattern: /^1[0-2]\d{11}$/, confidence: 0.25, regions: ['CN'] },
  { carrier: 'China Post', pattern: /^9[6-9]\d{11}$/, confidence: 0.45, regions: ['CN'] },
];
