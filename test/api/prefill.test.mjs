// What is held is filled in, disputed and reviewed; materials from files, parts, the wallet and earlier cases; drafts over versions.
import { test, before, after, describe } from 'node:test';
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { client, idNumber, root, signedIn, startAgencies, startServer } from './lib.mjs';

let server;
let agencies;
before(async () => {
  agencies = await startAgencies();
  server = await startServer({ agencies: agencies.url });
});
after(async () => {
  await server.stop();
  agencies.stop();
});

let people = 0;
const somebody = () => ({ id: idNumber('230110', '19830412', ++people), name: `王${'一二三四五六七八九十'[people % 10]}` });
const hospital = { id: '12230110DEM0000147', name: '哈尔滨市香坊区演示医院' };

/** The window clerk acts for who stands there: a session of that party. */
async function standingFor(who) {
  const one = await signedIn(server, 'clerk-gao');
  const answer = await one.post('/api/v1/session/assist', { ...who, evidence: '身份证件原件' });
  assert.ok(answer.status < 300, answer.text);
  one.cookie = answer.headers.getSetCookie().find((set) => set.startsWith('tongban_session=')).split(';')[0];
  one.csrf = answer.body.csrf;
  return one;
}

async function upload(one, name, content = '%PDF-1.7\n') {
  const answer = await one.ask('POST', `/api/v1/files?name=${encodeURIComponent(name)}`, content, { 'Content-Type': 'application/pdf' });
  assert.equal(answer.status, 201, answer.text);
  return answer.body.id;
}

/** A closed case that has given the person a doctor's qualification; its materials are files. */
async function qualified(one, who) {
  const materials = [{ id: 'form', file: await upload(one, 'form.pdf') }, { id: 'id', file: await upload(one, 'id-card.pdf', `%PDF-1.7\n%${who.id}\n`) }];
  const form = { name: who.name, id_number: who.id, phone: '13800001111', region: '230110', statement: true, situation: 'damaged',
    certificate_number: `202523110${who.id}`, unchanged: '1', not_withheld: '1' };
  const opened = await one.post('/api/v1/cases', { item: 'doctor-qualification-replace', form, materials });
  assert.equal(opened.status, 201, opened.text);
  assert.equal(opened.body.state, 'closed', opened.text);
  return { no: opened.body.no, certificate: opened.body.certificates[0], files: materials };
}

