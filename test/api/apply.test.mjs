// The applying side: second factors, acting for others, drafts, materials, messages.
import { test, before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { createServer as createHttp } from 'node:http';
import { createServer as createTcp } from 'node:net';
import { client, idNumber, prepared, signedIn, sleep, startServer, until } from './lib.mjs';

const helper = { id: idNumber('230110', '19850315', 32), name: '王帮' };
const stranger = { id: idNumber('420106', '19700101', 77), name: '陈外省' };

let clerk; // a window clerk's own session
let vouched; // whom the identity provider of this test vouches for next
let identities;
let server;
let clamd;
let gateway;
let smtp;
const scanned = [];
const sms = { got: [], answers: {} }; // answers: by number, 200 when none is left
const mails = { got: [], refuse: 0 };

function listen(one) {
  return new Promise((done) => one.listen(0, '127.0.0.1', () => done(one.address().port)));
}

/** Answers as clamd does to zINSTREAM. */
function fakeClamd() {
  return createTcp((socket) => {
    let held = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (part) => {
      held = Buffer.concat([held, part]);
      if (held.length < 10) return;
      assert.equal(held.subarray(0, 10).toString('latin1'), 'zINSTREAM\0');
      let at = 10;
      const pieces = [];
      while (at + 4 <= held.length) {
        const length = held.readUInt32BE(at);
        if (length === 0) {
          const content = Buffer.concat(pieces);
          scanned.push(content);
          socket.end(content.includes('EICAR-STANDARD-ANTIVIRUS-TEST-FILE') ? 'stream: Eicar-Test-Signature FOUND\0' : 'stream: OK\0');
          return;
        }
        if (at + 4 + length > held.length) return;
        pieces.push(held.subarray(at + 4, at + 4 + length));
        at += 4 + length;
      }
    });
  });
}

/** Takes mail as RFC 5321 says; the first so many are put off with 451. */
function fakeSmtp() {
  return createTcp((socket) => {
    let text = '';
    let mail;
    socket.on('error', () => {});
    socket.write('220 test ESMTP\r\n');
    socket.on('data', (part) => {
      text += part;
      for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
        if (mail?.data !== undefined) {
          const dot = text.indexOf('\r\n.\r\n');
          if (dot < 0) return;
          mail.data = text.slice(0, dot);
          text = text.slice(dot + 5);
          mails.got.push(mail);
          mail = undefined;
          socket.write('250 taken\r\n');
          continue;
        }
        const line = text.slice(0, end);
        text = text.slice(end + 2);
        if (/^(EHLO|HELO)/.test(line)) socket.write('250 test\r\n');
        else if (/^MAIL FROM/.test(line)) {
          if (mails.refuse > 0) { mails.refuse--; socket.write('451 later\r\n'); continue; }
          mail = { from: line.slice(10), to: [] };
          socket.write('250 ok\r\n');
        } else if (/^RCPT TO/.test(line)) { mail.to.push(line.slice(8)); socket.write('250 ok\r\n'); }
        else if (line === 'DATA') { mail.data = ''; socket.write('354 go on\r\n'); }
        else if (line === 'QUIT') socket.end('221 bye\r\n');
        else socket.write('250 ok\r\n');
      }
    });
  });
}

/** An OpenID provider without pages. */
function fakeProvider() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return createHttp((request, response) => {
    const issuer = `http://${request.headers.host}`;
    const now = Math.floor(Date.now() / 1000);
    const answer = (value) => response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
    if (request.url.startsWith('/.well-known')) return answer({ issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks` });
    if (request.url === '/jwks') return answer({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'e1' }] });
    const head = `${part({ alg: 'ES256', kid: 'e1' })}.${part({ iss: issuer, aud: 'tongban', sub: vouched.id, nonce: vouched.nonce, iat: now, exp: now + 60, name: vouched.name, id_number: vouched.id, level: 3 })}`;
    return answer({ id_token: `${head}.${sign('sha256', Buffer.from(head), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}` });
  });
}

before(async () => {
  identities = fakeProvider();
  clamd = fakeClamd();
  smtp = fakeSmtp();
  gateway = createHttp((request, response) => {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      const message = JSON.parse(body);
      sms.got.push({ key: request.headers['idempotency-key'], url: request.url, ...message });
      response.writeHead(sms.answers[message.to]?.shift() ?? 200, { 'Content-Type': 'application/json' }).end('{"ok": true}');
    });
  });
  const [scan, mail, text, issuer] = [await listen(clamd), await listen(smtp), await listen(gateway), await listen(identities)];
  server = await startServer(prepared({
    'totp.roles': 'administrator', 'scan.clamd': `127.0.0.1:${scan}`, 'mail.server': `smtp://127.0.0.1:${mail}`, 'mail.from': 'tongban@example.org',
    'agency.sms': `http://127.0.0.1:${text}`, 'oidc.issuer': `http://127.0.0.1:${issuer}`, 'oidc.client': 'tongban',
  }));
  clerk = await signedIn(server, 'clerk-gao');
});
after(async () => {
  await server.stop();
  for (const one of [clamd, smtp, gateway, identities]) one.close();
});

