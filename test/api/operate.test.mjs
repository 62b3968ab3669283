// Operations: incidents, timers, jobs and the outbox in pages, versions and heat of processes, changes to running cases by two persons.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { deathForm, idNumber, root, signedIn, startServer, until } from './lib.mjs';
import { deploy, inspect, patrol, start } from './patrol.mjs';

let server;
let admin;
let lin;
let song;
let doctor;
before(async () => {
  server = await startServer({ agencies: 'http://127.0.0.1:9' });
  admin = await signedIn(server, 'admin');
  lin = await signedIn(server, 'ops-lin');
  song = await signedIn(server, 'ops-song');
  doctor = await signedIn(server, 'dr-wang');
  await deploy(server, admin, patrol());
});
after(() => server.stop());

const V = '/api/v1';
async function get(who, path) {
  const answer = await who.get(V + path);
  assert.equal(answer.status, 200, `${path}: ${answer.text}`);
  return answer.body;
}
async function all(who, path, limit) {
  const items = [];
  for (let next = ''; next !== null;) {
    const page = await get(who, `${path}${path.includes('?') ? '&' : '?'}limit=${limit}${next ? `&cursor=${encodeURIComponent(next)}` : ''}`);
    assert.ok(page.items.length <= limit);
    items.push(...page.items);
    next = page.next ?? null;
  }
  return items;
}
async function refused(promise, status, type, field) {
  const answer = await promise;
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.body.type, type);
  if (field) assert.equal(answer.body.field, field);
  return answer.body;
}
const versionOf = async (number, process = 'patrol') => (await get(lin, `/processes?process=${process}`)).items.find((one) => one.version === number);
const finished = (id, who = song) => until(`the end of change ${id}`, async () => {
  const change = await get(who, `/instances/changes/${id}`);
  return change.state === 'done' && change;
});

test('an incident is listed, fails again, and goes on with another variable', async () => {
  await start(admin);
  await inspect(admin, {});
  const [incident] = (await get(lin, '/incidents?process=patrol')).items;
  assert.equal(incident.element, 'good');
  assert.equal(incident.name, '合格?');
  assert.equal(incident.kind, 'exclusiveGateway');
  assert.match(incident.case, /^\d{6}-\d{8}-\d{6}-./);
  assert.ok(incident.message && incident.since && incident.type);
  assert.deepEqual((await get(lin, '/incidents?process=other')).items, []);
  assert.equal((await get(lin, `/incidents?case=${incident.case}&type=${incident.type}`)).items.length, 1);

  const again = await lin.post(`${V}/incidents/${incident.id}/retry`, {});
  assert.equal(again.body.solved, false, again.text);
  assert.notEqual(again.body.incident, incident.id);
  await refused(lin.post(`${V}/incidents/${incident.id}/retry`, {}), 409, 'incident-resolved');
  await refused(lin.post(`${V}/incidents/${again.body.incident}/retry`, { variables: 'score' }), 422, 'invalid-type', 'variables');
  const solved = await lin.post(`${V}/incidents/${again.body.incident}/retry`, { variables: { score: 80 } });
  assert.equal(solved.body.solved, true, solved.text);
  assert.deepEqual((await get(lin, '/incidents?process=patrol')).items, []);

  const [timer] = (await get(lin, '/timers')).items.filter((one) => one.case === incident.case);
  assert.equal(timer.element, 'cool');
  assert.equal(timer.kind, 'intermediateCatchEvent');
  assert.equal(timer.overdue, false);
  assert.deepEqual((await get(lin, '/timers?overdue=true')).items, []);
});

