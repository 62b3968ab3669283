// The citizen's side at the width of a phone, with scripts and without: sign-in by a clerk's side, drafts, materials, messages, receipt.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { browser, clean, idNumber, newPage, PHONE, reads, server, signInAtPortal, stage } from './lib.mjs';

const folder = mkdtempSync(join(tmpdir(), 'tongban-materials-'));
const pdf = join(folder, '申请表.pdf');
const renamed = join(folder, '身份证.pdf');
stage(async () => {
  writeFileSync(pdf, '%PDF-1.7\n1 0 obj\n');
  writeFileSync(renamed, 'MZ this is a program\n');
});

const values = { phone: '13800001111', region: '230110', situation: 'damaged', unchanged: '1', not_withheld: '2' };

async function fill(page, who) {
  const answers = { ...values, name: who.name, id_number: who.id, certificate_number: `202523110${who.id}` };
  for (const [name, value] of Object.entries(answers)) {
    const field = page.locator(`form[data-form] [name="${name}"]`);
    if (await field.count() === 0) continue;
    const kind = await field.first().evaluate((one) => (one.tagName === 'SELECT' ? 'select' : one.type));
    if (kind === 'select') await field.selectOption(value);
    else if (kind === 'radio') await page.check(`[name="${name}"][value="${value}"]`);
    else await field.fill(value);
  }
  if (await page.locator('form[data-form] [name=statement]').count()) await page.check('[name=statement]');
}

for (const [name, scripts] of [['apply-phone', true], ['apply-phone-no-scripts', false]])
  test(`a clerk helps somebody at the window from the first page to the receipt, and is named on each (${name})`, async () => {
    const page = await newPage(browser, { viewport: PHONE, scripts });
    const who = { id: idNumber('230110', '19800315', scripts ? 41 : 43), name: '李明' };
    await signInAtPortal(page, server, 'clerk-gao');
    await page.goto(`${server.url}/acting`);
    await clean(page, `${name}-acting`);
    await page.fill('#id', who.id);
    await page.fill('#assist-evidence', '居民身份证原件');
    await page.click('form[action="/acting/assist"] button');
    await page.waitForSelector('.errors');
    await clean(page, `${name}-acting-refused`);
    await page.fill('#assist-name', who.name);
    await page.click('form[action="/acting/assist"] button');
    await page.waitForSelector('.acting');
    await reads(page, '.acting', /高洁[\s\S]*李明/);

    await page.goto(`${server.url}/apply/doctor-qualification-replace`);
    await page.click('main form:last-of-type button');
    await page.click('main a.button');
    await reads(page, 'main', /来自您的登录身份/);
    assert.equal(await page.inputValue('[name=name]'), who.name);
    await clean(page, `${name}-step`);
    for (let i = 0; i < 8 && !/materials|check/.test(page.url()); i++) {
      await fill(page, who);
      await page.click('.actions button:first-child');
      await page.waitForLoadState('load');
    }
    await page.waitForURL(/\/materials$/);
    await clean(page, `${name}-materials`);
    await page.setInputFiles('#file-id', renamed);
    await page.click('form[action$="/materials/id"] button:has-text("上传")');
    const told = scripts ? '[data-said].message' : '.errors'; // scripts say it beside the file, without a new page
    await page.waitForSelector(told);
    assert.match(await page.textContent(told), /只收 PDF/);
    await clean(page, `${name}-materials-refused`);
    await page.setInputFiles('#file-id', pdf);
    await page.click('form[action$="/materials/id"] button:has-text("上传")');
    await page.waitForSelector('.tag.good');
    await reads(page, 'main', /申请表\.pdf/);
    await page.click('form[action$="/materials/form"] button:has-text("纸质")');
    await page.locator('.tag.good').nth(1).waitFor();
    await clean(page, `${name}-materials-given`);

    const draft = page.url();
    const other = await newPage(browser, { viewport: PHONE, scripts });
    await signInAtPortal(other, server, 'clerk-gao');
    await other.goto(`${server.url}/acting`);
    await reads(other, 'main', /李明/);
    await other.click('form[action="/acting"] button:has-text("李明")');
    await other.waitForSelector('.acting');
    await other.goto(draft);
    await reads(other, 'main', /申请表\.pdf/);
    await other.context().close();

    await page.click('a.button[href$="/check"]');
    await clean(page, `${name}-check`);
    await page.check('[name=promise]');
    await page.click('.actions button');
    await page.waitForURL(/\/cases\/.*new=1/);
    await reads(page, 'main', /代办人[\s\S]*高洁/);
    await clean(page, `${name}-receipt`);
    await page.check('[name=grade][value="5"]');
    assert.deepEqual(await page.$$eval('[name^="tag-"]', (all) => [...new Set(all.filter((one) => one.offsetParent).map((one) => one.name))]), ['tag-5'], 'the words of this grade only');
    await clean(page, `${name}-rating`);
    await page.check('[name="tag-5"][value=late]');
    if (scripts) await page.check('[name=anonymous]');
    await page.fill('#text', '等得太久');
    await page.click('.rate button');
    await page.waitForSelector('text=您的评价');
    assert.match(await page.textContent('main'), scripts ? /超过承诺时限[\s\S]*匿名评价不回访/ : /超过承诺时限[\s\S]*差评整改/);
    await clean(page, `${name}-rated`);
    await page.goto(`${server.url}/inbox`);
    await reads(page, 'main', /已办结/);
    await clean(page, `${name}-inbox`);
    await page.click('.acting button');
    await page.waitForURL(`${server.url}/`);
    assert.equal(await page.locator('.acting').count(), 0);
    await page.goto(`${server.url}/inbox`);
    await page.fill('#phone', '123');
    await page.click('form[action="/inbox/preferences"] button');
    await page.waitForSelector('.errors');
    await clean(page, `${name}-preferences-refused`);
    await page.context().close();
  });

test('what is typed is saved without pressing anything', async () => {
  const page = await newPage(browser, { viewport: PHONE });
  await signInAtPortal(page, server, 'dr-wang');
  await page.goto(`${server.url}/apply/death-report`);
  await page.click('main form:last-of-type button');
  const url = page.url();
  const saved = page.waitForRequest((request) => request.method() === 'POST' && request.url() === url);
  await page.fill('[name="deceased.name"]', '张三');
  await (await saved).response();
  const again = await newPage(browser, { viewport: PHONE });
  await signInAtPortal(again, server, 'dr-wang');
  await again.goto(url);
  assert.equal(await again.inputValue('[name="deceased.name"]'), '张三');
  await page.context().close();
  await again.context().close();
});

test('the page of the second factor is clean', async () => {
  const page = await newPage(browser, { viewport: PHONE });
  await signInAtPortal(page, server, 'dr-wang');
  await page.goto(`${server.url}/sign-in/factor`);
  await clean(page, 'apply-factor');
  await page.click('main form button');
  await page.waitForSelector('#code');
  await clean(page, 'apply-factor-secret');
  await page.context().close();
});
