// Cases over HTTP: the normal one, the doubtful one, and every way to be refused.
import { test, before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { client, deathForm, idNumber, signedIn, startServer, PASSWORD } from './lib.mjs';

let server;
let doctor;
let sequence = 101;
const nextId = (birth = '19480312') => idNumber('230110', birth, (sequence += 2));
const open = (one, form, extra = {}, headers = {}) => one.post('/api/v1/cases', { item: 'death-report', form, ...extra }, headers);

before(async () => {
  server = await startServer();
  doctor = await signedIn(server, 'dr-wang');
});
after(async () => {
  const how = await server.stop();
  assert.equal(how.code, 0, server.log());
});

function problem(answer, status, type) {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.headers.get('content-type'), /application\/problem\+json/);
  assert.equal(answer.body.type, type, answer.text);
  assert.ok(answer.body.title.length > 0);
  return answer.body;
}

describe('a normal death', () => {
  test('is decided, closed and certified in one answer', async () => {
    const answer = await open(doctor, deathForm(nextId()));
    assert.equal(answer.status, 201, answer.text);
    assert.equal(answer.body.state, 'closed');
    assert.equal(answer.body.outcome, 'granted');
    assert.equal(answer.body.certificates.length, 1);
    assert.equal(answer.headers.get('location'), `/api/v1/cases/${answer.body.no}`);
    const again = await doctor.get(`/api/v1/cases/${answer.body.no}`);
    assert.equal(again.status, 200);
    assert.equal(again.body.state, 'closed');
    assert.ok(again.headers.get('etag'));
    assert.equal((await doctor.get(`/api/v1/cases/${answer.body.no}`, { 'If-None-Match': again.headers.get('etag') })).status, 304);
  });

  test('leaves a history, an explained decision and a diagram with the passed path', async () => {
    const { body } = await open(doctor, deathForm(nextId()));
    const events = (await doctor.get(`/api/v1/cases/${body.no}/events`)).body.items;
    const types = events.map((event) => event.type);
    assert.ok(types.includes('case.opened') && types.includes('case.decided') && types.includes('case.closed'), types.join(' '));
    assert.deepEqual(events.map((event) => event.seq), events.map((_, i) => i + 1));
    const decisions = (await doctor.get(`/api/v1/cases/${body.no}/decisions`)).body.items;
    assert.ok(decisions.length > 0);
    assert.ok(decisions.some((one) => one.table_id && one.rules.length > 0), 'a rule that hit is named');
    const diagram = await doctor.get(`/api/v1/cases/${body.no}/diagram`);
    assert.equal(diagram.status, 200, diagram.text);
    assert.match(diagram.body.process.xml, /<bpmn:definitions|<definitions/);
    assert.ok(diagram.body.passed.length > 2);
  });

  test('is opened once however often the same request comes', async () => {
    const form = deathForm(nextId());
    const headers = { 'Idempotency-Key': 'once-' + form.deceased.id_number };
    const first = await open(doctor, form, {}, headers);
    const second = await open(doctor, form, {}, headers);
    assert.equal(first.status, 201, first.text);
    assert.equal(second.status, 201, second.text);
    assert.deepEqual(second.body, first.body);
    problem(await open(doctor, deathForm(nextId()), {}, headers), 409, 'idempotency-key-reused');
  });

  test('is not reported twice for one person', async () => {
    const form = deathForm(nextId());
    assert.equal((await open(doctor, form)).status, 201);
    problem(await open(doctor, form), 409, 'duplicate-case');
  });
});

