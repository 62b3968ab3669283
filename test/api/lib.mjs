// A real server for each test file: its own data folder and port, on SQLite or (TONGBAN_POSTGRES) in a fresh PostgreSQL database.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const program = resolve(root, process.env.BUILD ?? 'build', 'tongban');
export const PASSWORD = 'demo-2026';

function firstLine(child, pattern, what) {
  return new Promise((done, fail) => {
    let text = '';
    const timer = setTimeout(() => fail(new Error(`${what} did not start: ${text}`)), PATIENCE_MS);
    const look = (part) => {
      text += part;
      const found = pattern.exec(text);
      if (found) {
        clearTimeout(timer);
        done(found);
      }
    };
    child.stdout.on('data', look);
    child.stderr.on('data', (part) => (text += part));
    child.on('exit', (code) => fail(new Error(`${what} ended with ${code}: ${text}`)));
  });
}

export async function startAgencies() {
  const child = spawn(process.execPath, [join(root, 'tools/agencies.mjs'), '--port', '0', '--attached'], { stdio: ['pipe', 'pipe', 'pipe'] });
  const [, url] = await firstLine(child, /(http:\/\/\S+)/, 'the simulator of agencies');
  const ask = async (path, body) => (await fetch(url + path, body ? { method: 'POST', body: JSON.stringify(body) } : {})).json();
  return {
    url,
    control: (settings) => ask('/_control', settings),
    received: (agency) => ask(`/_received?agency=${agency}`),
    stop: () => child.kill(),
  };
}

export async function startPostgres() {
  const folder = mkdtempSync(join(tmpdir(), 'tongban-pg-'));
  const started = spawnSync(join(root, 'tools/pg'), ['start', folder], { encoding: 'utf8' });
  if (started.status !== 0) throw new Error(`PostgreSQL did not start: ${started.stderr}${started.stdout}`);
  return {
    folder,
    stop: () => {
      spawnSync(join(root, 'tools/pg'), ['stop', folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

let databases = 0;
// TONGBAN_POSTGRES is the folder of the running cluster.
export function freshDatabase() {
  const cluster = process.env.TONGBAN_POSTGRES;
  if (!cluster) return [];
  const made = spawnSync(join(root, 'tools/pg'), ['database', cluster, `t${process.pid}_${++databases}`], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stderr);
  return ['--db', made.stdout.trim()];
}

export async function startServer({ agencies, data, db, args = [] } = {}) {
  const folder = data ?? mkdtempSync(join(tmpdir(), 'tongban-api-'));
  const where = db ?? freshDatabase();
  const child = spawn(program, ['serve', '--demo', '--data', folder, '--listen', '127.0.0.1:0', '--packs', 'packs', '--web', 'web',
    '--rate', '0', '--log', 'warning', '--attached', ...where, ...(agencies ? ['--agencies', agencies] : []), ...args],
  { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stderr.on('data', (part) => (log = (log + part).slice(-20000)));
  const [, port] = await firstLine(child, /on port (\d+)/, 'the server');
  const ended = new Promise((done) => child.on('exit', (code, signal) => done({ code, signal })));
  return {
    url: `http://127.0.0.1:${port}`,
    data: folder,
    db: where,
    child,
    log: () => log,
    ended,
    stop: async ({ keep = false, signal = 'SIGTERM' } = {}) => {
      child.kill(signal);
      const how = await ended;
      if (!keep) rmSync(folder, { recursive: true, force: true });
      return how;
    },
  };
}

/** A port that was free a moment ago, for servers that must know their own address before they start. */
export function freePort() {
  return new Promise((done) => {
    const one = createServer().listen(0, '127.0.0.1', () => {
      const { port } = one.address();
      one.close(() => done(port));
    });
  });
}

/** A folder and database whose settings are made before a server runs on them: startServer(await prepared({name: value})). */
export function prepared(settings) {
  const data = mkdtempSync(join(tmpdir(), 'tongban-api-'));
  const db = freshDatabase();
  for (const [name, value] of Object.entries(settings)) {
    const done = spawnSync(program, ['setting', name, value, '--data', data, '--packs', 'packs', ...db], { cwd: root, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`setting ${name}: ${done.stderr}${done.stdout}`);
  }
  return { data, db };
}

/** A client with its own session. ask(method, path, body, headers) gives {status, body, headers}. */
export function client(server) {
  let cookie = '';
  let csrf = '';
  async function ask(method, path, body, headers = {}) {
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    const response = await fetch(server.url + path, {
      method, redirect: 'manual',
      headers: {
        ...(body !== undefined ? { 'Content-Type': 'application/json' } : {}),
        ...(cookie ? { Cookie: cookie, 'X-CSRF-Token': csrf } : {}),
        ...headers,
      },
      body: body === undefined ? undefined : raw ? body : JSON.stringify(body),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const type = response.headers.get('content-type') ?? '';
    const text = bytes.toString('utf8');
    return { status: response.status, headers: response.headers, text, bytes, body: /json/.test(type) && text ? JSON.parse(text) : undefined };
  }
  return {
    ask,
    get: (path, headers) => ask('GET', path, undefined, headers),
    post: (path, body, headers) => ask('POST', path, body ?? {}, headers),
    async signIn(username, password = PASSWORD) {
      const answer = await ask('POST', '/api/v1/session', { username, password });
      const set = answer.headers.getSetCookie?.().find((one) => one.startsWith('tongban_session='));
      if (set) cookie = set.split(';')[0];
      if (answer.body?.csrf) csrf = answer.body.csrf;
      return answer;
    },
    get cookie() { return cookie; },
    set cookie(value) { cookie = value; },
    get csrf() { return csrf; },
    set csrf(value) { csrf = value; },
  };
}

export async function signedIn(server, username) {
  const one = client(server);
  const answer = await one.signIn(username);
  if (answer.status !== 201) throw new Error(`${username} cannot sign in: ${answer.text}`);
  return one;
}

const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/** A well-formed fictional ID number: region, birth date (yyyymmdd), sequence (odd: male). */
export function idNumber(region, birth, sequence) {
  const first = `${region}${birth}${String(sequence).padStart(3, '0')}`;
  const sum = [...first].reduce((total, digit, i) => total + Number(digit) * weights[i], 0);
  return first + '10X98765432'[sum % 11];
}

/** The form of an ordinary death in hospital; changes is overlaid, dotted paths allowed. */
export function deathForm(id, changes = {}) {
  const birth = `${id.slice(6, 10)}-${id.slice(10, 12)}-${id.slice(12, 14)}`;
  const male = Number(id[16]) % 2 === 1;
  const form = JSON.parse(readFileSync(join(root, 'test/api/death-form.json'), 'utf8'));
  form.deceased.id_number = id;
  form.deceased.birth_date = birth;
  form.deceased.sex = male ? '1' : '2';
  if (!male) form.death.pregnancy = '2';
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split('.');
    let at = form;
    for (const key of keys.slice(0, -1)) at = at[key] ??= {};
    if (value === undefined) delete at[keys.at(-1)];
    else at[keys.at(-1)] = value;
  }
  return form;
}
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

const PATIENCE_MS = 180000; // for what a busy machine does late; nothing is judged by how quick it is
/** What look gives as soon as it gives something. */
export async function until(what, look) {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(50)) {
    const found = await look();
    if (found) return found;
  }
  throw new Error(`not seen: ${what}`);
}
