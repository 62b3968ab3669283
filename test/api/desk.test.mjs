// What the desk asks: the window, bulk assignment, standing in, the calendar, handing over, remedies.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { deathForm, idNumber, signedIn, startServer } from './lib.mjs';

let server;
const staff = {};
const as = async (name) => (staff[name] ??= await signedIn(server, name));
const api = '/api/v1';
const shanghai = (days = 0) => new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' }).format(Date.now() + days * 86400000);

before(async () => { server = await startServer(); });
after(() => server.stop());

let sequence = 101;
/** A death that a person at the county's centre must look at: one task of the role county-cdc in 230110. */
async function doubtful() {
  const doctor = await as('dr-wang');
  const form = deathForm(idNumber('230110', '19390210', sequence += 2), { 'cause.a.code': 'R96.0', 'cause.a.diagnosis': '原因不明的猝死', 'cause.b': undefined });
  const one = await doctor.post(`${api}/cases`, { item: 'death-report', confirmed: true, form });
  assert.equal(one.status, 201, one.text);
  const tasks = await (await as('li')).get(`${api}/tasks?case=${one.body.no}`);
  assert.equal(tasks.body.items.length, 1, tasks.text);
  return { no: one.body.no, task: tasks.body.items[0].id };
}
/** A clerk's session that acts for somebody at the window. */
async function atWindow(name, who) {
  const clerk = await signedIn(server, name);
  const answer = await clerk.post(`${api}/session/assist`, { ...who, evidence: '证件原件' });
  assert.equal(answer.status, 201, answer.text);
  clerk.cookie = answer.headers.getSetCookie().find((set) => set.startsWith('tongban_session=')).split(';')[0];
  clerk.csrf = answer.body.csrf;
  return clerk;
}
const signs = '0123456789ABCDEFGHJKLMNPQRTUWXY';
let hospitals = 0;
/** A fictional hospital of its own, with a credit code whose check characters are right (GB 11714, GB 32100). */
function newHospital() {
  const body = `DEM${String(++hospitals).padStart(5, '0')}`;
  const rest = 11 - [...body].reduce((total, sign, i) => total + parseInt(sign, 36) * [3, 7, 9, 10, 5, 8, 4, 2][i], 0) % 11;
  const first = `12230000${body}${rest === 10 ? 'X' : rest % 11}`;
  const sum = [...first].reduce((total, sign, i) => total + signs.indexOf(sign) * (3 ** i % 31), 0);
  return { id: first + signs[(31 - sum % 31) % 31], name: '省示范医院' };
}
/** A hospital to be set up, opened at the province's window and accepted there: it waits for a reviewer. */
async function setup(delivery = 'electronic') {
  const hospital = newHospital();
  const clerk = await atWindow('clerk-lin', hospital);
  const form = { institution_name: hospital.name, institution_uscc: hospital.id, institution_address: '哈尔滨市香坊区红旗大街1号', legal_person: '陈立新', phone: '0451-85971130',
    statement: true, kind: '3', grade: '3', joint: '2', beds: 120, place: '香坊区红旗大街9号', feasibility: '满足区域需求', capital: 3000, delivery };
  const materials = ['form', 'feasibility', 'site', 'floor-plan'].map((id) => ({ id, paper: true }));
  const opened = await clerk.post(`${api}/cases`, { item: 'institution-setup', form, materials });
  assert.equal(opened.status, 201, opened.text);
  await complete('clerk-lin', opened.body.no, { decision: 'accept', opinion: '材料齐全' });
  return { no: opened.body.no, clerk };
}
async function taskOf(name, no) {
  const tasks = await (await as(name)).get(`${api}/tasks?case=${no}`);
  assert.equal(tasks.body.items?.length, 1, `${name}: ${tasks.text}`);
  return tasks.body.items[0].id;
}
async function complete(name, no, form) {
  const done = await (await as(name)).post(`${api}/tasks/${await taskOf(name, no)}/complete`, { form });
  assert.equal(done.status, 200, done.text);
}
const eventsOf = async (no, name = 'li') => (await (await as(name)).get(`${api}/cases/${no}/events`)).body.items;

test('the calendar of a year names days off and made-up days; one that is not announced is provisional', async () => {
  const clerk = await as('clerk-gao');
  const year = await clerk.get(`${api}/calendar/2026`);
  assert.equal(year.status, 200, year.text);
  assert.equal(year.body.announced, true);
  assert.ok(year.body.off.includes('2026-10-01') && !year.body.off.includes('2026-10-03'), 'a Saturday is off anyway');
  assert.ok(year.body.makeup.length > 0 && year.body.makeup.every((day) => [0, 6].includes(new Date(day).getUTCDay())));
  assert.equal((await clerk.get(`${api}/calendar/2031`)).body.announced, false);
  assert.equal((await clerk.get(`${api}/calendar/1899`)).body.type, 'calendar-year-invalid');
  assert.equal((await clerk.get(`${api}/calendar/soon`)).body.field, 'year');
});

