// Files of persons and institutions, the access log, accounts, integrations, settings, templates; each role sees and does its own.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { client, deathForm, freePort, idNumber, PASSWORD, prepared, program, root, signedIn, sleep, startAgencies, startServer, until } from './lib.mjs';
import { signedInPerson } from './wallet.mjs';

let server;
let agencies;
let admin, doctor, auditor, inside, li, ops;
let deathCase;
const dead = idNumber('230110', '19390210', 31);
const V = '/api/v1';
before(async () => {
  agencies = await startAgencies();
  server = await startServer({ agencies: agencies.url });
  [admin, doctor, auditor, inside, li, ops] = await Promise.all(['admin', 'dr-wang', 'audit-jin', 'auditor-sun', 'li', 'ops-lin'].map((name) => signedIn(server, name)));
  const opened = await doctor.post(`${V}/cases`, { item: 'death-report', form: deathForm(dead) });
  assert.equal(opened.status, 201, opened.text);
  deathCase = opened.body.no;
});
after(async () => {
  await server.stop();
  agencies.stop();
});

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
  return answer.body;
}
const why = (text) => `?purpose=${encodeURIComponent(text)}`;

test('a subject is found by number, and by the whole name only; the file opens for a purpose', async () => {
  const [hit] = (await get(li, `/subjects?q=${dead}`)).items;
  assert.equal(hit.kind, 'person');
  assert.notEqual(hit.id, dead);
  assert.match(hit.id, /^230110\*+/);
  await refused(li.get(`${V}/subjects?q=%20`), 422, 'query-missing', 'q');
  await refused(li.get(`${V}/subjects/${hit.key}`), 422, 'purpose-missing', 'purpose');
  const file = await get(li, `/subjects/${hit.key}${why('监督检查')}`);
  assert.equal(file.id, dead);
  assert.deepEqual(file.cases.map((one) => one.no), [deathCase]);
  assert.equal(file.summary.cases, 1);
  assert.ok(file.records.length > 0 && file.records.every((one) => one.content === undefined));
  assert.deepEqual(file.hidden, []);
  assert.deepEqual((await get(li, `/subjects?q=${encodeURIComponent(file.name)}`)).items.filter((one) => one.key === hit.key).length, 1);
  assert.deepEqual((await get(li, `/subjects?q=${encodeURIComponent(file.name.slice(0, 1))}`)).items, []);
  await refused(li.get(`${V}/subjects/00ff${why('x')}`), 404, 'subject-not-found');
  await refused(li.get(`${V}/subjects/zz${why('x')}`), 404, 'subject-not-found');
});

test('who is responsible elsewhere, or has no such right, does not see the subject', async () => {
  const [hit] = (await get(li, `/subjects?q=${dead}`)).items;
  const other = await signedIn(server, 'zhou'); // of another district
  assert.deepEqual((await get(other, `/subjects?q=${dead}`)).items, []);
  await refused(other.get(`${V}/subjects/${hit.key}${why('好奇')}`), 404, 'subject-not-found');
  assert.equal((await get(doctor, `/subjects?q=${dead}`)).items.length, 1, 'the doctor has a case about them');
  const elsewhere = await signedIn(server, 'dr-zhao');
  assert.deepEqual((await get(elsewhere, `/subjects?q=${dead}`)).items, []);
  for (const name of ['auditor-sun', 'analyst-lin', 'audit-jin', 'ops-lin'])
    await refused((await signedIn(server, name)).get(`${V}/subjects?q=${dead}`), 403, 'forbidden');
  await refused(client(server).get(`${V}/subjects?q=${dead}`), 401, 'unauthenticated');
});

test('a window clerk sees the file without the sections that are not theirs', async () => {
  const clerk = await signedIn(server, 'clerk-gao');
  const [hit] = (await get(clerk, `/subjects?q=${dead}`)).items;
  const file = await get(clerk, `/subjects/${hit.key}${why('办理业务')}`);
  assert.deepEqual(file.hidden, ['records']);
  assert.equal(file.records, undefined);
});

