import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settingsOf } from '../../src/gateway/settings.ts';

test('where browsers see the gateway is compared as browsers write it', () => {
  const of = (publicOrigin: string) => settingsOf({ gateway: { publicOrigin } }, 'http://localhost:8443');
  assert.equal(of('https://gate.example:443').publicOrigin, 'https://gate.example');
  assert.deepEqual([...(of('https://gate.example:443').authorities ?? [])], ['gate.example']);
  assert.equal(of('https://gate.example:8443').publicOrigin, 'https://gate.example:8443');
  assert.equal(settingsOf({}, 'http://localhost:8443').publicOrigin, 'http://localhost:8443');
});
