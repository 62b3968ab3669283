// Models over HTTP: from draft into force by two persons, in force for new cases only, put back, and everything that is refused.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { deathForm, idNumber, root, signedIn, startServer } from './lib.mjs';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const RULES = 'death.death-report.dmn';
const PROCESS = 'death.death-report.bpmn';
const CELL = '<outputEntry id="death-classification-unknown-o1"><text>"doubtful"</text></outputEntry>';
const day = (n) => new Date(Date.now() + 8 * 3600e3 + n * 864e5).toISOString().slice(0, 10);

let server;
let lin;
let he;
let doctor;
let admin;
const people = async () => {
  [lin, he, doctor, admin] = await Promise.all(['analyst-lin', 'approver-he', 'dr-wang', 'admin'].map((name) => signedIn(server, name)));
};
before(async () => {
  server = await startServer();
  await people();
});
after(() => server.stop());

const at = (id, rest = '') => `/api/v1/models/${id}${rest}`;
const save = (who, id, revision, body) => who.ask('PUT', at(id), body, revision === undefined ? {} : { 'If-Match': `"${revision}"` });
const act = (who, id, action, body) => who.post(at(id, `/actions/${action}`), body);
async function draft(id, change) {
  const { body } = await lin.post('/api/v1/models', { model: id });
  const made = await save(lin, id, body.revision, { version: body.number, source: change(body.source) });
  assert.equal(made.status, 200, made.text);
  return made.body;
}
let unknownDeaths = 0;
async function unknownDeath() {
  const id = idNumber('230110', '19390210', 101 + 2 * unknownDeaths++);
  const answer = await doctor.post('/api/v1/cases', { item: 'death-report', confirmed: true,
    form: deathForm(id, { 'cause.a.code': 'R96.0', 'cause.a.diagnosis': '原因不明的猝死', 'cause.b': undefined }) });
  assert.equal(answer.status, 201, answer.text);
  return answer.body;
}
const caseOf = async (no) => (await admin.get(`/api/v1/cases/${no}`)).body;

test('the library lists processes, decisions and forms with what is in force', async () => {
  const { status, body } = await lin.get('/api/v1/models');
  assert.equal(status, 200);
  const one = body.items.find(({ id }) => id === PROCESS);
  assert.deepEqual([one.kind, one.pack, one.title, one.in_force], ['process', 'death', '死亡报告', 0]);
  assert.deepEqual(new Set(body.items.map(({ kind }) => kind)), new Set(['process', 'decision', 'form']));
  const file = await lin.get(at(PROCESS));
  assert.equal(file.body.source, readFileSync(join(root, 'packs/death/processes/death-report.bpmn'), 'utf8'));
  assert.equal((await lin.get(at('death.nothing.bpmn'))).status, 404);
  assert.equal((await lin.get(at('nowhere.x.bpmn'))).body.type, 'model-not-found');
  assert.equal((await lin.get(at(PROCESS, '?version=9'))).body.type, 'model-not-found');
  assert.equal((await lin.get(at(PROCESS, '?version=x'))).body.type, 'bad-query');
});

