// The past seen again under other limits, alerts that open supervision by themselves, how staff and windows do.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deathForm, idNumber, root, signedIn, sleep, startServer, until } from './lib.mjs';

const V = '/api/v1';
const today = new Date(Date.now() + 8 * 3600000).toISOString().slice(0, 10);
const doubtful = { 'cause.a.code': 'R96.0', 'cause.a.diagnosis': '原因不明的猝死', 'cause.b': undefined };
let packs;
let server;
let doctor;
let head;
let li;
let zhou;
let guo;
const closed = [];
let waiting;

// The rules of the packs with a second in place of hours, for the cases of one unit (those of the other are answered, but perhaps not
// within a second), and an institution judged from two cases on.
function quickRules() {
  packs = mkdtempSync(join(tmpdir(), 'tongban-packs-'));
  cpSync(join(root, 'packs'), packs, { recursive: true });
  const change = (name, members) => {
    const path = join(packs, 'cockpit/alerts', `${name}.json`);
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...members }));
  };
  change('amber-unanswered', { since: '=case.opened', after: 'PT1S', where: '=case.closed = null and case.staff_tasks = 0 and case.unit = "hq-centre"', owner: '="li"' });
  change('unit-overdue-rate', { indicator: 'automatic', below: 0.9, at_least: 2 });
}

const report = async (sequence, changes, who = doctor) => {
  const opened = await who.post(`${V}/cases`, { item: 'death-report', form: deathForm(idNumber('230110', '19450520', sequence), changes) });
  assert.equal(opened.status, 201, opened.text);
  return opened.body;
};
async function get(who, path) {
  const answer = await who.get(V + path);
  assert.equal(answer.status, 200, `${path}: ${answer.text}`);
  return answer.body;
}
async function refused(promise, status, type, field) {
  const answer = await promise;
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.body.type, type);
  if (field) assert.equal(answer.body.field, field);
}

before(async () => {
  quickRules();
  server = await startServer({ agencies: 'http://127.0.0.1:9', args: ['--packs', packs] });
  [doctor, head, li, zhou, guo] = await Promise.all(['dr-wang', 'head-chen', 'li', 'zhou', 'head-guo'].map((name) => signedIn(server, name)));
  for (let i = 0; i < 3; i++) {
    const no = (await report(11 + 2 * i, doubtful)).no;
    const { tasks } = await get(li, `/cases/${no}`);
    const done = await li.post(`${V}/tasks/${tasks[0].id}/complete`, { form: { decision: 'approve', opinion: '已调阅病历' } });
    assert.equal(done.status, 200, done.text);
    closed.push(no);
  }
  waiting = (await report(31, doubtful, await signedIn(server, 'dr-zhao'))).no;
  await until('three cases counted', async () => (await get(head, '/indicators/cases-closed')).numerator >= 3);
});
after(async () => {
  await server.stop();
  rmSync(packs, { recursive: true, force: true });
});

const period = `from=${today}&to=${today}`;
// The server's clock is the real one: what was decided on the day of acceptance is late under no limit. Late ones are in the unit tests.
test('an item answers what if, with definitions in both languages', async () => {
  const was = await get(head, `/benchmarks/death-report/what-if?${period}`);
  assert.deepEqual([was.clocked, was.was.late, was.then.late, was.then.rate], [3, 0, 0, 0]);
  assert.deepEqual(was.was.limit, { amount: 0, counted: 'natural-days' });
  assert.equal(was.months.length, 1);
  assert.equal(was.used.most, 0);
  assert.ok(was.definitions.every((one) => one.zh && one.en));
  const then = await get(head, `/benchmarks/death-report/what-if?${period}&amount=2&counted=working-days&extension=0`);
  assert.deepEqual(then.then.limit, { amount: 2, counted: 'working-days' });
  assert.equal(then.then.extension, 0);
  assert.equal((await get(head, '/benchmarks/death-report/what-if')).cases, 0, 'last year');
  assert.deepEqual((await get(head, `/benchmarks/death-report/what-if/cases?${period}`)).items, []);
});

