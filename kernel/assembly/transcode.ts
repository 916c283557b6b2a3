/*
 * GB18030 to UTF-8 (WHATWG Encoding Standard, section 10.1, the decoder). The tables are made from the platform's own decoder when the program starts:
 * `two`: u32 per (lead, trail), 126 × 192 entries from 0x81 0x40: UTF-8 bytes in the low 24 bits, their number in the high 8; 0: not a character.
 * `four`: u16 code unit per linear index of a four-byte sequence up to 39,419; 0: none.
 */

/** Answers (bytes used << 32 | bytes written). Stops before a sequence that `end` cuts off, unless `isFinal`. Writes at most 1.5 times the input and 3 bytes. */
export function transcodeGb18030(from: usize, end: usize, to: usize, two: usize, four: usize, isFinal: bool): u64 {
  let at = from;
  let out = to;
  while (at < end) {
    // Runs of ASCII.
    while (at + 16 <= end) {
      const v = v128.load(at);
      v128.store(out, v);
      const mask = i8x16.bitmask(v);
      if (mask != 0) {
        const run: usize = ctz(mask);
        at += run;
        out += run;
        break;
      }
      at += 16;
      out += 16;
    }
    if (at >= end) break;
    const lead: u32 = load<u8>(at);
    if (lead < 0x80) {
      store<u8>(out, lead);
      out++;
      at++;
      continue;
    }
    if (lead == 0x80 || lead == 0xff) {
      // 0x80 is the euro sign in this decoder; 0xff is nothing.
      if (lead == 0x80) store<u32>(out, 0xac82e2);
      else store<u32>(out, 0xbdbfef);
      out += 3;
      at++;
      continue;
    }
    if (at + 1 >= end) {
      if (!isFinal) break;
      store<u32>(out, 0xbdbfef);
      out += 3;
      at++;
      continue;
    }
    const second: u32 = load<u8>(at, 1);
    if (second >= 0x40 && second != 0xff) {
      const entry = load<u32>(two + (((lead - 0x81) * 192 + (second - 0x40)) << 2));
      if (entry != 0) {
        store<u32>(out, entry & 0xffffff);
        out += entry >> 24;
        at += 2;
        continue;
      }
      store<u32>(out, 0xbdbfef);
      out += 3;
      // An ASCII byte is never swallowed by a broken character.
      at += second < 0x80 ? 1 : 2;
      continue;
    }
    if (second - 0x30 < 10) {
      if (at + 3 >= end && !isFinal) break;
      if (at + 3 < end) {
        const third: u32 = load<u8>(at, 2);
        const fourth: u32 = load<u8>(at, 3);
        if (third >= 0x81 && third <= 0xfe && fourth - 0x30 < 10) {
          const index = (((lead - 0x81) * 10 + (second - 0x30)) * 126 + (third - 0x81)) * 10 + (fourth - 0x30);
          let point: u32 = 0;
          if (index < 39420) point = load<u16>(four + (index << 1));
          else if (index >= 189000 && index < 189000 + 0x100000) point = index - 189000 + 0x10000;
          if (point != 0) {
            out = putUtf8(out, point);
            at += 4;
            continue;
          }
        }
      }
      store<u32>(out, 0xbdbfef);
      out += 3;
      // A sequence that the end of the input cuts off is one error as a whole.
      if (at + 2 >= end) at = end;
      else at += at + 3 == end && u32(load<u8>(at, 2)) - 0x81 < 126 ? 3 : 1;
      continue;
    }
    store<u32>(out, 0xbdbfef);
    out += 3;
    at += second < 0x80 ? 1 : 2;
  }
  return (u64(at - from) << 32) | u64(out - to);
}

function putUtf8(to: usize, point: u32): usize {
  if (point < 0x80) {
    store<u8>(to, point);
    return to + 1;
  }
  if (point < 0x800) {
    store<u8>(to, 0xc0 | (point >> 6));
    store<u8>(to, 0x80 | (point & 63), 1);
    return to + 2;
  }
  if (point < 0x10000) {
    store<u8>(to, 0xe0 | (point >> 12));
    store<u8>(to, 0x80 | ((point >> 6) & 63), 1);
    store<u8>(to, 0x80 | (point & 63), 2);
    return to + 3;
  }
  store<u8>(to, 0xf0 | (point >> 18));
  store<u8>(to, 0x80 | ((point >> 12) & 63), 1);
  store<u8>(to, 0x80 | ((point >> 6) & 63), 2);
  store<u8>(to, 0x80 | (point & 63), 3);
  return to + 4;
}