test('skipping needs a reason, and at a gateway a way to go', async () => {
  await start(admin);
  await inspect(admin, {});
  const [incident] = (await get(lin, '/incidents?process=patrol')).items;
  await refused(lin.post(`${V}/incidents/${incident.id}/skip`, {}), 422, 'reason-missing', 'reason');
  const skipped = await lin.post(`${V}/incidents/${incident.id}/skip`, { reason: '现场复核合格', flow: 'f3' });
  assert.equal(skipped.body.solved, true, skipped.text);
  const event = (await get(lin, `/cases/${incident.case}/events`)).items.find((one) => one.type === 'incident.skipped');
  assert.equal(event.reason, '现场复核合格');
  assert.equal(event.by_name, '林涛');
});

test('who has not the right sees and does nothing here', async () => {
  for (const path of ['/incidents', '/timers', '/jobs', '/outbox', '/processes', '/processes/patrol/heat', '/instances/changes'])
    await refused(doctor.get(V + path), 403, 'forbidden');
  for (const path of ['/incidents/1/retry', '/incidents/1/skip', '/jobs/1/retries', '/instances/changes/1/approve', '/instances/changes/1/reject'])
    await refused(doctor.post(V + path, {}), 403, 'forbidden');
  await refused(lin.post(`${V}/incidents/1/retry`, {}), 404, 'incident-not-found');
  await refused(lin.get(`${V}/timers?cursor=x`), 422, 'bad-cursor', 'cursor');
});

test('a job without tries is given some back, and its incident is over', async () => {
  await start(admin);
  const of = async (state) => (await get(lin, `/jobs?type=inspect-site&state=${state}`)).items;
  assert.equal((await of('free')).length, 1);
  const [job] = (await admin.post(`${V}/jobs/activate`, { type: 'inspect-site', worker: 'crew' })).body.items;
  const [taken] = await of('taken');
  assert.equal(taken.worker, 'crew');
  assert.equal(taken.element, 'inspect');
  assert.ok(taken.deadline);
  await admin.post(`${V}/jobs/${job.id}/fail`, { retries: 0, message: '设备故障' });
  const [spent] = await of('spent');
  assert.equal(spent.retries, 0);
  const [incident] = (await get(lin, '/incidents?type=job-no-retries')).items;
  assert.equal(incident.job, job.id);
  assert.match(incident.message, /设备故障/);
  await refused(lin.post(`${V}/jobs/${job.id}/retries`, { retries: 0 }), 422, 'retries-invalid', 'retries');
  await refused(lin.post(`${V}/jobs/7/retries`, { retries: 1 }), 404, 'job-not-found');
  assert.equal((await lin.post(`${V}/jobs/${job.id}/retries`, { retries: 2 })).status, 204);
  const [free] = await of('free');
  assert.deepEqual([free.id, free.retries], [job.id, 2]);
  assert.deepEqual((await get(lin, '/incidents?type=job-no-retries')).items, []);
  await refused(lin.get(`${V}/jobs?state=idle`), 422, 'filter-invalid', 'state');
  await inspect(admin, { score: 90 });
});

test('lists are read page by page, each line once, the earliest due first', async () => {
  for (let i = 0; i < 5; i++) await start(admin);
  const jobs = await all(lin, '/jobs?type=inspect-site', 2);
  assert.equal(jobs.length, 5);
  assert.equal(new Set(jobs.map((one) => one.id)).size, 5);
  await inspect(admin, { score: 70 });
  const timers = await all(lin, '/timers', 3);
  assert.ok(timers.length >= 8);
  assert.equal(new Set(timers.map((one) => one.id)).size, timers.length);
  assert.deepEqual(timers.map((one) => one.due), timers.map((one) => one.due).sort());
});

test('exchanges that cannot be delivered are listed in pages and sent again at once', async () => {
  const opened = await doctor.post(`${V}/cases`, { item: 'death-report', form: deathForm(idNumber('230110', '19400520', 11)) });
  assert.equal(opened.status, 201, opened.text);
  const ids = (list) => list.map((one) => one.id);
  const before = ids((await get(lin, '/outbox?limit=100')).items);
  const waiting = await all(lin, '/outbox', 1);
  const after = ids((await get(lin, '/outbox?limit=100')).items);
  assert.ok(waiting.length >= 2);
  assert.equal(new Set(ids(waiting)).size, waiting.length, 'each once');
  assert.deepEqual(before.filter((id) => after.includes(id) && !ids(waiting).includes(id)), [], 'what was there all the time is in a page');
  assert.equal((await lin.post(`${V}/outbox/${waiting[0].id}/retry`, {})).status, 204);
  await refused(lin.post(`${V}/outbox/1/retry`, {}), 404, 'exchange-not-found');
});

