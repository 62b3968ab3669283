// Certificates: documents, verification on line and off, tampering, changes of state.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { client, deathForm, idNumber, program, signedIn, startServer } from './lib.mjs';

let server;
let doctor;
let stranger;
let no;
let holder;
let folder;

before(async () => {
  server = await startServer();
  doctor = await signedIn(server, 'dr-wang');
  stranger = client(server);
  folder = mkdtempSync(join(tmpdir(), 'tongban-cert-'));
  holder = idNumber('230110', '19500101', 1);
  const opened = await doctor.post('/api/v1/cases', { item: 'death-report', form: deathForm(holder) });
  assert.equal(opened.status, 201, opened.text);
  no = opened.body.certificates[0].no;
});
after(() => server.stop());

const verify = (given) => stranger.post('/api/v1/certificates/verify', given);
function offline(text, keys) {
  const file = join(folder, 'given.jws');
  writeFileSync(file, text);
  return spawnSync(program, ['cert', 'verify', file, '--keys', keys], { encoding: 'utf8' });
}
async function keysFile() {
  const file = join(folder, 'jwks.json');
  writeFileSync(file, (await stranger.get('/.well-known/jwks.json')).text);
  return file;
}

test('the certificate can be had as SVG, PDF, PNG and signed text', async () => {
  const svg = await doctor.get(`/api/v1/certificates/${no}.svg`);
  assert.equal(svg.status, 200, svg.text);
  assert.match(svg.text, /<svg/);
  assert.match(svg.text, /演示/);
  const pdf = await doctor.get(`/api/v1/certificates/${no}.pdf`);
  assert.equal(pdf.bytes.subarray(0, 5).toString(), '%PDF-');
  const png = await doctor.get(`/api/v1/certificates/${no}.png`);
  assert.equal(png.bytes.subarray(1, 4).toString(), 'PNG');
  const jws = await doctor.get(`/api/v1/certificates/${no}.jws`);
  assert.equal(jws.text.trim().split('.').length, 3);
});

test('a stranger verifies it by code, number, identifier and signed text, and sees names masked', async () => {
  const one = (await doctor.get(`/api/v1/certificates/${no}`)).body;
  const jws = (await doctor.get(`/api/v1/certificates/${no}.jws`)).text.trim();
  for (const given of [{ code: one.code }, { identifier: one.identifier }, { jws }]) {
    const { status, body, text } = await verify(given);
    assert.equal(status, 200, text);
    assert.equal(body.result, 'genuine', text);
    assert.equal(body.valid, true, text);
    assert.ok(!text.includes(holder), 'no ID number is shown to strangers');
    assert.ok(!text.includes('陈树林'), 'no full name is shown to strangers');
  }
  const page = await stranger.get(`/v/${one.code}`, { Accept: 'text/html' });
  assert.equal(page.status, 200);
  assert.match(page.text, /真实,有效/);
});

test('codes cannot be guessed', async () => {
  const one = (await doctor.get(`/api/v1/certificates/${no}`)).body;
  const guess = one.code.slice(0, -1) + (one.code.endsWith('A') ? 'B' : 'A');
  const { body } = await verify({ code: guess });
  assert.notEqual(body?.result, 'genuine');
});

test('it verifies without the server, and every change is found', async () => {
  const keys = await keysFile();
  const jws = (await doctor.get(`/api/v1/certificates/${no}.jws`)).text.trim();
  const good = offline(jws, keys);
  assert.equal(good.status, 0, good.stdout + good.stderr);
  const [head, payload, signature] = jws.split('.');
  const swap = (text, at) => text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'somebody else' })).toString('base64url');
  for (const bad of [`${head}.${swap(payload, 20)}.${signature}`, `${head}.${payload}.${swap(signature, 10)}`, `${head}.${forged}.${signature}`,
    `${head}.${payload}.`, `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`, 'rubbish'])
    assert.notEqual(offline(bad, keys).status, 0, bad.slice(0, 60));
  const stranger1 = join(folder, 'other.json');
  writeFileSync(stranger1, '{"keys": []}');
  assert.notEqual(offline(jws, stranger1).status, 0, 'an unknown key proves nothing');
  const online = await verify({ jws: `${head}.${swap(payload, 20)}.${signature}` });
  assert.equal(online.body.result, 'not-genuine', online.text);
});

test('a suspended certificate is genuine and not valid at the very next look; resumed it is valid again', async () => {
  const manager = await signedIn(server, 'li');
  const one = (await doctor.get(`/api/v1/certificates/${no}`)).body;
  const act = (action) => manager.post(`/api/v1/certificates/${no}/actions/${action}`, { reason: '核查' });
  const suspended = await act('suspend');
  assert.equal(suspended.status, 200, suspended.text);
  let seen = (await verify({ code: one.code })).body;
  assert.equal(seen.state, 'suspended');
  assert.equal(seen.valid, false);
  assert.equal((await act('resume')).status, 200);
  seen = (await verify({ code: one.code })).body;
  assert.equal(seen.valid, true);
  const noReason = await manager.post(`/api/v1/certificates/${no}/actions/revoke`, {});
  assert.equal(noReason.status, 422, noReason.text);
  const forbidden = await doctor.post(`/api/v1/certificates/${no}/actions/revoke`, { reason: 'x' });
  assert.equal(forbidden.status, 403, forbidden.text);
});

test('a relative opens it with two facts, a stranger cannot', async () => {
  const form = (opener) => new URLSearchParams({ holder_id: holder, opener_id: opener }).toString();
  const ask = (opener) => stranger.ask('POST', '/open', form(opener), { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'text/html' });
  const good = await ask('230110198003150010');
  const allowed = good.status === 200 ? good : null;
  const refused = await ask(idNumber('230110', '19800315', 77));
  assert.notEqual(refused.status, 200, 'a stranger is refused');
  assert.ok(!refused.text.includes('陈树林'));
  assert.ok(allowed, `the contact relative is let in: ${good.status}`);
});
