// The cockpit in a real browser: figures and the cases behind them, late cases supervised in one click, answered and closed, a bulletin.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { browser, clean, deathForm, idNumber, openDesk, PHONE, picture, quiet, server, signedIn, stage, startServer, until, WIDE } from './lib.mjs';

let doubtful;
const V = '/api/v1';
stage(async () => {
  const [doctor, head] = [await signedIn(server, 'dr-wang'), await signedIn(server, 'head-chen')];
  const report = async (sequence, changes) => (await doctor.post(`${V}/cases`, { item: 'death-report', form: deathForm(idNumber('230110', '19380310', sequence), changes) })).body;
  for (let i = 0; i < 4; i++) assert.equal((await report(11 + 2 * i)).state, 'closed');
  doubtful = (await report(31, { 'cause.a.code': 'R96.0', 'cause.a.diagnosis': '原因不明的猝死', 'cause.b': undefined })).no;
  await until('five cases counted', async () => (await head.get(`${V}/indicators/cases-opened`)).body.numerator >= 5);
}, () => startServer({ agencies: 'http://127.0.0.1:9' }));

const open = (viewport, path, name = 'head-chen') => openDesk(browser, server, { path, name, viewport });

for (const [name, viewport] of [['wide', WIDE], ['phone', PHONE]])
  test(`every tab reads well (${name})`, async () => {
    const page = await open(viewport, '/cockpit');
    await page.waitForSelector('.figure');
    assert.match(await page.locator('.figure', { hasText: '收到办件' }).innerText(), /[5-9]/);
    await clean(page, `cockpit-overview-${name}`);
    for (const [tab, text] of [['deadlines', '按单位'], ['benchmarks', '没有可对比的事项'], ['supervision', '没有督办事项'], ['bulletins', '还没有通报']]) {
      await page.click(`#tab-${tab}`);
      await page.waitForSelector(`#panel-${tab} >> text=${text}`);
      await clean(page, `cockpit-${tab}-${name}`);
    }
    quiet(page);
    await page.context().close();
  });

test('a figure says what it means and opens its cases; its chart has a table and a file', async () => {
  const page = await open(WIDE, '/cockpit');
  await page.focus('.figure:has-text("收到办件")');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.chart svg');
  for (const text of ['口径', '来源', '数据截至']) assert.ok(await page.locator('section dl.facts dt', { hasText: text }).count(), text);
  assert.match(await page.locator('table.list tbody tr').first().innerText(), /哈尔滨/);
  const [file] = await Promise.all([page.waitForEvent('download'), page.locator('section.card button', { hasText: '导出 CSV' }).click()]);
  assert.match(readFileSync(await file.path(), 'utf8'), /^\uFEFF地区,id,分子/);
  await page.locator('dl.facts button').first().click();
  await page.waitForSelector('table.list a[href*="/desk/cases/"]');
  await clean(page, 'cockpit-figure');
  await page.locator('section.card button', { hasText: '单位' }).click();
  await page.waitForSelector('td:has-text("香坊区示范医院")');
  await page.click('.tools button:has-text("English")');
  await page.waitForSelector('.figure:has-text("Cases received")');
  quiet(page);
  await page.context().close();
});

test('a supervised case is answered by its owner and closed with a proof', async () => {
  const head = await signedIn(server, 'head-chen');
  assert.equal((await head.post(`${V}/supervisions`, { case: doubtful, reason: '请说明原因', owner: 'li' })).status, 201);
  const owner = await open(WIDE, '/cockpit/supervision', 'li');
  await owner.click('td button:has-text("反馈")');
  await owner.fill('#s-text', '正在核对,今日办结');
  await clean(owner, 'cockpit-answer');
  await owner.click('dialog button[type=submit]');
  await owner.waitForSelector('td:has-text("正在核对")');
  const page = await open(WIDE, '/cockpit/supervision');
  await page.click('td button:has-text("销号")');
  await page.click('dialog button[type=submit]');
  await page.waitForSelector('dialog [role=alert]');
  await page.fill('#s-text', '已见办结证明');
  await page.click('dialog button[type=submit]');
  await page.waitForSelector('text=没有督办事项');
  await page.click('button:has-text("已销号")');
  await page.waitForSelector('td:has-text("已见办结证明")');
  await clean(page, 'cockpit-supervised');
  quiet(page);
  await Promise.all([page.context().close(), owner.context().close()]);
});

test('a monthly bulletin is made, edited, published and printed', async () => {
  const page = await open(WIDE, '/cockpit/bulletins');
  await page.click('button:has-text("生成月报")');
  await page.fill('#b-date', new Date(Date.now() + 8 * 3600000).toISOString().slice(0, 10));
  await page.click('dialog button[type=submit]');
  await page.waitForURL(/\/cockpit\/bulletins\/\d+/);
  await page.waitForSelector('#x-0');
  assert.match(await page.inputValue('#x-0'), /收到办件为 [5-9]/);
  await page.fill('#x-3', '下月继续压缩时限。');
  await clean(page, 'cockpit-bulletin');
  await page.click('button:has-text("保存")');
  await page.waitForSelector('[role=status]:has-text("已保存")');
  await page.click('button:has-text("发布")');
  await page.waitForSelector('[role=status]:has-text("不再改动")');
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('header.top').isVisible(), false);
  assert.equal(await page.locator('button:has-text("打印")').isVisible(), false);
  assert.ok(await page.locator('p.text:has-text("下月继续压缩时限")').isVisible());
  await picture(page, 'cockpit-printed');
  quiet(page);
  await page.context().close();
});
