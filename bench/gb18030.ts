/**
 * Encodes text as GB18030 by inverting this Node's own decoder (the platform has no such encoder): the two-byte area and the four-byte
 * area of the Basic Multilingual Plane are decoded once into a table; above it the four-byte codes are linear from 0x90308130 (GB 18030-2022, 5.2).
 */
export function makeGb18030Encoder(): (text: string) => Buffer {
  const decoder = new TextDecoder('gb18030');
  const codes = new Map<number, Uint8Array>();
  const learn = (bytes: Uint8Array) => {
    const text = decoder.decode(bytes);
    const point = text.codePointAt(0) as number;
    if ([...text].length === 1 && point !== 0xfffd && !codes.has(point)) codes.set(point, bytes);
  };
  for (let lead = 0x81; lead <= 0xfe; lead++) {
    for (let trail = 0x40; trail <= 0xfe; trail++) if (trail !== 0x7f) learn(Uint8Array.of(lead, trail));
  }
  for (let a = 0x81; a <= 0x84; a++) {
    for (let b = 0x30; b <= 0x39; b++) {
      for (let c = 0x81; c <= 0xfe; c++) for (let d = 0x30; d <= 0x39; d++) learn(Uint8Array.of(a, b, c, d));
    }
  }
  return (text) => {
    const parts: number[] = [];
    for (const character of text) {
      const point = character.codePointAt(0) as number;
      if (point < 0x80) parts.push(point);
      else if (point > 0xffff) parts.push(...fourBytes(point - 0x10000));
      else parts.push(...(codes.get(point) ?? unencodable(point)));
    }
    return Buffer.from(parts);
  };
}

function fourBytes(linear: number): number[] {
  const d = 0x30 + (linear % 10);
  const c = 0x81 + (Math.floor(linear / 10) % 126);
  const b = 0x30 + (Math.floor(linear / 1260) % 10);
  return [0x90 + Math.floor(linear / 12600), b, c, d];
}

function unencodable(point: number): never {
  throw new Error(`no GB18030 code for U+${point.toString(16)}`);
}
