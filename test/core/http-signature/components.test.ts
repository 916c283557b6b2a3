import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FieldType, readComponent, structuredFieldTypes } from '../../../src/core/http-signature/components.ts';
import type { SignedMessage } from '../../../src/core/http-signature/message.ts';
import { createSignatureBase } from '../../../src/core/http-signature/signature-base.ts';
import { parseItem, parseList } from '../../../src/core/http-signature/structured-fields.ts';

const types = new Map<string, FieldType>([...structuredFieldTypes, ['example-dict', 'dictionary']]);

function request(target: string, headers: Record<string, string[]> = {}, more = {}): SignedMessage {
  const lines = new Map(Object.entries(headers));
  return {
    request: { method: 'POST', scheme: 'https', authority: 'www.example.com', target, headers: lines, ...more },
    response: null,
  };
}

function read(identifier: string, message: SignedMessage): string | null {
  return readComponent(parseItem(identifier)!, message, types);
}

test('fields, as in RFC 9421, section 2.1', () => {
  const message = request('/', {
    host: ['www.example.com'],
    'x-ows-header': ['  Leading and trailing whitespace.\t  '],
    'x-obs-fold-header': ['Obsolete\r\n    line folding.'],
    'cache-control': ['max-age=60', '   must-revalidate'],
    'example-dict': ['  a=1,    b=2;x=1;y=2,   c=(a   b   c)'],
    'x-empty-header': [''],
    'example-header': ['value, with, lots', 'of, commas'],
    'x-split': ['a\r\nb'],
  });
  assert.equal(read('"host"', message), 'www.example.com');
  assert.equal(read('"x-ows-header"', message), 'Leading and trailing whitespace.');
  assert.equal(read('"x-obs-fold-header"', message), 'Obsolete line folding.');
  assert.equal(read('"cache-control"', message), 'max-age=60, must-revalidate');
  assert.equal(read('"example-dict"', message), 'a=1,    b=2;x=1;y=2,   c=(a   b   c)');
  assert.equal(read('"example-dict";sf', message), 'a=1, b=2;x=1;y=2, c=(a b c)');
  assert.equal(read('"x-empty-header"', message), '');
  assert.equal(read('"example-header";bs', message), ':dmFsdWUsIHdpdGgsIGxvdHM=:, :b2YsIGNvbW1hcw==:');
  for (const identifier of ['"x-none"', '"x-split"', '"Host"', '"host";sf', '"host";key="a"', '"host";name="a"'])
    assert.equal(read(identifier, message), null, identifier);
  for (const identifier of [
    '"example-dict";bs;sf',
    '"example-dict";bs;key="a"',
    '"host";tr',
    '"host";x',
    '"host";sf=1',
  ])
    assert.equal(read(identifier, message), null, identifier);
});

test('members of dictionaries, as in section 2.1.2', () => {
  const message = request('/', { 'example-dict': ['  a=1, b=2;x=1;y=2, c=(a   b    c), d'] });
  const member = (key: string) => read(`"example-dict";key="${key}"`, message);
  assert.deepEqual(['a', 'd', 'b', 'c', 'e'].map(member), ['1', '?1', '2;x=1;y=2', '(a b c)', null]);
});

test('derived components, as in section 2.2', () => {
  const message = request('/path?param=value');
  for (const [name, value] of [
    ['@method', 'POST'],
    ['@target-uri', 'https://www.example.com/path?param=value'],
    ['@authority', 'www.example.com'],
    ['@scheme', 'https'],
    ['@request-target', '/path?param=value'],
    ['@path', '/path'],
    ['@query', '?param=value'],
    ['@status', null],
    ['@query-params', null],
    ['@', null],
  ] as const)
    assert.equal(read(`"${name}"`, message), value, name);
  assert.equal(read('"@method";sf', message), null);
  assert.equal(read('"@query"', request('/path')), '?');
  assert.equal(read('"@query"', request('/path?')), '?');
  assert.equal(read('"@path"', request('?a')), '/');
  assert.equal(read('"@path"', request('https://www.example.com/a/%2F?b')), '/a/%2F');
  assert.equal(read('"@path"', request('https://www.example.com')), '/');
  assert.equal(read('"@target-uri"', request('https://www.example.com/a')), 'https://www.example.com/a');
  assert.equal(read('"@request-target"', request('*')), '*');
  assert.equal(read('"@target-uri"', request('*')), 'https://www.example.com');
  assert.equal(read('"@authority"', request('/', {}, { authority: 'WWW.Example.com:443' })), 'www.example.com');
  assert.equal(read('"@authority"', request('/', {}, { authority: 'a:80', scheme: 'HTTP' })), 'a');
  assert.equal(read('"@authority"', request('/', {}, { authority: 'a:8443' })), 'a:8443');
});

test('query parameters, as in section 2.2.8', () => {
  const message = request(
    '/parameters?var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something',
  );
  assert.equal(read('"@query-param";name="var"', message), 'this%20is%20a%20big%0Amultiline%20value');
  assert.equal(read('"@query-param";name="bar"', message), 'with%20plus%20whitespace');
  assert.equal(read('"@query-param";name="fa%C3%A7ade%22%3A%20"', message), 'something');
  const other = request('/path?param=value&foo=bar&baz=batman&qux=&twice=1&twice=2&bad=%ff&odd=%&none');
  const value = (name: string) => read(`"@query-param";name="${name}"`, other);
  assert.deepEqual(['baz', 'qux', 'param', 'none', 'odd'].map(value), ['batman', '', 'value', '', '%25']);
  assert.deepEqual(['twice', 'bad', 'absent'].map(value), [null, null, null]);
  assert.equal(read('"@query-param"', other), null);
});

test('a response may cover its request (section 2.4), and trailers', () => {
  const { request: asked } = request('/foo?param=Value', { 'content-digest': ['sha-256=:AA==:'] });
  const message: SignedMessage = {
    request: asked,
    response: {
      status: 503,
      headers: new Map([['content-type', ['application/json']]]),
      trailers: new Map([['expires', ['soon']]]),
    },
  };
  assert.equal(read('"@status"', message), '503');
  assert.equal(read('"@method";req', message), 'POST');
  assert.equal(read('"@method"', message), null);
  assert.equal(read('"content-digest";req', message), 'sha-256=:AA==:');
  assert.equal(read('"content-digest";req;key="sha-256"', message), ':AA==:');
  assert.equal(read('"content-digest"', message), null);
  assert.equal(read('"expires";tr', message), 'soon');
  assert.equal(read('"expires"', message), null);
  assert.equal(read('"@query-param";req;name="param"', message), 'Value');
  assert.equal(read('"@method";req', { request: asked, response: null }), null);
  assert.equal(read('"@method";req', { ...message, request: null }), null);
});

test('a base has no component twice, whatever the order of parameters, and no line that a value could make', () => {
  const message = request('/', { 'example-dict': ['a=1'], x: ['é'], y: ['a\u0000b'], z: ['a\tb'] });
  const build = (covered: string) => {
    const [list] = parseList(covered)!;
    assert.ok(list !== undefined && 'items' in list);
    return createSignatureBase(list, message, types).base;
  };
  assert.equal(
    build('("@method" "z");created=1'),
    '"@method": POST\n"z": a\tb\n"@signature-params": ("@method" "z");created=1',
  );
  assert.equal(build('("@method" "@method")'), null);
  assert.equal(build('("example-dict";key="a";tr "example-dict";tr;key="a")'), null);
  assert.equal(build('("x")'), null);
  assert.equal(build('("y")'), null);
  assert.equal(build('()'), '"@signature-params": ()');
});
