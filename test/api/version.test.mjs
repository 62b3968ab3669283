// What a case was opened under stays with it: its forms. What is asked for twice with one key is done once. What C finds wrong is said
// in the reader's language.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deathForm, idNumber, root, signedIn, startServer } from './lib.mjs';
import { deploy, inspect, patrol, start } from './patrol.mjs';

const V = '/api/v1';
const english = { 'Accept-Language': 'en' };
const chinese = { 'Accept-Language': 'zh-CN' };

let server;
let admin;
let lin;
let analyst;
before(async () => {
  server = await startServer();
  [admin, lin, analyst] = await Promise.all(['admin', 'ops-lin', 'analyst-lin'].map((name) => signedIn(server, name)));
});
after(() => server.stop());

test('the checks of a decision speak the reader\'s language', async () => {
  const xml = readFileSync(join(root, 'packs/death/decisions/death-report.dmn'), 'utf8').replaceAll('hitPolicy="FIRST"', 'hitPolicy="UNIQUE"');
  for (const [language, pattern] of [[english, /^Rules \d+ and \d+ can both match, but the hit policy is U/], [chinese, /^规则\d+和规则\d+可能同时命中,而命中策略是U/]]) {
    const { body, text } = await admin.post(`${V}/decisions/check`, { xml }, language);
    const overlap = body.problems?.find((one) => one.code === 'table-overlap');
    assert.match(overlap?.message ?? text, pattern);
  }
});

test('a model\'s check and its FEEL errors speak the reader\'s language', async () => {
  const id = 'death.death-report.dmn';
  const { body: file } = await analyst.get(`${V}/models/${id}`);
  const source = file.source.replace(/<outputEntry([^>]*)><text>"doubtful"<\/text>/, '<outputEntry$1><text>nobody +</text>');
  const said = async (language) => (await analyst.post(`${V}/models/${id}/check`, { version: 0, source }, language)).body.problems.map((one) => one.message).join('\n');
  assert.match(await said(english), /^'nobody \+' in '.*' cannot be read: The expression ends where a value is expected\. \(line 1, column 9\)\.$/m);
  assert.match(await said(chinese), /^“.*”中的“nobody \+”无法读取:表达式在应有值的地方结束了。\(第1行第9列\)$/m);
});

test('incidents speak the reader\'s language, in the list, the diagram and the history', async () => {
  await deploy(server, admin, patrol());
  await start(admin);
  await inspect(admin, {});
  const list = async (language) => (await lin.get(`${V}/incidents`, language)).body.items[0];
  assert.match((await list(english)).message, /^The condition '=score > 60' of flow 'f3' cannot be decided: /);
  const { message, case: no } = await list(chinese);
  assert.match(message, /^无法判断顺序流“f3”的条件“=score > 60”:没有名为“score”的值。$/);
  const { body: diagram } = await lin.get(`${V}/cases/${no}/diagram`, chinese);
  assert.match(JSON.stringify(diagram), /无法判断顺序流/);
  const { body: events } = await lin.get(`${V}/cases/${no}/events`, chinese);
  assert.equal(events.items.find((one) => one.type === 'incident.raised').message, message);
});

test('a repeated Idempotency-Key makes no second draft, change, mandate, bulletin, message or delegation', async () => {
  const chief = await signedIn(server, 'head-chen');
  const clerk = await signedIn(server, 'clerk-gao');
  const model = { model: 'death.death-report.dmn' };
  const change = { kind: 'modify', process: 'patrol', version: 1, moves: [{ from: 'good', to: 'sign' }], reason: '补办' };
  const message = { name: 'somebody-comes', key: 'x', ttl_ms: 60000 };
  const bulletin = { kind: 'week', title: '周报' };
  const he = await signedIn(server, 'reviewer-he');
  const days = (n) => new Date(Date.now() + n * 864e5).toISOString().slice(0, 10);
  const delegation = { to: 'reviewer-tan', from: days(1), until: days(3), reason: '出差' };
  const mandate = { principal: { id: idNumber('230110', '19500210', 11), name: '甲' }, agent: { id: idNumber('230110', '19800210', 13), name: '乙' }, until: new Date(Date.now() + 864e5).toISOString().slice(0, 10), evidence: '委托书原件' };
  for (const [who, path, body, name, other] of [
    [analyst, '/models', model, 'number', { ...model, from: 0, source: '<x/>' }],
    [lin, '/instances/changes', change, 'id', { ...change, reason: '另一项' }],
    [admin, '/messages', message, 'key', { ...message, name: 'nobody-comes' }],
    [chief, '/bulletins', bulletin, 'id', { ...bulletin, title: '月报' }],
    [clerk, '/mandates', mandate, 'id', { ...mandate, evidence: '电话' }],
    [he, '/delegations', delegation, 'id', { ...delegation, reason: '休假' }]]) {
    const key = { 'Idempotency-Key': `twice-${path}` };
    const first = await who.post(V + path, body, key);
    assert.ok(first.status < 300, `${path}: ${first.text}`);
    const again = await who.post(V + path, body, key);
    assert.equal(again.status, first.status, `${path}: ${again.text}`);
    assert.equal(again.body[name], first.body[name], path);
    const mixed = await who.post(V + path, other, key);
    assert.deepEqual([mixed.status, mixed.body.type], [409, 'idempotency-key-reused'], path);
    const fresh = await who.post(V + path, body);
    assert.notEqual(fresh.body?.[name] ?? null, first.body[name], path);
  }
  assert.equal((await he.get(`${V}/delegations`)).body.items.filter((one) => one.reason === '出差').length, 1);
});

test('a case and its tasks show the forms of the packs it was opened under', async () => {
  const packs = mkdtempSync(join(tmpdir(), 'tongban-packs-'));
  cpSync(join(root, 'packs'), packs, { recursive: true });
  const relabel = (file, from, to) => {
    const path = join(packs, 'death/forms', file);
    const text = readFileSync(path, 'utf8');
    assert.ok(text.includes(from));
    writeFileSync(path, text.replaceAll(from, to));
  };
  const open = async (one, sequence) => {
    const opened = await (await signedIn(one, 'dr-wang')).post(`${V}/cases`, { item: 'death-report', confirmed: true,
      form: deathForm(idNumber('230110', '19390210', sequence), { 'cause.a.code': 'R96.0', 'cause.a.diagnosis': '原因不明的猝死', 'cause.b': undefined }) });
    assert.equal(opened.status, 201, opened.text);
    return opened.body.no;
  };
  let one = await startServer();
  try {
    const before = await open(one, 17);
    await one.stop({ keep: true });
    relabel('death-review.form', '审核意见', '复核意见');
    relabel('death-report.form', '"label": "死者姓名"', '"label": "逝者姓名"');
    one = await startServer({ data: one.data, db: one.db, args: ['--packs', packs] });
    const after = await open(one, 19);
    const li = await signedIn(one, 'li');
    const shown = async (no) => {
      const task = (await li.get(`${V}/tasks`)).body.items.find((each) => each.case === no);
      const form = JSON.stringify((await li.get(`${V}/tasks/${task.id}`)).body.form_view);
      const whole = JSON.stringify((await li.get(`${V}/cases/${no}`)).body.form_view);
      return [/审核意见/.test(form), /复核意见/.test(form), /逝者姓名/.test(whole)];
    };
    assert.deepEqual(await shown(before), [true, false, false]);
    assert.deepEqual(await shown(after), [false, true, true]);
  } finally {
    await one.stop();
    rmSync(packs, { recursive: true, force: true });
  }
});
