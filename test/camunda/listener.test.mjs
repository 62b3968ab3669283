// Task listeners: what a person asks of a user task waits for a worker, who lets it pass, corrects it or denies it. And the other job
// whose answer says more than variables: that of an ad-hoc sub-process.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer } from '../api/lib.mjs';
import { clientOf, model, now, refused, text, token, until } from './lib.mjs';

let server;
let client;
let taskKey;
let instanceKey;

before(async () => {
  server = await startServer();
  client = clientOf(server, token(server), { validation: 'strict' });
  await client.deployResourcesFromFiles([model('listened.bpmn'), model('recalled.bpmn'), model('agent.bpmn')]);
});
after(() => server.stop());

const task = () => client.getUserTask({ userTaskKey: taskKey }, now);
const job = (type) => until(`a job ${type}`, async () =>
  (await client.activateJobs({ type, worker: 'test', timeout: 60000, maxJobsToActivate: 1, requestTimeout: -1 })).jobs[0]);
const answer = (one, result) => client.completeJob({ jobKey: one.jobKey, result: { type: 'userTask', ...result } });

test('a task is there when its creation has passed the listener, with what it corrected', async () => {
  instanceKey = (await client.createProcessInstance({ processDefinitionId: 'listened', variables: {} })).processInstanceKey;
  const one = await job('sign-creating');
  assert.equal(one.kind, 'TASK_LISTENER');
  assert.equal(one.listenerEventType, 'CREATING');
  const search = { filter: { processInstanceKey: instanceKey } };
  assert.equal((await client.searchUserTasks(search, now)).items.length, 0);
  const problem = await refused(answer(one, { denied: true }));
  assert.equal(problem.status, 400);
  await answer(one, { corrections: { priority: 90, candidateGroups: ['signers'] } });
  const found = (await client.searchUserTasks(search, now)).items[0];
  taskKey = found.userTaskKey;
  assert.equal(taskKey, one.userTask.userTaskKey);
  assert.equal(found.state, 'CREATED');
  assert.equal(found.priority, 90);
  assert.deepEqual([...found.candidateGroups], ['signers']);
});

test('an assignment waits; denied, it is refused with the reason and nobody has the task', async () => {
  const asked = refused(client.assignUserTask({ userTaskKey: taskKey, assignee: 'zhang' }));
  const one = await job('sign-assigning');
  assert.equal(one.userTask.assignee, 'zhang');
  assert.deepEqual([...one.userTask.changedAttributes], ['assignee']);
  assert.equal((await task()).state, 'ASSIGNING');
  assert.equal((await task()).assignee, null);
  const busy = await refused(client.completeUserTask({ userTaskKey: taskKey }));
  assert.equal(busy.status, 409);
  await answer(one, { denied: true, deniedReason: 'on leave' });
  const problem = await asked;
  assert.equal(problem.status, 409);
  assert.match(problem.detail, /on leave/);
  assert.equal((await task()).state, 'CREATED');
  assert.equal((await task()).assignee, null);
});

test('an assignment that passes may be corrected', async () => {
  const asked = client.assignUserTask({ userTaskKey: taskKey, assignee: 'zhang' });
  await answer(await job('sign-assigning'), { corrections: { assignee: 'li', dueDate: '2030-01-02T03:04:05Z' } });
  await asked;
  assert.equal((await task()).assignee, 'li');
  assert.equal(new Date((await task()).dueDate).toISOString(), '2030-01-02T03:04:05.000Z');
});

test('an update waits too', async () => {
  const asked = client.updateUserTask({ userTaskKey: taskKey, changeset: { priority: 20 } });
  const one = await job('sign-updating');
  assert.equal(one.userTask.priority, 20);
  assert.equal((await task()).priority, 90);
  await client.completeJob({ jobKey: one.jobKey });
  await asked;
  assert.equal((await task()).priority, 20);
});

test('a completion is denied, and passes when it is right', async () => {
  const first = refused(client.completeUserTask({ userTaskKey: taskKey, variables: { signed: false } }));
  const one = await job('sign-completing');
  assert.equal(one.listenerEventType, 'COMPLETING');
  assert.equal(one.retries, 5);
  assert.equal(one.variables.signed, false);
  assert.equal((await refused(client.completeJob({ jobKey: one.jobKey, variables: { a: 1 } }))).status, 400);
  await answer(one, { denied: true, deniedReason: 'not signed' });
  assert.match((await first).detail, /not signed/);
  assert.equal((await task()).state, 'CREATED');
  const second = client.completeUserTask({ userTaskKey: taskKey, variables: { signed: true } });
  await answer(await job('sign-completing'), {});
  await second;
  assert.equal((await task()).state, 'COMPLETED');
  await until('the end', async () =>
    (await client.getProcessInstance({ processInstanceKey: instanceKey }, now)).state === 'COMPLETED');
});

