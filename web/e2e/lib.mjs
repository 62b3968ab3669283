// Chromium on a real server. Pictures of every page go to e2e/pictures for people to look at; PICTURES=none takes none.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { PASSWORD, startServer, until } from '../../test/api/lib.mjs';

export * from '../../test/api/lib.mjs';

const pictures = fileURLToPath(new URL('pictures/', import.meta.url));
mkdirSync(pictures, { recursive: true });

export const PHONE = { width: 390, height: 844 };
export const WIDE = { width: 1440, height: 900 };

/** The server and the browser of a test file, which is a process of its own; both are there from the first test on. */
export let server;
export let browser;

/** Starts both before the tests of a file and ends them after. prepare makes what the pages are to show. */
export function stage(prepare = () => {}, start = startServer) {
  before(async () => {
    server = await start();
    browser = await launch();
    await prepare();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
}

function launch() {
  return chromium.launch({
    executablePath: '/usr/bin/chromium', headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
      '--disable-sync', '--lang=zh-CN'],
    env: { ...process.env, LANGUAGE: 'zh_CN' },
  });
}

/** A page whose console errors and failed requests are collected in page.troubles. */
export async function newPage(browser, { viewport = WIDE, scripts = true, locale = 'zh-CN' } = {}) {
  const context = await browser.newContext({ viewport, javaScriptEnabled: scripts, locale, timezoneId: 'Asia/Shanghai' });
  context.setDefaultTimeout(90000); // a busy machine is no failure
  const page = await context.newPage();
  page.scripts = scripts;
  page.troubles = [];
  page.on('console', (message) => { if (message.type() === 'error') page.troubles.push(message.text()); });
  page.on('pageerror', (error) => page.troubles.push(String(error)));
  return page;
}

/** Nothing went wrong on the page but requests that are refused by design. */
export const quiet = (page) => assert.deepEqual(page.troubles.filter((one) => !/status of 4\d\d/.test(one)), []);

export async function picture(page, name) {
  if (process.env.PICTURES !== 'none') await page.screenshot({ path: `${pictures}${name}.png`, fullPage: true });
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'];

/** Violations of WCAG 2.1 A and AA, as text; empty when there are none. Axe is a script: pages without scripts are the same HTML. */
export async function axe(page) {
  if (!page.scripts) return [];
  await faded(page);
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axeSource);
  return page.evaluate(async (runOnly) => {
    const { violations } = await window.axe.run(document, { runOnly, resultTypes: ['violations'] });
    return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(' | ')}`);
  }, RULES);
}

/** What fades in or out has done so: halfway its colours are neither those before nor those after. */
function faded(page) {
  return page.evaluate(async () => {
    const ending = document.getAnimations().filter((one) => one.playState === 'running' && one.effect.getComputedTiming().endTime < Infinity);
    await Promise.allSettled(ending.map((one) => one.finished));
  });
}

export async function noSidewaysScroll(page) {
  return page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth);
}

/** Takes a picture; nothing may hinder anybody, and nothing may be wider than the window. */
export async function clean(page, name) {
  await picture(page, name);
  assert.deepEqual(await axe(page), [], name);
  assert.ok(await noSidewaysScroll(page), `${name} scrolls sideways`);
}

/** An element's text is so, once the page is there whole. */
export async function reads(page, selector, pattern) {
  let text;
  await until(`${pattern}`, async () => pattern.test(text = await page.textContent(selector))).catch((error) => {
    throw new Error(`${error.message} in ${selector}: ${text}`);
  });
}

/** Signs a staff member in on the citizens' pages. */
export async function signInAtPortal(page, server, name) {
  await page.goto(`${server.url}/sign-in`);
  await page.fill('#username', name);
  await page.fill('#password', PASSWORD);
  await page.click('main form button');
  await page.waitForURL(`${server.url}/`);
}

/** A page of the desk with somebody signed in. path: "/tasks". */
export async function openDesk(browser, server, { path, name, viewport = WIDE }) {
  const page = await newPage(browser, { viewport });
  await page.goto(`${server.url}/desk/sign-in?next=${encodeURIComponent(path)}`);
  await page.fill('#username', name);
  await page.fill('#password', PASSWORD);
  await page.click('form button[type=submit]');
  await page.waitForURL((url) => url.pathname + url.search === `/desk${path}`);
  return page;
}
