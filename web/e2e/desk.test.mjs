// The staff desk: sign in, take a doubtful case, read why, decide it; certificates; keyboard.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { browser, clean, deathForm, idNumber, openDesk, PASSWORD, PHONE, picture, server, signedIn, stage, WIDE } from './lib.mjs';

let doubtful;
let normal;
let spare;
stage(async () => {
  const doctor = await signedIn(server, 'dr-wang');
  const id = idNumber('230110', '19390210', 11);
  doubtful = await doctor.post('/api/v1/cases', { item: 'death-report', confirmed: true,
    form: deathForm(id, { 'cause.a.code': 'R96.0', 'cause.a.diagnosis': '原因不明的猝死', 'cause.b': undefined }) });
  spare = await doctor.post('/api/v1/cases', { item: 'death-report', confirmed: true,
    form: deathForm(idNumber('230110', '19390210', 15), { 'cause.a.code': 'R96.0', 'cause.a.diagnosis': '原因不明的猝死', 'cause.b': undefined }) });
  normal = await doctor.post('/api/v1/cases', { item: 'death-report', form: deathForm(idNumber('230110', '19390210', 13)) });
  assert.equal(doubtful.status, 201, doubtful.text);
  assert.equal(normal.status, 201, normal.text);
});

const open = (viewport, name = 'li') => openDesk(browser, server, { path: '/tasks', name, viewport });

for (const [name, viewport] of [['desk-wide', WIDE], ['desk-phone', PHONE]])
  test(`a case's process, rules and history can be read (${name})`, async () => {
    const page = await open(viewport);
    await page.waitForSelector('table.list tbody tr');
    assert.match(await page.locator('table.list tbody tr').first().innerText(), /还剩 \d+ 个工作日|今天到期|已超期/, 'days left as a number');
    await clean(page, `${name}-worklist`);
    await page.goto(`${server.url}/desk/cases/${doubtful.body.no}`);
    await page.waitForSelector('[role=tablist]');
    await clean(page, `${name}-case`);
    await page.click('#tab-materials');
    await page.getByText('没有交过材料').waitFor();
    await page.click('#tab-related');
    await page.getByText('没有您可以查看的关联办件').waitFor();
    await clean(page, `${name}-related`);
    await page.click('#tab-process');
    await page.waitForSelector('.djs-element');
    assert.ok(await page.$('.here'), 'the token is marked');
    assert.ok((await page.$$('.passed')).length > 1, 'the passed path is marked');
    const mark = await page.evaluate(() => {
      const link = document.querySelector('.bjs-powered-by');
      link?.scrollIntoView();
      const box = link?.getBoundingClientRect();
      return !!box && document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)?.closest('.bjs-powered-by') === link;
    });
    assert.ok(mark, 'the mark of bpmn.io is fully visible');
    await clean(page, `${name}-process`);
    await page.click('#tab-decisions');
    await page.waitForSelector('tr.hit');
    await clean(page, `${name}-decisions`);
    await page.click('#tab-history');
    await page.waitForSelector('[role=tabpanel] tbody tr');
    await clean(page, `${name}-history`);
    if (viewport === WIDE) await page.click('button:has-text("关注")');
    await page.waitForSelector('button:has-text("取消关注")');
    await page.goto(`${server.url}/desk/tasks`);
    await page.click('button:has-text("我关注的")');
    await page.waitForSelector(`table.list a:has-text("${doubtful.body.no}")`);
    await clean(page, `${name}-watched`);
    assert.deepEqual(page.troubles.filter((one) => !/status of 40[14]/.test(one)), []);
    await page.context().close();
  });

test('a reviewer takes the doubtful case, is told what is missing, decides, and it is closed', async () => {
  const page = await open(WIDE);
  await page.waitForSelector('table.list tbody tr');
  await page.click(`tr:has-text("${doubtful.body.no}") button`);
  await page.waitForURL(/\/desk\/cases\//);
  await page.waitForSelector('section.task form');
  await page.click('section.task form button[type=submit]');
  await page.waitForSelector('[role=alert]');
  await clean(page, 'desk-task-errors');
  await page.check('section.task input[value=approve]');
  await page.fill('section.task textarea', '已调阅病历,排除非正常死亡');
  await page.click('section.task form button[type=submit]');
  await page.waitForSelector('.tag.good');
  await page.click('#tab-certificates');
  await page.waitForSelector('[role=tabpanel] a[href*="/certificates/"]');
  await page.click('[role=tabpanel] a[href*="/certificates/"]');
  await page.waitForSelector('.picture img');
  await clean(page, 'desk-certificate');
  await page.context().close();
});

test('a session that ends while somebody writes an opinion loses nothing of it', async () => {
  const page = await open(PHONE);
  await page.goto(`${server.url}/desk/cases/${spare.body.no}`);
  await page.click('section.task button:has-text("签收")');
  await page.fill('section.task textarea', '写到一半的意见');
  await page.check('section.task input[value=approve]');
  await page.context().clearCookies();
  await page.click('section.task form button[type=submit]');
  await page.waitForSelector('dialog[open] #again-password');
  await clean(page, 'desk-expired');
  await page.fill('#again-password', PASSWORD);
  await page.click('dialog[open] button[type=submit]');
  await page.waitForSelector('.tag.good:has-text("准予")');
  await page.context().close();
});

test('lists of cases and certificates can be searched, in English and in large type', async () => {
  const page = await open(WIDE, 'dr-wang');
  await page.click('.tools button:has-text("English")');
  await page.click('nav a:has-text("Cases")');
  await page.waitForSelector('table.list tbody tr');
  await page.fill('#q', normal.body.no);
  await page.click('form[role=search] button');
  await page.waitForFunction(() => document.querySelectorAll('table.list tbody tr').length === 1);
  await page.click('.tools button[aria-pressed]');
  await clean(page, 'desk-cases-english-large');
  await page.click('nav a:has-text("Certificates")');
  await page.waitForSelector('table.list tbody tr');
  await clean(page, 'desk-certificates-english-large');
  await page.context().close();
});

test('tabs and menus work by keyboard', async () => {
  const page = await open(WIDE);
  await page.goto(`${server.url}/desk/cases/${normal.body.no}`);
  await page.waitForSelector('#tab-form');
  await page.focus('#tab-form');
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.getAttribute('#tab-materials', 'aria-selected'), 'true');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'tab-materials');
  await page.context().close();
});