describe('prefilling', () => {
  test('a doctor finds what the qualification and the earlier case hold, each with its source and day', async () => {
    const who = somebody();
    const one = await standingFor(who);
    const before = await qualified(one, who);
    const draft = await one.post('/api/v1/drafts', { item: 'doctor-first', prefill: true });
    assert.equal(draft.status, 201, draft.text);
    const { form, sources } = draft.body;
    assert.equal(form.name, who.name);
    assert.equal(sources.name.from, 'applicant');
    assert.equal(form.qualification_no, before.certificate.number);
    assert.equal(sources.qualification_no.from, 'certificate');
    assert.equal(sources.qualification_no.title, '医师资格证书');
    assert.equal(sources.qualification_no.ref, before.certificate.no);
    assert.match(sources.qualification_no.at, /^\d{4}-\d\d-\d\d$/);
    assert.equal(form.phone, '13800001111');
    assert.equal(form.region, '230110');
    assert.equal(sources.phone.from, 'case');
    assert.equal(sources.phone.ref, before.no);
    assert.equal(form.institution_name, undefined, 'nobody was asked without consent');
    assert.deepEqual(draft.body.asked, []);
    const offered = (await one.get('/api/v1/items/doctor-first/prefill')).body.items;
    const held = offered.find((each) => each.from === 'certificate');
    assert.ok(held.fields.length > 0 && held.purpose.length > 0, 'what is looked up, and for what');
    const declined = await one.post('/api/v1/drafts', { item: 'doctor-first', prefill: true, declined: offered.map((each) => each.key) });
    assert.equal(declined.body.form.qualification_no, undefined, 'nothing is looked up that was declined');
    assert.deepEqual([...new Set(Object.values(declined.body.sources).map((each) => each.from))], ['applicant']);
  });

  test('labels of a certificate become the codes of the form', async () => {
    const who = somebody();
    const one = await standingFor(who);
    const before = await qualified(one, who);
    const form = { name: who.name, id_number: who.id, phone: '13800002222', region: '230110', situation: 'normal', qualification_no: before.certificate.number,
      level: '1', category: '10', scope: '01', qualified: '2026-05-01', institution_name: '香坊区演示医院', institution_uscc: hospital.id, no_penalty: '1', statement: true };
    const materials = ['form', 'photo', 'employment'].map((id) => ({ id, paper: true }));
    const opened = await one.post('/api/v1/cases', { item: 'doctor-first', form, materials });
    assert.equal(opened.status, 201, opened.text);
    assert.equal(opened.body.outcome, 'granted', opened.text);
    const draft = (await one.post('/api/v1/drafts', { item: 'doctor-change', prefill: true })).body;
    assert.equal(draft.form.level, form.level);
    assert.equal(draft.form.category, form.category);
    assert.equal(draft.form.scope, form.scope);
    assert.equal(draft.sources.level.from, 'certificate');
    assert.equal(draft.form.institution_name, '香坊区演示医院');
    assert.equal(draft.form.institution_uscc, hospital.id);
    assert.equal(draft.sources.institution_uscc.from, 'case');
    assert.equal(draft.sources.institution_uscc.title, '以前的医师注册');
  });

  test('another agency is asked only with consent, and only for what nothing else holds', async () => {
    const one = await standingFor(hospital);
    const questions = (await one.get('/api/v1/items/institution-setup/prefill')).body.items.filter((each) => each.exchange);
    assert.deepEqual(questions.map((each) => [each.exchange, each.consent]), [['market.enterprise', true]]);
    const asked = async () => (await agencies.received('market')).length;
    const before = await asked();
    const without = (await one.post('/api/v1/drafts', { item: 'institution-setup', prefill: true })).body;
    assert.equal(without.form.institution_uscc, hospital.id);
    assert.equal(without.form.legal_person, undefined);
    assert.equal(await asked(), before);
    const wanted = { item: 'institution-setup', prefill: true, consent: ['market.enterprise', 'no.such'] };
    const draft = (await one.post('/api/v1/drafts', wanted)).body;
    assert.equal(draft.form.legal_person, '赵德平');
    assert.equal(draft.sources.legal_person.from, 'exchange');
    assert.equal(draft.sources.legal_person.ref, 'market.enterprise');
    assert.deepEqual(draft.asked, [{ exchange: 'market.enterprise', title: '市场监管:经营主体登记', answered: true }]);
    assert.equal(await asked(), before + 1);
    assert.deepEqual((await agencies.received('market')).at(-1).body, { uscc: hospital.id });
  });

  test('an agency that does not answer is named, and the form goes on without it', async () => {
    const one = await standingFor(hospital);
    for (const fault of ['error', 'garbage', 'close']) {
      await agencies.control({ agency: 'market', fault });
      const draft = await one.post('/api/v1/drafts', { item: 'institution-setup', prefill: true, consent: ['market.enterprise'] });
      assert.equal(draft.status, 201, draft.text);
      assert.equal(draft.body.asked[0].answered, false, fault);
      assert.ok(draft.body.asked[0].problem.length > 3);
      assert.equal(draft.body.form.legal_person, undefined);
    }
    await agencies.control({ agency: 'market', fault: 'none' });
  });

  test('values that are not right are corrected, and the reviewer sees both with the reason', async () => {
    const who = somebody();
    const one = await standingFor(who);
    await qualified(one, who);
    const draft = (await one.post('/api/v1/drafts', { item: 'doctor-qualification-replace', prefill: true })).body;
    const form = { ...draft.form, phone: '13911112222', statement: true, situation: 'damaged', unchanged: '1', not_withheld: '1' };
    const path = `/api/v1/drafts/${draft.id}`;
    assert.equal((await one.ask('PUT', path, { disputes: { phone: 'x'.repeat(501) } })).body.type, 'prefill-dispute');
    assert.equal((await one.ask('PUT', path, { disputes: { phone: 3 } })).body.field, 'disputes.phone');
    const saved = await one.ask('PUT', path, { form, disputes: { phone: '号码已换', nobody: 'x' }, materials: ['form', 'id'].map((id) => ({ id, paper: true })) });
    assert.equal(saved.status, 200, saved.text);
    assert.equal(saved.body.sources.phone.why, '号码已换');
    assert.equal(saved.body.sources.phone.value, '13800001111', 'what is held is not changed');
    const opened = await one.post('/api/v1/cases', { draft: draft.id });
    assert.equal(opened.status, 201, opened.text);
    const seen = (await one.get(`/api/v1/cases/${opened.body.no}`)).body.prefilled;
    const phone = seen.find((each) => each.field === 'phone');
    assert.equal(phone.held_text, '13800001111');
    assert.equal(phone.said_text, '13911112222');
    assert.equal(phone.differs, true);
    assert.equal(phone.why, '号码已换');
    assert.equal(phone.label, '手机号码');
    assert.equal(phone.from, 'case');
    assert.equal(seen.find((each) => each.field === 'name').differs, false);
    const region = seen.find((each) => each.field === 'region');
    assert.match(region.held_text, /香坊区/, 'codes are shown as their labels');
    const events = (await one.get(`/api/v1/cases/${opened.body.no}/events`)).body.items;
    assert.deepEqual(events.find((event) => event.type === 'prefill.disputed').fields, ['phone']);
  });

  test('sources are the server\'s: nobody may bring their own', async () => {
    const one = await standingFor(somebody());
    const answer = await one.post('/api/v1/drafts', { item: 'doctor-cancel', sources: { phone: { value: '1', from: 'certificate' } } });
    assert.equal(answer.body.type, 'unknown-field');
  });

  test('who may not use the wallet is given nothing from it', async () => {
    const who = somebody();
    await qualified(await standingFor(who), who);
    const staff = (await (await signedIn(server, 'clerk-gao')).post('/api/v1/drafts', { item: 'doctor-first', prefill: true })).body;
    assert.equal(staff.form.qualification_no, undefined);
    assert.equal((await client(server).post('/api/v1/drafts', { item: 'doctor-first', prefill: true })).status, 401);
  });
});