const people = [{ id: idNumber('230110', '19800315', 31), name: '李明' }, { id: idNumber('230110', '19820909', 32), name: '周敏' }];
const someone = (at = 0) => people[at];

/** Signs in through the provider of this test, as a browser would. */
async function person(who) {
  const one = client(server);
  const start = await one.get('/sign-in/oidc');
  assert.equal(start.status, 303, start.text);
  const asked = new URL(start.headers.get('location')).searchParams;
  vouched = { ...who, nonce: asked.get('nonce') };
  one.cookie = start.headers.getSetCookie().find((set) => set.startsWith('tongban_oidc=')).split(';')[0];
  const answer = await one.get(`/sign-in/oidc/callback?code=c&state=${asked.get('state')}`);
  assert.equal(answer.status, 303, answer.text);
  one.cookie = answer.headers.getSetCookie().find((set) => set.startsWith('tongban_session=')).split(';')[0];
  one.csrf = (await one.get('/api/v1/session')).body.csrf;
  return one;
}

/** A case of this person that is at its end; its number. */
async function closedCase(one, who) {
  const form = { name: who.name, id_number: who.id, phone: '13800001111', region: '230110', statement: true, situation: 'damaged',
    certificate_number: `202523110${who.id}`, unchanged: '1', not_withheld: '2' };
  const materials = ['form', 'id'].map((id) => ({ id, paper: true }));
  const opened = await one.post('/api/v1/cases', { item: 'doctor-qualification-replace', form, materials });
  assert.equal(opened.status, 201, opened.text);
  assert.equal(opened.body.state, 'closed', opened.text);
  return opened.body.no;
}

/** The session that an answer has turned the client's into. */
function turned(one, answer) {
  assert.ok(answer.status < 300, answer.text);
  one.cookie = answer.headers.getSetCookie().find((set) => set.startsWith('tongban_session=')).split(';')[0];
  one.csrf = answer.body.csrf;
  return answer.body;
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
function totp(secret, offset = 0) {
  let bits = '';
  for (const c of secret) bits += letters.indexOf(c).toString(2).padStart(5, '0');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + offset));
  const mac = createHmac('sha1', key).update(counter).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1000000).padStart(6, '0');
}

describe('second factors of staff', () => {
  test('a role that needs one can do nothing before it is set up, and needs a code afterwards', async () => {
    const admin = client(server);
    const first = await admin.signIn('admin');
    assert.equal(first.status, 201);
    assert.equal(first.body.must_enrol, true);
    assert.equal((await admin.get('/api/v1/tasks')).status, 401);
    assert.deepEqual((await admin.get('/api/v1/session/totp')).body, { enrolled: false, required: true });
    const begun = await admin.post('/api/v1/session/totp');
    assert.match(begun.body.uri, /^otpauth:\/\/totp\/Tongban:admin\?secret=[A-Z2-7]{32}&/);
    const wrong = await admin.post('/api/v1/session/totp/confirm', { code: '000000' });
    assert.equal(wrong.body.type, 'code-wrong');
    const code = totp(begun.body.secret);
    turned(admin, await admin.post('/api/v1/session/totp/confirm', { code }));
    assert.equal((await admin.get('/api/v1/session')).body.must_enrol, false);
    assert.notEqual((await admin.get('/api/v1/tasks')).status, 401);

    const again = client(server);
    assert.equal((await again.signIn('admin')).body.type, 'code-needed');
    const sign = (one) => again.post('/api/v1/session', { username: 'admin', password: 'demo-2026', code: one });
    assert.equal((await sign(code)).body.type, 'code-wrong', 'a code counts once');
    assert.equal((await sign(totp(begun.body.secret, 1))).status, 201);
    assert.equal((await admin.post('/api/v1/session/totp')).body.type, 'code-needed', 'replacing needs a code');
  });

  test('a role without the duty signs in as before; nobody and persons have none', async () => {
    assert.deepEqual((await clerk.get('/api/v1/session/totp')).body, { enrolled: false, required: false });
    assert.equal((await client(server).get('/api/v1/session/totp')).status, 401);
  });
});

