// A whole case driven by the unmodified npm client: deployed, started, worked, decided, approved, told by message, ended.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer, sleep } from '../api/lib.mjs';
import { clientOf, command, model, now, refused, text, token, until } from './lib.mjs';

let server;
let secret;
let client;
const workers = [];

before(async () => {
  server = await startServer();
  secret = token(server);
  client = clientOf(server, secret, { validation: 'strict' });
});
after(async () => {
  for (const worker of workers) worker.stop();
  await server.stop();
});

const deploy = (...files) => client.deployResourcesFromFiles(files.map(model));
const start = (id, variables = {}, more = {}) => client.createProcessInstance({ processDefinitionId: id, variables, ...more });
const instance = (key) => client.getProcessInstance({ processInstanceKey: key }, now);
const state = async (key) => (await instance(key)).state;
const ended = (key) => until(`the end of ${key}`, async () => (await state(key)) !== 'ACTIVE');
const tasksOf = async (key, filter = {}) =>
  (await client.searchUserTasks({ filter: { processInstanceKey: key, ...filter } }, now)).items;
const jobsOf = async (type, more = {}) =>
  (await client.activateJobs({ type, worker: 'test', timeout: 60000, maxJobsToActivate: 10, requestTimeout: -1, ...more })).jobs;
const variablesOf = async (key) => Object.fromEntries((await client.searchVariables({ filter: { processInstanceKey: key } }, now))
  .items.map((one) => [one.name, JSON.parse(one.value)]));
function work(jobType, jobHandler, more = {}) {
  const worker = client.createJobWorker({ jobType, jobHandler, maxParallelJobs: 5, jobTimeoutMs: 30000, workerName: `worker-${jobType}`,
    pollIntervalMs: 20, ...more });
  workers.push(worker);
  return worker;
}
async function oneJob(type, key) {
  const job = (await jobsOf(type)).find((one) => one.processInstanceKey === key);
  assert.ok(job, `no job ${type}`);
  return job;
}

test('the topology is one healthy broker', async () => {
  const topology = await client.getTopology();
  assert.equal(topology.brokers.length, 1);
  assert.equal(topology.brokers[0].partitions[0].health, 'healthy');
});

test('without a token nothing is told, with a wrong one neither', async () => {
  assert.equal((await fetch(`${server.url}/v2/topology`)).status, 401);
  const secretWrong = await fetch(`${server.url}/oauth/token`, { method: 'POST', body: new URLSearchParams({ client_secret: 'tb_wrong' }) });
  assert.equal(secretWrong.status, 401);
  const answer = await fetch(`${server.url}/v2/process-instances/search`, { method: 'POST', body: '{}',
    headers: { 'Content-Type': 'application/json', Authorization: 'Bearer tb_wrong' } });
  assert.equal(answer.status, 401);
  assert.match(answer.headers.get('content-type'), /application\/problem\+json/);
});

test('models are deployed together; the same files again are the same version', async () => {
  const first = await deploy('order.bpmn', 'rating.dmn', 'approval.form');
  assert.equal(first.processes[0].processDefinitionId, 'order');
  assert.deepEqual(first.decisions.map((one) => one.decisionDefinitionId).sort(), ['rating', 'risk']);
  assert.equal(first.decisionRequirements[0].decisionRequirementsId, 'order-decisions');
  assert.equal(first.forms[0].formId, 'approval');
  const again = await deploy('order.bpmn', 'rating.dmn', 'approval.form');
  assert.equal(again.processes[0].processDefinitionKey, first.processes[0].processDefinitionKey);
  assert.equal(again.processes[0].processDefinitionVersion, first.processes[0].processDefinitionVersion);
});

test('what the engine cannot run is refused with element ids, and nothing of that deployment stays', async () => {
  const problem = await refused(deploy('double.bpmn', 'broken.bpmn'));
  assert.equal(problem.status, 400);
  assert.match(problem.detail, /complex/);
  assert.match(problem.detail, /broken\.bpmn/);
  assert.equal((await refused(start('double'))).status, 404);
});