describe('rows', () => {
  const centre = { id: '12230000DEM00404X0', name: '省疾病预防控制中心' };
  const day = (days) => new Date(Date.now() + days * 86400000 + 8 * 3600000).toISOString().slice(0, 10);
  const escorts = [{ name: '李护', training_no: 'T001', training_valid: day(400) }, { name: '周送', training_no: 'T002', training_valid: day(400) }];
  const agents = [{ agent: '布鲁氏菌属', class: '2', packing: 'UN2814', quantity: '2 ml × 6' }];
  const materials = ['form', 'legal', 'consent', 'receiver-approval', 'packaging', 'escort-training'].map((id) => ({ id, paper: true }));
  const journey = { institution_name: hospital.name, institution_uscc: hospital.id, institution_address: '哈尔滨市香坊区', legal_person: '陈立新', phone: '0451-85971130',
    receiver_name: centre.name, receiver_uscc: centre.id, receiver_approval: '黑卫实验〔2026〕3号', receiver_qualified: '1', purpose: '检测', container: 'UN-CN-2814-01',
    container_valid: day(300), triple: '1', situation: 'single', from_region: '230110', to_place: '哈尔滨市道里区', mode: 'land', carrier: '省医药冷链运输公司', depart: day(1), valid_to: day(3), statement: true };

  test('of a list come from an earlier case with their source, and a row that is not right is corrected', async () => {
    const one = await standingFor(hospital);
    const first = await one.post('/api/v1/cases', { item: 'transport-province', form: { ...journey, agents, escort_list: escorts }, materials });
    assert.equal(first.status, 201, first.text);
    assert.equal(first.body.outcome, 'granted', first.text);
    const draft = (await one.post('/api/v1/drafts', { item: 'transport-province', prefill: true })).body;
    assert.deepEqual(draft.form.escort_list, escorts);
    assert.deepEqual(draft.form.agents, agents);
    const { escort_list: source } = draft.sources;
    assert.deepEqual([source.from, source.title, source.ref, source.value], ['case', '以前的运输申请', first.body.no, escorts]);

    const other = { name: '孙换', training_no: 'T009', training_valid: day(500) };
    const form = { ...journey, agents: [{ ...agents[0], note: null }], escort_list: [escorts[0], other] };
    assert.equal((await one.ask('PUT', `/api/v1/drafts/${draft.id}`, { form, materials })).status, 200);
    assert.equal((await one.post('/api/v1/cases', { draft: draft.id })).body.field, 'agents[0].note');
    form.agents = agents;
    const saved = await one.ask('PUT', `/api/v1/drafts/${draft.id}`, { form, disputes: { escort_list: '周送已离职' } });
    assert.equal(saved.body.sources.escort_list.why, '周送已离职', saved.text);
    const opened = await one.post('/api/v1/cases', { draft: draft.id });
    assert.equal(opened.status, 201, opened.text);
    const seen = Object.fromEntries((await one.get(`/api/v1/cases/${opened.body.no}`)).body.prefilled.map((each) => [each.field, each]));
    assert.equal(seen.escort_list.label, '护送人');
    assert.equal(seen.escort_list.held_text, `李护, T001, ${day(400)}; 周送, T002, ${day(400)}`);
    assert.equal(seen.escort_list.said_text, `李护, T001, ${day(400)}; 孙换, T009, ${day(500)}`);
    assert.deepEqual([seen.escort_list.differs, seen.escort_list.why], [true, '周送已离职']);
    assert.equal(seen.agents.differs, false);
    assert.match(seen.agents.held_text, /^布鲁氏菌属, 第二类, A类 UN2814, 2 ml × 6$/, 'codes in rows are shown as their labels');
  });

  test('a certificate gives what it names, and the rest of the row stays to be filled in', async () => {
    const one = await standingFor(hospital);
    const given = await one.post('/api/v1/cases', { item: 'transport-province', form: { ...journey, agents, escort_list: escorts }, materials });
    assert.equal(given.body.outcome, 'granted', given.text);
    const draft = (await one.post('/api/v1/drafts', { item: 'transport-handover', prefill: true })).body;
    assert.equal(draft.form.escort_list, undefined, 'no list that the form does not have');
    assert.equal(draft.form.permit_number, given.body.certificates[0].number);
    assert.equal(draft.sources.permit_number.from, 'certificate');
  });
});

