// A real provider: oidc-provider with PKCE required, confidential client, its own login and consent pages.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';
import { idNumber } from '../api/lib.mjs';
import { browser, tongban, who } from './lib.mjs';

const person = { sub: 'p1', name: '赵申请', id_number: idNumber('230110', '19800315', 21), level: 'high' };
const low = { sub: 'p2', name: '钱低级', id_number: idNumber('230110', '19800316', 21), level: 'low' };
const firm = { sub: 'o1', name: '某某诊所', uscc: '12230110DEM0000147', level: 3 };
const wrong = { sub: 'w1', name: '孙错号', id_number: '230110198003150000', level: 'high' };
const accounts = { [person.sub]: person, [low.sub]: low, [firm.sub]: firm, [wrong.sub]: wrong };

let listener;
let server;
let issuer;
before(async () => {
  listener = createServer((request, response) => handle(request, response));
  let handle = () => {};
  await new Promise((done) => listener.listen(0, '127.0.0.1', done));
  issuer = `http://127.0.0.1:${listener.address().port}`;
  server = await tongban(issuer);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'tongban', client_secret: 'a secret/with+marks', redirect_uris: [`${server.url}/sign-in/oidc/callback`] }],
    claims: { openid: ['sub'], profile: ['name', 'id_number', 'uscc', 'level'] },
    findAccount: (_, id) => accounts[id] && { accountId: id, claims: () => accounts[id] },
    pkce: { required: () => true },
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'r1', use: 'sig', alg: 'RS256' }] },
    cookies: { keys: ['test'] },
  });
  handle = provider.callback();
});
after(async () => {
  await server.stop();
  listener.close();
});

/** From our sign-in page through the provider's pages to the address that the provider sends the browser back to. */
async function toCallback(one, account, path = '/sign-in/oidc?next=/certificates') {
  let answer = await one.go(server.url + path);
  assert.equal(answer.status, 303, answer.text);
  for (let i = 0; i < 12 && !answer.location?.startsWith(server.url); i++) {
    answer = answer.location ? await one.go(one.next(answer)) : await one.post(answer.url, /name="login"/.test(answer.text)
      ? { prompt: 'login', login: account, password: 'x' } : { prompt: 'consent' });
  }
  assert.ok(answer.location?.startsWith(`${server.url}/sign-in/oidc/callback`), `${answer.status} ${answer.location} ${answer.text.slice(0, 300)}`);
  return answer.location;
}

test('a person signs in with the level that the provider vouches for, and comes back to where they were', async () => {
  const one = browser();
  const answer = await one.go(await toCallback(one, 'p1'));
  assert.equal(answer.status, 303, answer.text);
  assert.equal(answer.location, '/certificates');
  const session = await who(one, server);
  assert.equal(session.user.kind, 'person');
  assert.equal(session.user.display, '赵申请');
  assert.equal(session.user.level, 3);
  assert.equal((await one.go(`${server.url}/certificates`)).status, 200);
});

test('a weaker proof of identity counts for less', async () => {
  const one = browser();
  await one.go(await toCallback(one, 'p2'));
  assert.equal((await who(one, server)).user.level, 1);
});

test('an organisation signs in by its credit code', async () => {
  const one = browser();
  await one.go(await toCallback(one, 'o1'));
  const session = await who(one, server);
  assert.equal(session?.user.kind, 'org');
  assert.equal(session.user.display, '某某诊所');
});

test('a claim that is no ID number signs nobody in', async () => {
  const one = browser();
  const answer = await one.go(await toCallback(one, 'w1'));
  assert.equal(answer.status, 403);
  assert.equal(await who(one, server), undefined);
});

test('an answer counts once, in the browser that asked, with its own state', async () => {
  const one = browser();
  const callback = await toCallback(one, 'p1');
  const stranger = browser();
  assert.equal((await stranger.go(callback)).status, 401);
  assert.equal(await who(stranger, server), undefined);
  const other = new URL(callback);
  other.searchParams.set('state', 'x'.repeat(32));
  const third = browser();
  await toCallback(third, 'p1');
  assert.equal((await third.go(other.href)).status, 401);
  assert.equal((await one.go(callback)).status, 303);
  assert.equal((await one.go(callback)).status, 401);
});

test('a refusal at the provider is told, and nobody is signed in', async () => {
  const one = browser();
  const callback = new URL(await toCallback(one, 'p1'));
  callback.searchParams.delete('code');
  callback.searchParams.set('error', 'access_denied');
  const answer = await one.go(callback.href);
  assert.equal(answer.status, 401);
  assert.match(answer.text, /id="errors"/);
  assert.equal(await who(one, server), undefined);
});

test('only a path of this site is come back to', async () => {
  const one = browser();
  const answer = await one.go(await toCallback(one, 'p1', '/sign-in/oidc?next=//evil.example/'));
  assert.equal(answer.location, '/');
});
