// Decisions over HTTP: the table in force, checks before use, and the question put to every resident.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { client, root, signedIn, startServer, until } from './lib.mjs';

const model = (limit) => `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="elders" name="elders" namespace="urn:test:elders">
<inputData id="d1" name="birth"><variable name="birth" typeRef="date"/></inputData>
<inputData id="d2" name="sex"><variable name="sex" typeRef="string"/></inputData>
<decision id="elder" name="elder"><variable name="elder" typeRef="string"/>
<informationRequirement><requiredInput href="#d1"/></informationRequirement>
<informationRequirement><requiredInput href="#d2"/></informationRequirement>
<decisionTable id="t" hitPolicy="UNIQUE">
<input id="i1" label="Birth"><inputExpression typeRef="date"><text>birth</text></inputExpression></input>
<input id="i2" label="Sex"><inputExpression typeRef="string"><text>sex</text></inputExpression><inputValues><text>"1","2"</text></inputValues></input>
<output id="o1" name="who" typeRef="string"/>
<rule id="r1"><inputEntry><text>&lt; date("${limit}-01-01")</text></inputEntry><inputEntry><text>"1"</text></inputEntry><outputEntry><text>"old man"</text></outputEntry></rule>
<rule id="r2"><inputEntry><text>&lt; date("${limit}-01-01")</text></inputEntry><inputEntry><text>"2"</text></inputEntry><outputEntry><text>"old woman"</text></outputEntry></rule>
<rule id="r3"><inputEntry><text>&gt;= date("${limit}-01-01")</text></inputEntry><inputEntry><text>-</text></inputEntry><outputEntry><text>"young"</text></outputEntry></rule>
</decisionTable></decision></definitions>`;

let packs;
let server;
let admin;
before(async () => {
  packs = mkdtempSync(join(tmpdir(), 'tongban-packs-'));
  for (const name of ['base', 'death']) symlinkSync(join(root, 'packs', name), join(packs, name));
  mkdirSync(join(packs, 'elders/decisions'), { recursive: true });
  writeFileSync(join(packs, 'elders/pack.json'), JSON.stringify({ id: 'elders', version: '1.0.0', title: '老人', needs: ['base'], sources: [] }));
  writeFileSync(join(packs, 'elders/decisions/elder.dmn'), model(1960));
  server = await startServer({ args: ['--packs', packs] });
  admin = await signedIn(server, 'admin');
});
after(async () => {
  await server.stop();
  rmSync(packs, { recursive: true, force: true });
});

async function finished(who, answer) {
  assert.equal(answer.status, 202, answer.text);
  assert.equal(answer.headers.get('location'), `/api/v1/sweeps/${answer.body.id}`);
  return until('the end of the sweep', async () => {
    const now = await who.get(`/api/v1/sweeps/${answer.body.id}?limit=100`);
    assert.equal(now.status, 200, now.text);
    return now.body.state !== 'running' && now.body;
  });
}
const count = (sweep, value) => sweep.outcomes.find((one) => one.value === value)?.count ?? 0;

test('the table in force is shown as it was drawn', async () => {
  const { status, body } = await admin.get('/api/v1/decisions/elder');
  assert.equal(status, 200);
  assert.equal(body.hit_policy, 'UNIQUE');
  assert.deepEqual(body.inputs.map(({ label, expression }) => [label, expression]), [['Birth', 'birth'], ['Sex', 'sex']]);
  assert.equal(body.rules.length, 3);
  assert.deepEqual(body.rules[1].inputs, ['< date("1960-01-01")', '"2"']);
  assert.deepEqual(body.rules[1].outputs, ['"old woman"']);
  assert.equal((await admin.get('/api/v1/decisions/nothing')).status, 404);
});

test('a model is checked before use, with examples', async () => {
  const holed = model(1960).replace('&gt;= date("1960-01-01")', '&gt; date("1970-01-01")');
  const { status, body } = await admin.post('/api/v1/decisions/check', { xml: holed });
  assert.equal(status, 200);
  const gap = body.problems.find((one) => one.code === 'table-gap');
  assert.ok(gap, JSON.stringify(body));
  assert.ok(gap.example.birth >= '1960-01-01' && gap.example.birth <= '1970-01-01', JSON.stringify(gap.example));
  const sound = await admin.post('/api/v1/decisions/check', { xml: model(1960) });
  assert.deepEqual(sound.body.problems.filter((one) => one.severity === 'error'), []);
  for (const [request, type, field] of [
    [{}, 'required', 'xml'], [{ xml: '<x' }, 'dmn-xml', 'xml, line 1, column 3'], [{ xml: 7 }, 'invalid-type', 'xml'], [{ xlm: '' }, 'unknown-field', 'xlm'],
    [{ xml: '<!DOCTYPE a [<!ENTITY b "c">]><a/>' }, 'dmn-xml', 'xml, line 1']]) {
    const answer = await admin.post('/api/v1/decisions/check', request);
    assert.equal(answer.status, 422, answer.text);
    assert.equal(answer.body.type, type);
    assert.ok(answer.body.field.startsWith(field.slice(0, 11)), answer.text);
  }
});

