import { closeSync, openSync } from 'node:fs';
import { accesses } from './access.ts';
import { DAY_SECONDS, isoOf } from './calendar.ts';
import { writeAll } from './columns.ts';
import type { Principal } from './fleet.ts';
import { customerId } from './people.ts';
import type { DayReads } from './traffic.ts';

const CHUNK_BYTES = 1 << 22;
const LONGEST_LINE_BYTES = 512;

/** Writes reads as JSON lines `{at, principal, subject, fields, purpose}`, the form of `disclosures import`, piecewise from ready-made bytes. */
export function openLog(
  path: string,
  principals: readonly Principal[],
): { add: (day: DayReads) => void; close: () => void } {
  const file = openSync(path, 'w');
  const chunk = new Uint8Array(CHUNK_BYTES);
  let used = 0;
  const bytesOf = (text: string) => new Uint8Array(Buffer.from(text));
  const names = principals.map(({ principal }) => bytesOf(`Z","principal":"${principal}","subject":"`));
  const tails = accesses.map(({ fields, purpose }) =>
    bytesOf(`","fields":${JSON.stringify(fields)},"purpose":"${purpose}"}\n`),
  );
  const clock = Array.from({ length: DAY_SECONDS }, (_, second) => isoOf(second).slice(11, 19)).join('');
  const clockBytes = bytesOf(clock);
  const put = (bytes: Uint8Array, from = 0, to = bytes.length) => {
    for (let i = from; i < to; i++) chunk[used++] = bytes[i] as number;
  };
  const flush = () => {
    writeAll(file, chunk.subarray(0, used));
    used = 0;
  };
  return {
    add(day) {
      let head = new Uint8Array();
      let midnight = -1;
      for (let i = 0; i < day.count; i++) {
        const time = day.time[i] as number;
        const second = time % DAY_SECONDS;
        if (time - second !== midnight) {
          midnight = time - second;
          head = bytesOf(`{"at":"${isoOf(midnight).slice(0, 11)}`);
        }
        put(head);
        put(clockBytes, second * 8, second * 8 + 8);
        put(names[day.principal[i] as number] as Uint8Array);
        used = putCustomerId(chunk, used, day.subject[i] as number);
        put(tails[day.access[i] as number] as Uint8Array);
        if (used > CHUNK_BYTES - LONGEST_LINE_BYTES) flush();
      }
    },
    close() {
      flush();
      closeSync(file);
    },
  };
}

/** The bytes of `customerId`: C and eight digits. */
function putCustomerId(out: Uint8Array, at: number, customer: number): number {
  const length = customerId(0).length;
  let rest = customer + 10_000_000;
  for (let i = length - 1; i > 0; i--) {
    out[at + i] = 48 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  out[at] = 67;
  return at + length;
}