test('a definition is found, and its file comes back as it was', async () => {
  const found = await client.searchProcessDefinitions({ filter: { processDefinitionId: 'order', isLatestVersion: true } }, now);
  assert.equal(found.items.length, 1);
  assert.equal(found.items[0].versionTag, 'spring');
  assert.equal(found.items[0].name, 'Order of vaccines');
  const key = found.items[0].processDefinitionKey;
  assert.equal((await client.getProcessDefinition({ processDefinitionKey: key }, now)).processDefinitionId, 'order');
  assert.equal(await client.getProcessDefinitionXml({ processDefinitionKey: key }, now), text('order.bpmn'));
  const decision = (await client.searchDecisionDefinitions({ filter: { decisionDefinitionId: 'rating' } }, now)).items[0];
  assert.equal(decision.decisionRequirementsName, 'Order decisions');
  assert.equal(await client.getDecisionDefinitionXml({ decisionDefinitionKey: decision.decisionDefinitionKey }, now), text('rating.dmn'));
});

test('a whole case: job worker, decision, user task with form, timer, message, end', async () => {
  const seen = [];
  work('check-stock', (job) => {
    seen.push(job);
    return job.complete({ available: job.variables.wanted + 1, local: 'stays' });
  });
  const started = await start('order', { orderId: 'A-1', doses: 250 });
  const key = started.processInstanceKey;
  assert.equal(started.processDefinitionId, 'order');
  const task = await until('the task', async () => (await tasksOf(key))[0]);
  assert.equal(seen[0].customHeaders.store, 'central');
  assert.equal(seen[0].variables.wanted, 250);
  assert.equal(seen[0].elementId, 'check');
  assert.equal(seen[0].processInstanceKey, key);
  assert.equal(seen[0].retries, 3);
  assert.equal(task.name, 'Approve the order');
  assert.equal(task.state, 'CREATED');
  assert.deepEqual([...task.candidateGroups], ['pharmacists', 'heads']);
  assert.equal(task.priority, 70);
  assert.equal(new Date(task.dueDate).toISOString(), '2030-01-02T03:04:05.000Z');
  assert.equal(task.customHeaders.colour, 'blue');
  const form = await client.getUserTaskForm({ userTaskKey: task.userTaskKey }, now);
  assert.equal(form.formId, 'approval');
  assert.equal(form.formKey, task.formKey);
  assert.equal(JSON.parse(form.schema).components.length, 2);

  const variables = await client.searchUserTaskVariables({ userTaskKey: task.userTaskKey }, now);
  const values = Object.fromEntries(variables.items.map((one) => [one.name, one.value]));
  assert.deepEqual(values.rating, '"large"');
  assert.deepEqual(values.available, '251');
  assert.equal(values.local, undefined);

  await client.assignUserTask({ userTaskKey: task.userTaskKey, assignee: 'li', allowOverride: false });
  assert.equal((await refused(client.assignUserTask({ userTaskKey: task.userTaskKey, assignee: 'wu', allowOverride: false }))).status, 409);
  assert.equal((await tasksOf(key, { assignee: 'li' })).length, 1);
  await client.unassignUserTask({ userTaskKey: task.userTaskKey });
  assert.equal((await client.getUserTask({ userTaskKey: task.userTaskKey }, now)).assignee, null);
  await client.updateUserTask({ userTaskKey: task.userTaskKey, changeset: { priority: 30, candidateGroups: ['heads'] } });
  const changed = await client.getUserTask({ userTaskKey: task.userTaskKey }, now);
  assert.equal(changed.priority, 30);
  assert.deepEqual([...changed.candidateGroups], ['heads']);

  await until('the reminder', async () => (await variablesOf(key)).reminded === true);
  await client.completeUserTask({ userTaskKey: task.userTaskKey, variables: { approved: true } });
  assert.equal((await tasksOf(key, { state: 'CREATED' })).length, 0);
  const done = (await tasksOf(key, { state: 'COMPLETED' }))[0];
  assert.ok(done.completionDate);
  assert.equal((await refused(client.completeUserTask({ userTaskKey: task.userTaskKey }))).status, 409);

  await client.publishMessage({ name: 'delivered', correlationKey: 'A-1', timeToLive: 10000, variables: { truck: 7 } });
  const after = await instance(key);
  assert.equal(after.state, 'COMPLETED');
  assert.ok(after.endDate >= after.startDate);
  assert.deepEqual(await variablesOf(key),
    { orderId: 'A-1', doses: 250, available: 251, rating: 'large', approved: true, reminded: true, truck: 7 });
  const stored = await client.searchProcessInstances({ filter: { processInstanceKey: { $eq: key }, state: { $in: ['COMPLETED'] } } }, now);
  assert.equal(stored.items.length, 1);
});

