// Subjects, audit and administration on the desk; where each role lands and what its menu shows; who looked, for citizens.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { browser, clean, deathForm, idNumber, newPage, openDesk, PASSWORD, PHONE, quiet, server, signedIn, stage, startServer, WIDE } from './lib.mjs';

const dead = idNumber('230110', '19390210', 41);
stage(async () => {
  const opened = await (await signedIn(server, 'dr-wang')).post('/api/v1/cases', { item: 'death-report', form: deathForm(dead) });
  assert.equal(opened.status, 201, opened.text);
}, () => startServer({ agencies: 'http://127.0.0.1:9' }));

const open = (viewport, path, name) => openDesk(browser, server, { path, name, viewport });
const sizes = [['wide', WIDE], ['phone', PHONE]];

for (const [size, viewport] of sizes)
  test(`a subject's file opens for a purpose and shows all that is held (${size})`, async () => {
    const page = await open(viewport, '/subjects', 'li');
    await clean(page, `subjects-${size}`);
    await page.fill('#q', idNumber('230110', '19010101', 1));
    await page.keyboard.press('Enter');
    await page.getByText('没有您可以查看的人员或机构').waitFor();
    await page.fill('#q', dead);
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: /打开档案/ }).waitFor();
    await clean(page, `subjects-found-${size}`);
    await page.getByRole('link', { name: /打开档案/ }).click();
    await page.selectOption('#why', 'other');
    assert.ok(await page.getByRole('button', { name: '打开' }).isDisabled());
    await page.fill('#why-text', '核对死亡登记');
    await clean(page, `subject-why-${size}`);
    await page.getByRole('button', { name: '打开' }).click();
    await page.getByText(dead).first().waitFor();
    await page.getByText('死亡医学证明', { exact: false }).first().waitFor();
    await clean(page, `subject-${size}`);
    assert.doesNotMatch(page.url(), /purpose/);
    quiet(page);
    await page.context().close();
  });

test('a person is put on the supervision list from the file, without a case', async () => {
  const page = await open(WIDE, '/subjects', 'head-chen');
  await page.fill('#q', dead);
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: /打开档案/ }).click();
  await page.selectOption('#why', 'other');
  await page.fill('#why-text', '投诉核查');
  await page.getByRole('button', { name: '打开' }).click();
  await page.getByRole('button', { name: '督办' }).click();
  await page.fill('#sv-reason', '多次投诉,请核查');
  await page.selectOption('#sv-owner', { index: 0 });
  await clean(page, 'subject-supervise');
  await page.click('dialog button[type=submit]');
  await page.getByText('不涉及办件').waitFor();
  await clean(page, 'subject-supervised');
  quiet(page);
  await page.context().close();
});

for (const [size, viewport] of sizes)
  test(`the auditor searches the access log and exports it with a reason (${size})`, async () => {
    const page = await open(viewport, '/audit', 'audit-jin');
    await page.locator('table.list tbody tr').first().waitFor();
    await clean(page, `audit-${size}`);
    await page.getByRole('button', { name: '立即全面校验' }).click();
    await page.getByText('未发现问题').waitFor();
    await page.getByText('正在校验').waitFor({ state: 'detached' });
    await clean(page, `audit-done-${size}`);
    await page.fill('#a-subject', dead);
    await page.click('form[role=search] button[type=submit]');
    await page.waitForFunction((masked) => [...document.querySelectorAll('table.list tbody tr')].every((row) => row.innerText.includes(masked)), dead.slice(0, 6));
    await page.getByRole('button', { name: '导出' }).click();
    await page.click('dialog button[type=submit]');
    await page.waitForSelector('dialog [role=alert]');
    await page.fill('#a-reason', '季度抽查');
    await clean(page, `audit-export-${size}`);
    const [file] = await Promise.all([page.waitForEvent('download'), page.click('dialog button[type=submit]')]);
    assert.match(readFileSync(await file.path(), 'utf8'), /^\uFEFF?at,who,/);
    await page.getByText(/已导出 \d+ 条/).waitFor();
    await page.getByText('导出访问日志', { exact: true }).first().waitFor();
    await page.fill('#a-to', '2001-01-01');
    await page.click('form[role=search] button[type=submit]');
    await page.getByText('没有符合条件的访问记录').waitFor();
    quiet(page);
    await page.context().close();
  });

