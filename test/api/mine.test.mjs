// What persons see, take along and end of their own; rating with words and without a name; figures open to everybody.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { client, deathForm, idNumber, signedIn, startServer, until } from './lib.mjs';
import { issue, signedInPerson, startCards } from './wallet.mjs';

const V = '/api/v1';
const holder = idNumber('230110', '19750607', 301);
const stranger = idNumber('230110', '19750607', 303);
let server;
let clerk;
before(async () => {
  server = await startCards({ further: ['death', 'licensing', 'cockpit'] });
  clerk = await signedIn(server, 'clerk-gao');
  const office = await signedIn(server, 'li');
  await issue(office, { id: holder, name: '赵小满' });
  await issue(office, { id: stranger, name: '钱二' });
});
after(() => server.stop());

/** A clerk's session that acts for the holder. */
async function atWindow() {
  const one = await signedIn(server, 'clerk-gao');
  const begun = await one.post(`${V}/session/assist`, { id: holder, evidence: '居民身份证原件' });
  assert.equal(begun.status, 201, begun.text);
  one.cookie = begun.headers.getSetCookie().find((each) => each.startsWith('tongban_session=')).split(';')[0];
  one.csrf = begun.body.csrf;
  return one;
}

let sequence = 500;
/** A closed case of the holder's, opened at the window. */
async function closedCase() {
  const one = await atWindow();
  const [id, name] = [holder, '赵小满'];
  const opened = await one.post(`${V}/cases`, {
    item: 'doctor-qualification-replace',
    form: { name, id_number: id, phone: '13845006789', region: '230110', situation: 'damaged', unchanged: '1', not_withheld: '1', statement: true, certificate_number: `202523110${id}`.slice(0, 27) },
    materials: [{ id: 'form', paper: true }, { id: 'id', paper: true }],
    signature: { name: '高洁' },
  });
  assert.equal(opened.status, 201, opened.text);
  assert.equal(opened.body.state, 'closed', opened.text);
  return opened.body;
}

const rate = (who, no, what) => who.post(`${V}/cases/${no}/actions/rate`, what);

test('persons see where they are signed in and end it, one by one or all others', async () => {
  await closedCase();
  const phone = await signedInPerson(server, holder);
  const kept = await signedInPerson(server, holder);
  const other = await signedInPerson(server, holder);
  const seen = (await kept.get(`${V}/me/sessions`)).body.items;
  assert.equal(seen.length, 3);
  assert.equal(seen.filter((one) => one.here).length, 1);
  assert.ok(seen.every((one) => one.device && one.began && one.seen), JSON.stringify(seen));
  const mine = (await phone.get(`${V}/me/sessions`)).body.items.find((one) => one.here).id;
  assert.equal((await kept.ask('DELETE', `${V}/me/sessions/${mine}`)).status, 204);
  assert.equal((await phone.get(`${V}/me/sessions`)).status, 401);
  assert.equal((await kept.ask('DELETE', `${V}/me/sessions/${mine}`)).body.type, 'session-not-found');
  assert.equal((await kept.ask('DELETE', `${V}/me/sessions/others`)).status, 204);
  assert.equal((await other.get(`${V}/me/sessions`)).status, 401);
  assert.equal((await kept.get(`${V}/me/sessions`)).body.items.length, 1);
  const another = await signedInPerson(server, stranger);
  const here = (await kept.get(`${V}/me/sessions`)).body.items[0].id;
  assert.equal((await another.ask('DELETE', `${V}/me/sessions/${here}`)).body.type, 'session-not-found', 'nobody ends those of others');
  assert.equal((await kept.get(`${V}/me/sessions`)).status, 200);
});

