// The outbox: agencies are told after the case is closed, each exactly once, whatever they do.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { deathForm, idNumber, signedIn, startAgencies, startServer, until } from './lib.mjs';

let agencies;
let server;
let doctor;
before(async () => {
  agencies = await startAgencies();
  server = await startServer();
  doctor = await signedIn(server, 'dr-wang');
});
after(async () => {
  await server.stop();
  agencies.stop();
});

async function report(sequence) {
  const id = idNumber('230110', '19471111', sequence);
  const answer = await doctor.post('/api/v1/cases', { item: 'death-report', form: deathForm(id) });
  assert.equal(answer.status, 201, answer.text);
  assert.equal(answer.body.state, 'closed');
  return id;
}
const toldOf = async (agency, id) => (await agencies.received(agency)).filter((one) => JSON.stringify(one.body).includes(id));

const TOLD = ['police', 'civil-affairs', 'insurance', 'hr'];

test('exchanges wait untried while their agency has no address, and go out when it has one', async () => {
  const [operator, admin] = await Promise.all(['ops-lin', 'admin'].map((name) => signedIn(server, name)));
  const list = async () => (await operator.get('/api/v1/outbox?limit=100')).body;
  const id = await report(9);
  const aside = await until('all wait for an address', async () => {
    const { items, no_address: n } = await list();
    return items.length > 0 && items.every((one) => one.state === 'no-address') && n === items.length ? items : null;
  });
  assert.ok(TOLD.every((agency) => aside.some((one) => one.agency === agency)));
  assert.ok(aside.every((one) => one.attempts === 0 && one.due === undefined), 'none was tried');
  assert.equal((await operator.get('/api/v1/outbox?failing=true')).body.items.length, 0);
  const refused = await operator.post(`/api/v1/outbox/${aside[0].id}/retry`, {});
  assert.deepEqual([refused.status, refused.body.type], [409, 'agency-not-configured']);
  const set = (agency) => admin.ask('PUT', `/api/v1/settings/agency.${agency}`, { value: agencies.url });
  assert.equal((await set('police')).status, 200);
  await until('police told', async () => (await toldOf('police', id)).length === 1);
  const rest = (await list()).items;
  assert.ok(rest.length > 0 && rest.every((one) => one.agency === 'police' || (one.state === 'no-address' && one.attempts === 0)));
  for (const agency of TOLD.slice(1)) assert.equal((await set(agency)).status, 200);
  for (const agency of TOLD) await until(`${agency} told`, async () => (await toldOf(agency, id)).length === 1);
});

test('police, civil affairs, insurance and human resources are told of a death', async () => {
  const id = await report(11);
  for (const agency of TOLD) {
    const told = await until(`${agency} told`, async () => { const all = await toldOf(agency, id); return all.length ? all : null; });
    assert.equal(told.length, 1, agency);
  }
});

test('a case is closed although agencies are down, hang or answer rubbish, and they are told when they are back', async () => {
  await agencies.control({ agency: 'police', fault: 'error', times: 2 });
  await agencies.control({ agency: 'insurance', fault: 'garbage', times: 1 });
  await agencies.control({ agency: 'hr', fault: 'close', times: 1 });
  await agencies.control({ agency: 'civil-affairs', fault: 'hang', times: 1 });
  const id = await report(13);
  for (const agency of TOLD) {
    const told = await until(`${agency} told after its fault`, async () => { const all = await toldOf(agency, id); return all.length ? all : null; });
    assert.equal(told.length, 1, agency);
  }
});