test('a broken promise is repaired: it keeps from promising until staff have ended the record', async () => {
  const clinic = { id: '12230000DEM0010173', name: '省示范医院' };
  const one = await standingFor(clinic);
  const complete = async (name, no, form) => {
    const staff = await signedIn(server, name);
    const [task] = (await staff.get(`/api/v1/tasks?case=${no}`)).body.items;
    const answer = await staff.post(`/api/v1/tasks/${task.id}/complete`, { form });
    assert.ok(answer.status < 300, answer.text);
    return task.element;
  };
  const licence = { institution_name: clinic.name, institution_uscc: clinic.id, institution_address: '哈尔滨市香坊区', legal_person: '陈立新', phone: '0451-85971130', statement: true,
    category: '2', devices: [{ device: 'SPECT', model: 'D-1', place: '一楼' }], staff: 3, protection: '1', delivery: 'electronic', commitment: true };
  const apply = async () => {
    const opened = await one.post('/api/v1/cases', { item: 'radiology', form: licence, signature: { name: '高洁' },
      materials: ['form', 'licence', 'radiation-staff', 'acceptance-report', 'dose'].map((id) => ({ id, paper: true })) });
    assert.equal(opened.status, 201, opened.text);
    await complete('clerk-lin', opened.body.no, { decision: 'accept', opinion: '材料齐全' });
    return (await one.get(`/api/v1/cases/${opened.body.no}`)).body;
  };
  const broken = await apply();
  assert.equal(broken.outcome, 'granted', 'a commitment is decided at once');
  await complete('reviewer-he', broken.children[0], { result: 'false', findings: '防护门不合格' });
  assert.equal((await one.get(`/api/v1/cases/${broken.no}`)).body.certificates[0].state, 'revoked');
  const barred = await apply();
  assert.equal(barred.state, 'reviewing', 'no commitment until the repair');
  assert.ok((await one.post(`/api/v1/cases/${barred.no}/actions/withdraw`, {})).status < 300);

  const repair = async (changes = {}) => {
    const draft = (await one.post('/api/v1/drafts', { item: 'credit-repair', prefill: true })).body;
    const filled = { ...draft.form, correction: '防护门已更换', corrected_on: new Date(Date.now() - 86400000).toISOString().slice(0, 10), statement: true, ...changes };
    await one.ask('PUT', `/api/v1/drafts/${draft.id}`, { form: filled, materials: [{ id: 'correction-proof', paper: true }] });
    return { draft, opened: await one.post('/api/v1/cases', { draft: draft.id }) };
  };
  const { draft, opened } = await repair();
  assert.deepEqual([draft.form.broken_case, draft.form.broken_what, draft.sources.broken_case.from], [broken.no, '防护门不合格', 'record']);
  assert.equal(opened.status, 201, opened.text);
  assert.equal((await repair()).opened.body.type, 'duplicate-case');
  assert.equal((await repair({ broken_case: 'x' })).opened.body.field, 'broken_case');
  assert.equal((await repair({ broken_case: '999999-20260706-000001-0' })).opened.body.outcome, 'declined');
  assert.equal((await repair({ broken_case: barred.no })).opened.body.outcome, 'declined', 'that case broke no promise');
  assert.equal(await complete('reviewer-he', opened.body.no, { decision: 'approve', opinion: '已经更换' }), 'review');
  assert.equal(await complete('head-chen', opened.body.no, { decision: 'approve', reasons: '检测合格' }), 'decision');
  const repaired = (await one.get(`/api/v1/cases/${opened.body.no}`)).body;
  assert.equal(repaired.outcome, 'granted');
  assert.deepEqual(repaired.documents.map((each) => each.certificate), ['doc-acceptance', 'doc-credit-repair']);
  const told = (await one.get('/api/v1/notices')).body.items.filter((each) => each.case === repaired.no);
  assert.match(told[0].text, /准予/);
  assert.equal((await apply()).outcome, 'granted', 'free again');
});