test('versions are found by name and by running cases', async () => {
  const found = await all(lin, '/processes?q=' + encodeURIComponent('巡查'), 1);
  assert.deepEqual(found.map((one) => [one.process, one.source, one.in_force]), [['patrol', 'deployed', true]]);
  const running = await all(lin, '/processes?running=true', 50);
  assert.ok(running.length > 0 && running.every((one) => one.running > 0));
  const every = await all(lin, '/processes', 3);
  assert.equal(new Set(every.map((one) => one.source + one.process + one.version)).size, every.length);
});

test('heat tells where cases wait, from which period, and how long they stayed', async () => {
  const heat = await get(lin, '/processes/patrol/heat?version=1');
  const at = (id) => heat.elements.find((one) => one.element === id);
  const { running, ended } = await versionOf(1);
  assert.equal(heat.running, running);
  assert.equal(heat.cases, running + ended);
  assert.equal(heat.exact, true);
  assert.equal(at('cool').waiting, running);
  assert.equal(at('inspect').passed, running);
  assert.equal(at('inspect').timed, running);
  assert.ok(at('inspect').median_ms >= 0 && at('inspect').p90_ms >= at('inspect').median_ms);
  assert.equal(at('sign').passed, 0);
  assert.equal(at('sign').median_ms, undefined);
  assert.match(heat.xml, /bpmndi:BPMNShape/);
  assert.equal((Date.parse(heat.to) - Date.parse(heat.from)) / 86400000, 89);
  assert.deepEqual([heat.precision_percent, heat.as_of], [0, undefined]);
  const packed = await until('the reported death is counted', async () => {
    const seen = await get(lin, '/processes/death-report/heat');
    return seen.cases > 0 && seen.running === 0 && seen;
  });
  assert.deepEqual([packed.source, packed.exact, packed.precision_percent], ['pack', true, 6.25]);
  assert.ok(Date.parse(packed.as_of) <= Date.now());
  assert.ok(packed.elements.some((one) => one.passed === packed.cases && one.timed === packed.cases && one.median_ms === 0));
  const before = await get(lin, '/processes/patrol/heat?version=1&from=2020-01-01&to=2020-02-01');
  assert.equal(before.cases, 0);
  assert.equal(before.running, running);
  await refused(lin.get(`${V}/processes/patrol/heat?version=9`), 404, 'version-not-found', 'version');
  await refused(lin.get(`${V}/processes/patrol/heat?from=yesterday`), 422, 'bad-query', 'from');
  await refused(lin.get(`${V}/processes/patrol/heat?from=2020-01-01&to=2024-01-01`), 422, 'bad-query', 'from');
});

