import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Verification } from '../../../src/contract/verification.ts';
import { markup } from '../../../src/report/markup.ts';
import { renderHtml } from '../../../src/verify/report/html.ts';
import { demo, months, verificationOf } from '../fixtures.ts';

const hostile = "\"><script>alert(1)</script><img src=x onerror='a'>&lt;\u202egnp.exe\x1b[2J\u0000";

/** Every string that can come from a dump is `hostile`. */
function spoilt(): Verification {
  const v = verificationOf(demo);
  const columns = v.file.columns.map((column) => ({ ...column, name: hostile, kind: hostile, reason: hostile }));
  const file = { ...v.file, name: hostile, format: hostile, encoding: hostile, columns, rejected: { [hostile]: 3 } };
  return {
    ...v,
    createdAt: hostile,
    version: hostile,
    file,
    parts: [file, file],
    fields: { ...v.fields, [hostile]: { exclusive: false, rows: 9, matched: 9, current: 5, stale: 4 } },
    verdict: { kind: 'ours', reasons: [hostile] },
    controls: { ...v.controls, field: hostile, fields: v.controls.fields.map((f) => ({ ...f, field: hostile })) },
    samples: [{ kind: hostile, cells: v.file.columns.map(() => hostile) }],
    register: { ...v.register, region: hostile, from: hostile, until: hostile },
  };
}

/** A strict reading of the page: every `<` begins a tag of ours; elements are closed in order. */
function tags(page: string): string[] {
  const body = page.replace(/<style>[\s\S]*?<\/style>/, '').replace('<!doctype html>', '');
  const found = [...body.matchAll(/<(\/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z0-9-]+="[^"<>]*")*)\s*(\/?)>/g)];
  assert.equal(found.length, body.split('<').length - 1, 'every < begins a well-formed tag');
  const open: string[] = [];
  for (const [, close, name = '', , selfClosed] of found) {
    if (close) assert.equal(open.pop(), name);
    else if (!selfClosed && name !== 'meta') open.push(name);
  }
  assert.deepEqual(open, []);
  return found.map(([, , name = '']) => name);
}

const nation = verificationOf({
  read: 50_000_000,
  identifiable: 49_000_000,
  strong: 3_110_000,
  weak: 110_000,
  registered: 12_000_000,
  fields: { phone: [49_000_000, 3_220_000, 700_000] },
  controls: { phone: [4000, 2400, 16_000, 3840], nationalId: [4000, 2400, 16_000, 0] },
  byMonth: months(2005, 3, 240),
});
const empty = verificationOf({ read: 0, rejected: 12 });
const bare: Verification = { ...empty, file: { ...empty.file, columns: [], rejected: {} }, samples: [] };

describe('renderHtml', () => {
  for (const [what, v] of [
    ['demo', verificationOf(demo)],
    ['nation-wide leak', nation],
    ['empty', bare],
    ['hostile', spoilt()],
  ] as const) {
    test(`${what}: well-formed, nothing fetched, no number gone wrong`, () => {
      const page = renderHtml(v);
      const names = new Set(tags(page));
      for (const forbidden of ['script', 'img', 'link', 'iframe', 'object', 'a', 'form'])
        assert.ok(!names.has(forbidden));
      assert.ok(page.includes(`content="default-src 'none'; style-src 'unsafe-inline'"`));
      assert.doesNotMatch(page, /https?:|url\(|@import|NaN|undefined|Infinity|\[object/);
      assert.match(page, /<html lang="en">/);
    });
  }

  test('nothing hostile survives: no invisible or control character, no attribute', () => {
    const page = renderHtml(spoilt());
    assert.doesNotMatch(page, /[\u202e\x1b\u0000]/);
    assert.doesNotMatch(page, /onerror=['"]|<script/);
    assert.ok(page.includes('&lt;script&gt;'));
  });

  test('charts: each with title and description, ids once', () => {
    const page = renderHtml(verificationOf(demo));
    const charts = [...page.matchAll(/<svg class="chart"[^>]*aria-labelledby="(\S+) (\S+)"/g)];
    assert.equal(charts.length, 4);
    for (const [, title, description] of charts) {
      assert.ok(page.includes(`<title id="${title}">`) && page.includes(`<desc id="${description}">`));
    }
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    assert.equal(new Set(ids).size, ids.length);
  });

  test('every coordinate of a chart lies on the chart', () => {
    for (const v of [verificationOf(demo), nation]) {
      for (const [svg] of renderHtml(v).matchAll(/<svg class="chart"[\s\S]*?<\/svg>/g)) {
        for (const [, x, width] of svg.matchAll(/<rect x="([^"]+)" y="[^"]+" width="([^"]+)"/g)) {
          assert.ok(Number(x) >= 0 && Number(x) + Number(width) <= 721, `${x} + ${width}`);
        }
      }
    }
  });

  test('empty states are said in words', () => {
    const page = renderHtml(bare);
    for (const said of ['no creation times', 'No row could be read', 'could not be asked', 'Nobody in the register']) {
      assert.ok(page.includes(said), said);
    }
    assert.ok(!page.includes('<svg class="chart"'));
  });

  test('clocks run for ours and not for not-ours', () => {
    assert.match(renderHtml(verificationOf(demo)), /GDPR art\. 33/);
    assert.equal(nation.verdict.kind, 'partly-ours', 'identity numbers are beyond chance');
    const foreign = verificationOf({ read: 10_000 });
    assert.equal(foreign.verdict.kind, 'not-ours');
    assert.doesNotMatch(renderHtml(foreign), /GDPR/);
  });

  test('the same verification gives the same bytes', () => {
    assert.equal(renderHtml(verificationOf(demo)), renderHtml(verificationOf(demo)));
  });
});

test('markup escapes strings, rounds numbers, keeps markup, drops null', () => {
  const inner = markup`<b>${'<&>'}</b>`;
  assert.equal(
    markup`<p title="${'"\''}">${[inner, 1.23456, null]}</p>`.source,
    '<p title="&quot;&#39;"><b>&lt;&amp;&gt;</b>1.23</p>',
  );
});
