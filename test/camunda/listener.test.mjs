// Task listeners: what a person asks of a user task waits for a worker, who lets it pass, corrects it or denies it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer } from '../api/lib.mjs';
import { clientOf, model, now, refused, token, until } from './lib.mjs';

let server;
let client;
let taskKey;
let instanceKey;

before(async () => {
  server = await startServer();
  client = clientOf(server, token(server), { validation: 'strict' });
  await client.deployResourcesFromFiles([model('listened.bpmn')]);
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
