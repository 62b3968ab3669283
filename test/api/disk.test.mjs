// No room for another byte: clean refusals, reading goes on, and everything works again when there is room.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { deathForm, idNumber, program, root, signedIn, startServer } from './lib.mjs';

const limit = (pid, bytes) => {
  const done = spawnSync('prlimit', [`--fsize=${bytes}`, '--pid', String(pid)], { encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr);
};

test('a full disk refuses what is new and loses nothing; an audit afterwards finds what somebody changes', { skip: process.env.TONGBAN_POSTGRES ? 'the files are PostgreSQL\'s' : false }, async () => {
  const server = await startServer();
  const doctor = await signedIn(server, 'dr-wang');
  const open = (n) => doctor.post('/api/v1/cases', { item: 'death-report', form: deathForm(idNumber('230110', '19480303', n)) });
  const known = [];
  for (let n = 1; n <= 5; n++) known.push((await open(n * 2)).body.no);

  const wal = join(server.data, 'tongban.db-wal');
  limit(server.child.pid, `${statSync(wal).size + 20000}:unlimited`);
  const refused = [];
  let closed = 0;
  for (let n = 6; n <= 200 && refused.length < 10; n++) {
    const answer = await open(n * 2);
    if (answer.status === 201) { known.push(answer.body.no); closed++; }
    else refused.push({ n, answer });
  }
  assert.equal(refused.length, 10, `${closed} cases were closed on a full disk`);
  for (const { answer } of refused) {
    assert.equal(answer.status, 503, answer.text);
    assert.match(answer.body.type, /db-(full|unavailable)/);
  }
  assert.equal((await doctor.get('/api/v1/items')).status, 200, 'reading goes on');

  limit(server.child.pid, 'unlimited:unlimited');
  for (const { n } of refused) {
    const answer = await open(n * 2);
    assert.equal(answer.status, 201, `the person is free again: ${answer.text}`);
    known.push(answer.body.no);
  }
  for (const no of known) assert.equal((await doctor.get(`/api/v1/cases/${no}`)).body.state, 'closed', no);
  await server.stop({ keep: true });
  const audit = spawnSync(program, ['audit', '--data', server.data, '--packs', 'packs'], { cwd: root, encoding: 'utf8' });
  assert.equal(audit.status, 0, audit.stdout + audit.stderr);

  const changes = ["UPDATE event SET body = body || x'00' WHERE rowid = (SELECT min(rowid) FROM event)",
    'UPDATE certificate SET state = 2 WHERE id = (SELECT min(id) FROM certificate)'];
  for (const [n, change] of changes.entries()) {
    const changed = spawnSync('sqlite3', [join(server.data, 'tongban.db'), change], { encoding: 'utf8' });
    assert.equal(changed.status, 0, changed.stderr);
    const told = spawnSync(program, ['audit', '--data', server.data, '--packs', 'packs'], { cwd: root, encoding: 'utf8' });
    assert.equal(told.status, 1, 'what was changed behind the server\'s back is a failed audit');
    assert.match(told.stdout, [/^event \S+/m, /^certificate \S+/m][n], told.stdout);
  }
  rmSync(server.data, { recursive: true, force: true });
});