test('a question is within the scope of who asks it, and wrong ones name their field', async () => {
  const path = `${V}/benchmarks/death-report/what-if`;
  assert.equal((await get(li, `/benchmarks/death-report/what-if?${period}`)).clocked, 3);
  assert.equal((await get(zhou, `/benchmarks/death-report/what-if?${period}`)).clocked, 0);
  await refused(doctor.get(path), 403, 'forbidden');
  await refused(head.get(`${V}/benchmarks/none/what-if`), 404, 'item-not-found');
  await refused(head.get(`${path}?amount=soon`), 422, 'filter-invalid', 'amount');
  await refused(head.get(`${path}?amount=3&counted=moons`), 422, 'filter-invalid', 'counted');
  await refused(head.get(`${path}?without=none`), 422, 'filter-invalid', 'without');
  await refused(head.get(`${path}?from=2026-02-30`), 422, 'filter-invalid', 'from');
  await refused(head.get(`${path}/cases?cursor=7`), 422, 'bad-cursor', 'cursor');
});

test('a case that nobody answers comes on the supervision list by itself, once', async () => {
  const entry = await until('an alert', async () => (await get(head, '/supervisions?state=active')).items.find((one) => one.case === waiting));
  assert.deepEqual([entry.owner, entry.state, entry.opened_by], ['li', 'open', '电子监察']);
  assert.deepEqual(entry.alerts.map((one) => one.rule), ['amber-unanswered']);
  assert.ok(Date.parse(entry.due) > Date.now());
  await sleep(1500);
  const all = (await get(head, '/supervisions?state=active')).items.filter((one) => one.case === waiting);
  assert.deepEqual(all.map((one) => one.alerts.length), [1]);
  const told = (await get(head, `/cases/${waiting}/events`)).items.filter((one) => one.type === 'case.supervised');
  assert.equal(told.length, 1);
  assert.deepEqual((await get(head, '/supervisions?state=active')).items.flatMap((one) => one.case ?? []), [waiting]);
  const act = (who, action, input) => who.post(`${V}/supervisions/${entry.id}/actions/${action}`, input);
  assert.equal((await act(li, 'answer', { text: '今日办结' })).body.state, 'answered');
  assert.equal((await act(head, 'close', { proof: '已见决定书' })).body.state, 'closed');
});

test('an institution beyond its bound comes on the list without a case, and is closed with a proof', async () => {
  const entry = await until('an alert', async () => (await get(head, '/supervisions?state=active')).items.find((one) => !one.case));
  assert.equal(entry.unit, 'xf-hospital');
  assert.equal(entry.alerts[0].rule, 'unit-overdue-rate');
  assert.equal(entry.alerts[0].value, 0);
  const done = await head.post(`${V}/supervisions/${entry.id}/actions/close`, { proof: '已约谈,整改方案已交' });
  assert.equal(done.body.state, 'closed', done.text);
  await sleep(2500);
  assert.equal((await get(head, '/supervisions?state=active')).items.filter((one) => !one.case).length, 0);
});

test('staff and windows are assessed by those who supervise them', async () => {
  const units = await get(head, '/assessments');
  assert.deepEqual(units.rows.map((one) => [one.unit, one.unit_title, one.staff]), [['xf-cdc', '香坊区疾病预防控制中心', undefined]]);
  const staff = await get(guo, '/assessments?by=staff');
  const figure = (id) => staff.rows[0].figures.find((one) => one.id === id);
  assert.deepEqual(staff.rows.map((one) => [one.staff, one.staff_title]), [['li', '李卓']]);
  assert.equal(figure('staff-handled').numerator, 3);
  assert.equal(figure('staff-on-time').value, 1);
  assert.equal(figure('staff-returned').value, 0);
  assert.ok(staff.indicators.every((one) => one.formula && one.sources.length));
  await refused(li.get(`${V}/assessments`), 403, 'forbidden');
  await refused(doctor.get(`${V}/assessments`), 403, 'forbidden');
  await refused(head.get(`${V}/assessments?by=moon`), 422, 'filter-invalid', 'by');
  assert.deepEqual((await get(head, '/assessments?unit=ng-cdc')).rows, []);
});

test('what fewer than five citizens said of a person is left out', async () => {
  const rated = await doctor.post(`${V}/cases/${closed[0]}/actions/rate`, { grade: 5 });
  assert.equal(rated.status, 200, rated.text);
  const row = await until('the rating counted', async () => (await get(guo, '/assessments?by=staff')).rows[0].figures.find((one) => one.id === 'staff-satisfaction').suppressed);
  assert.equal(row, true);
  const ratings = (await get(guo, '/assessments?by=staff')).rows[0].figures.find((one) => one.id === 'staff-ratings');
  assert.deepEqual([ratings.suppressed, ratings.numerator], [true, undefined]);
});