test('tokens are moved by two persons, and each case says so', async () => {
  const [first, second] = (await all(lin, '/timers', 50)).map((one) => one.case);
  const proposal = { kind: 'modify', process: 'patrol', version: 1, cases: [first, second], moves: [{ from: 'cool', to: 'sign', variables: { hurried: true } }], reason: '公示期依法缩短' };
  await refused(lin.post(`${V}/instances/changes`, { ...proposal, reason: '' }), 422, 'reason-missing', 'reason');
  await refused(lin.post(`${V}/instances/changes`, { ...proposal, moves: [{ from: 'nowhere', to: 'sign' }] }), 404, 'element-not-found', 'moves');
  await refused(lin.post(`${V}/instances/changes`, { ...proposal, cases: ['x'] }), 422, 'change-invalid', 'cases[0]');
  await refused(lin.post(`${V}/instances/changes`, { ...proposal, speed: 'fast' }), 422, 'unknown-field', 'speed');
  const made = await lin.post(`${V}/instances/changes`, proposal);
  assert.equal(made.status, 201, made.text);
  const { id } = made.body;
  assert.deepEqual([made.body.state, made.body.total, made.body.tried, made.body.mine], ['proposed', 2, 2, true]);
  await refused(lin.post(`${V}/instances/changes/${id}/approve`, {}), 403, 'second-person-needed');
  assert.equal((await get(song, '/instances/changes?state=proposed')).items[0].id, id);
  assert.equal((await song.post(`${V}/instances/changes/${id}/approve`, {})).body.state, 'running');
  await refused(song.post(`${V}/instances/changes/${id}/approve`, {}), 409, 'change-decided');
  const done = await finished(id);
  assert.deepEqual([done.done, done.failed, done.skipped, done.decided_by], [2, 0, 0, '宋雨']);
  for (const no of [first, second]) {
    assert.deepEqual((await get(lin, `/cases/${no}/diagram`)).tokens.map((one) => one.element), ['sign']);
    const event = (await get(lin, `/cases/${no}/events`)).items.find((one) => one.type === 'process.modified');
    assert.deepEqual([event.proposed_by, event.approved_by, event.reason], ['林涛', '宋雨', '公示期依法缩短']);
  }
  assert.ok(!(await all(lin, '/timers', 50)).some((one) => one.case === first));
});

test('a change is rejected with a reason, and is not carried out', async () => {
  const made = await lin.post(`${V}/instances/changes`, { kind: 'modify', process: 'patrol', version: 1, moves: [{ from: 'cool' }], reason: '试一试' });
  assert.equal(made.status, 201, made.text);
  await refused(song.post(`${V}/instances/changes/${made.body.id}/reject`, {}), 422, 'reason-missing', 'reason');
  const rejected = await song.post(`${V}/instances/changes/${made.body.id}/reject`, { reason: '会终止所有巡查' });
  assert.deepEqual([rejected.body.state, rejected.body.decision], ['rejected', '会终止所有巡查']);
  assert.ok((await versionOf(1)).running > 0);
  await refused(song.post(`${V}/instances/changes/${made.body.id}/approve`, {}), 409, 'change-decided');
  await refused(song.get(`${V}/instances/changes/1`), 404, 'change-not-found');
});

test('running cases of a deployed process migrate to another version with a mapping', async () => {
  await deploy(server, admin, patrol({ ids: { inspect: 'look', cool: 'publish' }, name: '场所巡查(新)' }));
  await start(admin, {}, 1);
  const old = await versionOf(1);
  assert.equal(old.in_force, false);
  const wanted = { kind: 'migrate', process: 'patrol', version: 1, to: 2, reason: '新版流程' };
  await refused(lin.post(`${V}/instances/changes`, { ...wanted, to: 1 }), 422, 'change-invalid', 'to');
  await refused(lin.post(`${V}/instances/changes`, { ...wanted, mapping: { cool: 'gone' } }), 422, 'migration-invalid');
  const partly = await lin.post(`${V}/instances/changes`, { ...wanted, mapping: { cool: 'publish' } });
  assert.equal(partly.status, 201, partly.text);
  assert.match(partly.body.problems[0].message, /inspect/);
  await lin.post(`${V}/instances/changes/${partly.body.id}/reject`, { reason: '漏了现场检查' });
  const made = await lin.post(`${V}/instances/changes`, { ...wanted, mapping: { cool: 'publish', inspect: 'look' } });
  assert.equal(made.body.total, old.running, made.text);
  await refused(lin.post(`${V}/instances/changes/${made.body.id}/approve`, {}), 403, 'second-person-needed');
  await song.post(`${V}/instances/changes/${made.body.id}/approve`, { reason: '已核对' });
  const done = await finished(made.body.id);
  assert.deepEqual([done.done, done.failed], [old.running, 0]);
  assert.equal((await versionOf(1)).running, 0);
  assert.equal((await versionOf(2)).running, old.running);
  const [timer] = (await get(lin, '/timers')).items;
  assert.equal(timer.element, 'publish');
  assert.equal((await get(lin, `/cases/${timer.case}/diagram`)).process.version, 2);
  const migrated = (await get(lin, `/cases/${timer.case}/events`)).items.find((one) => one.type === 'process.migrated');
  assert.deepEqual([migrated.proposed_by, migrated.approved_by, migrated.reason], ['林涛', '宋雨', '新版流程']);
  const [job] = await inspect(admin, { score: 99 });
  assert.equal(job.element, 'look');
  const [task] = (await admin.post('/v2/user-tasks/search', { filter: { state: 'CREATED' } })).body.items;
  assert.equal(task.processDefinitionKey, (await versionOf(2)).key);
  assert.equal((await admin.post(`/v2/user-tasks/${task.userTaskKey}/completion`, {})).status, 204);
  const heat = await get(lin, '/processes/patrol/heat');
  assert.equal(heat.version, 2);
  assert.ok(heat.elements.find((one) => one.element === 'publish').waiting > 0);
});