test('a rule goes into force by two persons, for new cases only, and is put back by two', async () => {
  const old = await unknownDeath();
  assert.equal(old.state, 'reviewing');
  const made = await draft(RULES, (text) => text.replace(CELL, CELL.replace('doubtful', 'normal')));
  assert.equal(made.state, 'draft');
  const diff = await lin.get(at(RULES, `/diff?version=${made.number}`));
  assert.deepEqual(diff.body.changes.map(({ what, element, attributes }) => [what, element, attributes]),
    [['changed', 'death-classification-unknown-o1', [{ name: 'text', from: '"doubtful"', to: '"normal"' }]]]);
  assert.equal((await act(lin, RULES, 'propose', { version: made.number, reason: 'x' })).body.type, 'model-untested');
  const inputs = { form: deathForm(idNumber('230110', '19390210', 51), { 'cause.a.code': 'R96.0', 'cause.b': undefined }) };
  const wrong = await lin.post(at(RULES, '/try'), { version: made.number, tests: [{ name: '猝死', decision: 'death-classification', inputs, expect: { class: 'doubtful' } }] });
  assert.equal(wrong.body.failed, 1, wrong.text);
  assert.equal(wrong.body.tested, false);
  const { output, steps } = wrong.body.items[0];
  assert.ok(steps.flatMap((step) => step.tables ?? []).some((table) => table.rules.some(({ id }) => id === 'death-classification-unknown')), 'the row that hit is named');
  const tried = await lin.post(at(RULES, '/try'), { version: made.number, tests: [{ name: '猝死', decision: 'death-classification', inputs, expect: output }] });
  assert.deepEqual([tried.body.passed, tried.body.good, tried.body.tested], [1, true, true], tried.text);
  assert.equal((await lin.get(at(RULES, `?version=${made.number}`))).body.state, 'tested');
  assert.equal((await act(lin, RULES, 'propose', { version: made.number })).body.type, 'reason-missing');
  assert.deepEqual(Object.values((await act(lin, RULES, 'propose', { version: made.number, reason: 'x', from: day(-1) })).body).slice(0, 1), ['model-date-past']);
  const proposed = await act(lin, RULES, 'propose', { version: made.number, reason: '猝死按正常死亡办理(测试)' });
  assert.equal(proposed.body.state, 'proposed', proposed.text);
  assert.equal((await act(lin, RULES, 'approve', { version: made.number })).status, 403);
  assert.equal((await unknownDeath()).state, 'reviewing', 'nothing is in force before it is approved');
  const approved = await act(he, RULES, 'approve', { version: made.number, reason: '同意' });
  assert.equal(approved.body.state, 'in-force', approved.text);
  assert.equal(approved.body.in_force, made.number);
  const fresh = await unknownDeath();
  assert.equal(fresh.state, 'closed');
  assert.equal((await caseOf(old.no)).state, 'reviewing');
  const [before, now] = await Promise.all([old, fresh].map(async ({ no }) => (await admin.get(`/api/v1/cases/${no}/decisions`)).body.items.find((one) => one.decision === 'death-classification')));
  assert.notEqual(before.model, now.model);
  assert.equal(now.model, approved.body.hash);
  const counted = (await lin.get(at(RULES))).body.versions.find(({ number }) => number === 0).running;
  assert.ok(counted >= 2, 'running cases keep the old version');

  assert.equal((await act(he, RULES, 'rollback', { reason: 'x' })).status, 403);
  const back = await act(lin, RULES, 'rollback', { reason: '恢复原规则' });
  assert.deepEqual([back.status, back.body.state, back.body.rollback_of], [200, 'proposed', 0], back.text);
  assert.equal((await act(lin, RULES, 'rollback', { reason: 'x' })).body.type, 'model-state');
  assert.equal((await act(he, RULES, 'approve', { version: back.body.number })).body.state, 'in-force');
  assert.equal((await lin.get(at(RULES, `?version=${made.number}`))).body.state, 'rolled-back');
  assert.equal((await unknownDeath()).state, 'reviewing');
});

test('who drew, changed or proposed a version does not decide on it', async () => {
  const { body } = await admin.post('/api/v1/models', { model: 'death.death-maintenance.dmn' });
  const changed = await save(lin, body.id, body.revision, { version: body.number, source: body.source.replace('"refuse"', '"refuse" ') });
  assert.equal(changed.status, 200, changed.text);
  const tests = [{ name: 't', decision: 'death-correction-route', inputs: {}, expect: null }];
  const first = (await lin.post(at(body.id, '/try'), { version: body.number, tests })).body.items[0];
  const tried = await lin.post(at(body.id, '/try'), { version: body.number, tests: [{ ...tests[0], expect: first.output }] });
  assert.equal(tried.body.tested, true, tried.text);
  assert.equal((await act(lin, body.id, 'propose', { version: body.number, reason: '空格' })).status, 200);
  const own = await act(admin, body.id, 'approve', { version: body.number });
  assert.deepEqual([own.status, own.body.type], [403, 'model-same-person']);
  assert.equal((await act(he, body.id, 'reject', { version: body.number })).body.type, 'reason-missing');
  const rejected = await act(he, body.id, 'reject', { version: body.number, reason: '没有必要' });
  assert.equal(rejected.body.state, 'rejected');
  assert.equal((await act(he, body.id, 'approve', { version: body.number })).body.type, 'model-state');
  assert.deepEqual(rejected.body.events.map(({ what, who }) => [what, who]),
    [['rejected', 'approver-he'], ['proposed', 'analyst-lin'], ['tested', 'analyst-lin'], ['saved', 'analyst-lin'], ['drafted', 'admin']]);
});