test('a message that comes early waits; the small order goes on by itself', async () => {
  await client.publishMessage({ name: 'delivered', correlationKey: 'A-2', timeToLive: 60000, messageId: 'truck-2' });
  const again = await refused(client.publishMessage({ name: 'delivered', correlationKey: 'A-2', timeToLive: 60000, messageId: 'truck-2' }));
  assert.equal(again.status, 409);
  const result = await start('order', { orderId: 'A-2', doses: 3 }, { awaitCompletion: true, fetchVariables: ['rating'], requestTimeout: 20000 });
  assert.deepEqual({ ...result.variables }, { rating: 'small' });
  assert.equal(await state(result.processInstanceKey), 'COMPLETED');
});

test('waiting for the end that does not come in time is told', async () => {
  const problem = await refused(start('order', { orderId: 'A-3', doses: 3 }, { awaitCompletion: true, requestTimeout: 300 }));
  assert.equal(problem.status, 504);
});

test('a worker throws an error that the process catches', async () => {
  await deploy('double.bpmn');
  for (const worker of workers) worker.stop();
  const { processInstanceKey: key } = await start('order', { orderId: 'A-4', doses: 1 });
  const job = await oneJob('check-stock', key);
  await client.throwJobError({ jobKey: job.jobKey, errorCode: 'SOLD_OUT', errorMessage: 'none left', variables: { left: 0 } });
  assert.equal(await state(key), 'COMPLETED');
  assert.equal((await variablesOf(key)).left, 0);
  assert.equal((await refused(client.completeJob({ jobKey: job.jobKey }))).status, 404);
});

test('an error that nothing catches is an incident; resolving it gives the job back', async () => {
  const { processInstanceKey: key } = await start('double', { n: 1 });
  const job = await oneJob('twice', key);
  await client.throwJobError({ jobKey: job.jobKey, errorCode: 'UNKNOWN_CODE' });
  const found = (await client.searchIncidents({ filter: { processInstanceKey: key } }, now)).items;
  assert.equal(found[0].errorType, 'UNHANDLED_ERROR_EVENT');
  assert.deepEqual(await jobsOf('twice'), []);
  await client.resolveIncident({ incidentKey: found[0].incidentKey });
  await client.completeJob({ jobKey: (await oneJob('twice', key)).jobKey });
  assert.equal(await state(key), 'COMPLETED');
});

test('a job that fails without retries is an incident; given a retry and resolved it goes on', async () => {
  const { processInstanceKey: key } = await start('double', { n: 4 });
  const job = await oneJob('twice', key);
  await client.failJob({ jobKey: job.jobKey, retries: 0, errorMessage: 'printer on fire', variables: { tried: 1 } });
  assert.equal((await instance(key)).hasIncident, true);
  const page = await client.searchIncidents({ filter: { processInstanceKey: key, state: 'ACTIVE' } }, now);
  const incident = page.items[0];
  assert.equal(incident.errorType, 'JOB_NO_RETRIES');
  assert.match(incident.errorMessage, /printer on fire/);
  assert.equal(incident.jobKey, job.jobKey);
  assert.equal(incident.elementId, 'twice');
  assert.equal((await client.searchProcessInstanceIncidents({ processInstanceKey: key }, now)).items.length, 1);
  assert.equal((await client.getIncident({ incidentKey: incident.incidentKey }, now)).state, 'ACTIVE');
  assert.equal((await client.searchProcessInstances({ filter: { hasIncident: true, processInstanceKey: key } }, now)).items.length, 1);
  await client.updateJob({ jobKey: job.jobKey, changeset: { retries: 2 } });
  await client.resolveIncident({ incidentKey: incident.incidentKey });
  assert.equal((await refused(client.resolveIncident({ incidentKey: incident.incidentKey }))).status, 409);
  assert.equal((await client.getIncident({ incidentKey: incident.incidentKey }, now)).state, 'RESOLVED');
  assert.equal((await instance(key)).hasIncident, false);
  await client.completeJob({ jobKey: (await oneJob('twice', key)).jobKey, variables: { n: 8 } });
  assert.equal(await state(key), 'COMPLETED');
});

const WAIT_MS = 90000;
/** The answer to a worker that waits, which comes before its time is over. */
async function woken(answer) {
  const asked = Date.now();
  const jobs = await answer;
  assert.ok(Date.now() - asked < WAIT_MS, 'the waiting worker was not woken');
  return jobs;
}