for (const [from, n, due] of [['2025-01-24', 5, '2025-02-07'], ['2025-09-26', 20, '2025-10-30'], ['2024-02-08', 5, '2024-02-21'], ['2026-09-18', 20, '2026-10-22']])
  test(`${n} working days from ${from} end on ${due}, and it says why`, async () => {
    const answer = await (await as('clerk-gao')).get(`${api}/calendar/count?from=${from}&n=${n}`);
    assert.equal(answer.body.due, due, answer.text);
    assert.match(answer.body.zh, /工作日/);
    assert.ok(answer.body.steps.some((step) => step.step === 'end'));
  });

test('counting refuses what is no day, no number, no unit', async () => {
  const clerk = await as('clerk-gao');
  for (const [query, field] of [['from=2026-02-30&n=1', 'from'], ['from=2026-01-05&n=-1', 'n'], ['from=2026-01-05&n=1&unit=weeks', 'unit'], ['from=2026-01-05', 'n']]) {
    const answer = await clerk.get(`${api}/calendar/count?${query}`);
    assert.ok(answer.status === 400 || answer.status === 422, answer.text);
    assert.equal(answer.body.field, field);
  }
});

test('a clerk finds who stands at the window masked; a slip in the number is told; others may not look', async () => {
  const clerk = await as('clerk-gao');
  const id = idNumber('230110', '19800315', 61);
  const stranger = await clerk.post(`${api}/persons/find`, { id });
  assert.equal(stranger.status, 200, stranger.text);
  assert.equal(stranger.body.known, false);
  assert.doesNotMatch(stranger.text, new RegExp(id));
  const slip = await clerk.post(`${api}/persons/find`, { id: id.slice(0, 17) + (id[17] === '1' ? '2' : '1') });
  assert.equal(slip.body.type, 'person-id-invalid');
  assert.equal(slip.body.field, 'id');
  assert.equal((await clerk.post(`${api}/persons/find`, { id: '1234' })).body.type, 'person-id-invalid');
  assert.equal((await (await as('dr-wang')).post(`${api}/persons/find`, { id })).status, 403);
});

test('tasks are given to many at once; those that cannot be are told one by one; the case and the colleague learn of it', async () => {
  const head = await as('head-chen');
  const [a, b] = [await doubtful(), await doubtful()];
  const given = await head.post(`${api}/tasks/assign`, { tasks: [a.task, b.task, '1'], to: 'li', note: '请今天办完' });
  assert.equal(given.status, 200, given.text);
  assert.deepEqual(given.body.done, [a.task, b.task]);
  assert.deepEqual(given.body.refused.map((one) => one.type), ['task-not-found']);
  const told = (await eventsOf(a.no)).find((event) => event.type === 'task.assigned');
  assert.equal(told.note, '请今天办完');
  const inbox = await (await as('li')).get(`${api}/notices`);
  assert.ok(inbox.body.items.some((one) => one.case === a.no && /请今天办完/.test(one.text)), inbox.text);
  const unfit = await head.post(`${api}/tasks/assign`, { tasks: [a.task], to: 'dr-wang' });
  assert.deepEqual(unfit.body.refused.map((one) => one.type), ['assignee-unfit']);
  assert.equal((await head.post(`${api}/tasks/assign`, { tasks: [a.task], to: 'nobody-here' })).body.field, 'to');
  assert.equal((await head.post(`${api}/tasks/assign`, { tasks: [] })).body.field, 'tasks');
});

test('who has no right to manage gives tasks to themself only', async () => {
  const li = await as('li');
  const one = await doubtful();
  assert.equal((await li.post(`${api}/tasks/assign`, { tasks: [one.task], to: 'zhou' })).status, 403);
  const own = await li.post(`${api}/tasks/assign`, { tasks: [one.task] });
  assert.deepEqual(own.body.done, [one.task], own.text);
  assert.equal((await li.get(`${api}/tasks?mine=true&case=${one.no}`)).body.items[0].assignee, 'li');
});