test('a process is played with the draft: the token is followed, the diagram of running cases stays', async () => {
  const running = await unknownDeath();
  const made = await draft(PROCESS, (text) => text.replace('name="县级疾控审核"', 'name="县级疾控复核"'));
  const trial = await lin.post(at(PROCESS, '/try'), { version: made.number, scenario: 'classification-doubtful.json' });
  assert.equal(trial.body.good, true, trial.text);
  const [opened] = trial.body.steps;
  assert.deepEqual(opened.walk.filter(({ what }) => what === 'entered').map(({ element }) => element).slice(0, 4), ['death-report', 'start', 'assess', 'find_record']);
  assert.equal(opened.cases[0].tasks[0].name, '县级疾控复核');
  assert.ok(opened.decisions.some(({ decision }) => decision === 'death-classification'));
  assert.ok(trial.body.elements.some(({ element, due }) => element === 'review' && due), 'the review has a date');
  const stories = await lin.get(at(PROCESS, '/stories'));
  assert.ok(stories.body.items.some(({ file }) => file === 'classification-doubtful.json'));
  const expecting = { clock: '2026-07-06T09:00:00+08:00', steps: [{ as: 'staff:dr-wang', open: 'death-report', form: {} }] };
  const failed = await lin.post(at(PROCESS, '/try'), { version: made.number, story: expecting });
  assert.equal(failed.body.good, false);
  assert.match(failed.body.steps[0].problem, /form-invalid/);
  for (const [body, field] of [[{}, 'story'], [{ scenario: 'nothing.json' }, 'scenario'], [{ story: { clock: '2026-07-06T09:00:00+08:00', steps: [] } }, 'story.steps']])
    assert.equal((await lin.post(at(PROCESS, '/try'), { version: made.number, ...body })).body.field, field);
  assert.equal((await act(lin, PROCESS, 'propose', { version: made.number, reason: '改名', from: day(1) })).status, 200);
  const waiting = await act(he, PROCESS, 'approve', { version: made.number });
  assert.deepEqual([waiting.body.state, waiting.body.in_force], ['approved', 0]);
  assert.equal((await caseOf((await unknownDeath()).no)).tasks[0].name, '县级疾控审核');

  const soon = await draft(PROCESS, (text) => text.replace('name="县级疾控审核"', 'name="疾控复核"'));
  assert.equal((await lin.post(at(PROCESS, '/try'), { version: soon.number, scenario: 'report-normal.json' })).body.tested, true);
  await act(lin, PROCESS, 'propose', { version: soon.number, reason: '改名' });
  assert.equal((await act(he, PROCESS, 'approve', { version: soon.number })).body.state, 'in-force');
  assert.equal((await caseOf((await unknownDeath()).no)).tasks[0].name, '疾控复核');
  const diagram = await admin.get(`/api/v1/cases/${running.no}/diagram`);
  assert.match(diagram.body.process.xml, /县级疾控审核/);
});

test('what is in force and what waits for its day survives a restart', async () => {
  const { data, db } = server;
  await server.stop({ keep: true });
  server = await startServer({ data, db });
  await people();
  const one = (await lin.get(at(PROCESS))).body;
  assert.deepEqual(one.versions.map(({ state }) => state), ['in-force', 'approved', 'replaced']);
  assert.equal((await caseOf((await unknownDeath()).no)).tasks[0].name, '疾控复核');
});

test('a draft is checked with the ids of its elements, and one with errors is not proposed', async () => {
  const made = await draft(PROCESS, (text) => text.replace('candidateGroups="county-cdc"', 'candidateGroups="nobody"'));
  const check = await lin.post(at(PROCESS, '/check'), { version: made.number });
  assert.equal(check.body.errors, 1, check.text);
  assert.match(check.body.problems[0].message, /没有角色“nobody”/);
  assert.equal((await lin.post(at(PROCESS, '/try'), { version: made.number, scenario: 'report-normal.json' })).body.tested, true);
  const refused = await act(lin, PROCESS, 'propose', { version: made.number, reason: 'x' });
  assert.deepEqual([refused.status, refused.body.type], [422, 'model-invalid']);
  const source = (await lin.get(at(PROCESS))).body.source;
  const broken = await lin.post(at(PROCESS, '/check'), { source: source.replace('sourceRef="start"', 'sourceRef="nowhere"') });
  assert.ok(broken.body.errors > 0);
  const renamed = await lin.post(at(PROCESS, '/check'), { source: source.replaceAll('"death-report"', '"other-report"') });
  assert.ok(renamed.body.problems.some(({ code, element }) => code === 'model-id-gone' && element === 'death-report'), renamed.text);
  const holed = (await lin.get(at(RULES))).body.source.replace(CELL, CELL.replace('"doubtful"', '"no such class"'));
  const rules = await lin.post(at(RULES, '/check'), { source: holed });
  assert.ok(rules.body.problems.some(({ code, element }) => code === 'table-output' && element.startsWith('death-classification')), rules.text);
  const form = await lin.post(at('death.death-review.form', '/check'), { source: '{"type": "default", "id": "death-review", "schemaVersion": 19, "components": [{"type": "table"}]}' });
  assert.equal(form.body.errors, 1, form.text);
});

