// The catalogue at run time: a version drafted, checked, released by two persons from a day on; suspended and resumed; handed on as
// a table and read back; drafts of applicants carried over.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { deathForm, idNumber, signedIn, startServer } from './lib.mjs';

const ITEM = 'licensing.doctor-cancel.json';
const day = (n) => new Date(Date.now() + 8 * 3600e3 + n * 864e5).toISOString().slice(0, 10);

let server;
let lin;
let he;
let admin;
let clerk;
const people = async () => {
  [lin, he, admin, clerk] = await Promise.all(['analyst-lin', 'approver-he', 'admin', 'clerk-lin'].map((name) => signedIn(server, name)));
};
before(async () => {
  server = await startServer();
  await people();
});
after(() => server.stop());

const at = (id, rest = '') => `/api/v1/models/${id}${rest}`;
const act = (who, id, action, body) => who.post(at(id, `/actions/${action}`), body);
const json = (model) => JSON.parse(model.source);
async function draft(id, change) {
  const { body } = await lin.post('/api/v1/models', { model: id });
  const item = json(body);
  const source = JSON.stringify(change(item) ?? item);
  const made = await lin.ask('PUT', at(id), { version: body.number, source }, { 'If-Match': `"${body.revision}"` });
  assert.equal(made.status, 200, made.text);
  return made.body;
}
async function release(id, change, reason = '调整') {
  const made = await draft(id, change);
  const proposed = await act(lin, id, 'propose', { version: made.number, reason });
  assert.equal(proposed.body.state, 'proposed', proposed.text);
  const approved = await act(he, id, 'approve', { version: made.number, reason: '同意' });
  assert.equal(approved.body.state, 'in-force', approved.text);
  return approved.body;
}
const guide = async (code) => (await lin.get(`/api/v1/items/${code}`)).body;
const versions = async (code) => (await lin.get(`/api/v1/items/${code}/versions`)).body.items.map(({ version, state }) => [version, state]);
const line = async (code) => (await lin.get(`/api/v1/catalogue?q=${code}`)).body.items.find((one) => one.code === code);

test('a draft is checked by the rules of the packs, and an item with contradictory fields is not proposed', async () => {
  const wrongs = [
    [(item) => { item.limits.promised.n = 3; }, 'limits.promised', /规则 1/],
    [(item) => { item.limits.statutory.n = 2; item.handling = 'commitment'; item.limits.promised.n = 5; item.implementation.review = '前审后批'; }, 'limits', /规则 2/],
    [(item) => { item.visits_reason = '核对原件'; }, 'visits_reason', /规则 4/],
    [(item) => { item.flow.at(-1).result = '窗口领取'; }, 'flow', /窗口领取/],
    [(item) => { item.basis = []; }, 'basis', /设定依据/],
    [(item) => { item.contact.complain = item.contact.consult; }, 'contact', /规则 7/],
    [(item) => { item.materials[0].name = '其他材料'; }, 'materials', /规则 10/],
    [(item) => { item.materials[1].collect = '1'; }, 'materials', /规则 4/],
    [(item) => { item.process = 'nothing'; }, 'process', /没有流程“nothing”/],
    [(item) => { item.code = 'doctor-other'; }, 'code', /doctor-cancel/],
    [(item) => { delete item.implementation.body; }, 'implementation.body', /没有填写/],
    [(item) => { item.pay_online = true; }, 'pay_online', /规则 6/],
    [(item) => { item.title = 7; }, 'title', /文字/],
  ];
  const { body } = await lin.get(at('licensing.doctor-first.json'));
  const own = await lin.get(at(ITEM));
  for (const [change, element, message] of wrongs) {
    const id = element === 'code' ? ITEM : body.id;
    const item = json(element === 'code' ? own.body : body);
    change(item);
    const found = await lin.post(at(id, '/check'), { source: JSON.stringify(item) });
    assert.equal(found.status, 200, found.text);
    const one = found.body.problems.find((each) => each.element === element && each.severity === 'error');
    assert.ok(one, `${element}: ${found.text}`);
    assert.match(one.message, message);
  }
  const made = await draft(body.id, wrongs[0][0]);
  const refused = await act(lin, body.id, 'propose', { version: made.number, reason: 'x' });
  assert.deepEqual([refused.status, refused.body.type, refused.body.field], [422, 'model-invalid', 'limits.promised']);
  assert.equal((await act(lin, body.id, 'withdraw', { version: made.number })).body.state, 'withdrawn');
});