describe('acting for others', () => {
  test('a window clerk acts for who stands there, and is named on session, case and events', async () => {
    const clerk = await signedIn(server, 'clerk-gao');
    const demo = someone();
    assert.equal((await clerk.post('/api/v1/session/assist', { id: demo.id, evidence: '' })).body.field, 'evidence');
    assert.equal((await clerk.post('/api/v1/session/assist', { id: stranger.id, evidence: '身份证' })).body.type, 'party-not-found');
    const session = turned(clerk, await clerk.post('/api/v1/session/assist', { ...demo, evidence: '居民身份证原件' }));
    assert.equal(session.user.kind, 'person');
    assert.equal(session.acting.window, true);
    assert.equal(session.acting.agent, '高洁');
    const draft = await clerk.post('/api/v1/drafts', { item: 'nurse-cancel', form: { name: demo.name } });
    assert.equal(draft.status, 201, draft.text);
    assert.equal(draft.body.agent.name, '高洁');
    const no = await closedCase(clerk, demo);
    const one = (await clerk.get(`/api/v1/cases/${no}`)).body;
    assert.equal(one.agent.name, '高洁');
    assert.equal(one.agent.kind, 'staff');
    assert.equal(one.applicant.name, demo.name);
    assert.ok((await clerk.get(`/api/v1/cases/${no}/events`)).body.items.every((event) => event.agent?.name === '高洁'));
    const receipt = await clerk.ask('GET', `/cases/${no}?new=1`, undefined, { Accept: 'text/html' });
    assert.match(receipt.text, /代办人[\s\S]*高洁/);
    const back = turned(clerk, await clerk.post('/api/v1/session/acting', { mandate: null }));
    assert.equal(back.user.kind, 'staff');
    assert.equal(back.acting, null);
  });

  test('a mandate is granted, used within its scope, and taken back at once', async () => {
    const demo = someone();
    const principal = await person(demo);
    const other = someone(1);
    const until = new Date(Date.now() + 30 * 86400000).toISOString().slice(0, 10);
    const bad = async (change) => (await principal.post('/api/v1/mandates', { agent: { id: other.id, name: other.name }, until, ...change })).body;
    assert.equal((await bad({ until: '2020-01-01' })).field, 'until');
    assert.equal((await bad({ until: '2090-01-01' })).field, 'until');
    assert.equal((await bad({ agent: { id: '123', name: 'x' } })).field, 'agent.id');
    assert.equal((await bad({ agent: { id: demo.id, name: 'x' } })).field, 'agent.id');
    assert.equal((await bad({ items: ['no-such'] })).type, 'item-not-found');
    const granted = await principal.post('/api/v1/mandates', { agent: { id: other.id, name: other.name }, items: ['nurse-cancel'], until, relation: 'elder' });
    assert.equal(granted.status, 201, granted.text);
    assert.doesNotMatch(granted.text, new RegExp(other.id));

    const agent = await person(other);
    const held = (await agent.get('/api/v1/mandates')).body.held;
    assert.equal(held[0].principal.name, demo.name);
    assert.equal((await principal.post('/api/v1/session/acting', { mandate: granted.body.id })).body.type, 'mandate-not-found');
    const session = turned(agent, await agent.post('/api/v1/session/acting', { mandate: granted.body.id }));
    assert.equal(session.user.display, demo.name);
    assert.equal(session.acting.agent, other.name);
    assert.equal((await agent.post('/api/v1/drafts', { item: 'nurse-cancel', form: { name: 'x' } })).status, 201);
    assert.equal((await agent.post('/api/v1/drafts', { item: 'doctor-cancel', form: {} })).body.type, 'mandate-scope');
    assert.equal((await agent.get('/api/v1/certificates')).status, 403, 'the wallet was not part of it');
    assert.equal((await agent.get('/api/v1/preferences')).status, 403);
    assert.equal((await agent.post('/api/v1/mandates', { agent: { id: helper.id, name: helper.name }, until })).status, 403, 'no mandate out of a mandate');

    assert.equal((await principal.post(`/api/v1/mandates/${granted.body.id}/end`)).status, 204);
    assert.equal((await agent.get('/api/v1/session')).status, 401, 'the session ends with the mandate');
    assert.equal((await principal.post(`/api/v1/mandates/${granted.body.id}/end`)).body.type, 'mandate-ended');
  });

  test('a clerk enters a mandate for a child with evidence, and nobody else may', async () => {
    const demo = someone();
    const until = new Date(Date.now() + 30 * 86400000).toISOString().slice(0, 10);
    const wanted = { principal: demo, agent: helper, until, relation: 'child' };
    assert.equal((await clerk.post('/api/v1/mandates', wanted)).body.field, 'evidence');
    const granted = await clerk.post('/api/v1/mandates', { ...wanted, evidence: '出生医学证明' });
    assert.equal(granted.status, 201, granted.text);
    assert.equal(granted.body.by.name, '高洁');
    const doctor = await signedIn(server, 'dr-wang');
    assert.equal((await doctor.post('/api/v1/mandates', { ...wanted, evidence: 'x' })).status, 403);
    assert.equal((await client(server).post('/api/v1/mandates', wanted)).status, 401);
  });
});