test('a draft is changed only by who has seen its last state', async () => {
  const { body } = await lin.post('/api/v1/models', { model: 'death.death-review.form' });
  const source = body.source.replace('同意签发', '同意出具');
  assert.deepEqual([(await save(lin, body.id, undefined, { version: body.number, source })).status], [428]);
  assert.equal((await save(lin, body.id, 1, { version: body.number, source })).status, 200);
  const stale = await save(admin, body.id, 1, { version: body.number, source });
  assert.deepEqual([stale.status, stale.body.type], [412, 'if-match-failed']);
  const diff = await lin.get(at(body.id, `/diff?version=${body.number}&against=0`));
  assert.equal(diff.body.changes[0].what, 'changed');
  assert.equal((await act(lin, body.id, 'withdraw', { version: body.number })).body.state, 'withdrawn');
  assert.equal((await save(lin, body.id, 3, { version: body.number, source })).body.type, 'model-state');
  assert.equal((await save(lin, body.id, 1, { version: 0, source })).body.type, 'model-state');
});

test('without the right nothing is seen or changed, and bad input is told by its field', async () => {
  for (const [method, path, body] of [['GET', '/api/v1/models'], ['GET', at(PROCESS)], ['POST', '/api/v1/models', { model: PROCESS }], ['POST', at(PROCESS, '/check'), {}],
    ['POST', at(PROCESS, '/try'), {}], ['GET', at(PROCESS, '/diff')], ['GET', at(PROCESS, '/stories')], ['POST', at(PROCESS, '/actions/propose'), {}]])
    assert.equal((await doctor.ask(method, path, body)).status, 403, `${method} ${path}`);
  assert.equal((await he.post('/api/v1/models', { model: PROCESS })).status, 403);
  for (const [body, type, field] of [[{}, 'required', 'model'], [{ model: 'death.x/../y.bpmn' }, 'model-not-found'], [{ model: 'death.new.bpmn' }, 'model-not-found'],
    [{ model: PROCESS, source: '<a' }, 'model-unreadable', 'source'], [{ model: RULES, source: '<a/>' }, 'model-unreadable', 'source'],
    [{ model: PROCESS, source: 7 }, 'invalid-type', 'source'], [{ model: PROCESS, tests: 'x' }, 'invalid-type', 'tests'], [{ model: PROCESS, from: -1 }, 'too-small', 'from'],
    [{ model: PROCESS, from: 99 }, 'model-not-found', 'version'], [{ nodel: 1 }, 'unknown-field', 'nodel']]) {
    const answer = await lin.post('/api/v1/models', body);
    assert.deepEqual([answer.body.type, answer.body.field], [type, field], answer.text);
  }
  assert.equal((await act(lin, PROCESS, 'destroy', {})).body.type, 'action-not-found');
  const dated = await draft(RULES, (text) => text + '\n');
  assert.equal((await lin.post(at(RULES, '/try'), { version: dated.number, tests: [] })).body.field, 'tests');
  assert.equal((await lin.post(at(RULES, '/try'), { version: dated.number, now: 'soon', tests: [{}] })).body.field, 'now');
});

test('a new file can be added to a pack, and is used once it is in force', async () => {
  const source = (await lin.get(at('death.death-review.form'))).body.source.replace('"death-review"', '"death-second-review"');
  const made = await lin.post('/api/v1/models', { model: 'death.death-second-review.form', source });
  assert.equal(made.status, 201, made.text);
  const tried = await lin.post(at(made.body.id, '/try'), { version: made.body.number, tests: [{ name: '空', inputs: {}, expect: ['decision', 'opinion'] }] });
  assert.equal(tried.body.tested, true, tried.text);
  assert.equal((await act(lin, made.body.id, 'propose', { version: made.body.number, reason: '新表单' })).status, 200);
  assert.equal((await act(he, made.body.id, 'approve', { version: made.body.number })).body.state, 'in-force');
  assert.equal((await act(lin, made.body.id, 'rollback', { reason: 'x' })).body.type, 'model-no-previous');
});