describe('materials', () => {
  test('the situation decides which are asked for', async () => {
    const one = await standingFor(somebody());
    const asked = async (situation) => {
      const draft = (await one.post('/api/v1/drafts', { item: 'doctor-first', form: { situation } })).body;
      return (await one.get(`/api/v1/drafts/${draft.id}/materials`)).body.items.map((each) => each.id);
    };
    assert.ok(!(await asked('normal')).includes('training'));
    assert.ok((await asked('late')).includes('training'));
  });

  test('a file that is not there, or is somebody else\'s, is refused by the material\'s name', async () => {
    const who = somebody();
    const one = await standingFor(who);
    const theirs = await upload(await standingFor(somebody()), 'a.pdf');
    const form = { name: who.name, id_number: who.id, phone: '13800001111', region: '230110', statement: true, situation: 'damaged',
      certificate_number: `202523110${who.id}`, unchanged: '1', not_withheld: '1' };
    for (const file of ['sample', 'F230100-0123', theirs]) {
      const answer = await one.post('/api/v1/cases', { item: 'doctor-qualification-replace', form, materials: [{ id: 'form', paper: true }, { id: 'id', file }] });
      assert.equal(answer.status, 422, answer.text);
      assert.equal(answer.body.type, 'material-file');
      assert.equal(answer.body.field, 'materials[1].file');
      assert.match(answer.body.detail, /居民身份证/);
    }
  });

  test('what was given for an earlier case serves again, by reference; somebody else\'s does not', async () => {
    const who = somebody();
    const one = await standingFor(who);
    const before = await qualified(one, who);
    const draft = (await one.post('/api/v1/drafts', { item: 'doctor-qualification-replace', form: {} })).body;
    const items = (await one.get(`/api/v1/drafts/${draft.id}/materials`)).body.items;
    const offer = items.find((each) => each.id === 'id').earlier[0];
    assert.equal(offer.case, before.no);
    assert.equal(offer.material, 'id');
    assert.equal(items.find((each) => each.id === 'form').earlier, undefined, 'a form is written anew each time');
    const form = { name: who.name, id_number: who.id, phone: '13800001111', region: '230110', statement: true, situation: 'lost',
      certificate_number: `202523110${who.id}`, unchanged: '1', not_withheld: '1' };
    const give = (earlier) => [{ id: 'form', paper: true }, { id: 'id', earlier }];
    const opened = await one.post('/api/v1/cases', { item: 'doctor-qualification-replace', form, materials: give({ case: before.no, material: 'id' }) });
    assert.equal(opened.status, 201, opened.text);
    const kept = (await one.get(`/api/v1/cases/${opened.body.no}`)).body.materials.find((each) => each.id === 'id');
    assert.equal(kept.file, before.files[1].file);
    assert.deepEqual(kept.from, { case: before.no, material: 'id' });

    const other = somebody();
    const two = await standingFor(other);
    for (const earlier of [{ case: before.no, material: 'id' }, { case: before.no, material: 'form' }, { case: 'x' }, 3]) {
      const answer = await two.post('/api/v1/cases', { item: 'doctor-qualification-replace', form: { ...form, name: other.name, id_number: other.id }, materials: give(earlier) });
      assert.equal(answer.body.type, 'material-file', answer.text);
      assert.equal(answer.body.field, 'materials[1].earlier');
    }
  });
});