test('all that is held about a person comes in one answer, to that person only, and is noted', async () => {
  const { no } = await closedCase();
  const me = await signedInPerson(server, holder);
  const answer = await me.get(`${V}/me/data`);
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers.get('cache-control'), 'no-cache');
  const { body } = answer;
  assert.equal(body.about.id, holder);
  assert.equal(body.register.name, '赵小满');
  const held = body.cases.find((one) => one.no === no);
  assert.equal(held.form.phone, '13845006789', 'whole cases, not their lines');
  assert.deepEqual(body.certificates.filter((one) => one.case === no).map((one) => one.no), held.certificates.map((one) => one.no), 'and what they gave');
  assert.ok(body.certificates.every((one) => one.face.name === '赵小满'));
  assert.ok(body.notices.length > 0 && body.sessions.length > 0);
  assert.ok(!answer.text.includes('钱二'), 'nothing of others');
  const auditor = await signedIn(server, 'audit-jin');
  const noted = (await auditor.get(`${V}/access-log?subject=${holder}&limit=100`)).body.items;
  assert.ok(noted.some((one) => one.what === 'mine.export'), JSON.stringify(noted.map((one) => one.what)));
  assert.equal((await client(server).get(`${V}/me/data`)).status, 401);
  assert.equal((await clerk.get(`${V}/me/data`)).body.type, 'forbidden', 'staff have their own ways');
  const page = await me.get('/me/data?format=json');
  assert.match(page.headers.get('content-disposition'), /my-data\.json/);
  assert.equal(JSON.parse(page.text).about.id, holder);
});

test('nobody who acts for a person takes their data along', async () => {
  const one = await atWindow();
  for (const path of ['/me/data', '/me/sessions']) assert.equal((await one.get(V + path)).body.type, 'forbidden', path);
});

test('a rating names the words of its own grade', async () => {
  const { no } = await closedCase();
  const me = await signedInPerson(server, holder);
  for (const [what, field] of [[{ grade: 0 }, 'grade'], [{ grade: 1, tags: ['late'] }, 'tags'], [{ grade: 1, tags: ['fast', 'fast'] }, 'tags'], [{ grade: 1, tags: 'fast' }, 'tags'], [{ grade: 1, anonymous: 'yes' }, 'anonymous']]) {
    const refused = await rate(me, no, what);
    assert.equal(refused.body.type, 'rating-invalid', refused.text);
    assert.equal(refused.body.field, field);
  }
  assert.equal((await rate(me, no, { grade: 1, tags: ['fast', 'no-visit'], text: '很快' })).status, 200);
  const { rating } = (await clerk.get(`${V}/cases/${no}`)).body;
  assert.deepEqual([rating.grade, rating.tags, rating.text], [1, ['fast', 'no-visit'], '很快']);
});

test('staff do not learn who gave a bad rating without a name, and it is remedied all the same', async () => {
  const { no } = await closedCase();
  const me = await signedInPerson(server, holder);
  assert.equal((await rate(me, no, { grade: 5, tags: ['shirking'], text: '互相推', anonymous: true })).status, 200);
  assert.equal((await me.get(`${V}/cases/${no}`)).body.rating.grade, 5, 'the rater sees it');
  const of = (await clerk.get(`${V}/cases/${no}`)).body;
  assert.deepEqual(of.rating, { anonymous: true });
  assert.equal(of.children, undefined);
  const events = (await clerk.get(`${V}/cases/${no}/events`)).body.items;
  assert.equal(events.find((one) => one.type === 'case.rated').grade, undefined);
  const head = await signedIn(server, 'li');
  const remedies = (await head.get(`${V}/remedies`)).body.items;
  const remedy = remedies.find((one) => one.text === '互相推');
  assert.ok(remedy && remedy.of === undefined, JSON.stringify(remedies));
  const seen = await head.get(`${V}/cases/${remedy.no}`);
  const told = await head.get(`${V}/cases/${remedy.no}/events`);
  for (const answer of [seen, told]) assert.ok(!answer.text.includes('赵小满') && !answer.text.includes(holder) && !answer.text.includes(no), answer.text);
  assert.match(seen.body.form.tags, /推诿/);
});

