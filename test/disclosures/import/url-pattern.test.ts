import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchUrl, parseUrlPattern } from '../../../src/disclosures/import/url-pattern.ts';

test('the subject is taken from where the pattern says', () => {
  const cases: readonly [string, string, string | null][] = [
    ['/customers/{subject}', '/customers/C1', 'C1'],
    ['/customers/{subject}', '/customers/C1/', 'C1'],
    ['/customers/{subject}', '/customers/C1?full=1#top', 'C1'],
    ['/customers/{subject}', 'https://shop.example/customers/C%201', 'C 1'],
    ['/customers/{subject}', '/customers/C%', null],
    ['/customers/{subject}', '/customers/', null],
    ['/customers/{subject}', '/customers/C1/orders', null],
    ['/customers/{subject}', '/staff/C1', null],
    ['/customers/{subject}/*', '/customers/C1/orders', 'C1'],
    ['/customers/{subject}/**', '/customers/C1/orders/7', 'C1'],
    ['/customers/{subject}/**', '/customers/C1', 'C1'],
    ['/api/*/user-{subject}.json', '/api/v2/user-77.json', '77'],
    ['/api/*/user-{subject}.json', '/api/v2/user-.json', null],
    ['/customer?id={subject}', '/customer?x=1&id=9', '9'],
    ['/customer?id={subject}', '/customer?uid=9', null],
    ['/customer?id={subject}&view=full', '/customer?id=9&view=brief', null],
    ['/customer?id={subject}&view=full', '/customer?view=full&id=9', '9'],
  ];
  for (const [pattern, url, subject] of cases) {
    assert.equal(matchUrl(parseUrlPattern(pattern)!, url), subject, `${pattern} ${url}`);
  }
});

test('an address is what a server makes of it, however whoever asks has written it', () => {
  const cases: readonly [string, string, string | null][] = [
    ['/c/{subject}', '/c/5?x=://y/z', '5'],
    ['/c/{subject}', '/x?u=://y/c/5', null],
    ['/customers/{subject}', '//customers///C1', 'C1'],
    ['/customers/{subject}', '/./customers/../customers/C1', 'C1'],
    ['/customers/{subject}', '/x/%2e%2e/customers/C1', 'C1'],
    ['/customers/{subject}', '/c%75stomers/C%31', 'C1'],
    ['/customers/{subject}', '/customers/C%2541', 'C%41'],
    ['/customers/{subject}', '/../../customers/C1', 'C1'],
    ['/customers/{subject}', '/customers/../C1', null],
    ['/customer?id={subject}', '/customer?i%64=9', '9'],
    ['/customer?id={subject}&view=full%20page', '/customer?id=9&view=full%20page', '9'],
    ['/caf%C3%A9/{subject}/', '/caf%c3%a9/C1', 'C1'],
    ['/café/{subject}', '/caf%C3%A9/C1', 'C1'],
    ['/customer?id={subject}', '/customer?id=%', null],
  ];
  for (const [pattern, url, subject] of cases) {
    assert.equal(matchUrl(parseUrlPattern(pattern)!, url), subject, `${pattern} ${url}`);
  }
});

test('a pattern is a path with one place for the subject', () => {
  for (const text of [
    '',
    'customers/{subject}',
    '/customers',
    '/{subject}/{subject}',
    '/customers?id=C{subject}',
    '/customers?{subject}=1',
    '/customers?a=1?id={subject}',
  ]) {
    assert.equal(parseUrlPattern(text), null, text);
  }
});

test('long hostile addresses cost nothing', () => {
  const pattern = parseUrlPattern('/a/{subject}/**')!;
  assert.equal(matchUrl(pattern, '/a'.repeat(1_000_000)), null);
});