describe('a doubtful death', () => {
  test('goes to a person with the reason, who decides it once', async () => {
    const form = deathForm(nextId(), { 'cause.a.code': 'R96.0', 'cause.a.diagnosis': '原因不明的猝死', 'cause.b': undefined });
    const opened = await open(doctor, form, { confirmed: true });
    assert.equal(opened.status, 201, opened.text);
    assert.equal(opened.body.state, 'reviewing');
    const reviewer = await signedIn(server, 'li');
    const list = await reviewer.get(`/api/v1/tasks?case=${opened.body.no}`);
    assert.equal(list.status, 200, list.text);
    assert.equal(list.body.items.length, 1, list.text);
    const task = list.body.items[0];
    assert.equal(task.left.unit, 'working-days');
    assert.ok(task.left.n >= 0 && !task.left.paused);
    const related = await reviewer.get(`/api/v1/cases/${opened.body.no}/related`);
    assert.deepEqual([related.status, related.body.items, related.body.more], [200, [], false], 'the doctor\'s other patients are not related');
    const elsewhere = await signedIn(server, 'zhou');
    assert.equal((await elsewhere.get(`/api/v1/tasks?case=${opened.body.no}`)).body.items?.length ?? 0, 0);
    assert.ok([403, 404].includes((await elsewhere.post(`/api/v1/tasks/${task.id}/claim`)).status));
    assert.ok([403, 404].includes((await elsewhere.get(`/api/v1/cases/${opened.body.no}`)).status), 'another region\'s case');
    assert.equal((await reviewer.post(`/api/v1/tasks/${task.id}/claim`)).status, 200);
    const whole = await reviewer.get(`/api/v1/tasks/${task.id}`);
    assert.ok(whole.body.form_view.steps.length > 0);
    const empty = problem(await reviewer.post(`/api/v1/tasks/${task.id}/complete`, { form: {} }), 422, 'form-invalid');
    assert.deepEqual(empty.errors.map((one) => one.field).sort(), ['decision', 'opinion'], 'every field that is missing');
    const done = await reviewer.post(`/api/v1/tasks/${task.id}/complete`, { form: { decision: 'approve', opinion: '已调阅病历,排除非正常死亡' } });
    assert.equal(done.status, 200, done.text);
    assert.equal(done.body.state, 'closed');
    assert.equal(done.body.outcome, 'granted');
    const twice = await reviewer.post(`/api/v1/tasks/${task.id}/complete`, { form: { decision: 'approve', opinion: '再一次' } });
    assert.ok([404, 409].includes(twice.status), twice.text);
    const metrics = (await reviewer.get('/metrics')).text;
    assert.match(metrics, /^tongban_cases_closed_by_item_total\{item="death-report",version="1",outcome="granted"\} [1-9]/m);
  });
});