test('cases of an item migrate to the packs\' new version of their process', async () => {
  const packs = mkdtempSync(join(tmpdir(), 'tongban-packs-'));
  cpSync(join(root, 'packs'), packs, { recursive: true });
  const file = join(packs, 'death/processes/death-report.bpmn');
  const id = idNumber('230110', '19390210', 17);
  let one = await startServer();
  try {
    const opened = await (await signedIn(one, 'dr-wang')).post(`${V}/cases`, { item: 'death-report', confirmed: true,
      form: deathForm(id, { 'cause.a.code': 'R96.0', 'cause.a.diagnosis': '原因不明的猝死', 'cause.b': undefined }) });
    assert.equal(opened.status, 201, opened.text);
    await one.stop({ keep: true });
    writeFileSync(file, readFileSync(file, 'utf8').replace('</bpmn:definitions>', '<!-- second edition --></bpmn:definitions>'));
    one = await startServer({ data: one.data, db: one.db, args: ['--packs', packs] });
    const [a, b, li] = await Promise.all(['ops-lin', 'ops-song', 'li'].map((name) => signedIn(one, name)));
    const running = async () => (await get(a, '/processes?process=death-report')).items.map((v) => [v.version, v.running, v.in_force]);
    await until('the case is counted', async () => isDeepStrictEqual(await running(), [[2, 0, true], [1, 1, false]]));
    const made = await a.post(`${V}/instances/changes`, { kind: 'migrate', process: 'death-report', version: 1, to: 2, reason: '改正流程' });
    assert.equal(made.status, 201, made.text);
    await b.post(`${V}/instances/changes/${made.body.id}/approve`, {});
    await finished(made.body.id, b);
    await until('the moved case is counted', async () => isDeepStrictEqual(await running(), [[2, 1, true], [1, 0, false]]));
    const waits = (await get(a, '/processes/death-report/heat?version=2')).elements.filter((one) => one.waiting);
    assert.deepEqual(waits.map((one) => one.waiting), [1]);
    assert.match((await get(li, `/cases/${opened.body.no}/diagram`)).process.xml, /second edition/);
    const task = (await get(li, '/tasks')).items.find((t) => t.case === opened.body.no);
    assert.equal((await li.post(`${V}/tasks/${task.id}/claim`, {})).status, 200);
    const closed = await li.post(`${V}/tasks/${task.id}/complete`, { form: { decision: 'approve', opinion: '已调阅病历' } });
    assert.equal(closed.status, 200, closed.text);
  } finally {
    await one.stop();
    rmSync(packs, { recursive: true, force: true });
  }
});
