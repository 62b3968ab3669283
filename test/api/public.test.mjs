// What people do around a case: am I eligible, signing, the receipt, looking the progress up without signing in, kiosks.
import { test, before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { deflateSync } from 'node:zlib';
import { client, idNumber, signedIn, startServer } from './lib.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server.stop());

let people = 60;
const clerk = '高洁';

/** A clerk's session that acts for somebody new at the window. */
async function atWindow() {
  const who = { id: idNumber('230110', '19750607', ++people), name: '赵小满' };
  const one = await signedIn(server, 'clerk-gao');
  const begun = await one.post('/api/v1/session/assist', { ...who, evidence: '居民身份证原件' });
  assert.equal(begun.status, 201, begun.text);
  one.cookie = begun.headers.getSetCookie().find((each) => each.startsWith('tongban_session=')).split(';')[0];
  one.csrf = begun.body.csrf;
  return { one, who };
}

const application = (who, more = {}) => ({
  item: 'village-doctor-replace',
  form: { name: who.name, id_number: who.id, phone: '13845006789', region: '230110', statement: true, certificate_number: 'VIL2026230110000001', situation: 'damaged', unchanged: '1', not_withheld: '1' },
  materials: [{ id: 'form', paper: true }, { id: 'id', paper: true }, { id: 'village-certificate', paper: true }],
  ...more,
});

/** A PNG of one colour. */
function png(width, height) {
  const chunk = (type, data) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = 1;
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', head), chunk('IDAT', deflateSync(Buffer.alloc(10))), chunk('IEND', Buffer.alloc(0))]);
}

describe('am I eligible', () => {
  const path = '/api/v1/items/doctor-first/eligibility';
  const answers = (questions, changed = {}) => Object.fromEntries(questions.map((one) => [one.id, changed[one.label] ?? 'yes']));

  test('anybody is asked three to six questions, in both languages', async () => {
    const one = client(server);
    const asked = (await one.get(path)).body;
    assert.ok(asked.questions.length >= 3 && asked.questions.length <= 6);
    assert.match(asked.questions.find((each) => each.label === '没有有效证照').question, /第一次申请/);
    const english = (await one.get(`${path}?lang=en`)).body;
    assert.ok(english.questions.every((each) => !/[\u4e00-\u9fff]/.test(each.question + each.label)), JSON.stringify(english));
  });

  test('the table decides: yes, no with the rule and what fits instead, by staff, and not known', async () => {
    const one = client(server);
    const { questions } = (await one.get(path)).body;
    const judge = async (changed) => (await one.post(path, { answers: answers(questions, changed) })).body;
    const granted = await judge();
    assert.equal(granted.outcome, 'grant');
    assert.match(granted.reason, /当场办结/);
    assert.deepEqual(granted.assumed, ['资格证书编码含本人身份证号', '资格证书编码含所填级别和类别', '机构代码有效']);
    const held = await judge({ 没有有效证照: 'no' });
    assert.equal(held.outcome, 'refuse');
    assert.equal(held.rule, 2);
    assert.deepEqual(held.because, ['没有有效证照']);
    assert.equal(held.instead.code, 'doctor-change');
    assert.equal((await judge({ 类别与范围相适应: 'no' })).outcome, 'doubtful');
    const open = await judge({ 无不予注册情形: 'unknown' });
    assert.equal(open.outcome, 'open');
    assert.deepEqual(open.unsure, ['无不予注册情形']);
    const both = await judge({ 无不予注册情形: 'unknown', 两年内或者培训满六个月: 'no' });
    assert.equal(both.outcome, 'refuse', 'what fails for certain is told first');
  });

  test('what is missing or wrong is named, and items without a table say so', async () => {
    const one = client(server);
    const { questions } = (await one.get(path)).body;
    const first = await one.post(path, { answers: {} });
    assert.equal(first.body.type, 'answer-missing');
    assert.equal(first.body.field, questions[0].id);
    const wrong = await one.post(path, { answers: { ...answers(questions), [questions[1].id]: 'perhaps' } });
    assert.equal(wrong.body.type, 'answer-invalid');
    assert.equal(wrong.body.field, questions[1].id);
    assert.equal((await one.get('/api/v1/items/service-remedy/eligibility')).body.type, 'eligibility-none');
    assert.equal((await one.get('/api/v1/items/nothing/eligibility')).status, 404);
  });
});

describe('signatures', () => {
  test('an item that asks for one takes only the name of who acts', async () => {
    const { one, who } = await atWindow();
    const unsigned = await one.post('/api/v1/cases', application(who));
    assert.equal(unsigned.body.type, 'signature-missing');
    assert.equal(unsigned.body.field, 'signature.name');
    assert.equal((await one.post('/api/v1/cases', application(who, { signature: { name: who.name } }))).body.type, 'signature-name');
    const opened = await one.post('/api/v1/cases', application(who, { signature: { name: ` ${clerk} ` } }));
    assert.equal(opened.status, 201, opened.text);
    const { signature } = (await one.get(`/api/v1/cases/${opened.body.no}`)).body;
    assert.equal(signature.kind, 'typed');
    assert.equal(signature.name, clerk);
    assert.match(signature.content, /^[0-9a-f]{64}$/);
    assert.equal(signature.unchanged, true);
    const events = (await one.get(`/api/v1/cases/${opened.body.no}/events`)).body.items;
    assert.equal(events.find((each) => each.type === 'case.signed').content, signature.content, 'it is in the chain');
    const staff = await signedIn(server, 'clerk-gao');
    assert.equal((await staff.get(`/api/v1/cases/${opened.body.no}`)).body.signature.id, signature.id);
    const printed = await one.get(`/cases/${opened.body.no}/application`, { Accept: 'text/html' });
    assert.ok(printed.text.includes(signature.content) && printed.text.includes(clerk));
  });

  test('a drawn one is a picture, judged by its content and its size', async () => {
    const { one, who } = await atWindow();
    const draw = (bytes) => one.post('/api/v1/cases', application(who, { signature: { drawing: Buffer.from(bytes).toString('base64') } }));
    for (const bytes of [Buffer.from('MZ a program'), Buffer.from('%PDF-1.7'), png(4000, 10), Buffer.concat([png(600, 200), Buffer.alloc(70000)]), png(0, 5)]) {
      const refused = await draw(bytes);
      assert.equal(refused.status, 422);
      assert.equal(refused.body.type, 'signature-drawing');
    }
    assert.equal((await one.post('/api/v1/cases', application(who, { signature: { drawing: '***' } }))).body.type, 'signature-drawing');
    assert.equal((await one.post('/api/v1/cases', application(who, { signature: 'me' }))).body.type, 'invalid-type');
    const opened = await draw(png(600, 200));
    assert.equal(opened.status, 201, opened.text);
    const { signature } = (await one.get(`/api/v1/cases/${opened.body.no}`)).body;
    assert.equal(signature.kind, 'drawn');
    const staff = await signedIn(server, 'clerk-gao');
    assert.ok((await staff.get(`/api/v1/files/${signature.file}`)).bytes.equals(png(600, 200)));
  });

  test('staff of other items and items without one need none', async () => {
    const { one, who } = await atWindow();
    const { signature, ...plain } = application(who);
    assert.equal(signature, undefined);
    const opened = await one.post('/api/v1/cases', { ...plain, item: 'nurse-replace' });
    assert.notEqual(opened.body.type, 'signature-missing', opened.text);
  });
});

describe('receipt and progress', () => {
  test('the receipt is a PDF for those who see the case', async () => {
    const { one, who } = await atWindow();
    const { no } = (await one.post('/api/v1/cases', application(who, { signature: { name: clerk } }))).body;
    const receipt = await one.get(`/cases/${no}/receipt`);
    assert.equal(receipt.status, 200, receipt.text);
    assert.equal(receipt.headers.get('content-type'), 'application/pdf');
    assert.equal(receipt.bytes.subarray(0, 5).toString(), '%PDF-');
    const other = (await atWindow()).one;
    assert.equal((await other.get(`/cases/${no}/receipt`)).status, 404);
    assert.equal((await other.get(`/cases/${no}/application`)).status, 404);
  });

  test('a number and four digits tell how far it is and nothing about persons, and the look is logged', async () => {
    const { one, who } = await atWindow();
    const { no } = (await one.post('/api/v1/cases', application(who, { signature: { name: clerk } }))).body;
    const stranger = client(server);
    for (const phone of ['6789', '13845006789', ' 138-4500-6789 ']) {
      const found = await stranger.post('/api/v1/cases/lookup', { no: no.toLowerCase(), phone });
      assert.equal(found.status, 200, found.text);
      assert.equal(found.body.no, no);
      assert.ok(found.body.steps.some((each) => each.type === 'case.opened'));
      for (const secret of [who.name, who.id, '13845006789', 'VIL2026230110000001', clerk]) assert.ok(!found.text.includes(secret), `${secret} is told`);
    }
    const page = await stranger.ask('POST', '/lookup', `no=${no}&phone=6789`, { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'text/html' });
    assert.equal(page.status, 200);
    assert.ok(page.text.includes(no) && !page.text.includes(who.name) && !page.text.includes(who.id));
    const auditor = await signedIn(server, 'admin');
    const looks = await auditor.get(`/api/v1/access-log?case=${no}`);
    assert.ok(looks.body.items.some((each) => each.what === 'case.lookup'), looks.text);
  });

  test('a wrong number and a wrong telephone are answered alike, and guessing ends', async () => {
    const { one, who } = await atWindow();
    const { no } = (await one.post('/api/v1/cases', application(who, { signature: { name: clerk } }))).body;
    const nowhere = '230110-20200101-000001-X';
    const stranger = client(server);
    const tell = ({ status, body }) => [status, body.type, body.title, body.detail, body.hint, body.field];
    const answers = [];
    for (const number of [no, nowhere])
      for (let i = 0; i < 5; i++) answers.push(tell(await stranger.post('/api/v1/cases/lookup', { no: number, phone: `000${i}` })));
    for (const each of answers) assert.deepEqual(each, answers[0]);
    assert.equal(answers[0][0], 404);
    const closed = [];
    for (const number of [no, nowhere]) closed.push(tell(await stranger.post('/api/v1/cases/lookup', { no: number, phone: '6789' })));
    assert.equal(closed[0][0], 429);
    assert.deepEqual(closed[0], closed[1], 'also the end of guessing tells nothing');
    for (const [facts, field] of [[{ no: '', phone: '1234' }, 'no'], [{ no, phone: '12' }, 'phone'], [{ no: 'x'.repeat(100), phone: '1234' }, 'no'], [{ no }, 'phone']])
      assert.equal((await stranger.post('/api/v1/cases/lookup', facts)).body.field, field);
  });
});

describe('kiosks', () => {
  test('a session becomes a kiosk\'s, keeps so when it acts for somebody, and only staff take it away', async () => {
    const one = await signedIn(server, 'clerk-gao');
    const turned = (answer) => {
      one.cookie = answer.headers.getSetCookie().find((each) => each.startsWith('tongban_session=')).split(';')[0];
      one.csrf = answer.body.csrf;
      return answer.body;
    };
    const before = { cookie: one.cookie, csrf: one.csrf };
    assert.equal((await one.ask('PUT', '/api/v1/session/kiosk', { kiosk: 'yes' })).body.field, 'kiosk');
    assert.equal(turned(await one.ask('PUT', '/api/v1/session/kiosk', { kiosk: true })).kiosk, true);
    const old = client(server);
    Object.assign(old, before);
    assert.equal((await old.get('/api/v1/session')).status, 401, 'the session before has ended');
    const who = { id: idNumber('230110', '19750607', ++people), name: '赵小满' };
    assert.equal(turned(await one.post('/api/v1/session/assist', { ...who, evidence: '居民身份证原件' })).kiosk, true);
    assert.equal((await one.ask('PUT', '/api/v1/session/kiosk', { kiosk: false })).status, 403);
    const page = await one.get('/', { Accept: 'text/html' });
    assert.match(page.text, /<noscript><meta http-equiv="refresh" content="180;url=\/kiosk\/end"><\/noscript>/);
    assert.equal(page.headers.get('cache-control'), 'no-store');
    assert.match(page.text, /高洁/, 'the operator is named');
    const end = await one.get('/kiosk/end', { Accept: 'text/html' });
    assert.equal(end.status, 200);
    assert.match(end.headers.get('clear-site-data'), /cache/);
    assert.ok(!end.text.includes(who.name));
    assert.equal((await one.get('/api/v1/session')).status, 401, 'the session has ended on the server too');
  });

  test('elsewhere the way out changes nothing', async () => {
    const one = await signedIn(server, 'clerk-gao');
    const answer = await one.get('/kiosk/end', { Accept: 'text/html' });
    assert.equal(answer.status, 303);
    assert.equal((await one.get('/api/v1/session')).status, 200);
    assert.equal((await client(server).ask('PUT', '/api/v1/session/kiosk', { kiosk: true })).status, 401);
  });
});

test('the catalogue is narrowed by type, at once, no visit and across provinces', async () => {
  const one = client(server);
  const all = (await one.get('/api/v1/items?limit=200')).body;
  for (const [query, holds] of [['type=10', (each) => each.type === '10'], ['handling=instant', (each) => each.handling === 'instant'], ['no_visit=true', (each) => (each.visits ?? 0) === 0]]) {
    const found = (await one.get(`/api/v1/items?limit=200&${query}`)).body.items;
    assert.ok(found.length > 0 && found.every(holds), query);
    assert.equal(found.length, all.items.filter(holds).length, query);
  }
  const page = await one.get('/items?type=10&instant=1', { Accept: 'text/html' });
  assert.equal(page.status, 200);
});
