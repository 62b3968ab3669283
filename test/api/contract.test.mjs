// The description of the API and its routes say the same, and what operators ask is answered.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { client, root, signedIn, startServer } from './lib.mjs';

let server;
let nobody;
before(async () => {
  server = await startServer();
  nobody = client(server);
});
after(() => server.stop());

const routeTable = () =>
  [...readFileSync(join(root, 'src/api/api.c'), 'utf8').matchAll(/\{HTTP_(\w+), (V )?"([^"]+)", api_(\w+),/g)].map(([, method, version, path, handler]) =>
    ({ method: method.toLowerCase(), path: (version ? '/api/v1' : '') + path, handler }));

test('every route is described and every described path is a route', async () => {
  const description = (await nobody.get('/api/openapi.json')).body;
  const described = Object.entries(description.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`)).sort();
  const routes = routeTable().map(({ method, path }) => `${method} ${path}`).sort();
  assert.deepEqual(described, routes);
});

test('every described path answers, and none with 500', async () => {
  const admin = await signedIn(server, 'admin');
  for (const { method, path } of routeTable()) {
    const filled = path.replace(/\{\w+\}/g, 'none');
    const answer = await admin.ask(method.toUpperCase(), filled, ['post', 'put', 'patch'].includes(method) ? {} : undefined);
    assert.ok(answer.status < 500, `${method} ${filled}: ${answer.status} ${answer.text}`);
    if (path === '/api/v1/session' && method === 'delete') await admin.signIn('admin');
  }
});

test('health, readiness and metrics are open; metrics count requests by route', async () => {
  assert.equal((await nobody.get('/healthz')).status, 200);
  assert.equal((await nobody.get('/readyz')).status, 200);
  const metrics = await nobody.get('/metrics');
  assert.match(metrics.text, /^# TYPE http_requests_total counter/m);
  assert.match(metrics.text, /route="\/api\/v1\/session"/);
});

test('unknown paths and methods are told apart', async () => {
  assert.equal((await nobody.get('/api/v1/nothing')).status, 404);
  const wrong = await nobody.ask('PUT', '/api/v1/cases', {});
  assert.equal(wrong.status, 405);
  assert.match(wrong.headers.get('allow'), /GET/);
});

test('texts follow the language asked for', async () => {
  const zh = (await nobody.get('/api/v1/items?lang=zh-CN')).body.items;
  const en = (await nobody.get('/api/v1/items?lang=en')).body.items;
  assert.equal(zh.length, en.length);
  assert.ok(zh.length > 0);
  for (let i = 0; i < zh.length; i++) {
    assert.match(zh[i].title, /[一-鿿]/);
    assert.doesNotMatch(en[i].title, /[一-鿿]/);
  }
});

test('every page carries the security headers', async () => {
  const page = await nobody.get('/', { Accept: 'text/html' });
  assert.equal(page.status, 200);
  assert.match(page.headers.get('content-security-policy'), /default-src 'self'/);
  assert.equal(page.headers.get('x-content-type-options'), 'nosniff');
});