test('a failed job comes back after its back-off, to a worker that waits', async () => {
  const { processInstanceKey: key } = await start('double');
  const job = await oneJob('twice', key);
  await client.failJob({ jobKey: job.jobKey, retries: 1, errorMessage: 'later', retryBackOff: 4000 });
  assert.deepEqual(await jobsOf('twice'), []);
  const back = await woken(jobsOf('twice', { requestTimeout: WAIT_MS }));
  assert.equal(back[0].jobKey, job.jobKey);
  await client.updateJob({ jobKey: job.jobKey, changeset: { timeout: 120000, retries: 5 } });
  assert.deepEqual(await jobsOf('twice'), [], 'a change of retries must not free a job that is held');
  await client.completeJob({ jobKey: job.jobKey });
});

test('a worker that waits is woken by a new job', async () => {
  const waiting = woken(jobsOf('twice', { requestTimeout: WAIT_MS }));
  await sleep(300);
  await start('double');
  const jobs = await waiting;
  assert.equal(jobs.length, 1);
  await client.completeJob({ jobKey: jobs[0].jobKey });
});

test('a job whose worker is silent is given to another one', async () => {
  const { processInstanceKey: key } = await start('double');
  assert.equal((await jobsOf('twice', { timeout: 500 })).length, 1);
  const again = await jobsOf('twice', { requestTimeout: 8000 });
  assert.equal(again[0].processInstanceKey, key);
  await client.completeJob({ jobKey: again[0].jobKey });
});

test('an instance is cancelled: its tasks and jobs go with it, and it cannot be cancelled twice', async () => {
  const { processInstanceKey: key } = await start('double');
  await client.cancelProcessInstance({ processInstanceKey: key });
  assert.equal(await state(key), 'TERMINATED');
  assert.deepEqual(await jobsOf('twice'), []);
  assert.equal((await refused(client.cancelProcessInstance({ processInstanceKey: key }))).status, 409);
  assert.equal((await refused(client.cancelProcessInstance({ processInstanceKey: '77' }))).status, 404);
});

test('variables are searched and set, in the process and in one element', async () => {
  const { processInstanceKey: key } = await start('double', { name: 'Anna', list: [1, { a: null }] });
  await client.createElementInstanceVariables({ elementInstanceKey: key, variables: { name: 'Berta', fresh: true } });
  assert.deepEqual(await variablesOf(key), { name: 'Berta', list: [1, { a: null }], fresh: true });
  const elements = (await client.searchElementInstances({ filter: { processInstanceKey: key } }, now)).items;
  const element = elements.find((one) => one.elementId === 'twice');
  assert.equal(element.type, 'SERVICE_TASK');
  await client.createElementInstanceVariables({ elementInstanceKey: element.elementInstanceKey, variables: { inner: 1 }, local: true });
  const inner = (await client.searchVariables({ filter: { processInstanceKey: key, name: 'inner' } }, now)).items[0];
  assert.equal(inner.scopeKey, element.elementInstanceKey);
  const like = await client.searchVariables({ filter: { processInstanceKey: key, value: { $like: '*ert*' } } }, now);
  assert.deepEqual(like.items.map((one) => one.name), ['name']);
  await client.completeJob({ jobKey: (await oneJob('twice', key)).jobKey });
  assert.equal((await variablesOf(key)).inner, undefined);
  assert.equal((await refused(client.createElementInstanceVariables({ elementInstanceKey: '99', variables: { a: 1 } }))).status, 404);
});

test('a decision is evaluated with the rules that matched and the decisions it needed', async () => {
  const result = await client.evaluateDecision({ decisionDefinitionId: 'rating', variables: { doses: 101 } });
  assert.equal(result.output, '"large"');
  assert.equal(result.decisionDefinitionName, 'Rating');
  const step = result.evaluatedDecisions.find((one) => one.decisionDefinitionId === 'rating');
  assert.equal(step.decisionDefinitionType, 'DECISION_TABLE');
  assert.deepEqual(step.matchedRules.map((one) => [one.ruleId, one.ruleIndex, one.evaluatedOutputs[0].outputValue]),
    [['rule-large', 2, '"large"']]);
  assert.deepEqual(step.evaluatedInputs.map((one) => [one.inputName, one.inputValue]), [['Doses', '101'], ['Risk', 'false']]);
  assert.equal(result.evaluatedDecisions.find((one) => one.decisionDefinitionId === 'risk').output, 'false');
  const key = result.decisionDefinitionKey;
  assert.equal((await client.evaluateDecision({ decisionDefinitionKey: key, variables: { doses: 1 } })).output, '"small"');
  assert.equal((await refused(client.evaluateDecision({ decisionDefinitionId: 'nothing' }))).status, 404);
});

