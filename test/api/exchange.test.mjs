// The outbox: agencies are told after the case is closed, each exactly once, whatever they do.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { deathForm, idNumber, signedIn, startAgencies, startServer, until } from './lib.mjs';

let agencies;
let server;
let doctor;
before(async () => {
  agencies = await startAgencies();
  server = await startServer({ agencies: agencies.url });
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

test('police, civil affairs, insurance and human resources are told of a death', async () => {
  const id = await report(11);
  for (const agency of ['police', 'civil-affairs', 'insurance', 'hr']) {
    const told = await until(`${agency} told`, async () => { const all = await toldOf(agency, id); return all.length ? all : null; });
    assert.equal(told.length, 1, agency);
  }
});

test('a case is closed although an agency is down, and the agency is told when it is back', async () => {
  await agencies.control({ agency: 'police', fault: 'error', times: 2 });
  await agencies.control({ agency: 'insurance', fault: 'garbage', times: 1 });
  await agencies.control({ agency: 'hr', fault: 'close', times: 1 });
  const id = await report(13);
  for (const agency of ['police', 'insurance', 'hr']) {
    const told = await until(`${agency} told after its fault`, async () => { const all = await toldOf(agency, id); return all.length ? all : null; });
    assert.equal(told.length, 1, agency);
  }
});