describe('bad input', () => {
  const rows = [
    ['broken JSON', '{"item": "death-report", ', 400, 'bad-body', /^line 1, column/],
    ['no object', '[1]', 400, 'bad-body'],
    ['a key twice', '{"item": "death-report", "item": "death-report"}', 400, 'bad-body', /^line 1, column/],
    ['bad UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400, 'bad-body'],
    ['deep nesting', '{"item":"death-report","form":' + '{"a":'.repeat(500) + '1' + '}'.repeat(500) + '}', 400, 'bad-body', /^line 1, column/],
    ['an unknown member', { item: 'death-report', form: {}, colour: 'red' }, 422, 'unknown-field', /^colour$/],
    ['the wrong type', { item: 7, form: {} }, 422, 'invalid-type', /^item$/],
    ['a form that is no object', { item: 'death-report', form: 'x' }, 422, 'invalid-type', /^form$/],
    ['no item', { form: {} }, 422, 'required', /^item$/],
    ['an item that is not there', { item: 'nothing', form: {} }, 404, 'item-not-found', /^item$/],
  ];
  const cases = async () => (await doctor.get('/api/v1/cases?limit=100')).body.items.map((one) => one.no);
  for (const [what, body, status, type, field] of rows)
    test(`${what} is refused`, async () => {
      const before = await cases();
      const told = problem(await doctor.ask('POST', '/api/v1/cases', body), status, type);
      if (field) assert.match(told.field, field);
      assert.match(told.detail, /\w{3} .*\w{3}/, 'a sentence');
      assert.deepEqual(await cases(), before, 'nothing was written');
    });

  const forms = [
    ['a wrong check digit', (id) => ({ 'deceased.id_number': id.slice(0, 17) + (id[17] === '1' ? '2' : '1') }), 'deceased.id_number'],
    ['a death in the future', () => ({ 'death.time': '2126-01-01T00:00:00+08:00' }), 'death.time'],
    ['a missing field', () => ({ 'deceased.name': undefined }), 'deceased.name'],
    ['an unknown field', () => ({ 'deceased.shoe_size': 43 }), 'deceased.shoe_size'],
    ['a number as text', () => ({ 'cause.a.interval_value': 'two' }), 'cause.a.interval_value'],
    ['a code that is not in the table', () => ({ 'deceased.marital': '77' }), 'deceased.marital'],
    ['a gap in the chain of causes', () => ({ 'cause.b': undefined, 'cause.c.diagnosis': '高血压', 'cause.c.code': 'I10' }), 'cause'],
    ['birth after death', () => ({ 'death.time': '1940-01-01T00:00:00+08:00' }), ''],
  ];
  for (const [what, change, field] of forms)
    test(`${what} is refused at its field`, async () => {
      const id = nextId();
      const answer = await open(doctor, deathForm(id, change(id)));
      const told = problem(answer, 422, 'form-invalid');
      assert.ok(told.errors.length > 0, answer.text);
      assert.ok(told.errors.some((one) => one.field.includes(field)), answer.text);
      assert.ok(told.errors.every((one) => one.message.length > 0 && one.code.length > 0));
      const list = await doctor.get(`/api/v1/cases?q=${id}`);
      assert.equal(list.body.items.length, 0, 'nothing was written');
    });

  test('a huge body is refused before it is read', async () => {
    problem(await doctor.ask('POST', '/api/v1/cases', 'x'.repeat(3 * 1024 * 1024)), 413, 'body-too-large');
  });
  test('text that is not JSON is refused by its type', async () => {
    const answer = await doctor.ask('POST', '/api/v1/cases', 'a=1', { 'Content-Type': 'text/plain' });
    assert.equal(answer.status, 415, answer.text);
  });
});

describe('who may do what', () => {
  test('nobody opens, lists or looks without signing in', async () => {
    const nobody = client(server);
    for (const [method, path] of [['POST', '/api/v1/cases'], ['GET', '/api/v1/cases'], ['GET', '/api/v1/tasks'], ['GET', '/api/v1/certificates']])
      problem(await nobody.ask(method, path, method === 'POST' ? { item: 'death-report', form: {} } : undefined), 401, 'unauthenticated');
  });
  test('a reviewer cannot report', async () => {
    const reviewer = await signedIn(server, 'reviewer-liu');
    problem(await open(reviewer, deathForm(nextId())), 403, 'forbidden');
  });
  test('a change without the session\'s token is refused', async () => {
    const forged = await signedIn(server, 'dr-wang');
    forged.csrf = '';
    problem(await open(forged, deathForm(nextId())), 403, 'csrf-failed');
  });
  test('an ended session is nobody\'s', async () => {
    const gone = await signedIn(server, 'dr-wang');
    const { cookie, csrf } = gone;
    assert.equal((await gone.ask('DELETE', '/api/v1/session')).status, 204);
    gone.cookie = cookie;
    gone.csrf = csrf;
    problem(await gone.get('/api/v1/session'), 401, 'unauthenticated');
  });
  test('a wrong password is told from nothing, and many close the way', async () => {
    const guess = client(server);
    const first = problem(await guess.signIn('dr-he', 'wrong-one'), 401, 'sign-in-failed');
    const unknown = problem(await guess.signIn('nobody-here', 'wrong-one'), 401, 'sign-in-failed');
    assert.equal(first.title, unknown.title);
    for (let i = 0; i < 5; i++) await guess.signIn('dr-he', 'wrong-one');
    problem(await guess.signIn('dr-he', PASSWORD), 429, 'too-many-attempts');
  });
  test('pages of a list follow one another without gaps', async () => {
    for (let i = 0; i < 5; i++) assert.equal((await open(doctor, deathForm(nextId()))).status, 201);
    const all = (await doctor.get('/api/v1/cases?limit=100')).body.items.map((one) => one.no);
    const paged = [];
    let cursor = '';
    do {
      const page = (await doctor.get(`/api/v1/cases?limit=2${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`)).body;
      paged.push(...page.items.map((one) => one.no));
      cursor = page.next;
    } while (cursor);
    assert.deepEqual(paged, all);
    problem(await doctor.get('/api/v1/cases?limit=1000'), 422, 'bad-query');
    problem(await doctor.get('/api/v1/cases?cursor=rubbish'), 422, 'bad-cursor');
  });
});