describe('files in parts', () => {
  const part = 64 * 1024;
  const whole = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(2 * part + 11, 'x')]);
  const send = (one, id, offset, content) => one.ask('PATCH', `/api/v1/uploads/${id}`, content, { 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': String(offset) });

  test('go on after a break from where they stopped, and become one file', async () => {
    const one = await standingFor(somebody());
    const made = await one.post('/api/v1/uploads', { name: 'a.pdf', type: 'application/pdf', size: whole.length });
    assert.equal(made.status, 201, made.text);
    assert.equal(made.headers.get('location'), `/api/v1/uploads/${made.body.id}`);
    assert.equal(made.headers.get('upload-offset'), '0');
    assert.equal((await send(one, made.body.id, 0, whole.subarray(0, part))).body.offset, part);
    const head = await one.ask('HEAD', `/api/v1/uploads/${made.body.id}`);
    assert.equal(head.headers.get('upload-offset'), String(part));
    assert.equal(head.headers.get('upload-length'), String(whole.length));
    const again = await send(one, made.body.id, 0, whole.subarray(0, part));
    assert.equal(again.status, 409);
    assert.equal(again.body.type, 'upload-offset');
    assert.equal(again.headers.get('upload-offset'), String(part));
    assert.equal((await send(one, made.body.id, part, whole.subarray(part, part + 10))).body.type, 'upload-part');
    assert.equal((await one.ask('PATCH', `/api/v1/uploads/${made.body.id}`, 'x', { 'Content-Type': 'application/offset+octet-stream' })).body.field, 'Upload-Offset');
    await send(one, made.body.id, part, whole.subarray(part, 2 * part));
    const last = await send(one, made.body.id, 2 * part, whole.subarray(2 * part));
    assert.equal(last.status, 200, last.text);
    const file = await one.get(`/api/v1/files/${last.body.file.id}`);
    assert.deepEqual(file.bytes, whole);
    assert.equal((await one.get(`/api/v1/uploads/${made.body.id}`)).body.type, 'upload-not-found');
  });

  test('two that send the same part at once: one is taken, the other told where it stands', async () => {
    const one = await standingFor(somebody());
    const { id } = (await one.post('/api/v1/uploads', { name: 'a.pdf', size: whole.length })).body;
    const answers = await Promise.all([1, 2, 3].map(() => send(one, id, 0, whole.subarray(0, part))));
    assert.deepEqual(answers.map((each) => each.status).sort(), [200, 409, 409]);
  });

  test('the content is judged at the end; others see nothing of it; it can be given up', async () => {
    const one = await standingFor(somebody());
    const made = (await one.post('/api/v1/uploads', { name: '证.pdf', type: 'application/pdf', size: 20 })).body;
    const refused = await send(one, made.id, 0, Buffer.from('MZ this is a program'));
    assert.equal(refused.body.type, 'file-type', refused.text);
    assert.equal((await one.get(`/api/v1/uploads/${made.id}`)).status, 404);
    const mine = (await one.post('/api/v1/uploads', { name: 'a.pdf', size: 20 })).body;
    const stranger = await standingFor(somebody());
    assert.equal((await send(stranger, mine.id, 0, Buffer.alloc(20))).status, 404);
    assert.equal((await client(server).post('/api/v1/uploads', { name: 'a.pdf', size: 20 })).status, 401);
    assert.equal((await one.ask('DELETE', `/api/v1/uploads/${mine.id}`)).status, 204);
    assert.equal((await one.get(`/api/v1/uploads/${mine.id}`)).status, 404);
    for (const size of [0, -1, 21 * 1024 * 1024]) assert.equal((await one.post('/api/v1/uploads', { name: 'a.pdf', size })).body.type, 'file-invalid');
  });
});

