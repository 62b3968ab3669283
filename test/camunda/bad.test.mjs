// What clients should not send: each gets a clear problem, and the server goes on.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startServer } from '../api/lib.mjs';
import { clientOf, model, text, token } from './lib.mjs';

let server;
let secret;
let key;
let job;

before(async () => {
  server = await startServer();
  secret = token(server);
  const client = clientOf(server, secret);
  await client.deployResourcesFromFiles(['double.bpmn', 'order.bpmn', 'rating.dmn', 'approval.form'].map(model));
  key = (await client.createProcessInstance({ processDefinitionId: 'double' })).processInstanceKey;
  [job] = (await client.activateJobs({ type: 'twice', timeout: 60000, maxJobsToActivate: 1, worker: 'bad' })).jobs;
});
after(() => server.stop());

async function ask(method, path, body, type = 'application/json') {
  const answer = await fetch(server.url + path, {
    method, body: body === undefined || typeof body === 'string' || body instanceof FormData ? body : JSON.stringify(body),
    headers: { Authorization: `Bearer ${secret}`, ...(body === undefined || body instanceof FormData ? {} : { 'Content-Type': type }) },
  });
  const written = await answer.text();
  const problem = /json/.test(answer.headers.get('content-type') ?? '') && written ? JSON.parse(written) : undefined;
  return { status: answer.status, problem };
}
async function is(status, method, path, body, type) {
  const answer = await ask(method, path, body, type);
  assert.equal(answer.status, status, `${method} ${path} ${JSON.stringify(body)?.slice(0, 200)}: ${answer.status} ${JSON.stringify(answer.problem)}`);
  if (status >= 400) {
    assert.equal(answer.problem.status, status);
    assert.ok(answer.problem.title && answer.problem.detail && answer.problem.type);
  }
  return answer.problem;
}
function files(...parts) {
  const form = new FormData();
  for (const [name, content] of parts) form.append('resources', new Blob([content]), name);
  return form;
}

test('bodies that are no JSON object', async () => {
  for (const body of ['{', '[]', '"x"', '1', '{"a":1}x', '\u0000', `${'['.repeat(500)}${']'.repeat(500)}`]) {
    await is(400, 'POST', '/v2/process-instances', body);
    await is(400, 'POST', '/v2/user-tasks/search', body);
  }
  await is(415, 'POST', '/v2/process-instances', '<a/>', 'application/xml');
});

