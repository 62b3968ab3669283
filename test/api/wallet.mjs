// A server with a pack of one plain certificate, and holders who have one.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { client, idNumber, root, signedIn, startServer } from './lib.mjs';

/** Starts it; args go to the server, further packs stand beside. */
export async function startCards({ args = [], further = [] } = {}) {
  const packs = mkdtempSync(join(tmpdir(), 'tongban-packs-'));
  for (const name of ['base', ...further]) cpSync(join(root, 'packs', name), join(packs, name), { recursive: true });
  cpSync(join(root, 'test/api/packs/cards'), join(packs, 'cards'), { recursive: true });
  const server = await startServer({ args: ['--packs', packs, ...args] });
  return { ...server, stop: async (how) => { await server.stop(how); rmSync(packs, { recursive: true, force: true }); } };
}

let people = 0;
/** A fictional person whom the office has just given a certificate: {id, name, no, case}. */
export async function issue(office, { name = '王小明', remark, valid_to, id = idNumber('230110', '19800101', ++people) } = {}) {
  const opened = await office.post('/api/v1/cases', { item: 'card', form: { name, id_number: id, ...(remark ? { remark } : {}), ...(valid_to ? { valid_to } : {}) } });
  if (opened.status !== 201) throw new Error(opened.text);
  return { id, name, no: opened.body.certificates[0].no, case: opened.body.no };
}

/** A session of a registered person, by the demo's own way in. */
export async function signedInPerson(server, id) {
  const one = client(server);
  const answer = await one.ask('POST', '/sign-in', new URLSearchParams({ id }).toString(), { 'Content-Type': 'application/x-www-form-urlencoded' });
  const set = answer.headers.getSetCookie().find((cookie) => cookie.startsWith('tongban_session='));
  if (answer.status !== 303 || !set) throw new Error(`${id} cannot sign in: ${answer.status}`);
  one.cookie = set.split(';')[0];
  one.csrf = (await one.get('/api/v1/session')).body.csrf;
  return one;
}

/** A day from now, as certificates write it. */
export const inDays = (days) => new Date(Date.now() + days * 86400000 + 8 * 3600000).toISOString().slice(0, 10);
export { signedIn };