test('a draft made for an older version of its item is carried over, and what no longer fits is named', async () => {
  const packs = mkdtempSync(join(tmpdir(), 'tongban-packs-'));
  cpSync(join(root, 'packs/base'), join(packs, 'base'), { recursive: true });
  cpSync(join(root, 'test/api/packs/versions'), join(packs, 'versions'), { recursive: true });
  rmSync(join(packs, 'versions/items/permit.2.json'));
  const first = await startServer({ args: ['--packs', packs] });
  const old = await signedIn(first, 'clerk-gao');
  const who = somebody();
  const form = { name: who.name, id_number: who.id, address: '松花江街一百二十三号', fax: '0451-1', rooms: 3, kind: 'c' };
  const assist = await old.post('/api/v1/session/assist', { ...who, evidence: '身份证' });
  old.cookie = assist.headers.getSetCookie().find((set) => set.startsWith('tongban_session=')).split(';')[0];
  old.csrf = assist.body.csrf;
  const draft = (await old.post('/api/v1/drafts', { item: 'permit', form })).body;
  assert.equal(draft.item_version, 1);
  assert.equal((await old.get(`/api/v1/drafts/${draft.id}`)).body.carried_over, undefined);
  await first.stop({ keep: true });

  cpSync(join(root, 'test/api/packs/versions'), join(packs, 'versions'), { recursive: true });
  const second = await startServer({ data: first.data, db: first.db, args: ['--packs', packs] });
  try {
    const now = client(second);
    now.cookie = old.cookie;
    now.csrf = old.csrf;
    const seen = await now.get(`/api/v1/drafts/${draft.id}`);
    assert.equal(seen.status, 200, seen.text);
    assert.deepEqual({ ...seen.body.carried_over, dropped: seen.body.carried_over.dropped.sort() }, { from: 1, to: 2, dropped: ['fax', 'kind', 'rooms'] });
    assert.deepEqual(seen.body.form, { name: who.name, id_number: who.id, address: form.address }, 'what is only too long or missing stays for the form to say');
    const refused = await now.post('/api/v1/cases', { draft: draft.id });
    assert.equal(refused.body.type, 'form-invalid');
    assert.deepEqual(refused.body.errors.map((each) => each.field).sort(), ['address', 'email']);
    const saved = await now.ask('PUT', `/api/v1/drafts/${draft.id}`, { form: { ...seen.body.form, address: '松花江街', email: 'a@b.cn' } });
    assert.equal(saved.body.item_version, 2);
    assert.equal((await now.get(`/api/v1/drafts/${draft.id}`)).body.carried_over, undefined);
    assert.equal((await now.post('/api/v1/cases', { draft: draft.id })).body.outcome, 'granted');
  } finally {
    await second.stop();
    rmSync(packs, { recursive: true, force: true });
  }
});