test('values of the wrong type name their field', async () => {
  const rows = [
    ['/v2/process-instances', {}, 'processDefinitionId'],
    ['/v2/process-instances', { processDefinitionId: 7 }, 'processDefinitionId'],
    ['/v2/process-instances', { processDefinitionId: 'double', processDefinitionKey: '1' }, 'processDefinitionId'],
    ['/v2/process-instances', { processDefinitionKey: 'abc' }, 'processDefinitionKey'],
    ['/v2/process-instances', { processDefinitionId: 'double', variables: [] }, 'variables'],
    ['/v2/process-instances', { processDefinitionId: 'double', awaitCompletion: 'yes' }, 'awaitCompletion'],
    ['/v2/process-instances', { processDefinitionId: 'double', tags: ['a,b'] }, 'tags[0]'],
    ['/v2/process-instances', { processDefinitionId: 'double', tenantId: 'other' }, 'tenantId'],
    ['/v2/process-instances', { processDefinitionId: 'double', startInstructions: [{ elementId: 'twice' }] }, 'startInstructions'],
    ['/v2/jobs/activation', { type: 'twice', timeout: 0, maxJobsToActivate: 1 }, 'timeout'],
    ['/v2/jobs/activation', { type: 'twice', timeout: 1000, maxJobsToActivate: 0 }, 'maxJobsToActivate'],
    ['/v2/jobs/activation', { timeout: 1000, maxJobsToActivate: 1 }, 'type'],
    ['/v2/jobs/activation', { type: 'twice', timeout: '99999999999999999999', maxJobsToActivate: 1 }, 'timeout'],
    ['/v2/jobs/activation', { type: 'twice', timeout: 1.5, maxJobsToActivate: 1 }, 'timeout'],
    [`/v2/jobs/${job.jobKey}/completion`, { variables: 'x' }, 'variables'],
    [`/v2/jobs/${job.jobKey}/completion`, { result: { denied: true } }, 'result'],
    [`/v2/jobs/${job.jobKey}/error`, {}, 'errorCode'],
    ['/v2/messages/publication', { correlationKey: 'a' }, 'name'],
    ['/v2/signals/broadcast', {}, 'signalName'],
    ['/v2/decision-definitions/evaluation', {}, 'decisionDefinitionId'],
    ['/v2/process-instances/search', { filter: { colour: 'red' } }, 'filter.colour'],
    ['/v2/process-instances/search', { filter: { state: ['ACTIVE'] } }, 'filter.state'],
    ['/v2/process-instances/search', { filter: { state: { $is: 'ACTIVE' } } }, 'filter.state'],
    ['/v2/process-instances/search', { filter: { state: { $in: 'ACTIVE' } } }, 'filter.state'],
    ['/v2/process-instances/search', { filter: { $or: [{ colour: 1 }] } }, 'filter.colour'],
    ['/v2/process-instances/search', { sort: [{ field: 'colour' }] }, 'sort[0]'],
    ['/v2/process-instances/search', { sort: ['state'] }, 'sort[0]'],
    ['/v2/process-instances/search', { sort: [{ field: 'state', order: 'UP' }] }, 'sort[0]'],
    ['/v2/process-instances/search', { page: { limit: 0 } }, 'page.limit'],
    ['/v2/process-instances/search', { page: { limit: 10001 } }, 'page.limit'],
    ['/v2/process-instances/search', { page: { from: -1 } }, 'page.from'],
    ['/v2/process-instances/search', { page: { after: '!!' } }, 'page.after'],
    ['/v2/process-instances/search', { page: { after: 'W10=' } }, 'page.after'],
    ['/v2/process-instances/search', { page: { before: 5 } }, 'page.before'],
  ];
  for (const [path, body, field] of rows) {
    const problem = await is(400, 'POST', path, body);
    assert.equal(problem.field, field, `${path} ${JSON.stringify(body)}: ${JSON.stringify(problem)}`);
  }
});

test('keys of nothing, of no form, and too large', async () => {
  for (const id of ['0', '-1', 'x', '1', '9223372036854775807', '99999999999999999999', '%20']) {
    await is(404, 'GET', `/v2/process-instances/${id}`);
    await is(404, 'POST', `/v2/process-instances/${id}/cancellation`);
    await is(404, 'GET', `/v2/process-definitions/${id === '1' ? '7777' : id}/xml`);
    await is(404, 'GET', `/v2/user-tasks/${id}`);
    await is(404, 'POST', `/v2/user-tasks/${id}/completion`, {});
    await is(404, 'POST', `/v2/user-tasks/${id}/variables/search`, {});
    await is(404, 'POST', `/v2/jobs/${id}/completion`, {});
    await is(404, 'POST', `/v2/jobs/${id}/failure`, { retries: 1 });
    await is(404, 'PATCH', `/v2/jobs/${id}`, { changeset: { retries: 1 } });
    await is(404, 'GET', `/v2/incidents/${id}`);
    await is(404, 'POST', `/v2/incidents/${id}/resolution`);
    await is(404, 'GET', `/v2/element-instances/${id}`);
    await is(404, 'PUT', `/v2/element-instances/${id}/variables`, { variables: { a: 1 } });
    await is(404, 'POST', `/v2/resources/${id === '1' ? '7777' : id}/deletion`);
  }
  await is(404, 'GET', '/v2/nothing');
  await is(405, 'DELETE', '/v2/topology');
});