test('the access log tells who saw what of whom and why, by person, viewer, case and day', async () => {
  const ofPerson = await get(auditor, `/access-log?subject=${dead}&limit=100`);
  const opened = ofPerson.items.find((one) => one.what === 'party.read' && one.purpose === '监督检查');
  assert.deepEqual([opened.who, opened.kind, opened.role], ['li', 'staff', 'county-cdc']);
  assert.match(opened.subject, /^230110\*+/);
  assert.ok(ofPerson.items.every((one) => one.subject === opened.subject));
  assert.equal(ofPerson.items.every((one, i, all) => i === 0 || one.at <= all[i - 1].at), true);
  const ofViewer = await get(auditor, '/access-log?who=li&limit=100');
  assert.ok(ofViewer.items.length > 0 && ofViewer.items.every((one) => one.who === 'li'));
  await get(doctor, `/cases/${deathCase}`);
  const ofCase = await get(auditor, `/access-log?case=${deathCase}`);
  assert.ok(ofCase.items.some((one) => one.who === 'dr-wang' && one.what === 'case.read') && ofCase.items.every((one) => one.case === deathCase));
  const today = new Date(Date.now() + 8 * 3600000).toISOString().slice(0, 10);
  assert.ok((await get(auditor, `/access-log?from=${today}&to=${today}`)).items.length > 0);
  assert.deepEqual((await get(auditor, '/access-log?to=2001-01-01')).items, []);
  assert.deepEqual((await get(auditor, '/access-log?who=nobody-here')).items, []);
  assert.ok((await get(auditor, '/access-log?who=audit-jin')).items.some((one) => one.what === 'access.list'), 'asking about a person is noted');
  await refused(auditor.get(`${V}/access-log?from=yesterday`), 422, 'bad-query', 'from');
  await refused(auditor.get(`${V}/access-log?from=2026-02-02&to=2026-02-01`), 422, 'bad-query', 'to');
  await refused(auditor.get(`${V}/access-log?case=7`), 422, 'bad-query', 'case');
  await refused(auditor.get(`${V}/access-log?cursor=x`), 422, 'bad-cursor', 'cursor');
});

test('the access log is read page by page, each line once', async () => {
  const whole = (await get(auditor, '/access-log?limit=100')).items;
  const seen = [];
  for (let next = ''; next !== undefined;) {
    const page = await get(auditor, `/access-log?limit=3${next ? `&cursor=${next}` : ''}`);
    assert.ok(page.items.length <= 3);
    seen.push(...page.items);
    next = page.next;
  }
  assert.ok(whole.length > 6);
  assert.deepEqual(seen.slice(-whole.length).map((one) => one.at + one.what), whole.map((one) => one.at + one.what));
});

test('a party is supervised without a case: listed, shown in its file, answered and closed', async () => {
  const head = await signedIn(server, 'head-chen');
  const [hit] = (await get(head, `/subjects?q=${dead}`)).items;
  const body = { subject: hit.key, reason: '多次投诉,请核查', owner: 'li' };
  await refused(doctor.post(`${V}/supervisions`, body), 403, 'forbidden');
  await refused(head.post(`${V}/supervisions`, { ...body, subject: 'ffff' }), 404, 'subject-not-found');
  await refused(head.post(`${V}/supervisions`, { ...body, reason: '' }), 422, 'text-missing', 'reason');
  const made = await head.post(`${V}/supervisions`, body);
  assert.equal(made.status, 201, made.text);
  assert.deepEqual([made.body.case, made.body.subject_key, made.body.state], [undefined, hit.key, 'open']);
  assert.ok(made.body.subject && !made.text.includes(dead), 'a person is named masked');
  await refused(head.post(`${V}/supervisions`, body), 409, 'supervision-exists');
  const listed = (await get(head, '/supervisions?state=active')).items.find((one) => one.id === made.body.id);
  assert.equal(listed.subject, made.body.subject);
  const file = await get(head, `/subjects/${hit.key}${why('督办')}`);
  assert.deepEqual([file.summary.supervised, file.supervisions[0].reason, file.supervisions[0].case], [1, body.reason, undefined]);
  assert.equal((await li.post(`${V}/supervisions/${made.body.id}/actions/answer`, { text: '已核查' })).body.state, 'answered');
  assert.equal((await head.post(`${V}/supervisions/${made.body.id}/actions/close`, { proof: '核查报告' })).body.state, 'closed');
  assert.equal((await get(head, `/subjects/${hit.key}${why('督办')}`)).summary.supervised, 0);
});

test('an institution audits its own people; nobody else reads the log', async () => {
  const own = await get(inside, '/access-log?limit=100');
  assert.ok(own.items.length > 0 && own.items.every((one) => one.unit === 'xf-hospital'), 'only looks from the own unit');
  for (const one of [doctor, li, ops]) await refused(one.get(`${V}/access-log`), 403, 'forbidden');
  for (const one of [doctor, li, ops]) await refused(one.post(`${V}/access-log/export`, { reason: 'x' }), 403, 'forbidden');
  await refused(li.get(`${V}/audit`), 403, 'forbidden');
});

