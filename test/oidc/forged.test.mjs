// A provider that answers as it should in everything but one thing: each lie is refused.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { idNumber } from '../api/lib.mjs';
import { browser, tongban, who } from './lib.mjs';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
const base64 = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A signed token; key.alg none leaves the signature out. */
function token(header, claims, key) {
  const head = `${base64(header)}.${base64(claims)}`;
  if (!key) return `${head}.`;
  const signature = sign('sha256', Buffer.from(head), header.alg === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' } : key);
  return `${head}.${signature.toString('base64url')}`;
}

let listener;
let server;
let issuer;
let lie; // (claims, state) => {token} or parts of the answer
let nonce;
before(async () => {
  const jwks = { keys: [
    { kty: 'RSA', kid: 'broken', n: '!!', e: 'AQAB' },
    { ...weak.publicKey.export({ format: 'jwk' }), kid: 'weak' },
    { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'r1', use: 'sig' },
    { ...ec.publicKey.export({ format: 'jwk' }), kid: 'e1' },
  ] };
  listener = createServer((request, response) => {
    const json = (value, status = 200) => response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
    if (request.url.startsWith('/.well-known')) return json({ issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks` });
    if (request.url === '/jwks') return json(jwks);
    if (request.url !== '/token') return json({}, 404);
    const claims = { iss: issuer, aud: 'tongban', sub: 's', nonce, iat: Math.floor(Date.now() / 1000), exp: Math.floor(Date.now() / 1000) + 300,
      name: '赵申请', id_number: idNumber('230110', '19800315', 21), level: 3 };
    json({ token_type: 'Bearer', access_token: 'a', id_token: lie(claims) });
  });
  await new Promise((done) => listener.listen(0, '127.0.0.1', done));
  issuer = `http://127.0.0.1:${listener.address().port}`;
  server = await tongban(issuer);
});
after(async () => {
  await server.stop();
  listener.close();
});

async function signInWith(make) {
  lie = make;
  const one = browser();
  const start = await one.go(`${server.url}/sign-in/oidc`);
  const asked = new URL(start.location).searchParams;
  assert.equal(asked.get('code_challenge_method'), 'S256');
  nonce = asked.get('nonce');
  const answer = await one.go(`${server.url}/sign-in/oidc/callback?code=c&state=${asked.get('state')}`);
  return { answer, session: await who(one, server) };
}

for (const [name, make] of Object.entries({
  'RS256 by a key of the set': (claims) => token({ alg: 'RS256', kid: 'r1' }, claims, rsa.privateKey),
  'ES256 by a key of the set': (claims) => token({ alg: 'ES256', kid: 'e1' }, claims, ec.privateKey),
  'no key named': (claims) => token({ alg: 'RS256' }, claims, rsa.privateKey),
  'several audiences with us as the party': (claims) => token({ alg: 'RS256', kid: 'r1' }, { ...claims, aud: ['x', 'tongban'], azp: 'tongban' }, rsa.privateKey),
})) test(`accepted: ${name}`, async () => {
  const { answer, session } = await signInWith(make);
  assert.equal(answer.status, 303, answer.text);
  assert.equal(session.user.level, 3);
});

const good = { alg: 'RS256', kid: 'r1' };
for (const [name, make] of Object.entries({
  'a key of nobody': (claims) => token(good, claims, stranger.privateKey),
  'no signature': (claims) => token({ alg: 'none' }, claims),
  'the name of another algorithm': (claims) => token({ alg: 'HS256', kid: 'r1' }, claims, rsa.privateKey),
  'a key that is too short': (claims) => token({ alg: 'RS256', kid: 'weak' }, claims, weak.privateKey),
  'claims changed after signing': (claims) => token(good, claims, rsa.privateKey).replace(/\.[^.]+\./, `.${base64({ ...claims, name: '别人' })}.`),
  'another nonce': (claims) => token(good, { ...claims, nonce: 'old' }, rsa.privateKey),
  'no nonce': (claims) => token(good, { ...claims, nonce: undefined }, rsa.privateKey),
  'another audience': (claims) => token(good, { ...claims, aud: 'shop' }, rsa.privateKey),
  'several audiences and no party': (claims) => token(good, { ...claims, aud: ['tongban', 'shop'] }, rsa.privateKey),
  'another issuer': (claims) => token(good, { ...claims, iss: 'https://evil.example' }, rsa.privateKey),
  'a time that has run out': (claims) => token(good, { ...claims, exp: claims.iat - 120 }, rsa.privateKey),
  'a time to come': (claims) => token(good, { ...claims, iat: claims.iat + 3600 }, rsa.privateKey),
  'nobody as the subject': (claims) => token(good, { ...claims, sub: undefined }, rsa.privateKey),
  'an extension that is not known': (claims) => token({ ...good, crit: ['b64'] }, claims, rsa.privateKey),
  'no token at all': () => undefined,
  'rubbish': () => 'a.b.c',
})) test(`refused: ${name}`, async () => {
  const { answer, session } = await signInWith(make);
  assert.equal(answer.status, 401, `${answer.status} ${answer.text.slice(0, 200)}`);
  assert.equal(session, undefined);
});