for (const [size, viewport] of sizes)
  test(`every tab of administration shows what it is about (${size})`, async () => {
    const page = await open(viewport, '/admin', 'admin');
    for (const [tab, text] of [['users', 'dr-wang'], ['roles', '全部权限'], ['codes', '条目'], ['templates', 'case-closed'], ['integrations', 'police'], ['settings', 'mail.password']]) {
      await page.click(`#tab-${tab}`);
      if (tab === 'users') {
        await page.fill('#u-q', 'dr-');
        await page.click('form[role=search] button[type=submit]');
      }
      await page.locator('[role=tabpanel]').getByText(text).first().waitFor();
      await clean(page, `admin-${tab}-${size}`);
    }
    quiet(page);
    await page.context().close();
  });

test('an account is made; its owner sets a password with the code and lands on a page of their own', async () => {
  const page = await open(WIDE, '/admin/users', 'admin');
  await page.locator('table.list tbody tr').first().waitFor();
  await page.getByRole('button', { name: '新建账号' }).click();
  await page.fill('#f-name', 'an.lan');
  await page.fill('#f-title', '安兰');
  await page.selectOption('#f-role', 'analyst');
  await page.fill('#f-region', '999');
  await page.click('dialog button[type=submit]');
  await page.waitForSelector('dialog [role=alert]');
  await page.fill('#f-region', '230000');
  await clean(page, 'admin-create');
  await page.click('dialog button[type=submit]');
  const code = await page.locator('code.once').innerText();
  await clean(page, 'admin-code');

  const mine = await newPage(browser, { viewport: PHONE });
  await mine.goto(`${server.url}/desk/sign-in`);
  await mine.getByRole('link', { name: /一次性代码/ }).click();
  await mine.fill('#code', code); // the page before has a #username too
  await mine.fill('#username', 'an.lan');
  await mine.fill('#password', 'another-pass-1');
  await mine.fill('#again', 'another-pass-2');
  await mine.click('form button[type=submit]');
  await mine.getByText('两次输入的密码不同').waitFor();
  await mine.fill('#again', 'another-pass-1');
  await clean(mine, 'new-password-phone');
  await mine.click('form button[type=submit]');
  await mine.getByRole('link', { name: '去登录' }).click();
  await mine.fill('#username', 'an.lan');
  await mine.fill('#password', 'another-pass-1');
  await mine.click('form button[type=submit]');
  await mine.waitForURL(/\/desk\/models$/);
  quiet(mine);

  await page.fill('#u-q', 'an.lan');
  await page.click('form[role=search] button[type=submit]');
  await page.waitForFunction(() => document.querySelectorAll('table.list tbody tr').length === 1);
  await page.getByRole('button', { name: '详情 an.lan' }).click();
  await page.getByText('会话和设备').waitFor();
  await clean(page, 'admin-user');
  await page.getByRole('button', { name: '锁定' }).click();
  await page.fill('#act-reason', '试用结束');
  await page.click('dialog button[type=submit]');
  await page.getByText('已办理:锁定 an.lan').waitFor();
  await mine.goto(`${server.url}/desk/models`);
  await mine.waitForURL(/sign-in/);
  quiet(page);
  for (const one of [page, mine]) await one.context().close();
});