test('a message starts a process once for a key; a signal lets all who wait go on and starts others', async () => {
  await deploy('round.bpmn');
  const first = await client.correlateMessage({ name: 'defect', correlationKey: 'batch-9', variables: { batch: 9 } });
  assert.equal(await state(first.processInstanceKey), 'ACTIVE');
  assert.equal((await refused(client.correlateMessage({ name: 'defect', correlationKey: 'batch-9' }))).status, 404);
  const second = await client.correlateMessage({ name: 'defect', correlationKey: 'batch-10' });
  await client.broadcastSignal({ signalName: 'all-clear', variables: { by: 'lab' } });
  for (const one of [first, second]) {
    assert.equal(await state(one.processInstanceKey), 'COMPLETED');
    assert.equal((await variablesOf(one.processInstanceKey)).by, 'lab');
  }
  await client.broadcastSignal({ signalName: 'alarm' });
  assert.equal((await client.searchProcessInstances({ filter: { processDefinitionId: 'alarm' } }, now)).items.length, 1);
  assert.equal((await refused(client.correlateMessage({ name: 'nobody', correlationKey: 'x' }))).status, 404);
});

test('a timer starts a process as often as it says', async () => {
  const count = async () => (await client.searchProcessInstances({ filter: { processDefinitionId: 'nightly' } }, now)).items.length;
  await until('two runs', async () => (await count()) === 2);
  await sleep(1500);
  assert.equal(await count(), 2);
});

test('one process calls another', async () => {
  const { processInstanceKey: key } = await start('calls', { n: 21 });
  const job = await oneJob('twice', key);
  assert.equal(job.variables.n, 21);
  assert.equal(job.processDefinitionId, 'double');
  assert.equal(job.elementId, 'twice');
  await client.completeJob({ jobKey: job.jobKey, variables: { n: 42 } });
  assert.equal(await state(key), 'COMPLETED');
  assert.equal((await variablesOf(key)).n, 42);
});

test('a new version is started, the old one runs on; a deleted one is not started any more', async () => {
  const old = await start('double');
  const changed = text('double.bpmn').replace('type="twice"', 'type="thrice"');
  const files = [new File([changed], 'double.bpmn', { type: 'application/xml' })];
  const deployed = await client.createDeployment({ resources: files });
  assert.equal(deployed.processes[0].processDefinitionVersion, 2);
  const fresh = await start('double');
  assert.equal(fresh.processDefinitionVersion, 2);
  await client.completeJob({ jobKey: (await oneJob('thrice', fresh.processInstanceKey)).jobKey });
  await client.completeJob({ jobKey: (await oneJob('twice', old.processInstanceKey)).jobKey });
  assert.equal((await start('double', {}, { processDefinitionVersion: 1 })).processDefinitionVersion, 1);
  const { processDefinitionKey } = deployed.processes[0];
  await client.deleteResource({ resourceKey: processDefinitionKey });
  assert.equal((await start('double')).processDefinitionVersion, 1);
  assert.equal((await refused(client.createProcessInstance({ processDefinitionKey }))).status, 404);
  for (const job of await jobsOf('twice')) await client.completeJob({ jobKey: job.jobKey });
});