test('a version goes into force by two persons; cases that run keep theirs, new ones take it', async () => {
  const code = 'institution-setup';
  const id = `licensing.${code}.json`;
  const before = await guide(code);
  const made = await draft(id, (item) => { item.summary = '更快'; item.limits.promised.n -= 1; item.flow.find(({ days }) => days > 0).days -= 1; });
  const diff = await lin.get(at(id, `/diff?version=${made.number}`));
  assert.deepEqual(diff.body.changes.map(({ element }) => element.split('.')[0]).sort(), ['flow', 'limits', 'summary'], diff.text);
  assert.equal((await act(lin, id, 'propose', { version: made.number, reason: '压缩时限' })).body.state, 'proposed');
  assert.equal((await act(lin, id, 'approve', { version: made.number })).status, 403);
  assert.equal((await guide(code)).version, before.version);
  const approved = await act(he, id, 'approve', { version: made.number });
  assert.deepEqual([approved.body.state, approved.body.item_version], ['in-force', before.version + 1], approved.text);
  const now = await guide(code);
  assert.deepEqual([now.version, now.summary, now.effective], [before.version + 1, '更快', day(0)]);
  assert.deepEqual(await versions(code), [[before.version + 1, 'current'], [before.version, 'past']]);
  assert.deepEqual(approved.body.events.map(({ what }) => what), ['approved', 'proposed', 'saved', 'drafted']);
  const both = await draft(id, (item) => { item.summary = '自己批'; });
  assert.equal((await admin.ask('PUT', at(id), { version: both.number, source: both.source }, { 'If-Match': `"${both.revision}"` })).status, 200);
  await act(lin, id, 'propose', { version: both.number, reason: 'x' });
  assert.equal((await act(admin, id, 'approve', { version: both.number })).body.type, 'model-same-person');
  assert.equal((await act(he, id, 'reject', { version: both.number, reason: '不必' })).body.state, 'rejected');
});

test('a version with a later day is announced and waits; an earlier day is then refused', async () => {
  const code = 'doctor-change';
  const id = `licensing.${code}.json`;
  const { version } = await guide(code);
  const made = await draft(id, (item) => { item.summary = '以后'; });
  assert.equal((await act(lin, id, 'propose', { version: made.number, reason: '以后', from: day(5) })).status, 200);
  assert.equal((await act(he, id, 'approve', { version: made.number })).body.state, 'approved');
  const shown = await guide(code);
  assert.deepEqual([shown.version, shown.announced], [version, { version: version + 1, effective: day(5) }]);
  assert.deepEqual(await versions(code), [[version + 1, 'announced'], [version, 'current']]);
  assert.deepEqual((await line(code)).under_way.map(({ state }) => state), ['approved']);
  const early = await draft(id, (item) => { item.summary = '现在'; });
  const refused = await act(lin, id, 'propose', { version: early.number, reason: '现在' });
  assert.deepEqual([refused.status, refused.body.type, refused.body.field], [409, 'item-date-order', 'from']);
  assert.equal((await act(lin, id, 'propose', { version: early.number, reason: '昨天', from: day(-1) })).body.type, 'model-date-past');
});

test('a case that runs keeps the version it was opened under, also when its task is done; lists by item show both', async () => {
  const doctor = await signedIn(server, 'dr-wang');
  const li = await signedIn(server, 'li');
  const open = async (n) => {
    const made = await doctor.post('/api/v1/cases', { item: 'death-report', confirmed: true,
      form: deathForm(idNumber('230110', '19390210', n), { 'cause.a.code': 'R96.0', 'cause.a.diagnosis': '原因不明的猝死', 'cause.b': undefined }) });
    assert.equal(made.status, 201, made.text);
    return (await admin.get(`/api/v1/cases/${made.body.no}`)).body;
  };
  const old = await open(301);
  await release('death.death-report.json', (item) => { item.summary = '新的说明'; });
  const fresh = await open(303);
  assert.deepEqual([old.item_version, fresh.item_version], [1, 2]);
  assert.equal((await admin.get(`/api/v1/cases/${old.no}`)).body.item_version, 1);
  const counted = (await lin.get(at('death.death-report.json'))).body.versions;
  assert.deepEqual(counted.map(({ number, running }) => [number, running]), [[1, 1], [0, 1]]);
  const listed = (await li.get('/api/v1/cases?item=death-report')).body.items.map(({ no }) => no);
  assert.ok(listed.includes(old.no) && listed.includes(fresh.no), 'cases of both versions are listed');
  const tasks = (await li.get('/api/v1/tasks?item=death-report')).body.items.map((one) => one.case);
  assert.ok(tasks.includes(old.no) && tasks.includes(fresh.no), 'tasks of both versions are listed');
  const task = old.tasks[0].id;
  const done = await li.post(`/api/v1/tasks/${task}/complete`, { form: { decision: 'approve', opinion: '同意' } });
  assert.equal(done.status, 200, done.text);
  assert.equal((await admin.get(`/api/v1/cases/${old.no}`)).body.item_version, 1);
});

