// A wallet (@openid4vc/openid4vci) takes a certificate by the pre-authorized code flow; a verifier (@sd-jwt/sd-jwt-vc) checks what
// its holder discloses, and sees a revocation at the next look.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { createServer } from 'node:net';
import { setGlobalConfig } from '@openid4vc/oauth2';
import { Openid4vciClient } from '@openid4vc/openid4vci';
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc';
import { until } from '../api/lib.mjs';
import { issue, signedIn, signedInPerson, startCards } from '../api/wallet.mjs';

setGlobalConfig({ allowInsecureUrls: true });
const V = '/api/v1/certificates';
let server;
let office;

const freePort = () => new Promise((done) => {
  const probe = createServer().listen(0, '127.0.0.1', () => { const { port } = probe.address(); probe.close(() => done(port)); });
});

before(async () => {
  const at = `127.0.0.1:${await freePort()}`;
  server = await startCards({ args: ['--listen', at, '--public-url', `http://${at}`] });
  office = await signedIn(server, 'li');
});
after(() => server.stop());

/** A wallet's key and the callbacks its library asks for. */
function newWallet() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = publicKey.export({ format: 'jwk' });
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const callbacks = {
    fetch,
    hash: (data, algorithm) => createHash(algorithm.replace('-', '')).update(data).digest(),
    generateRandom: (length) => randomBytes(length),
    clientAuthentication: () => {},
    signJwt: (signer, { header, payload }) => {
      const head = `${part(header)}.${part(payload)}`;
      return { jwt: `${head}.${sign('sha256', Buffer.from(head), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`, signerJwk: jwk };
    },
    verifyJwt: () => { throw new Error('nothing here is signed for the wallet'); },
    encryptJwe: () => { throw new Error('nothing is encrypted'); },
    decryptJwe: () => { throw new Error('nothing is encrypted'); },
  };
  return { client: new Openid4vciClient({ callbacks }), jwk, privateKey };
}

async function holderOf(options) {
  const one = await issue(office, options);
  return { ...one, session: await signedInPerson(server, one.id) };
}

async function offerOf(holder) {
  const offered = await holder.session.post(`${V}/${holder.no}/offer`);
  assert.equal(offered.status, 201, offered.text);
  return offered.body;
}

/** The whole way of a wallet: from the offer's address to the credential. */
async function take(wallet, offered, { txCode = offered.tx_code } = {}) {
  const credentialOffer = await wallet.client.resolveCredentialOffer(offered.uri);
  const issuerMetadata = await wallet.client.resolveIssuerMetadata(credentialOffer.credential_issuer);
  const { accessTokenResponse } = await wallet.client.retrievePreAuthorizedCodeAccessTokenFromOffer({ credentialOffer, issuerMetadata, txCode });
  const [credentialConfigurationId] = credentialOffer.credential_configuration_ids;
  const { c_nonce: nonce } = await wallet.client.requestNonce({ issuerMetadata });
  const { jwt } = await wallet.client.createCredentialRequestJwtProof({
    issuerMetadata, credentialConfigurationId, nonce, issuedAt: new Date(),
    signer: { method: 'jwk', alg: 'ES256', publicJwk: wallet.jwk },
  });
  const ask = (proof = jwt) => wallet.client.retrieveCredentials({
    issuerMetadata, accessToken: accessTokenResponse.access_token, credentialConfigurationId, proofs: { jwt: [proof] },
  });
  const { credentialResponse } = await ask();
  return { credential: credentialResponse.credentials[0].credential, ask, jwt, issuerMetadata, accessToken: accessTokenResponse.access_token };
}