test('searches filter, sort and page', async () => {
  const keys = [];
  for (let i = 0; i < 7; i++) keys.push((await start('double', { i }, { tags: [`lot-${i % 2}`], businessId: `b-${i}` })).processInstanceKey);
  const filter = { processDefinitionId: 'double', state: 'ACTIVE' };
  const all = await client.searchProcessInstances({ filter }, now);
  assert.deepEqual(all.items.map((one) => one.processInstanceKey), keys);
  assert.equal(all.page.totalItems, 7);
  const pages = [];
  let after;
  const plain = clientOf(server, secret); // a strict one cuts cursors off: its schema takes {limit} for the whole page
  while (pages.length < 10) {
    const page = await plain.searchProcessInstances({ filter, page: after ? { after, limit: 3 } : { limit: 3 },
      sort: [{ field: 'processInstanceKey', order: 'DESC' }] }, now);
    pages.push(page.items.map((one) => one.processInstanceKey));
    if (!page.items.length) break;
    after = page.page.endCursor;
  }
  assert.deepEqual(pages.map((one) => one.length), [3, 3, 1, 0]);
  assert.deepEqual(pages.flat(), [...keys].reverse());
  const offset = await plain.searchProcessInstances({ filter, page: { from: 5, limit: 10 } }, now);
  assert.deepEqual(offset.items.map((one) => one.processInstanceKey), keys.slice(5));
  const search = async (more) => (await client.searchProcessInstances({ filter: { ...filter, ...more } }, now)).items.length;
  assert.equal(await search({ variables: [{ name: 'i', value: '3' }] }), 1);
  assert.equal(await search({ tags: ['lot-1'] }), 3);
  assert.equal(await search({ businessId: { $in: ['b-1', 'b-2', 'b-9'] } }), 2);
  assert.equal(await search({ startDate: { $gt: '2100-01-01T00:00:00Z' } }), 0);
  assert.equal(await search({ $or: [{ businessId: 'b-1' }, { businessId: { $like: 'b-?' }, hasIncident: true }] }), 1);
  const wrong = await fetch(`${server.url}/v2/process-instances/search`, { method: 'POST', body: '{"filter":{"colour":"red"}}',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${secret}` } });
  assert.equal(wrong.status, 400);
  assert.match(await wrong.text(), /colour/);
  for (const key of keys) await client.cancelProcessInstance({ processInstanceKey: key });
});

test('who has not the right is refused, who is elsewhere sees nothing', async () => {
  const doctor = clientOf(server, token(server, 'dr-wang'));
  assert.equal((await refused(doctor.createProcessInstance({ processDefinitionId: 'double' }))).status, 403);
  assert.equal((await refused(doctor.deployResourcesFromFiles([model('double.bpmn')]))).status, 403);
  const { processInstanceKey: key } = await start('order', { orderId: 'A-9', doses: 500 });
  await client.completeJob({ jobKey: (await oneJob('check-stock', key)).jobKey, variables: { available: 1 } });
  const task = (await tasksOf(key))[0];
  assert.ok(task);
  assert.equal((await doctor.searchUserTasks({ filter: {} }, now)).items.length, 0);
  assert.equal((await refused(doctor.completeUserTask({ userTaskKey: task.userTaskKey }))).status, 404);
  await client.cancelProcessInstance({ processInstanceKey: key });
  assert.equal((await tasksOf(key))[0].state, 'CANCELED');
});

test('the client of the release before drives a case too, in its own idea of missing fields', async () => {
  command(server, 'setting', 'camunda.optional', 'absent');
  const older = clientOf(server, secret, { version: 8, validation: 'strict' });
  await older.getTopology();
  const deployed = await older.deployResourcesFromFiles(['order.bpmn', 'rating.dmn', 'approval.form'].map(model));
  assert.ok(deployed.processes.length);
  const { processInstanceKey: key } = await older.createProcessInstance({ processDefinitionId: 'order', variables: { orderId: 'B-1', doses: 900 } });
  const { jobs } = await older.activateJobs({ type: 'check-stock', worker: 'older', timeout: 30000, maxJobsToActivate: 1, requestTimeout: 0 });
  await older.completeJob({ jobKey: jobs[0].jobKey, variables: { available: 900, nothing: null } });
  const found = await older.searchUserTasks({ filter: { processInstanceKey: key } }, now);
  // Its schema wants an object where servers of that release give JSON text, so this call is not checked.
  const form = await clientOf(server, secret, { version: 8 }).getUserTaskForm({ userTaskKey: found.items[0].userTaskKey }, now);
  assert.equal(JSON.parse(form.schema).id, 'approval');
  await older.assignUserTask({ userTaskKey: found.items[0].userTaskKey, assignee: 'li' });
  await older.completeUserTask({ userTaskKey: found.items[0].userTaskKey, variables: { approved: true } });
  await older.searchUserTaskVariables({ userTaskKey: found.items[0].userTaskKey }, now);
  await older.correlateMessage({ name: 'delivered', correlationKey: 'B-1' });
  assert.equal((await older.getProcessInstance({ processInstanceKey: key }, now)).state, 'COMPLETED');
  command(server, 'setting', 'camunda.optional', 'null');
});

test('every other call is made by the client of the release before too', async (t) => {
  command(server, 'setting', 'camunda.optional', 'absent');
  t.after(() => command(server, 'setting', 'camunda.optional', 'null'));
  const older = clientOf(server, secret, { version: 8, validation: 'strict' });
  await older.deployResourcesFromFiles([model('double.bpmn'), model('round.bpmn')]);
  const definition = (await older.searchProcessDefinitions({ filter: { processDefinitionId: 'double', isLatestVersion: true } }, now)).items[0];
  const { processDefinitionKey } = definition;
  assert.equal((await older.getProcessDefinition({ processDefinitionKey }, now)).version, definition.version);
  assert.match(await older.getProcessDefinitionXml({ processDefinitionKey }, now), /type="twice"/);
  const begin = async (variables = {}) => (await older.createProcessInstance({ processDefinitionId: 'double', variables, tags: ['old'] })).processInstanceKey;
  const take = async (key) => (await older.activateJobs({ type: 'twice', worker: 'older', timeout: 60000, maxJobsToActivate: 9, requestTimeout: -1 })).jobs
    .find((one) => one.processInstanceKey === key);
  const stateOf = async (processInstanceKey) => (await older.getProcessInstance({ processInstanceKey }, now)).state;

  const failing = await begin({ n: 1 });
  const { jobKey } = await take(failing);
  await older.failJob({ jobKey, retries: 0, errorMessage: 'no paper', retryBackOff: 0 });
  const [incident] = (await older.searchIncidents({ filter: { processInstanceKey: failing } }, now)).items;
  assert.equal((await older.getIncident({ incidentKey: incident.incidentKey }, now)).errorType, 'JOB_NO_RETRIES');
  await older.updateJob({ jobKey, changeset: { retries: 3, timeout: 5000 } });
  await older.resolveIncident({ incidentKey: incident.incidentKey });
  await older.createElementInstanceVariables({ elementInstanceKey: failing, variables: { n: 2 } });
  const [variable] = (await older.searchVariables({ filter: { processInstanceKey: failing, name: 'n' } }, now)).items;
  assert.equal(variable.value, '2');
  await older.throwJobError({ jobKey: (await take(failing)).jobKey, errorCode: 'NOBODY', errorMessage: 'left alone' });
  assert.equal((await older.searchProcessInstances({ filter: { processInstanceKey: failing, hasIncident: true } }, now)).items.length, 1);
  await older.cancelProcessInstance({ processInstanceKey: failing });
  assert.equal(await stateOf(failing), 'TERMINATED');

  const worked = await begin();
  const worker = older.createJobWorker({ jobType: 'twice', jobHandler: (job) => job.complete({ by: 'older' }), maxParallelJobs: 1,
    jobTimeoutMs: 30000, workerName: 'older', pollIntervalMs: 20 });
  await until('the work of the older worker', async () => (await stateOf(worked)) === 'COMPLETED');
  worker.stop();

  await older.publishMessage({ name: 'defect', correlationKey: 'batch-old', timeToLive: 1000, messageId: 'old-1' });
  const recall = (await older.searchProcessInstances({ filter: { processDefinitionId: 'recall', state: 'ACTIVE' } }, now)).items[0];
  await older.broadcastSignal({ signalName: 'all-clear' });
  assert.equal(await stateOf(recall.processInstanceKey), 'COMPLETED');
  // Its schema wants the name of a failed decision where none failed, so this call is not checked.
  const decided = await clientOf(server, secret, { version: 8 }).evaluateDecision({ decisionDefinitionId: 'rating', variables: { doses: 101 } });
  assert.equal(decided.output, '"large"');
  assert.deepEqual(decided.evaluatedDecisions.map((one) => one.decisionEvaluationInstanceKey), [1, 2].map((n) => `${decided.decisionEvaluationKey}${n}`));

  const order = await older.createProcessInstance({ processDefinitionId: 'order', variables: { orderId: 'B-2', doses: 900 } });
  const [check] = (await older.activateJobs({ type: 'check-stock', worker: 'older', timeout: 30000, maxJobsToActivate: 1, requestTimeout: -1,
    fetchVariable: ['doses'] })).jobs;
  assert.deepEqual({ ...check.variables }, { doses: 900 });
  await older.completeJob({ jobKey: check.jobKey, variables: { available: 900 } });
  const [{ userTaskKey }] = (await older.searchUserTasks({ filter: { processInstanceKey: order.processInstanceKey, state: 'CREATED' } }, now)).items;
  await older.assignUserTask({ userTaskKey, assignee: 'wu' });
  await older.updateUserTask({ userTaskKey, changeset: { priority: 10 } });
  await older.unassignUserTask({ userTaskKey });
  const task = await older.getUserTask({ userTaskKey }, now);
  assert.deepEqual([task.priority, 'assignee' in task], [10, false]);
  await older.cancelProcessInstance({ processInstanceKey: order.processInstanceKey });
  await older.deleteResource({ resourceKey: processDefinitionKey });
  assert.equal((await refused(older.createProcessInstance({ processDefinitionKey }))).status, 404);
});

test('user tasks are found by what they carry, and by the variables around them', async () => {
  const started = [];
  for (const doses of [300, 400, 500]) {
    const { processInstanceKey: key } = await start('order', { orderId: `F-${doses}`, doses });
    await client.completeJob({ jobKey: (await oneJob('check-stock', key)).jobKey, variables: { available: doses } });
    started.push(key);
  }
  const found = async (filter, more = {}) => (await client.searchUserTasks({ filter: { state: 'CREATED', ...filter }, ...more }, now)).items;
  const keys = async (filter, more) => (await found(filter, more)).map((one) => one.processInstanceKey);
  assert.deepEqual(await keys({ candidateGroup: 'pharmacists', elementId: 'approve' }), started);
  assert.deepEqual(await keys({ candidateGroup: { $in: ['heads', 'nobody'] }, name: { $like: 'Approve*' } }), started);
  assert.deepEqual(await keys({ candidateGroup: 'nobody' }), []);
  assert.deepEqual(await keys({ candidateUser: 'nobody' }), []);
  assert.deepEqual(await keys({ dueDate: { $gt: '2030-01-01T00:00:00Z', $lt: '2030-01-03T00:00:00Z' } }), started);
  assert.deepEqual(await keys({ dueDate: { $gt: '2030-01-03T00:00:00Z' } }), []);
  assert.deepEqual(await keys({ processInstanceVariables: [{ name: 'doses', value: { $eq: '400' } }] }), [started[1]]);
  assert.deepEqual(await keys({ processInstanceVariables: [{ name: 'doses', value: { $in: ['300', '500'] } }, { name: 'orderId', value: '"F-500"' }] }), [started[2]]);
  const [second] = await found({ processInstanceKey: started[1] });
  await client.updateUserTask({ userTaskKey: second.userTaskKey, changeset: { priority: 99, candidateUsers: ['zhou'], followUpDate: '2029-01-01T00:00:00Z' } });
  assert.deepEqual(await keys({ candidateUser: 'zhou' }), [started[1]]);
  assert.deepEqual(await keys({ followUpDate: { $lte: '2029-01-01T00:00:00Z' } }), [started[1]]);
  assert.deepEqual(await keys({ priority: { $gte: 90 } }), [started[1]]);
  assert.deepEqual(await keys({ elementId: 'approve' }, { sort: [{ field: 'priority', order: 'DESC' }, { field: 'creationDate', order: 'DESC' }] }),
    [started[1], started[2], started[0]]);
  const plain = clientOf(server, secret);
  const last = await plain.searchUserTasks({ filter: { state: 'CREATED', elementId: 'approve' }, page: { from: 2, limit: 5 } }, now);
  assert.deepEqual(last.items.map((one) => one.processInstanceKey), [started[2]]);
  const before = await plain.searchUserTasks({ filter: { state: 'CREATED', elementId: 'approve' }, page: { before: last.page.startCursor, limit: 1 } }, now);
  assert.deepEqual(before.items.map((one) => one.processInstanceKey), [started[1]]);
  for (const key of started) await client.cancelProcessInstance({ processInstanceKey: key });
});

test('a client that names no content type and its own action is understood; a task without a form has none', async () => {
  const plain = text('double.bpmn').replaceAll('double', 'bare')
    .replace(/<bpmn:serviceTask id="twice">.*<\/bpmn:extensionElements>/, '<bpmn:userTask id="twice"><bpmn:extensionElements><zeebe:userTask /></bpmn:extensionElements>')
    .replace('</bpmn:serviceTask>', '</bpmn:userTask>');
  const headers = { Authorization: `Bearer ${secret}` };
  const body = `--x\r\nContent-Disposition: form-data; name="resources"; filename="bare.bpmn"\r\n\r\n${plain}\r\n--x--\r\n`;
  const deployed = await fetch(`${server.url}/v2/deployments`, { method: 'POST', body, headers: { ...headers, 'Content-Type': 'multipart/form-data; boundary=x' } });
  assert.equal(deployed.status, 200, await deployed.text());
  const { processInstanceKey: key } = await start('bare');
  const [{ userTaskKey }] = await tasksOf(key);
  assert.equal((await fetch(`${server.url}/v2/user-tasks/${userTaskKey}/form`, { headers })).status, 204);
  await client.assignUserTask({ userTaskKey, assignee: 'li', action: 'assign' });
  await client.completeUserTask({ userTaskKey, variables: {}, action: 'complete' });
  assert.equal(await state(key), 'COMPLETED');
});

test('what the processes left behind passes the audit', async () => {
  assert.match(command(server, 'audit'), /./);
});