const form = () => ({ item: 'doctor-cancel', party: undefined });
test('a suspended item opens nothing and says why; running cases go on; it is resumed by two persons', async () => {
  assert.equal((await act(lin, ITEM, 'resume', { reason: 'x' })).body.type, 'model-state');
  assert.equal((await act(lin, ITEM, 'suspend', {})).body.type, 'reason-missing');
  const asked = await act(lin, ITEM, 'suspend', { reason: '系统升级' });
  assert.deepEqual([asked.body.state, asked.body.step], ['proposed', 'suspend'], asked.text);
  assert.equal((await act(lin, ITEM, 'suspend', { reason: '再来' })).body.type, 'model-state');
  assert.equal((await guide('doctor-cancel')).suspended, undefined);
  assert.equal((await act(he, ITEM, 'approve', { version: asked.body.number })).body.state, 'in-force');
  const shown = await guide('doctor-cancel');
  assert.deepEqual([shown.suspended, shown.startable, shown.why_not], [{ reason: '系统升级', since: day(0) }, false, 'item-suspended']);
  const opened = await clerk.post('/api/v1/cases', { item: 'doctor-cancel', form: {}, applicant: { id: idNumber('230110', '19800101', 3) } });
  assert.deepEqual([opened.status, opened.body.type], [409, 'item-suspended'], opened.text);
  assert.equal((await clerk.post('/api/v1/drafts', form())).body.type, 'item-suspended');
  assert.equal((await line('doctor-cancel')).state, 'suspended');
  assert.deepEqual((await lin.get('/api/v1/catalogue?state=suspended')).body.items.map(({ code }) => code), ['doctor-cancel']);
  const page = await lin.get('/items/doctor-cancel');
  assert.match(page.text, /系统升级/);
  await release(ITEM, (item) => { item.summary = '暂停期间改的'; });
  assert.equal((await guide('doctor-cancel')).suspended.reason, '系统升级', 'a new version does not lift a suspension');
  const back = await act(lin, ITEM, 'resume', { reason: '升级完成' });
  assert.equal((await act(he, ITEM, 'approve', { version: back.body.number })).status, 200);
  assert.equal((await guide('doctor-cancel')).suspended, undefined);
});

test('an application begun under the old version is carried over with what still fits', async () => {
  const code = 'nurse-cancel';
  const { materials, form_view: view } = await guide(code);
  const texts = view.steps.flatMap(({ fields }) => fields).filter(({ type }) => type === 'textfield').map(({ path }) => path);
  const kept = { [texts[0]]: '张三' };
  const begun = await clerk.post('/api/v1/drafts', { item: code, form: { ...kept, gone_with_the_old_form: '1' }, step: 1, materials: materials.map(({ id }) => ({ id, promise: true })) });
  assert.equal(begun.status, 201, begun.text);
  assert.equal((await clerk.get(`/api/v1/drafts/${begun.body.id}`)).body.carried_over, undefined);
  await release(`licensing.${code}.json`, (item) => { item.materials = item.materials.slice(1); });
  const { version } = await guide(code);
  const carried = (await clerk.get(`/api/v1/drafts/${begun.body.id}`)).body;
  assert.deepEqual([carried.carried_over.from, carried.carried_over.to], [version - 1, version]);
  assert.deepEqual(new Set(carried.carried_over.dropped), new Set(['gone_with_the_old_form', `materials.${materials[0].id}`]));
  assert.deepEqual(carried.form, kept);
  assert.deepEqual(carried.materials.map(({ id }) => id), materials.slice(1).map(({ id }) => id));
});