test('files that cannot be deployed', async () => {
  const rows = [
    [files(['a.bpmn', 'x']), /a\.bpmn/],
    [files(['a.bpmn', '']), /a\.bpmn/],
    [files(['a.dmn', '<definitions/>']), /a\.dmn/],
    [files(['a.form', '{}']), /id/],
    [files(['a.form', '{']), /a\.form/],
    [files(['a.exe', 'x']), /bpmn, \.dmn and \.form/],
    [files(['a.bpmn', Buffer.from([0xff, 0xfe])]), /UTF-8/],
    [files(['a.form', '{"id":"f"}'], ['b.form', '{"id":"f"}']), /twice/],
    [files(['double.bpmn', text('double.bpmn').replace('</bpmn:process>', '<bpmn:transaction id="t9"/></bpmn:process>')]), /t9/],
    [files(), /1 to/],
  ];
  for (const [form, expected] of rows) assert.match((await is(400, 'POST', '/v2/deployments', form)).detail, expected);
  const other = files(['double.bpmn', text('double.bpmn')]);
  other.append('tenantId', 'other');
  await is(400, 'POST', '/v2/deployments', other);
  await is(415, 'POST', '/v2/deployments', {});
});

test('jobs: completed twice, from two places at once, with retries that are none', async () => {
  await is(400, 'POST', `/v2/jobs/${job.jobKey}/failure`, { retries: -1 });
  await is(400, 'PATCH', `/v2/jobs/${job.jobKey}`, { changeset: {} });
  await is(400, 'PATCH', `/v2/jobs/${job.jobKey}`, { changeset: { retries: 0 } });
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask('POST', `/v2/jobs/${job.jobKey}/completion`, {})));
  assert.deepEqual(answers.map((one) => one.status).sort(), [204, 404, 404, 404, 404, 404, 404, 404]);
  assert.equal((await ask('GET', `/v2/process-instances/${key}`)).problem.state, 'COMPLETED');
  await is(409, 'PUT', `/v2/element-instances/${key}/variables`, { variables: { a: 1 } });
});

test('a process that goes round without waiting ends in an incident, and the server answers meanwhile', async () => {
  const loop = text('double.bpmn').replaceAll('double', 'loop').replace(/<bpmn:serviceTask[\s\S]*<\/bpmn:serviceTask>/,
    '<bpmn:task id="twice"><bpmn:incoming>d1</bpmn:incoming><bpmn:incoming>d3</bpmn:incoming><bpmn:outgoing>d3</bpmn:outgoing></bpmn:task>'
    + '<bpmn:sequenceFlow id="d3" sourceRef="twice" targetRef="twice" />').replace(/<bpmn:sequenceFlow id="d2"[^>]*>/, '')
    .replace(/<bpmn:endEvent[\s\S]*<\/bpmn:endEvent>/, '');
  await is(200, 'POST', '/v2/deployments', files(['loop.bpmn', loop]));
  const started = await is(200, 'POST', '/v2/process-instances', { processDefinitionId: 'loop' });
  const found = await is(200, 'POST', '/v2/incidents/search', { filter: { processInstanceKey: started.processInstanceKey } });
  assert.equal(found.items.length, 1);
  await is(200, 'GET', '/v2/topology');
});

test('many at once: every start is one instance, every job is done once', async () => {
  const started = await Promise.all(Array.from({ length: 60 }, (_, i) =>
    ask('POST', '/v2/process-instances', { processDefinitionId: 'double', variables: { i } })));
  assert.ok(started.every((one) => one.status === 200));
  let done = 0;
  await Promise.all(Array.from({ length: 6 }, async () => {
    for (;;) {
      const { problem } = await ask('POST', '/v2/jobs/activation', { type: 'twice', timeout: 60000, maxJobsToActivate: 7, requestTimeout: -1 });
      if (!problem.jobs.length) return;
      for (const one of problem.jobs) {
        const { status } = await ask('POST', `/v2/jobs/${one.jobKey}/completion`, {});
        done += status === 204;
      }
    }
  }));
  assert.equal(done, 60);
  const open = await is(200, 'POST', '/v2/process-instances/search', { filter: { processDefinitionId: 'double', state: 'ACTIVE' } });
  assert.equal(open.page.totalItems, 0);
});