test('a completion whose instance is cancelled meanwhile is refused, and the listener has nothing to answer any more', async () => {
  const key = (await client.createProcessInstance({ processDefinitionId: 'listened', variables: {} })).processInstanceKey;
  await client.completeJob({ jobKey: (await job('sign-creating')).jobKey });
  const [found] = (await client.searchUserTasks({ filter: { processInstanceKey: key } }, now)).items;
  const asked = refused(client.completeUserTask({ userTaskKey: found.userTaskKey }));
  const one = await job('sign-completing');
  await client.cancelProcessInstance({ processInstanceKey: key });
  assert.equal((await asked).status, 409);
  assert.equal((await refused(client.completeJob({ jobKey: one.jobKey }))).status, 404);
  assert.equal((await client.getUserTask({ userTaskKey: found.userTaskKey }, now)).state, 'CANCELED');
});

const startOf = async (processDefinitionId, variables) => (await client.createProcessInstance({ processDefinitionId, variables })).processInstanceKey;
const taskOf = async (processInstanceKey) =>
  until('the task', async () => (await client.searchUserTasks({ filter: { processInstanceKey } }, now)).items[0]);
const stateOf = async (processInstanceKey) => (await client.getProcessInstance({ processInstanceKey }, now)).state;

test('what cancels a task goes on when the listener has answered, who can neither deny nor correct it', async () => {
  const key = await startOf('recalled', { no: 'v-1' });
  const { userTaskKey } = await taskOf(key);
  await client.publishMessage({ name: 'visit-off', correlationKey: 'v-1' });
  const one = await job('visit-canceling');
  assert.equal(one.kind, 'TASK_LISTENER');
  assert.equal(one.listenerEventType, 'CANCELING');
  assert.equal(one.userTask.userTaskKey, userTaskKey);
  assert.equal((await client.getUserTask({ userTaskKey }, now)).state, 'CANCELING');
  assert.equal((await refused(client.completeUserTask({ userTaskKey }))).status, 409);
  assert.equal((await refused(answer(one, { denied: true }))).status, 400);
  assert.equal((await refused(answer(one, { corrections: { priority: 1 } }))).status, 400);
  const none = await client.activateJobs({ type: 'visit-tell', worker: 'test', timeout: 60000, maxJobsToActivate: 1, requestTimeout: -1 });
  assert.equal(none.jobs.length, 0);
  await client.completeJob({ jobKey: one.jobKey });
  assert.equal((await client.getUserTask({ userTaskKey }, now)).state, 'CANCELED');
  await client.completeJob({ jobKey: (await job('visit-tell')).jobKey });
  assert.equal(await stateOf(key), 'COMPLETED');
});

test('a cancelled instance ends when the listener has answered', async () => {
  const key = await startOf('recalled', { no: 'v-2' });
  const { userTaskKey } = await taskOf(key);
  await client.cancelProcessInstance({ processInstanceKey: key });
  assert.equal(await stateOf(key), 'ACTIVE');
  await client.completeJob({ jobKey: (await job('visit-canceling')).jobKey });
  assert.equal(await stateOf(key), 'TERMINATED');
  assert.equal((await client.getUserTask({ userTaskKey }, now)).state, 'CANCELED');
});

test('the job of an ad-hoc sub-process activates elements until it says that this is all', async () => {
  const key = await startOf('agent', {});
  const done = (one, result) => client.completeJob({ jobKey: one.jobKey, result: { type: 'adHocSubProcess', ...result } });
  const first = await job('agent-choose');
  assert.equal(first.kind, 'AD_HOC_SUB_PROCESS');
  assert.equal(first.listenerEventType, 'UNSPECIFIED');
  assert.deepEqual(first.variables.adHocSubProcessElements.map((one) => one.elementId), ['search', 'ask']);
  assert.equal((await refused(done(first, { activateElements: [{ elementId: 'nowhere' }] }))).status, 404);
  assert.equal((await refused(done(first, { activateElements: [{ elementId: 'ask' }], isCompletionConditionFulfilled: true }))).status, 400);
  await done(first, { activateElements: [{ elementId: 'search', variables: { text: 'flu' } }, { elementId: 'ask' }] });
  const search = await job('agent-search');
  assert.equal(search.variables.text, 'flu');
  assert.equal((await refused(done(search, { activateElements: [] }))).status, 400);
  await client.completeJob({ jobKey: search.jobKey, variables: { hits: 3 } });
  const second = await job('agent-choose');
  assert.deepEqual(second.variables.results, [3]);
  const { userTaskKey } = await taskOf(key);
  await done(second, { isCompletionConditionFulfilled: true, isCancelRemainingInstances: true });
  assert.equal((await client.getUserTask({ userTaskKey }, now)).state, 'CANCELED');
  assert.equal(await stateOf(key), 'COMPLETED');
});