test('figures are open level by level, with small numbers left out', async () => {
  const nobody = client(server);
  const province = (await nobody.get(`${V}/figures`)).body;
  assert.equal(province.level, 'province');
  const share = (figures, id) => figures.items.find((one) => one.id === id);
  assert.equal(share(province, 'instant-items').value, 0.701493, 'the promised share of the catalogue');
  const city = (await nobody.get(`${V}/figures?region=230100`)).body;
  assert.deepEqual([city.level, city.path.map((one) => one.code)], ['city', ['230000', '230100']]);
  assert.equal(share(city, 'instant-items'), undefined, 'the catalogue is the province\'s');
  const county = (await nobody.get(`${V}/figures?region=230110&lang=en`)).body;
  assert.equal(county.level, 'county');
  assert.equal(county.parts.length, 0);
  assert.ok(county.items.every((one) => !/[一-鿿]/.test(one.title + one.formula)), 'in the language asked for');
  assert.equal((await nobody.get(`${V}/figures?region=230110001`)).body.type, 'region-unknown');
  assert.equal((await nobody.get(`${V}/figures?from=yesterday`)).body.field, 'from');
  const opened = await closedCase();
  const me = await signedInPerson(server, holder);
  assert.equal((await rate(me, opened.no, { grade: 2 })).status, 200);
  const rated = async (region) => share((await nobody.get(`${V}/figures?region=${region}`)).body, 'ratings');
  await until('three ratings counted', async () => (await rated('230110')).value >= 3);
  const doctor = await signedIn(server, 'dr-wang');
  const death = await doctor.post(`${V}/cases`, { item: 'death-report', form: deathForm(idNumber('230110', '19460607', (sequence += 2))) });
  assert.equal(death.body.state, 'closed', death.text);
  assert.equal((await rate(doctor, death.body.no, { grade: 1 })).status, 200);
  await until('the fourth counted', async () => (await rated('230110')).value >= 4);
  const none = await rated('230200');
  assert.deepEqual([none.value, none.suppressed], [0, undefined], 'none is no secret');
});

test('fewer than three cases are not told', async () => {
  const fresh = await startServer();
  try {
    const doctor = await signedIn(fresh, 'dr-wang');
    const death = await doctor.post(`${V}/cases`, { item: 'death-report', form: deathForm(idNumber('230110', '19460607', 901)) });
    assert.equal(death.status, 201, death.text);
    const closed = await until('the case counted', async () => {
      const { items } = (await client(fresh).get(`${V}/figures?region=230110`)).body;
      const one = items.find((each) => each.id === 'cases-closed');
      return one.value !== 0 && one;
    });
    assert.deepEqual([closed.suppressed, closed.value, closed.numerator, closed.rows], [true, undefined, undefined, []]);
  } finally {
    await fresh.stop();
  }
});

test('items without a table ask their published conditions', async () => {
  const nobody = client(server);
  const path = `${V}/items/radiology/eligibility`;
  const { questions } = (await nobody.get(path)).body;
  assert.equal(questions.length, 3);
  const ask = async (...said) => (await nobody.post(path, { answers: Object.fromEntries(questions.map((one, i) => [one.id, said[i]])) })).body;
  const [first, second] = questions.map((one) => one.label);
  assert.equal((await ask('yes', 'yes', 'yes')).outcome, 'doubtful', 'staff decide');
  const no = await ask('no', 'unknown', 'yes');
  assert.deepEqual([no.outcome, no.because], ['refuse', [first]]);
  const open = await ask('yes', 'unknown', 'yes');
  assert.deepEqual([open.outcome, open.unsure], ['open', [second]]);
  assert.equal((await nobody.get(`${V}/items/after-check/eligibility`)).body.type, 'eligibility-none', 'what staff do is not asked');
});

test('a second factor comes with a code to scan, made here', async () => {
  const doctor = await signedIn(server, 'dr-wang');
  const { body } = await doctor.post(`${V}/session/totp`, {});
  assert.match(body.svg, /^<svg [^>]*>.*<path /);
  assert.ok(!/https?:\/\/(?!www\.w3\.org)/.test(body.svg), 'nobody else is asked');
});

test('a certificate that is printed again says so on the PDF, and only there', async () => {
  const office = await signedIn(server, 'li');
  const { no } = await issue(office, { name: '孙三' });
  const get = async (kind) => (await office.get(`${V}/certificates/${no}.${kind}`)).bytes;
  const [pdf, svg] = [await get('pdf'), await get('svg')];
  const again = await office.post(`${V}/certificates/${no}/actions/reprint`, { reason: '遗失' });
  assert.equal(again.status, 200, again.text);
  const copy = await get('pdf');
  assert.equal(copy.subarray(0, 4).toString(), '%PDF');
  assert.ok(!copy.equals(pdf), 'the copy is told from the first');
  assert.ok(copy.equals(await get('pdf')), 'by when it was printed, not by when it was fetched');
  assert.ok(svg.equals(await get('svg')), 'the certificate itself has not changed');
});