test('code tables are browsed, notices previewed, an agency that is down is told, a setting is changed', async () => {
  const page = await open(WIDE, '/admin/codes', 'admin');
  await page.locator('table.list tbody tr').first().getByRole('button').click();
  await page.locator('.tall tbody tr').first().waitFor();
  await page.fill('#c-in', '没有这样的条目');
  await page.keyboard.press('Enter');
  await page.getByText('没有符合条件的条目').waitFor();
  await page.click('#tab-templates');
  await page.getByRole('button', { name: '预览 case-closed' }).click();
  await page.getByText('准予').last().waitFor();
  await page.fill('#p-data', '{"outcome": "refused"}');
  await page.click('dialog button[type=submit]');
  await page.locator('.letter', { hasText: '不予许可' }).waitFor();
  await clean(page, 'admin-preview');
  await page.keyboard.press('Escape');
  await page.click('#tab-integrations');
  await page.getByRole('button', { name: /^测试/ }).first().click();
  await page.getByText(/连不通/).waitFor();
  await clean(page, 'admin-tested');
  await page.click('#tab-settings');
  await page.getByRole('button', { name: '修改 mail.from' }).click();
  await page.fill('#f-value', 'desk@example.cn');
  await clean(page, 'admin-setting');
  await page.click('dialog button[type=submit]');
  await page.getByText('desk@example.cn').waitFor();
  quiet(page);
  await page.context().close();
});

const starts = { 'dr-wang': '/tasks', 'auditor-sun': '/tasks', li: '/tasks', 'reviewer-liu': '/tasks', 'head-chen': '/tasks', 'clerk-gao': '/tasks', 'super-ma': '/remedies',
  'analyst-lin': '/models', 'approver-he': '/models', 'ops-lin': '/cases', 'audit-jin': '/audit', admin: '/tasks', 'expert-xu': '/tasks', 'national-zheng': '/tasks' };
test('each role lands on a page it may see, without a refusal; the menu holds only what it may use', async () => {
  for (const [name, path] of Object.entries(starts)) {
    const page = await newPage(browser);
    const refusals = [];
    page.on('response', (response) => { if (response.status() === 403) refusals.push(response.url()); });
    await page.goto(`${server.url}/desk/sign-in`);
    await page.fill('#username', name);
    await page.fill('#password', PASSWORD);
    await page.click('form button[type=submit]');
    await page.waitForURL((url) => url.pathname === `/desk${path}`);
    const links = await page.locator('header nav a[href^="/desk/"]').evaluateAll((all) => all.map((one) => new URL(one.href).pathname));
    assert.ok(links.includes(`/desk${path}`), name);
    for (const link of links) {
      await page.locator(`header nav a[href="${link}"]`).click();
      await page.waitForURL((url) => url.pathname === link);
      await page.waitForLoadState('networkidle');
    }
    assert.deepEqual(refusals, [], name);
    await page.context().close();
  }
  const analyst = await open(WIDE, '/models', 'analyst-lin');
  assert.deepEqual(await analyst.locator('header nav a[href^="/desk/"]').allInnerTexts(), ['模型', '事项管理']);
  await analyst.goto(`${server.url}/desk/tasks`);
  await analyst.waitForURL(/\/desk\/models$/);
  await analyst.goto(`${server.url}/desk/admin`);
  await analyst.getByText('您没有系统管理的权限').waitFor();
  await analyst.context().close();
});

test('the desk pages can be read in English and in large type, by keyboard', async () => {
  const page = await open(WIDE, '/admin/users', 'admin');
  await page.click('.tools button:has-text("English")');
  await page.click('.tools button[aria-pressed]');
  await page.focus('#tab-users');
  await page.keyboard.press('ArrowRight');
  await page.waitForURL(/admin\/roles/);
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'tab-roles');
  await page.getByText('Security auditor').first().waitFor();
  await clean(page, 'admin-english-large');
  await page.context().close();
});

for (const [size, viewport] of sizes)
  test(`a citizen sees in the settings who looked (${size})`, async () => {
    const li = await signedIn(server, 'li');
    const [hit] = (await li.get(`/api/v1/subjects?q=${dead}`)).body.items;
    await li.get(`/api/v1/subjects/${hit.key}?purpose=${encodeURIComponent('监督检查')}`);
    const page = await newPage(browser, { viewport });
    await page.goto(`${server.url}/sign-in`);
    await page.fill('input[name=id]', dead);
    await page.locator('form:has(input[name=id]) button').click();
    await page.waitForURL(`${server.url}/`);
    await page.goto(`${server.url}/me`);
    await page.getByText('谁看过我的信息').waitFor();
    await page.getByText('打开了您的档案').first().waitFor();
    await clean(page, `portal-looks-${size}`);
    await page.context().close();
  });