test('every resident is asked, and each answer is the one that asking alone gives', async () => {
  const sweep = await finished(admin, await admin.post('/api/v1/decisions/elder/sweep', { list: { limit: 50 } }));
  assert.equal(sweep.state, 'done');
  assert.equal(sweep.done, sweep.total);
  assert.ok(sweep.residents > 50);
  assert.equal(count(sweep, 'old man') + count(sweep, 'old woman') + count(sweep, 'young') + count(sweep, null), sweep.residents);
  assert.equal(sweep.items.length, 50);
  for (const one of sweep.items.slice(0, 5)) {
    const birth = `${one.id.slice(6, 10)}-${one.id.slice(10, 12)}-${one.id.slice(12, 14)}`;
    const alone = await admin.post('/api/v1/decisions/elder/evaluate', { inputs: { birth, sex: Number(one.id[16]) % 2 ? '1' : '2' } });
    assert.equal(one.outcome, alone.body.value);
  }
});

test('a proposed version is compared with the one in force', async () => {
  const sweep = await finished(admin, await admin.post('/api/v1/decisions/elder/sweep', { compare: model(1965), list: { limit: 1000 } }));
  const before = count(sweep, 'young');
  const after = sweep.outcomes.find((one) => one.value === 'young').proposed;
  assert.ok(after < before);
  assert.equal(sweep.changed.count, before - after);
  assert.equal(sweep.changed.items.reduce((sum, one) => sum + one.count, 0), before - after);
  assert.ok(sweep.changed.items.every((one) => one.from === 'young' && one.to.startsWith('old')));
  const seen = new Set();
  for (let cursor = ''; cursor !== null;) {
    const page = (await admin.get(`/api/v1/sweeps/${sweep.id}?limit=7&cursor=${cursor}`)).body;
    for (const one of page.items) {
      assert.ok(one.was === 'young' && one.outcome.startsWith('old'));
      assert.match(one.id.slice(6, 10), /^196[0-4]$/);
      seen.add(one.id);
    }
    cursor = page.next ?? null;
  }
  assert.equal(seen.size, Math.min(before - after, 1000));
});

test('a cohort narrows the question, an official sees the own county', async () => {
  const all = await finished(admin, await admin.post('/api/v1/decisions/elder/sweep', { cohort: 'sex = "2"' }));
  assert.equal(count(all, 'old man'), 0);
  assert.ok(count(all, 'old woman') > 0);
  const li = await signedIn(server, 'li');
  const own = await finished(li, await li.post('/api/v1/decisions/elder/sweep', { cohort: 'sex = "2"' }));
  assert.ok(own.residents < all.residents);
  assert.ok(own.items.every((one) => one.region.startsWith('230110')));
  assert.equal((await li.get(`/api/v1/sweeps/${all.id}`)).status, 404);
});

test('a sweep can be cancelled', async () => {
  const slow = { cohort: 'count(for i in 1..300000 return i) > 0' };
  const started = await admin.post('/api/v1/decisions/elder/sweep', slow);
  assert.equal((await admin.ask('DELETE', `/api/v1/sweeps/${started.body.id}`)).status, 204);
  const sweep = await finished(admin, started);
  assert.equal(sweep.state, 'cancelled');
  assert.ok(sweep.done < sweep.total);
});

test('who may not ask is refused, and what makes no sense is named', async () => {
  const ask = (who, body) => who.post('/api/v1/decisions/elder/sweep', body);
  assert.equal((await ask(client(server), {})).status, 401);
  assert.equal((await ask(await signedIn(server, 'dr-wang'), {})).status, 403);
  assert.equal((await ask(await signedIn(server, 'auditor-sun'), {})).status, 403);
  for (const [body, type, field] of [
    [{ cohort: 'age >' }, 'feel-syntax', 'cohort'], [{ cohort: 1 }, 'invalid-type', 'cohort'], [{ inputs: { nothing: '1' } }, 'sweep-input', 'inputs.nothing'],
    [{ inputs: { birth: '1 +' } }, 'feel-syntax', 'inputs.birth'], [{ compare: '<x/>' }, 'dmn-model', 'compare'], [{ list: { limit: 100001 } }, 'too-large', 'list.limit'],
    [{ list: { limit: -1 } }, 'too-small', 'list.limit'], [{ list: 5 }, 'invalid-type', 'list'], [{ list: { many: 5 } }, 'unknown-field', 'list.many'],
    [{ kohort: '' }, 'unknown-field', 'kohort'], [{ purpose: 'x'.repeat(1001) }, 'too-long', 'purpose']]) {
    const answer = await ask(admin, body);
    assert.equal(answer.status, 422, JSON.stringify(body) + answer.text);
    assert.equal(answer.body.type, type);
    assert.ok(answer.body.field.startsWith(field), answer.text);
  }
  assert.equal((await admin.post('/api/v1/decisions/nothing/sweep', {})).status, 404);
  assert.equal((await admin.get('/api/v1/sweeps/nothing')).status, 404);
});

test('a repeated Idempotency-Key starts nothing new', async () => {
  const key = { 'Idempotency-Key': 'sweep-1' };
  const first = await admin.post('/api/v1/decisions/elder/sweep', {}, key);
  const again = await admin.post('/api/v1/decisions/elder/sweep', {}, key);
  assert.equal(first.body.id, again.body.id);
  assert.equal((await admin.post('/api/v1/decisions/elder/sweep', { cohort: 'true' }, key)).status, 409);
  await finished(admin, first);
});