/** A verifier that knows nothing but the issuer's address. */
async function verifier() {
  const { jwks } = await (await fetch(`${server.url}/.well-known/jwt-vc-issuer`)).json();
  const check = (data, signature) => jwks.keys.some((key) =>
    verify('sha256', Buffer.from(data), { key: createPublicKey({ key, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')));
  return new SDJwtVcInstance({
    verifier: check, statusVerifier: check, loadTypeMetadataFormat: true,
    hasher: (data, algorithm) => createHash(algorithm.replace('-', '')).update(typeof data === 'string' ? data : Buffer.from(data)).digest(),
    hashAlg: 'sha-256', saltGenerator: () => randomBytes(16).toString('base64url'),
    kbVerifier: (data, signature, payload) => verify('sha256', Buffer.from(data),
      { key: createPublicKey({ key: payload.cnf.jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')),
  });
}

test('a wallet takes a certificate, and a verifier accepts it with its type', async () => {
  const holder = await holderOf({ remark: '备注' });
  const wallet = newWallet();
  const { credential } = await take(wallet, await offerOf(holder));
  const seen = await (await verifier()).verify(credential);
  assert.equal(seen.header.typ, 'dc+sd-jwt');
  assert.equal(seen.header.alg, 'ES256');
  assert.equal(seen.payload.iss, server.url);
  assert.deepEqual(seen.payload.cnf.jwk, { crv: 'P-256', kty: 'EC', x: wallet.jwk.x, y: wallet.jwk.y });
  assert.deepEqual([seen.payload.name, seen.payload.remark, seen.payload.face_status, seen.payload.holder_id], ['王小明', '备注', '普通', holder.id]);
  assert.equal(seen.typeMetadata.mergedTypeMetadata.name, '试验证照');
  const uses = (await holder.session.get(`${V}/${holder.no}/uses`)).body.items.map((use) => use.what);
  assert.deepEqual(uses, ['credential-issued', 'credential-offered']);
});

test('the holder discloses one field with a proof of the bound key, and nothing else is told', async () => {
  const holder = await holderOf();
  const wallet = newWallet();
  const { credential } = await take(wallet, await offerOf(holder));
  const instance = await verifier();
  const signer = (data) => sign('sha256', Buffer.from(data), { key: wallet.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  instance.config({ kbSigner: signer, kbSignAlg: 'ES256' });
  const presented = await instance.present(credential, { name: true },
    { kb: { payload: { iat: Math.floor(Date.now() / 1000), aud: 'https://verifier.example', nonce: 'n-1' } } });
  const seen = await instance.verify(presented, { requiredClaimKeys: ['name'], keyBindingNonce: 'n-1' });
  assert.equal(seen.payload.name, '王小明');
  assert.equal(seen.payload.holder_id, undefined);
  assert.ok(!Buffer.from(presented.split('.')[1], 'base64url').toString().includes(holder.id));
  await assert.rejects(instance.verify(presented, { keyBindingNonce: 'n-2' }));
});

test('an altered credential and a foreign disclosure are not accepted', async () => {
  const { credential } = await take(newWallet(), await offerOf(await holderOf()));
  const instance = await verifier();
  const [jwt, ...rest] = credential.split('~');
  const [head, payload, signature] = jwt.split('.');
  const claims = { ...JSON.parse(Buffer.from(payload, 'base64url')), iss: 'https://elsewhere.example' };
  const forged = `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
  await assert.rejects(instance.verify([forged, ...rest].join('~')));
  const foreign = Buffer.from(JSON.stringify(['salt', 'name', '别人'])).toString('base64url');
  const seen = await instance.verify([jwt, foreign, ''].join('~')).catch(() => undefined);
  assert.notEqual(seen?.payload.name, '别人');
});

test('a suspension and a revocation show in the status list at the next look', async () => {
  const holder = await holderOf();
  const { credential } = await take(newWallet(), await offerOf(holder));
  const other = await take(newWallet(), await offerOf(await holderOf()));
  const instance = await verifier();
  const act = (action) => office.post(`${V}/${holder.no}/actions/${action}`, { reason: '核查' });
  await instance.verify(credential);
  assert.equal((await act('suspend')).status, 200);
  await assert.rejects(instance.verify(credential), /Status is not valid/);
  assert.equal((await act('resume')).status, 200);
  await instance.verify(credential);
  assert.equal((await act('revoke')).status, 200);
  await assert.rejects(instance.verify(credential), /Status is not valid/);
  await instance.verify(other.credential);
  const { status } = JSON.parse(Buffer.from(credential.split('.')[1], 'base64url'));
  const list = await fetch(status.status_list.uri);
  assert.equal(list.headers.get('content-type'), 'application/statuslist+jwt');
  const text = async () => (await fetch(status.status_list.uri)).text();
  await until('the list as it was signed before', async () => (await text()) === (await text()));
  assert.equal((await fetch(`${server.url}/credentials/status/230100/999`)).status, 404);
});

test('an offer serves once; wrong transaction codes void it', async () => {
  const holder = await holderOf();
  const offered = await offerOf(holder);
  await take(newWallet(), offered);
  await assert.rejects(take(newWallet(), offered), /invalid_grant|Unable to retrieve/);
  const second = await offerOf(holder);
  const wrong = second.tx_code === '000000' ? '000001' : '000000';
  for (let i = 0; i < 5; i++) await assert.rejects(take(newWallet(), second, { txCode: wrong }));
  await assert.rejects(take(newWallet(), second));
  await assert.rejects(take(newWallet(), await offerOf(holder), { txCode: '' }));
});

async function token(form) {
  const answer = await fetch(`${server.url}/credentials/token`, { method: 'POST', body: new URLSearchParams(form) });
  return [answer.status, (await answer.json()).error];
}

test('what is wrong with a token request is said in the protocol\'s words', async () => {
  const grant_type = 'urn:ietf:params:oauth:grant-type:pre-authorized_code';
  assert.deepEqual(await token({}), [400, 'invalid_request']);
  assert.deepEqual(await token({ grant_type: 'password', 'pre-authorized_code': 'x' }), [400, 'unsupported_grant_type']);
  assert.deepEqual(await token({ grant_type, 'pre-authorized_code': 'x' }), [400, 'invalid_grant']);
  assert.deepEqual(await token({ grant_type, 'pre-authorized_code': `P230100${'A'.repeat(40)}` }), [400, 'invalid_grant']);
});

async function ask(accessToken, body) {
  const answer = await fetch(`${server.url}/credentials/credential`, {
    method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'Content-Type': 'application/json', ...(accessToken ? { Authorization: `Bearer ${accessToken}` } : {}) },
  });
  return [answer.status, (await answer.json()).error];
}

test('what is wrong with a credential request is said in the protocol\'s words', async () => {
  const holder = await holderOf();
  const wallet = newWallet();
  const { jwt, accessToken, issuerMetadata } = await take(wallet, await offerOf(holder));
  const credential_configuration_id = 'card';
  assert.deepEqual(await ask(undefined, { credential_configuration_id }), [401, 'invalid_token']);
  assert.deepEqual(await ask('x', { credential_configuration_id }), [401, 'invalid_token']);
  assert.deepEqual(await ask(accessToken, '{'), [400, 'invalid_credential_request']);
  assert.deepEqual(await ask(accessToken, {}), [400, 'invalid_credential_request']);
  assert.deepEqual(await ask(accessToken, { credential_configuration_id: 'other' }), [400, 'unknown_credential_configuration']);
  assert.deepEqual(await ask(accessToken, { credential_configuration_id }), [400, 'invalid_proof']);
  assert.deepEqual(await ask(accessToken, { credential_configuration_id, proofs: { jwt: ['a.b.c'] } }), [400, 'invalid_proof']);
  assert.deepEqual(await ask(accessToken, { credential_configuration_id, proofs: { jwt: [jwt] } }), [400, 'invalid_nonce'], 'a nonce serves once');
  const proof = async (nonce, aud, extra = {}) => (await wallet.client.createCredentialRequestJwtProof({
    issuerMetadata: { ...issuerMetadata, credentialIssuer: { ...issuerMetadata.credentialIssuer, credential_issuer: aud } },
    credentialConfigurationId: 'card', nonce, issuedAt: new Date(), signer: { method: 'jwk', alg: 'ES256', publicJwk: wallet.jwk }, ...extra })).jwt;
  const nonce = async () => (await wallet.client.requestNonce({ issuerMetadata })).c_nonce;
  const request = async (one) => ask(accessToken, { credential_configuration_id, proofs: { jwt: [one] } });
  assert.deepEqual(await request(await proof(await nonce(), 'http://127.0.0.1:1')), [400, 'invalid_proof'], 'addressed to another issuer');
  assert.deepEqual(await request(await proof('N1.2.3', server.url)), [400, 'invalid_nonce']);
  assert.deepEqual(await request(await proof(await nonce(), server.url, { issuedAt: new Date(Date.now() - 3600000) })), [400, 'invalid_proof'], 'too old');
  assert.equal((await office.post(`${V}/${holder.no}/actions/revoke`, { reason: '注销' })).status, 200);
  assert.deepEqual(await request(await proof(await nonce(), server.url)), [400, 'credential_request_denied']);
});

test('only the holder is offered a credential, and only of a valid certificate', async () => {
  const holder = await holderOf();
  const other = await holderOf();
  assert.equal((await other.session.post(`${V}/${holder.no}/offer`)).status, 404);
  assert.equal((await office.post(`${V}/${holder.no}/offer`)).status, 403);
  assert.equal((await office.post(`${V}/${holder.no}/actions/revoke`, { reason: '注销' })).status, 200);
  assert.equal((await holder.session.post(`${V}/${holder.no}/offer`)).body.type, 'certificate-state');
});