test('a colleague of the same unit and role stands in: sees the list, does the task, and both names are told', async () => {
  const [he, tan, head] = [await as('reviewer-he'), await as('reviewer-tan'), await as('head-chen')];
  const colleagues = await he.get(`${api}/colleagues`);
  assert.ok(colleagues.body.items.some((one) => one.name === 'reviewer-tan' && one.stands_in), colleagues.text);
  assert.ok(colleagues.body.items.some((one) => one.name === 'clerk-lin' && !one.stands_in), 'a clerk may not what a reviewer may');
  const { no } = await setup();
  const task = await taskOf('reviewer-he', no);
  assert.equal((await he.post(`${api}/tasks/${task}/claim`)).status, 200);
  assert.equal((await tan.post(`${api}/tasks/${task}/claim`)).body.type, 'task-claimed-by-other');
  assert.equal((await tan.get(`${api}/tasks?for=reviewer-he`)).body.type, 'delegation-missing');

  const made = await he.post(`${api}/delegations`, { to: 'reviewer-tan', from: shanghai(), until: shanghai(3), reason: '出差' });
  assert.equal(made.status, 201, made.text);
  assert.equal(made.body.state, 'standing');
  assert.equal((await he.post(`${api}/delegations`, { to: 'reviewer-tan', from: shanghai(2), until: shanghai(5) })).body.type, 'delegation-overlaps');
  assert.equal((await tan.post(`${api}/delegations`, { to: 'reviewer-he', from: shanghai(), until: shanghai(1) })).body.type, 'delegation-overlaps', 'who is away stands in for nobody');

  const theirs = await tan.get(`${api}/tasks?for=reviewer-he`);
  assert.ok(theirs.body.items.some((one) => one.id === task && one.on_behalf.name === 'reviewer-he'), theirs.text);
  assert.equal((await tan.post(`${api}/tasks/${task}/claim`)).body.assignee, 'reviewer-he', 'the task stays theirs');
  const done = await tan.post(`${api}/tasks/${task}/complete`, { form: { decision: 'approve', opinion: '建议准予' } });
  assert.equal(done.status, 200, done.text);
  const told = (await eventsOf(no, 'head-chen')).findLast((event) => event.type === 'task.completed');
  assert.deepEqual([told.by_name, told.on_behalf.title], ['谭雪', '何平']);
  const second = await taskOf('reviewer-tan', no);
  assert.equal((await tan.get(`${api}/tasks/${second}`)).body.conflict, 'separate-persons', 'warned before the work');
  for (const one of [tan, he]) assert.equal((await one.post(`${api}/tasks/${second}/complete`, { form: { decision: 'approve', opinion: '同意' } })).body.type, 'separate-persons');

  const seen = await head.get(`${api}/delegations?all=true`);
  assert.ok(seen.body.items.some((row) => row.id === made.body.id && row.from.name === 'reviewer-he' && row.to.name === 'reviewer-tan'), seen.text);
  assert.equal((await tan.post(`${api}/delegations/${made.body.id}/end`)).status, 404, 'not for the one who stands in to end');
  assert.equal((await he.post(`${api}/delegations/${made.body.id}/end`)).status, 204);
  assert.equal((await he.post(`${api}/delegations/${made.body.id}/end`)).body.type, 'delegation-ended');
  const next = (await setup()).no;
  const after = await taskOf('reviewer-he', next);
  assert.equal((await he.post(`${api}/tasks/${after}/claim`)).status, 200);
  assert.equal((await tan.post(`${api}/tasks/${after}/complete`, { form: { decision: 'approve', opinion: '建议准予' } })).body.type, 'task-claimed-by-other');
});

test('a case whose applicant wants paper waits until it is handed over, and closes then', async () => {
  const { no, clerk } = await setup('counter');
  const view = async () => (await clerk.get(`${api}/cases/${no}`)).body;
  await complete('reviewer-he', no, { decision: 'approve', opinion: '建议准予' });
  await complete('reviewer-tan', no, { decision: 'approve', opinion: '同意' });
  await complete('head-chen', no, { decision: 'approve', reasons: '符合条件' });
  const waits = await view();
  assert.deepEqual([waits.state, waits.handover.state, waits.handover.way], ['delivering', 'waiting', 'counter']);
  const line = (await (await as('clerk-lin')).get(`${api}/handovers?state=waiting`)).body.items.find((one) => one.case === no);
  assert.ok(line.due && !line.overdue, JSON.stringify(line));
  const done = await (await as('clerk-lin')).post(`${api}/cases/${no}/actions/hand-over`, { received_by: '陈立新', checked: true, signature: '本人签字' });
  assert.equal(done.status, 200, done.text);
  const closed = await view();
  assert.deepEqual([closed.state, closed.handover.state, closed.handover.received_by], ['closed', 'done', '陈立新']);
});