test('a new item runs on a process and form that are there', async () => {
  const source = json((await lin.get(at('licensing.nurse-change.json'))).body);
  const id = 'licensing.nurse-second.json';
  const item = { ...source, code: 'nurse-second', title: '护士变更注册(试点)', unique: undefined };
  const made = await lin.post('/api/v1/models', { model: id, source: JSON.stringify(item) });
  assert.equal(made.status, 201, made.text);
  const listed = await line('nurse-second');
  assert.deepEqual([listed.state, listed.title], ['new', '护士变更注册(试点)']);
  assert.ok((await lin.get('/api/v1/catalogue?q=' + encodeURIComponent('(试点)'))).body.items.some(({ code }) => code === 'nurse-second'));
  assert.equal((await lin.get('/api/v1/items/nurse-second')).body.type, 'item-not-found');
  assert.equal((await lin.get('/api/v1/items/nurse-second/versions')).status, 404);
  assert.equal((await act(lin, id, 'propose', { version: made.body.number, reason: '试点' })).body.state, 'proposed');
  assert.equal((await act(he, id, 'approve', { version: made.body.number })).body.item_version, 1);
  assert.equal((await guide('nurse-second')).version, 1);
  assert.ok((await lin.get('/api/v1/items?q=试点')).body.items.some(({ code }) => code === 'nurse-second'));
  const clash = await lin.post(at('death.nurse-second.json', '/check'), { source: JSON.stringify(item) });
  assert.equal(clash.status, 404, clash.text);
});

test('the table is exported in UTF-8 and GB18030 and read back; bad rows are named, good ones drafted', async () => {
  const utf8 = await lin.get('/api/v1/catalogue/export');
  assert.match(utf8.headers.get('content-type'), /utf-8/);
  assert.deepEqual([...utf8.bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf]);
  const gb = await lin.get('/api/v1/catalogue/export?encoding=gb18030');
  assert.equal(new TextDecoder('gb18030').decode(gb.bytes), utf8.text.replace('\ufeff', ''));
  assert.equal((await lin.get('/api/v1/catalogue/export?encoding=big5')).body.field, 'encoding');
  const load = (bytes, who = lin) => who.ask('POST', '/api/v1/catalogue/import', bytes, { 'Content-Type': 'text/csv' });
  for (const bytes of [utf8.bytes, gb.bytes]) {
    const same = (await load(bytes)).body;
    assert.deepEqual([same.drafted, same.refused, same.unchanged], [[], [], same.rows]);
  }
  const head = 'local_task_code,task_name,promise_day,project_type,limit_scene_num,by_law,pack\r\n';
  const rows = ['mch-licence-check,母婴保健技术服务许可校验(新),,,,,', 'doctor-first,医师首次执业注册,3,1,0,,', 'radiology,放射诊疗许可,x,2,0,,', 'no-such-item,没有的事项,1,2,0,[],',
    'radiology,重复,1,2,0,,', 'nurse-first,护士首次注册,0,1,0,"{}",'];
  const table = await lin.ask('POST', '/api/v1/catalogue/import', head.replace(',promise_day,project_type,limit_scene_num,by_law,pack', ',pack') + 'mch-licence-check,母婴保健技术服务许可校验(新),\r\n', { 'Content-Type': 'text/csv' });
  assert.deepEqual([table.body.drafted.map(({ row, id }) => [row, id]), table.body.refused], [[[2, 'licensing.mch-licence-check.json']], []], table.text);
  const drafted = await lin.get(at('licensing.mch-licence-check.json', `?version=${table.body.drafted[0].number}`));
  assert.deepEqual([drafted.body.state, drafted.body.title], ['draft', '母婴保健技术服务许可校验(新)']);
  const { body } = await load(Buffer.from(head + rows.slice(1).join('\r\n')));
  assert.deepEqual(body.drafted, []);
  assert.deepEqual(body.refused.map(({ row, field }) => [row, field]).filter(([row]) => row !== 2),
    [[3, 'promise_day'], [4, 'pack'], [5, 'local_task_code'], [6, 'by_law']], JSON.stringify(body));
  assert.ok(body.refused.some(({ row, field, reason }) => row === 2 && field === 'promise_day' && /规则 1/.test(reason)), JSON.stringify(body));
  assert.equal((await load('task_name\r\nx')).body.type, 'csv-column');
  assert.deepEqual(Object.values((await load('local_task_code,nonsense\r\nx,y')).body).slice(0, 1), ['csv-column-unknown']);
  assert.equal((await load(Buffer.from([0x61, 0xff, 0xff, 0x0a]))).body.type, 'csv-encoding');
  assert.equal((await load(utf8.bytes, he)).status, 403);
  assert.equal((await load(utf8.bytes, clerk)).status, 403);
});