test('an export needs a reason, is CSV, and is noted with its reason', async () => {
  await refused(auditor.post(`${V}/access-log/export`, { reason: ' ' }), 422, 'reason-missing', 'reason');
  await refused(auditor.post(`${V}/access-log/export`, { reason: 'x', all: true }), 422, 'unknown-field', 'all');
  const sheet = await auditor.post(`${V}/access-log/export`, { subject: dead, reason: '=季度抽查' });
  assert.equal(sheet.status, 200, sheet.text);
  assert.match(sheet.headers.get('content-type'), /^text\/csv/);
  assert.match(sheet.text.replace(/^\uFEFF/, ''), /^at,who,name,kind,role,unit,unit_name,what,subject,case,purpose\r\n\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,/);
  const again = await auditor.post(`${V}/access-log/export`, { who: 'audit-jin', reason: '复核' });
  assert.match(again.text, /access\.export,[^\r\n]*'=季度抽查\r\n/, 'noted, and no formula for a spreadsheet');
});

test('persons see who else looked at their data, by role and institution', async () => {
  const opened = await doctor.post(`${V}/cases`, { item: 'death-report', form: deathForm(idNumber('230110', '19450310', 33)) });
  const informant = (await get(doctor, `/cases/${opened.body.no}`)).form;
  assert.ok(informant);
  const registered = (await get(li, `/subjects?q=${dead}`)).items[0];
  assert.ok(registered);
  const me = await signedInPerson(server, dead);
  const { items } = await get(me, '/access-log?limit=100');
  assert.ok(items.some((one) => one.role === 'county-cdc' && one.unit_name === '香坊区疾病预防控制中心' && one.purpose === '监督检查'));
  assert.ok(items.every((one) => one.who === undefined && one.name === undefined && one.kind === 'staff'));
  const page = await me.get('/me');
  assert.match(page.text, /谁看过我的信息/);
  assert.match(page.text, /香坊区疾病预防控制中心/);
  assert.match(page.text, /打开了您的档案/);
  await refused(me.post(`${V}/access-log/export`, { reason: 'x' }), 403, 'forbidden');
});

test('the last audit and the newest anchor are shown', async () => {
  assert.equal((await get(auditor, '/audit')).audit, undefined);
  const done = spawnSync(program, ['audit', '--data', server.data, '--packs', 'packs', ...server.db], { cwd: root, encoding: 'utf8' });
  assert.equal(done.status, 0, done.stdout + done.stderr);
  const { audit } = await get(auditor, '/audit');
  assert.equal(audit.problems, 0);
  assert.ok(audit.events > 0 && audit.ended >= audit.began);
});

test('who audits asks for a full audit, which the background carries out and whose result is shown', async () => {
  assert.equal((await ops.get(`${V}/audit`)).status, 200, 'who runs it sees how it goes');
  for (const one of [doctor, li, inside]) await refused(one.post(`${V}/audit`, {}), 403, 'forbidden');
  const asked = await auditor.post(`${V}/audit`, {});
  assert.equal(asked.status, 202, asked.text);
  assert.ok(['waiting', 'running', 'done'].includes(asked.body.run.state));
  let state = asked.body;
  while (state.run.state !== 'done') {
    assert.notEqual(state.run.state, 'failed', state.run.message);
    await sleep(100);
    state = await get(auditor, '/audit');
  }
  assert.ok(state.run.cases > 0 && state.run.events >= state.run.cases && Date.parse(state.run.ended));
  assert.deepEqual([state.audit.problems, state.audit.found, state.audit.cases], [0, [], state.run.cases]);
  const again = await Promise.all([1, 2, 3].map(() => auditor.post(`${V}/audit`, {})));
  assert.ok(again.every(({ status, body }) => status === 202 || body.type === 'audit-runs'));
});

test('a new account sets its password with a code that serves once', async () => {
  const made = await admin.post(`${V}/users`, { name: 'nurse.qi', title: '齐宁', role: 'doctor', region: '230110', unit: 'xf-hospital', unit_name: '香坊区示范医院', uscc: '12230110DEM0000147' });
  assert.equal(made.status, 201, made.text);
  assert.equal(made.body.state, 'new');
  assert.match(made.body.code, /^[A-Z2-7]{5}-[A-Z2-7]{5}$/);
  await refused(admin.post(`${V}/users`, { name: 'nurse.qi', role: 'doctor', region: '230110' }), 409, 'user-exists', 'name');
  await refused(admin.post(`${V}/users`, { name: 'Q', role: 'doctor', region: '230110' }), 422, 'user-invalid', 'name');
  await refused(admin.post(`${V}/users`, { name: 'qqq', role: 'king', region: '230110' }), 422, 'role-unknown', 'role');
  await refused(admin.post(`${V}/users`, { name: 'qqq', role: 'doctor', region: 'x' }), 422, 'region-unknown', 'region');
  await refused(admin.post(`${V}/users`, { name: 'qqq', role: 'doctor', region: '420106' }), 403, 'region-beyond-yours', 'region');
  const set = (code, password) => client(server).post(`${V}/session/password`, { username: 'nurse.qi', code, password });
  await refused(set('AAAAA-AAAAA', 'long enough 1'), 401, 'code-wrong', 'code');
  await refused(set(made.body.code, 'short'), 422, 'password-invalid', 'password');
  assert.equal((await set(made.body.code.toLowerCase().replace('-', ''), 'long enough 1')).status, 204);
  await refused(set(made.body.code, 'long enough 2'), 401, 'code-wrong');
  assert.equal((await client(server).signIn('nurse.qi', 'long enough 1')).status, 201);
  assert.equal((await get(admin, '/users/nurse.qi')).state, 'active');
});

test('a code bears five wrong tries', async () => {
  const made = await admin.post(`${V}/users`, { name: 'guessed', role: 'doctor', region: '230110' });
  for (let i = 0; i < 5; i++) await refused(client(server).post(`${V}/session/password`, { username: 'guessed', code: 'BBBBB-BBBBB', password: 'long enough' }), 401, 'code-wrong');
  await refused(client(server).post(`${V}/session/password`, { username: 'guessed', code: made.body.code, password: 'long enough' }), 401, 'code-wrong');
});

test('locking ends the sessions; resetting voids the password; each is noted', async () => {
  const song = await signedIn(server, 'ops-song');
  const before = await get(admin, '/users/ops-song');
  assert.ok(before.sessions.length >= 1 && before.sessions.every((one) => one.id && one.began && one.seen));
  await refused(admin.post(`${V}/users/ops-song/actions/lock`, {}), 422, 'reason-missing', 'reason');
  assert.equal((await admin.post(`${V}/users/ops-song/actions/lock`, { reason: '调离' })).body.state, 'locked');
  await refused(song.get(`${V}/session`), 401, 'unauthenticated');
  await refused(client(server).signIn('ops-song', PASSWORD), 401, 'sign-in-failed');
  assert.equal((await admin.post(`${V}/users/ops-song/actions/unlock`, {})).body.state, 'active');
  assert.equal((await client(server).signIn('ops-song', PASSWORD)).status, 201);
  const reset = await admin.post(`${V}/users/ops-song/actions/reset`, {});
  await refused(client(server).signIn('ops-song', PASSWORD), 401, 'sign-in-failed');
  assert.equal((await client(server).post(`${V}/session/password`, { username: 'ops-song', code: reset.body.code, password: PASSWORD })).status, 204);
  assert.equal((await client(server).signIn('ops-song', PASSWORD)).status, 201);
  await refused(admin.post(`${V}/users/ops-song/actions/promote`, {}), 404, 'action-not-found');
  await refused(admin.post(`${V}/users/nobody.here/actions/lock`, { reason: 'x' }), 404, 'user-not-found');
  const noted = (await get(auditor, '/access-log?who=admin&limit=100')).items.map((one) => `${one.what} ${one.purpose}`);
  assert.ok(noted.includes('user.lock ops-song: 调离') && noted.includes('user.reset ops-song'), noted.join('\n'));
});

test('sessions and tokens are listed with their device, and ended one by one', async () => {
  const other = await signedIn(server, 'ops-song');
  const { sessions } = await get(admin, '/users/ops-song');
  assert.ok(sessions.some((one) => one.device));
  for (const one of sessions) assert.equal((await admin.ask('DELETE', `${V}/users/ops-song/sessions/${one.id}`)).status, 204);
  await refused(other.get(`${V}/session`), 401, 'unauthenticated');
  await refused(admin.ask('DELETE', `${V}/users/ops-song/sessions/${sessions[0].id}`), 404, 'session-not-found');
  const made = spawnSync(program, ['token', 'create', '--user', 'ops-song', '--data', server.data, '--packs', 'packs', ...server.db], { cwd: root, encoding: 'utf8' });
  assert.equal(made.status, 0, made.stderr);
  const ask = () => fetch(`${server.url}${V}/timers`, { headers: { Authorization: `Bearer ${made.stdout.trim()}` } });
  assert.equal((await ask()).status, 200);
  const [token] = (await get(admin, '/users/ops-song')).tokens;
  assert.ok(token.made < token.expires);
  assert.equal((await admin.ask('DELETE', `${V}/users/ops-song/tokens/${token.id}`)).status, 204);
  assert.equal((await ask()).status, 401);
  await refused(admin.ask('DELETE', `${V}/users/ops-song/tokens/${token.id}`), 404, 'token-not-found');
});

test('nobody changes his own rights, and the last administrator stays', async () => {
  await refused(admin.post(`${V}/users/admin/actions/lock`, { reason: 'x' }), 403, 'not-yourself');
  await refused(admin.ask('PUT', `${V}/users/admin`, { role: 'doctor' }), 403, 'not-yourself');
  await admin.post(`${V}/users`, { name: 'admin.two', role: 'administrator', region: '230000' }).then(({ body }) =>
    client(server).post(`${V}/session/password`, { username: 'admin.two', code: body.code, password: PASSWORD }));
  const two = await signedIn(server, 'admin.two');
  assert.equal((await two.post(`${V}/users/admin/actions/lock`, { reason: '轮换' })).body.state, 'locked');
  await refused(two.get(`${V}/users/nobody`), 404, 'user-not-found');
  const done = spawnSync(program, ['token', 'create', '--user', 'admin', '--data', server.data, '--packs', 'packs', ...server.db], { cwd: root, encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr);
  assert.equal((await two.post(`${V}/users/admin/actions/unlock`, {})).body.state, 'active');
  admin = await signedIn(server, 'admin');
  const [first, second] = await Promise.all([admin.post(`${V}/users/admin.two/actions/lock`, { reason: 'x' }), two.post(`${V}/users/admin/actions/lock`, { reason: 'x' })]);
  const statuses = [first.status, second.status].sort();
  assert.ok(statuses[0] === 200 && [401, 409].includes(statuses[1]), `one of them stays: ${statuses} ${first.text} ${second.text}`);
  admin = first.status === 200 ? admin : two;
  const left = (await get(admin, '/users?role=administrator&state=active')).items;
  assert.equal(left.length, 1);
});

test('users are listed by name, role and state; others than administrators see none', async () => {
  const doctors = await get(admin, '/users?role=doctor&limit=100');
  assert.ok(doctors.items.some((one) => one.name === 'dr-wang' && one.yours) && doctors.items.every((one) => one.role === 'doctor'));
  assert.deepEqual((await get(admin, `/users?q=${encodeURIComponent('王明远')}`)).items.map((one) => one.name), ['dr-wang']);
  const names = [];
  for (let next = ''; next !== undefined;) {
    const page = await get(admin, `/users?limit=4${next ? `&cursor=${next}` : ''}`);
    names.push(...page.items.map((one) => one.name));
    next = page.next;
  }
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(names, [...names].sort());
  await refused(admin.get(`${V}/users?state=asleep`), 422, 'filter-invalid', 'state');
  for (const one of [doctor, li, ops, auditor])
    for (const path of ['/users', '/users/admin', '/roles', '/settings', '/notice-kinds']) await refused(one.get(V + path), 403, 'forbidden');
  for (const one of [doctor, li, auditor]) {
    await refused(one.post(`${V}/users`, { name: 'x.y', role: 'doctor', region: '230110' }), 403, 'forbidden');
    await refused(one.post(`${V}/users/dr-wang/actions/lock`, { reason: 'x' }), 403, 'forbidden');
    await refused(one.get(`${V}/integrations`), 403, 'forbidden');
    await refused(one.ask('PUT', `${V}/settings/mail.from`, { value: 'a@b.c' }), 403, 'forbidden');
  }
});

test('roles tell what they may do', async () => {
  const { items } = await get(admin, '/roles');
  const doctorRole = items.find((one) => one.id === 'doctor');
  assert.ok(doctorRole.may.includes('case.open') && doctorRole.scope === 'unit' && doctorRole.yours);
  assert.deepEqual(items.find((one) => one.id === 'auditor').may, ['audit.read', 'audit.run']);
});

test('integrations tell how they go and can be tried', async () => {
  await until('the police told of both deaths', async () => (await agencies.received('police')).length >= 2);
  const police = await until('a good answer of the police', async () => (await get(ops, '/integrations')).items.find((one) => one.agency === 'police' && one.last_good));
  assert.equal(police.state, 'good');
  assert.ok(police.took_ms >= 0 && police.address === agencies.url);
  const before = (await agencies.received('police')).length;
  const tried = await ops.post(`${V}/integrations/${police.id}/test`, {});
  assert.deepEqual([tried.body.reachable, tried.body.status], [true, 200]);
  assert.equal((await agencies.received('police')).length, before, 'trying leaves nothing there');
  await refused(ops.post(`${V}/integrations/none/test`, {}), 404, 'exchange-unknown');
  assert.equal((await admin.ask('PUT', `${V}/settings/agency.police`, { value: `http://127.0.0.1:${await freePort()}` })).status, 200);
  const dark = await ops.post(`${V}/integrations/${police.id}/test`, {});
  assert.equal(dark.body.reachable, false);
  assert.ok(dark.body.problem);
  assert.equal((await admin.ask('PUT', `${V}/settings/agency.police`, { value: '' })).body.set, false);
  assert.equal((await ops.post(`${V}/integrations/${police.id}/test`, {})).body.reachable, true, 'back to the common address');
});

test('settings are listed without secrets, and changed by their names only', async () => {
  const all = (await get(admin, '/settings')).items;
  assert.ok(all.some((one) => one.name === 'mail.password' && one.secret) && all.some((one) => one.name === 'agency.police.token' && one.secret));
  const saved = await admin.ask('PUT', `${V}/settings/mail.password`, { value: 'quite-secret' });
  assert.deepEqual([saved.body.set, saved.body.value], [true, undefined]);
  assert.ok(!(await admin.get(`${V}/settings`)).text.includes('quite-secret'));
  await refused(admin.ask('PUT', `${V}/settings/audit.last`, { value: '{}' }), 404, 'setting-unknown');
  await refused(admin.ask('PUT', `${V}/settings/agency.police`, { value: 'ftp://x' }), 422, 'setting-invalid', 'value');
  await refused(admin.ask('PUT', `${V}/settings/signature.algorithm`, { value: 'RSA' }), 422, 'setting-invalid');
  for (const [name, value] of [['signature.algorithm', 'ES256'], ['mail.password', 'another'], ['mail.from', 'a@b.c']]) {
    assert.equal((await admin.ask('PUT', `${V}/settings/${name}`, { value })).body.set, true);
    const emptied = await admin.ask('PUT', `${V}/settings/${name}`, { value: '' });
    assert.deepEqual([emptied.status, emptied.body.set, emptied.body.value ?? ''], [200, false, '']);
    assert.equal((await get(admin, '/settings')).items.find((one) => one.name === name).set, false);
  }
});

test('templates of notices are previewed with example data', async () => {
  const { items } = await get(admin, '/notice-kinds');
  assert.ok(items.some((one) => one.id === 'case-closed' && one.text.includes('{{case.no}}')));
  const granted = await admin.post(`${V}/notice-kinds/case-closed/preview`, {});
  assert.match(granted.body.text, /000000-00000000-000000-0.*准予/);
  const other = await admin.post(`${V}/notice-kinds/case-closed/preview`, { data: { outcome: 'refused' } });
  assert.match(other.body.text, /不予许可/);
  for (const one of items) assert.equal((await admin.post(`${V}/notice-kinds/${one.id}/preview`, {})).status, 200, one.id);
  await refused(admin.post(`${V}/notice-kinds/none/preview`, {}), 404, 'notice-unknown');
});

test('code tables are listed', async () => {
  const { items } = await get(admin, '/codes');
  assert.ok(items.length > 3 && items.every((one) => one.id && one.count > 0));
});

// Last: it keeps this process from answering, and idle connections do not live so long.
test('an empty value on the command line takes a setting away', () => {
  const { data, db } = prepared({ 'signature.algorithm': 'SM2' });
  const setting = (...words) => spawnSync(program, ['setting', 'signature.algorithm', ...words, '--data', data, '--packs', 'packs', ...db], { cwd: root, encoding: 'utf8' });
  assert.equal(setting().stdout.trim(), 'SM2');
  assert.equal(setting('').status, 0);
  assert.equal(setting().stdout.trim(), '');
  rmSync(data, { recursive: true, force: true });
});