describe('drafts', () => {
  test('go on where they stopped on another device, and two windows do not overwrite each other', async () => {
    const demo = someone();
    const phone = await person(demo);
    const made = await phone.post('/api/v1/drafts', { item: 'nurse-cancel', form: { name: demo.name }, step: 1 });
    assert.equal(made.status, 201, made.text);
    const computer = await person(demo);
    const listed = (await computer.get('/api/v1/drafts')).body.items;
    assert.ok(listed.some((one) => one.id === made.body.id && one.form === undefined));
    const read = await computer.get(`/api/v1/drafts/${made.body.id}`);
    assert.equal(read.body.form.name, demo.name);
    assert.equal(read.headers.get('etag'), `"${read.body.version}"`);
    const put = (one, version, form) => one.ask('PUT', `/api/v1/drafts/${made.body.id}`, { form, step: 2 }, { 'If-Match': `"${version}"` });
    const saved = await put(computer, read.body.version, { name: demo.name, phone: '13904510000' });
    assert.equal(saved.status, 200, saved.text);
    assert.ok(saved.body.version > read.body.version);
    const late = await put(phone, read.body.version, { name: 'lost' });
    assert.equal(late.status, 412);
    assert.equal(late.body.type, 'if-match-failed');
    assert.equal((await phone.get(`/api/v1/drafts/${made.body.id}`)).body.form.phone, '13904510000');
    assert.equal((await phone.ask('PUT', `/api/v1/drafts/${made.body.id}`, { item: 'doctor-cancel', form: {} })).body.type, 'draft-item');
    const stranger = await person(someone(1));
    assert.equal((await stranger.get(`/api/v1/drafts/${made.body.id}`)).status, 404);
    assert.equal((await stranger.ask('DELETE', `/api/v1/drafts/${made.body.id}`)).status, 404);
    assert.equal((await computer.ask('DELETE', `/api/v1/drafts/${made.body.id}`)).status, 204);
    assert.equal((await phone.get(`/api/v1/drafts/${made.body.id}`)).status, 404);
  });
});

describe('files', () => {
  const pdf = Buffer.from('%PDF-1.7\n1 0 obj');
  const upload = (one, name, content, type = 'application/octet-stream') =>
    one.ask('POST', `/api/v1/files?name=${encodeURIComponent(name)}`, new Uint8Array(content), { 'Content-Type': type });

  test('what they are is told by their content', async () => {
    const one = await person(someone());
    const ofd = Buffer.concat([Buffer.from('504b0304', 'hex'), Buffer.alloc(22), Buffer.from('07000000', 'hex'), Buffer.from('OFD.xml<x/>')]);
    for (const [name, content, type] of [['a.pdf', pdf, 'application/pdf'], ['b', Buffer.from('89504e470d0a1a0a00', 'hex'), 'image/png'],
      ['c.JPG', Buffer.from('ffd8ffe000', 'hex'), 'image/jpeg'], ['d.ofd', ofd, 'application/ofd']]) {
      const taken = await upload(one, name, content);
      assert.equal(taken.status, 201, `${name}: ${taken.text}`);
      assert.equal(taken.body.type, type);
    }
    for (const [name, content] of [['report.pdf', Buffer.from('MZ\x90\0 a program')], ['x.pdf', Buffer.from('<html>')], ['y.png', pdf],
      ['run.sh', Buffer.from('#!/bin/sh\n')], ['note.txt', Buffer.from('hello')], ['z.ofd', Buffer.from('PK\x03\x04 a plain archive')]]) {
      const refused = await upload(one, name, content);
      assert.equal(refused.status, 422, `${name}: ${refused.text}`);
      assert.equal(refused.body.type, 'file-type');
      assert.equal(refused.body.field, 'file');
    }
    assert.equal((await upload(client(server), 'a.pdf', pdf)).status, 401);
  });

  test('each is scanned whole before it is kept, and an infected one is refused', async () => {
    const one = await person(someone());
    const big = Buffer.concat([pdf, randomBytes(300000)]);
    assert.equal((await upload(one, 'big.pdf', big)).status, 201);
    assert.ok(scanned.some((content) => content.equals(big)), 'the scanner has seen every byte');
    const infected = await upload(one, 'bad.pdf', Buffer.concat([pdf, Buffer.from('EICAR-STANDARD-ANTIVIRUS-TEST-FILE')]));
    assert.equal(infected.status, 422);
    assert.equal(infected.body.type, 'file-infected');
  });

  test('without the scanner nothing is taken in', async () => {
    const where = prepared({ 'scan.clamd': '127.0.0.1:1' });
    const other = await startServer(where);
    const one = await signedIn(other, 'dr-wang');
    const answer = await upload(one, 'a.pdf', pdf);
    assert.equal(answer.status, 503);
    assert.equal(answer.body.type, 'scan-unavailable');
    await other.stop();
  });
});