test('standing in is refused for another unit, another role, past or too many days', async () => {
  const li = await as('li');
  const wanted = { to: 'zhou', from: shanghai(10), until: shanghai(12) };
  for (const [change, field] of [[{}, 'to'], [{ to: 'li' }, 'to'], [{ to: 'dr-wang' }, 'to'], [{ to: '' }, 'to'], [{ from: shanghai(-1) }, 'from'], [{ from: 'tomorrow' }, 'from'], [{ until: shanghai(9) }, 'until'], [{ until: shanghai(200) }, 'until']]) {
    const answer = await li.post(`${api}/delegations`, { ...wanted, ...change });
    assert.equal(answer.status, 422, answer.text);
    assert.equal(answer.body.field, field, answer.text);
  }
  assert.equal((await (await as('dr-wang')).get(`${api}/delegations?all=true`)).status, 403);
});

test('a copy on paper is prepared, handed over with an ID check, and told in the case', async () => {
  const [doctor, li] = [await as('dr-wang'), await as('li')];
  const opened = await doctor.post(`${api}/cases`, { item: 'death-report', form: deathForm(idNumber('230110', '19390210', sequence += 2)) });
  assert.equal(opened.status, 201, opened.text);
  const act = (name, body, who = li) => who.post(`${api}/cases/${opened.body.no}/actions/${name}`, body);
  assert.equal((await act('prepare-handover', { way: 'counter', reason: '家属要纸质' }, doctor)).status, 403);
  assert.equal((await act('prepare-handover', { way: 'pigeon', reason: '家属要纸质' })).body.field, 'way');
  assert.equal((await act('prepare-handover', { way: 'counter' })).body.field, 'reason');
  assert.equal((await act('hand-over', {})).body.type, 'handover-missing');
  assert.equal((await act('prepare-handover', { way: 'counter', reason: '家属要纸质' })).status, 200);
  assert.equal((await act('prepare-handover', { way: 'counter', reason: '家属要纸质' })).body.type, 'handover-waits');
  const waiting = await li.get(`${api}/handovers?state=waiting&way=counter`);
  assert.ok(waiting.body.items.some((one) => one.case === opened.body.no && one.certificates.length > 0), waiting.text);
  assert.equal((await act('hand-over', { received_by: '张女士', signature: '本人签字' })).body.field, 'checked');
  assert.equal((await act('hand-over', { checked: true, signature: '本人签字' })).body.field, 'received_by');
  assert.equal((await act('hand-over', { way: 'courier', company: '顺丰', courier: 'no!' })).body.field, 'courier');
  const done = await act('hand-over', { received_by: '张女士', relation: '女儿', checked: true, signature: '本人签字' });
  assert.equal(done.status, 200, done.text);
  assert.equal((await act('hand-over', { received_by: '张女士', checked: true, signature: '又来' })).body.type, 'handover-missing');
  const line = (await li.get(`${api}/handovers?state=done`)).body.items.find((one) => one.case === opened.body.no);
  assert.deepEqual([line.received_by, line.relation, line.checked, line.by], ['张女士', '女儿', true, '李卓']);
  assert.ok((await eventsOf(opened.body.no)).some((event) => event.type === 'certificate.delivered' && event.way === 'counter'));
  const view = await doctor.get(`${api}/cases/${opened.body.no}`);
  assert.deepEqual([view.body.handover.state, view.body.handover.way], ['done', 'counter'], 'the applicant sees it');
  assert.equal((await (await as('super-ma')).get(`${api}/handovers`)).status, 403);
  assert.equal((await li.get(`${api}/handovers?way=pigeon`)).body.field, 'way');

  const { no } = view.body.certificates[0];
  assert.equal((await li.post(`${api}/certificates/${no}/actions/reprint`, {})).body.type, 'reason-missing');
  for (const copy of [1, 2]) {
    assert.equal((await li.post(`${api}/certificates/${no}/actions/reprint`, { reason: '原件污损' })).status, 200);
    assert.equal((await eventsOf(opened.body.no)).findLast((event) => event.type === 'certificate.reprinted').copy, copy);
  }
});

