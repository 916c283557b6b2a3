import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { discloseMasked } from '../../../src/core/masks/disclose-masked.ts';

const file = new URL('../../../../shared/data/people-history/contact_versions.csv.gz', import.meta.url);
const skip = existsSync(file) ? false : 'the contact records of US legislators are not here';

/** What stands behind a word for room, suite, floor or box and nowhere else in the address. */
function roomsOf(address: string): string[] {
  const found = address.matchAll(
    /\b(?:room|rm|suite|ste|apt|unit|floor|p\.?\s?o\.?\s?box|box)\b\.?:?\s*#?\s*([A-Z]?-?\d+[A-Z]?)/gi,
  );
  return [...found].map(([, room = '']) => room).filter((room) => address.split(room).length === 2);
}

test('no room, suite, floor or box of real addresses is shown, and most of their streets are', { skip }, () => {
  const text = gunzipSync(readFileSync(file)).toString();
  const addresses = new Set([...text.matchAll(/"([^"\n]*\d[^"\n]*)"/g)].map(([, address = '']) => address));
  let [asked, withStreet] = [0, 0];
  for (const [i, address] of [...addresses].entries()) {
    if (i % 5 !== 0) continue;
    asked++;
    const masked = discloseMasked('address', address, 'waybill');
    if (/^\d+ \p{L}/u.test(masked)) withStreet++;
    const words = masked.split(/[^0-9A-Za-z-]+/);
    for (const room of roomsOf(address)) assert.ok(!words.includes(room), `a room is shown in address ${i}`);
    assert.ok(
      !/\d/.test(discloseMasked('address', address, 'screen')),
      `a number is shown on a screen in address ${i}`,
    );
    assert.equal(discloseMasked('address', masked, 'waybill'), masked, `address ${i} changes when it is masked again`);
  }
  assert.ok(asked > 5000 && withStreet > asked / 4, `${asked} ${withStreet}`);
});