const TEN_MEGABYTES = 10 * 1024 * 1024;
const chain = (id, count, padding = '') => {
  const parts = ['<bpmn:startEvent id="t0" />'];
  for (let i = 1; i <= count; i++)
    parts.push(`<bpmn:manualTask id="t${i}">${padding}</bpmn:manualTask><bpmn:sequenceFlow id="f${i}" sourceRef="t${i - 1}" targetRef="t${i}" />`);
  return text('double.bpmn').replaceAll('double', id).replace(/(isExecutable="true">)[\s\S]*(<\/bpmn:process>)/, (_, head, tail) => head + parts.join('') + tail);
};

test('models of ten megabytes: run when they can be, refused with the reason when not', async () => {
  const documented = chain('long', 2000, `<bpmn:documentation>${'words '.repeat(900)}</bpmn:documentation>`);
  assert.ok(documented.length > TEN_MEGABYTES);
  await is(200, 'POST', '/v2/deployments', files(['long.bpmn', documented]));
  const done = await is(200, 'POST', '/v2/process-instances', { processDefinitionId: 'long', awaitCompletion: true });
  assert.equal((await is(200, 'GET', `/v2/process-instances/${done.processInstanceKey}`)).state, 'COMPLETED');
  const many = chain('many', 90000);
  assert.ok(many.length > 0.9 * TEN_MEGABYTES);
  assert.match((await is(400, 'POST', '/v2/deployments', files(['many.bpmn', many]))).detail, /more than 50000 elements/);
  assert.match((await is(400, 'POST', '/v2/deployments', files(['cut.bpmn', documented.slice(0, TEN_MEGABYTES)]))).detail, /not well-formed/);
  const [problem] = (await is(400, 'POST', '/v2/deployments', files(['huge.bpmn', documented + ' '.repeat(TEN_MEGABYTES)]))).errors;
  assert.deepEqual([problem.resource, problem.code], ['huge.bpmn', 'bpmn-too-large']);
  await is(404, 'POST', '/v2/process-instances', { processDefinitionId: 'many' });
});

test('ten thousand at once: each done once; a list that is too long is an incident', async () => {
  const each = text('double.bpmn').replaceAll('double', 'each').replace('</bpmn:extensionElements>', '</bpmn:extensionElements>'
    + '<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics inputCollection="=for i in 1..many return i" inputElement="i" outputCollection="squares" outputElement="=i * i" /></bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>')
    .replaceAll('serviceTask', 'scriptTask').replace('<zeebe:taskDefinition type="twice" retries="1" />', '<zeebe:script expression="=i * i" resultVariable="square" /><zeebe:ioMapping><zeebe:input source="=null" target="square" /></zeebe:ioMapping>');
  await is(200, 'POST', '/v2/deployments', files(['each.bpmn', each]));
  const done = await is(200, 'POST', '/v2/process-instances', { processDefinitionId: 'each', variables: { many: 10000 }, awaitCompletion: true, fetchVariables: ['squares'] });
  assert.deepEqual([done.variables.squares.length, done.variables.squares[9999]], [10000, 100000000]);
  const stuck = await is(200, 'POST', '/v2/process-instances', { processDefinitionId: 'each', variables: { many: 60000 } });
  const found = await is(200, 'POST', '/v2/incidents/search', { filter: { processInstanceKey: stuck.processInstanceKey } });
  assert.equal(found.items.length, 1);
  assert.match(found.items[0].errorMessage, /50,?000/);
});