test('what an import drafted is proposed and approved together, by two persons; one that cannot be does not hold the others up', async () => {
  const codes = ['radiology-replace', 'radiology-cancel', 'nurse-replace'];
  const table = ['local_task_code,accept_condition', ...codes.map((code) => `${code},条件经批量修改`)].join('\r\n');
  const { drafted } = (await lin.ask('POST', '/api/v1/catalogue/import', table, { 'Content-Type': 'text/csv' })).body;
  assert.equal(drafted.length, codes.length);
  const models = drafted.map(({ id, number }) => ({ id, version: number }));
  const together = (who, action, body) => who.post(`/api/v1/catalogue/actions/${action}`, body);
  assert.equal((await together(lin, 'propose', { models: [] })).body.field, 'models');
  assert.equal((await together(lin, 'suspend', { models })).status, 404);
  assert.equal((await together(clerk, 'propose', { models })).status, 403);
  const early = (await together(he, 'approve', { models })).body;
  assert.deepEqual(early.refused.map(({ type }) => type), codes.map(() => 'model-state'));
  const asked = (await together(lin, 'propose', { models: [...models, { id: 'licensing.no-such.json', version: 1 }], reason: '批量修改条件' })).body;
  assert.deepEqual(asked.done.map(({ state }) => state), codes.map(() => 'proposed'));
  assert.deepEqual(asked.refused.map(({ id, version }) => [id, version]), [['licensing.no-such.json', 1]]);
  const own = (await together(lin, 'approve', { models })).body;
  assert.ok(own.done.length === 0 && own.refused.length === codes.length, 'who proposed decides nothing');
  const agreed = (await together(he, 'approve', { models, reason: '同意' })).body;
  assert.deepEqual([agreed.done.map(({ state }) => state), agreed.refused], [codes.map(() => 'in-force'), []]);
  for (const code of codes) assert.deepEqual((await guide(code)).conditions, ['条件经批量修改']);
});

test('the list is found by state and words; without the right it is not seen', async () => {
  assert.equal((await clerk.get('/api/v1/catalogue')).status, 403);
  assert.equal((await clerk.get('/api/v1/catalogue/export')).status, 403);
  const first = (await lin.get('/api/v1/catalogue?limit=10')).body;
  const second = (await lin.get(`/api/v1/catalogue?limit=10&cursor=${first.next}`)).body;
  assert.equal(new Set([...first.items, ...second.items].map(({ code }) => code)).size, 20);
  assert.ok((await lin.get('/api/v1/catalogue?q=yssczyz')).body.items.some(({ code }) => code === 'doctor-first'));
  const instant = (await lin.get('/api/v1/catalogue?handling=instant&limit=200')).body;
  assert.ok(instant.count >= 47 && instant.items.every(({ handling }) => handling === 'instant'));
  assert.ok((await lin.get('/api/v1/catalogue?state=drafted')).body.items.some(({ code }) => code === 'mch-licence-check'));
  assert.equal((await lin.get('/api/v1/catalogue?limit=0')).body.field, 'limit');
  const page = (await lin.get('/api/v1/items?limit=5')).body;
  assert.deepEqual([page.items.length, page.next], [5, '5']);
  assert.equal((await lin.get('/api/v1/items?limit=5&cursor=x')).body.type, 'bad-cursor');
});

test('what was released and suspended is still so after a restart, and the chain of events holds', async () => {
  const asked = await act(lin, ITEM, 'suspend', { reason: '再次暂停' });
  await act(he, ITEM, 'approve', { version: asked.body.number });
  const was = await versions('doctor-cancel');
  const { data, db } = server;
  await server.stop({ keep: true });
  server = await startServer({ data, db });
  await people();
  assert.deepEqual(await versions('doctor-cancel'), was);
  assert.equal((await guide('doctor-cancel')).suspended.reason, '再次暂停');
  assert.deepEqual((await versions('nurse-second')), [[1, 'current']]);
});