test('of two who decide one case at the same moment one is heard; after a withdrawal nobody is', async () => {
  const { no, clerk } = await setup();
  const [he, tan] = [await as('reviewer-he'), await as('reviewer-tan')];
  const task = (await he.get(`${api}/cases/${no}`)).body.tasks.find((one) => one.element === 'review').id;
  const give = (who, decision) => who.post(`${api}/tasks/${task}/complete`, { form: { decision, opinion: '意见' } });
  const answers = await Promise.all([give(he, 'approve'), give(tan, 'refuse')]);
  assert.equal(answers.filter(({ status }) => status === 200).length, 1, answers.map(({ text }) => text).join());
  const late = answers.find(({ status }) => status !== 200);
  assert.ok(late.status === 409 && late.body.detail && ['task-already-completed', 'task-claimed-by-other'].includes(late.body.type), late.text);
  const events = (await he.get(`${api}/cases/${no}/events`)).body.items;
  assert.equal(events.filter((event) => event.type === 'task.completed' && event.element === 'review').length, 1);
  const second = (await he.get(`${api}/cases/${no}`)).body.tasks[0].id;
  assert.equal((await clerk.post(`${api}/cases/${no}/actions/withdraw`, { reason: '另行选址' })).body.outcome, 'withdrawn');
  const gone = await (await as('head-chen')).post(`${api}/tasks/${second}/complete`, { form: { decision: 'approve', opinion: '同意' } });
  assert.ok([404, 409].includes(gone.status) && /^task-/.test(gone.body.type) && gone.body.detail, gone.text);
});

test('a case is watched by whoever may see it, each for themselves, and listed with what waits', async () => {
  const { no } = await setup();
  const reviewer = await as('reviewer-he');
  assert.deepEqual((await reviewer.get(`${api}/watched?case=${no}`)).body.items, []);
  for (let i = 0; i < 2; i++) assert.deepEqual((await reviewer.ask('PUT', `${api}/cases/${no}/watch`)).body, { no, watched: true });
  const [one] = (await reviewer.get(`${api}/watched?case=${no}`)).body.items;
  assert.deepEqual([one.no, one.state, one.tasks.length > 0], [no, 'reviewing', true]);
  assert.ok(one.item_title && Date.parse(one.since));
  assert.deepEqual((await (await as('reviewer-tan')).get(`${api}/watched`)).body.items, [], 'nobody else watches it');
  assert.equal((await (await as('dr-wang')).ask('PUT', `${api}/cases/${no}/watch`)).status, 404);
  assert.equal((await reviewer.ask('PUT', `${api}/cases/230100-20200101-000001-0/watch`)).body.type, 'case-not-found');
  assert.equal((await reviewer.ask('DELETE', `${api}/cases/${no}/watch`)).body.watched, false);
  assert.deepEqual((await reviewer.get(`${api}/watched`)).body.items, []);
});

test('a bad rating is listed with what was done, what is next and until when', async () => {
  const { no, clerk } = await setup();
  await complete('reviewer-he', no, { decision: 'refuse', opinion: '不符合条件' });
  await complete('reviewer-tan', no, { decision: 'approve', opinion: '同意不予' });
  await complete('head-chen', no, { decision: 'refuse', reasons: '不符合规划' });
  assert.equal((await clerk.get(`${api}/cases/${no}`)).body.state, 'closed');
  assert.equal((await clerk.post(`${api}/cases/${no}/actions/rate`, { grade: 5, text: '等得太久' })).status, 200);
  const find = async (query = '') => (await (await as('reviewer-he')).get(`${api}/remedies${query}`)).body;
  const page = await find('?state=open');
  const one = page.items.find((row) => row.of === no);
  assert.deepEqual([one.grade, one.text, one.rated_item, one.done.length], [5, '等得太久', 'institution-setup', 0]);
  assert.equal(one.tasks[0].element, 'call_back');
  assert.ok(one.tasks[0].due && one.deadline && page.counts.open >= 1, JSON.stringify(page.counts));
  await complete('reviewer-he', one.no, { verdict: 'founded', complex: '2', record: '已致电道歉' });
  await complete('reviewer-he', one.no, { measure: '增派审核人员' });
  const later = (await find('?state=open')).items.find((row) => row.no === one.no);
  assert.deepEqual(later.done.map((step) => [step.element, step.by]), [['call_back', '何平'], ['fix', '何平']]);
  assert.equal(later.done[0].data.record, '已致电道歉');
  assert.equal(later.tasks[0].element, 'recheck');
  await complete('head-chen', one.no, { satisfied: '1', record: '认可' });
  assert.ok((await find('?state=closed')).items.some((row) => row.no === one.no && row.reasons[0] === '认可'));
  assert.equal((await (await as('analyst-lin')).get(`${api}/remedies`)).status, 403);
  assert.equal((await (await as('reviewer-he')).get(`${api}/remedies?item=nothing`)).status, 404);
});