test('elements of an ad-hoc sub-process are activated by its key, with variables of their own', async () => {
  const key = await startOf('agent', {});
  const elements = async () => (await client.searchElementInstances({ filter: { processInstanceKey: key } }, now)).items;
  const box = (await elements()).find((one) => one.type === 'AD_HOC_SUB_PROCESS');
  const activate = (rest) => client.activateAdHocSubProcessActivities({ adHocSubProcessInstanceKey: box.elementInstanceKey, ...rest });
  assert.equal((await refused(activate({ elements: [] }))).status, 400);
  assert.equal((await refused(activate({ elements: [{ elementId: 'nowhere' }] }))).status, 404);
  assert.equal((await refused(activate({ adHocSubProcessInstanceKey: '1', elements: [{ elementId: 'ask' }] }))).status, 404);
  assert.equal((await refused(activate({ adHocSubProcessInstanceKey: key, elements: [{ elementId: 'ask' }] }))).status, 404);
  const send = (body, headers = {}) => fetch(`${server.url}/v2/element-instances/ad-hoc-activities/${box.elementInstanceKey}/activation`,
    { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
  assert.equal((await send({ elements: [{ elementId: 'ask' }] })).status, 401);
  const wrong = await send({ elements: ['ask'] }, { authorization: `Bearer ${token(server)}` });
  assert.equal(wrong.status, 400);
  await activate({ elements: [{ elementId: 'ask' }, { elementId: 'search', variables: { text: 'measles' } }] });
  assert.equal((await elements()).filter((one) => one.type === 'AD_HOC_SUB_PROCESS_INNER_INSTANCE').length, 2);
  assert.equal((await job('agent-search')).variables.text, 'measles');
  const { userTaskKey } = await taskOf(key);
  await activate({ elements: [{ elementId: 'search', variables: { text: 'mumps' } }], cancelRemainingInstances: true });
  assert.equal((await client.getUserTask({ userTaskKey }, now)).state, 'CANCELED');
  const again = await job('agent-search');
  assert.equal(again.variables.text, 'mumps');
  await client.completeJob({ jobKey: again.jobKey, variables: { hits: 2 } });
  const chosen = await job('agent-choose');
  assert.deepEqual(chosen.variables.results, [2]);
  await client.completeJob({ jobKey: chosen.jobKey, result: { type: 'adHocSubProcess', isCompletionConditionFulfilled: true } });
  assert.equal(await stateOf(key), 'COMPLETED');
});

test('the native job API answers listeners in the same words', async () => {
  const headers = { authorization: `Bearer ${token(server)}`, 'content-type': 'application/json' };
  const complete = async (key, result) =>
    fetch(`${server.url}/api/v1/jobs/${key}/complete`, { method: 'POST', headers, body: JSON.stringify({ result }) });
  const key = await startOf('listened', {});
  await client.completeJob({ jobKey: (await job('sign-creating')).jobKey });
  const { userTaskKey } = await taskOf(key);
  const asked = refused(client.assignUserTask({ userTaskKey, assignee: 'zhang' }));
  const one = await job('sign-assigning');
  const wrong = await complete(one.jobKey, { denied: 'yes' });
  assert.equal(wrong.status, 422);
  assert.equal((await wrong.json()).field, 'denied');
  assert.equal((await complete(one.jobKey, { colour: 'red' })).status, 422);
  assert.equal((await complete(one.jobKey, { denied: true, deniedReason: 'away' })).status, 204);
  assert.match((await asked).detail, /away/);
  const again = client.assignUserTask({ userTaskKey, assignee: 'zhang' });
  assert.equal((await complete((await job('sign-assigning')).jobKey, { corrections: { assignee: 'sun' } })).status, 204);
  await again;
  assert.equal((await client.getUserTask({ userTaskKey }, now)).assignee, 'sun');
});

test('listeners of the process itself are told as such, with their own headers', async () => {
  const listener = (event) => `<zeebe:executionListener eventType="${event}" type="whole-${event}"><zeebe:taskHeaders><zeebe:header key="side" value="${event}" /></zeebe:taskHeaders></zeebe:executionListener>`;
  const source = text('double.bpmn').replaceAll('double', 'whole').replace('isExecutable="true">',
    `isExecutable="true"><bpmn:extensionElements><zeebe:executionListeners>${listener('start')}${listener('end')}</zeebe:executionListeners></bpmn:extensionElements>`);
  await client.createDeployment({ resources: [new File([source], 'whole.bpmn', { type: 'application/xml' })] });
  const key = await startOf('whole', {});
  for (const event of ['start', 'end']) {
    const one = await job(`whole-${event}`);
    assert.deepEqual([one.kind, one.listenerEventType, one.elementId, one.elementInstanceKey], ['EXECUTION_LISTENER', event.toUpperCase(), 'whole', key]);
    assert.deepEqual({ ...one.customHeaders }, { side: event });
    await client.completeJob({ jobKey: one.jobKey, variables: { [event]: true } });
    if (event === 'start') await client.completeJob({ jobKey: (await job('twice')).jobKey });
  }
  assert.equal(await stateOf(key), 'COMPLETED');
});