test('ten thousand jobs of one instance: none lost, none twice', async () => {
  const jobs = text('double.bpmn').replaceAll('double', 'crowd').replaceAll('"twice"', '"crowded"').replace('</bpmn:extensionElements>', '</bpmn:extensionElements>'
    + '<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics inputCollection="=for i in 1..10000 return i" inputElement="i" /></bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>');
  await is(200, 'POST', '/v2/deployments', files(['crowd.bpmn', jobs]));
  const { processInstanceKey } = await is(200, 'POST', '/v2/process-instances', { processDefinitionId: 'crowd' });
  const seen = new Set();
  for (let n = 0; n < 3; n++) {
    const taken = await is(200, 'POST', '/v2/jobs/activation', { type: 'crowded', timeout: 600000, maxJobsToActivate: 50, requestTimeout: -1, fetchVariable: ['i'] });
    for (const one of taken.jobs) seen.add(one.variables.i);
  }
  assert.equal(seen.size, 150);
  await is(204, 'POST', `/v2/process-instances/${processInstanceKey}/cancellation`);
  const left = await is(200, 'POST', '/v2/jobs/activation', { type: 'crowded', timeout: 1000, maxJobsToActivate: 1, requestTimeout: -1 });
  assert.equal(left.jobs.length, 0);
});

test('messages and signals that nobody knows', async () => {
  const kept = await is(200, 'POST', '/v2/messages/publication', { name: 'no such message', correlationKey: 'x', timeToLive: 1000 });
  assert.match(kept.messageKey, /^\d+$/);
  await is(200, 'POST', '/v2/messages/publication', { name: 'no such message', correlationKey: 'x', timeToLive: 0 });
  const lost = await is(404, 'POST', '/v2/messages/correlation', { name: 'no such message', correlationKey: 'x' });
  assert.match(lost.detail, /no such message/);
  await is(200, 'POST', '/v2/signals/broadcast', { signalName: 'no such signal' });
});

test('a user task is completed once: twice, from eight places at once, and by who has not the right', async () => {
  const begin = async () => {
    const { processInstanceKey } = await is(200, 'POST', '/v2/process-instances', { processDefinitionId: 'order', variables: { orderId: `bad-${Math.random()}`, doses: 900 } });
    const { jobs } = await is(200, 'POST', '/v2/jobs/activation', { type: 'check-stock', timeout: 60000, maxJobsToActivate: 1, requestTimeout: -1 });
    await is(204, 'POST', `/v2/jobs/${jobs[0].jobKey}/completion`, { variables: { available: 1 } });
    return (await is(200, 'POST', '/v2/user-tasks/search', { filter: { processInstanceKey } })).items[0];
  };
  const task = await begin();
  const path = `/v2/user-tasks/${task.userTaskKey}/completion`;
  const stranger = async (secretOf) => (await fetch(server.url + path, { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json', ...(secretOf ? { Authorization: `Bearer ${secretOf}` } : {}) } })).status;
  assert.equal(await stranger(), 401);
  assert.equal(await stranger(token(server, 'dr-wang')), 404, 'who may work on tasks but not on this one does not learn that it is there');
  const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => ask('POST', path, { variables: { approved: true, by: i } })));
  assert.deepEqual(answers.map((one) => one.status).sort(), [204, 409, 409, 409, 409, 409, 409, 409]);
  const winner = answers.findIndex((one) => one.status === 204);
  const by = (await is(200, 'POST', '/v2/variables/search', { filter: { processInstanceKey: task.processInstanceKey, name: 'by' } })).items;
  assert.deepEqual(by.map((one) => one.value), [String(winner)], 'what the others brought is not there');
  const again = await is(409, 'POST', path, {});
  assert.match(again.detail, /completed/);
  const elements = (await is(200, 'POST', '/v2/element-instances/search', { filter: { processInstanceKey: task.processInstanceKey } })).items;
  assert.equal(elements.filter((one) => one.elementId === 'delivered').length, 1, 'the process has gone on once');
});