describe('messages', () => {
  test('wishes are kept and judged', async () => {
    const one = await person(someone());
    assert.equal((await one.get('/api/v1/preferences')).body.sms, true);
    const put = (set, headers) => one.ask('PUT', '/api/v1/preferences', set, headers);
    for (const [set, field] of [[{ phone: '12345' }, 'phone'], [{ address: 'x@y\r\nBcc: z@z' }, 'address'], [{ address: 'nobody' }, 'address'], [{ sms: 'no' }, 'sms'], [{ language: 'fr' }, 'language']])
      assert.equal((await put(set)).body.field, field);
    const kept = await put({ phone: '13904510001', address: 'li@example.org', email: true });
    assert.equal(kept.status, 200, kept.text);
    assert.equal((await put({ sms: false }, { 'If-Match': `"${kept.body.version + 5}"` })).status, 412);
    assert.equal((await one.get('/api/v1/preferences')).body.address, 'li@example.org');
  });

  test('a closed case is told by inbox, SMS and e-mail; what fails is sent again with the same key', async () => {
    const demo = someone();
    const one = await person(demo);
    await one.ask('PUT', '/api/v1/preferences', { sms: true, phone: '13904510002', email: true, address: 'li@example.org' });
    sms.answers['13904510002'] = [503, 500];
    mails.refuse = 1;
    const no = await closedCase(one, demo);
    const inbox = (await one.get('/api/v1/notices')).body;
    const notice = inbox.items.find((each) => each.case === no);
    assert.ok(notice, JSON.stringify(inbox));
    assert.equal(notice.read, false);
    assert.ok(inbox.unread >= 1);
    assert.equal((await one.post(`/api/v1/notices/${notice.id}/read`)).status, 204);
    assert.equal((await one.get('/api/v1/notices')).body.items.find((each) => each.case === no).read, true);

    const about = () => sms.got.filter((each) => each.text.includes(no));
    await until('the third SMS', () => about().length >= 3);
    assert.equal(new Set(about().map((each) => each.key)).size, 1, 'one key for every attempt');
    assert.equal(about()[0].to, '13904510002');
    assert.equal(about()[0].url, '/sms/messages');
    const mail = await until('the e-mail', () => mails.got.find((each) => Buffer.from(each.data.split('\r\n\r\n')[1], 'base64').toString().includes(no)));
    assert.match(mail.to[0], /<li@example\.org>/);
    assert.match(mail.data, /^Message-ID: <.+-mail@example\.org>$/m);
    assert.match(mail.data, /^Subject: =\?UTF-8\?B\?/m);
    await sleep(1500);
    assert.equal(about().length, 3, 'what was taken is not sent again');
    assert.equal(mails.got.filter((each) => each.data.includes(/^Message-ID: <(.+?)>/m.exec(mail.data)[1])).length, 1);
  });

  test('who wants no SMS gets none', async () => {
    const demo = someone(1);
    const one = await person(demo);
    await one.ask('PUT', '/api/v1/preferences', { sms: false, phone: '13904510009', email: false });
    const no = await closedCase(one, demo);
    const witness = someone();
    const two = await person(witness);
    await two.ask('PUT', '/api/v1/preferences', { sms: true, phone: '13904510002' });
    const after = await closedCase(two, witness);
    await until('the SMS of somebody else', () => sms.got.some((each) => each.text.includes(after)));
    assert.ok(!sms.got.some((each) => each.text.includes(no)));
  });
});
