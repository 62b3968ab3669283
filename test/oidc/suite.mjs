// Runs the tests of this folder once for each database; ends with 'N passed, N failed'.
import { existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '../api/lib.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const files = ['real.test.mjs', 'forged.test.mjs'].map((name) => join(here, name));
let passed = 0;
let failed = 0;

function run(kind, environment) {
  const done = spawnSync(process.execPath, ['--test', '--test-concurrency=1', '--test-reporter=tap', ...files], {
    encoding: 'utf8', env: { ...process.env, ...environment }, maxBuffer: 64 * 1024 * 1024,
  });
  for (const line of done.stdout.split('\n')) {
    const counted = /^# (pass|fail) (\d+)$/.exec(line);
    if (counted) counted[1] === 'pass' ? (passed += Number(counted[2])) : (failed += Number(counted[2]));
    else if (!/^# (tests|suites|cancelled|skipped|todo|duration)/.test(line)) console.log(`${kind}: ${line}`);
  }
  console.log(done.stderr);
}

run('sqlite', {});
if (existsSync('/usr/lib/postgresql/15/bin/postgres')) {
  const postgres = await startPostgres();
  run('postgres', { TONGBAN_POSTGRES: postgres.folder });
  postgres.stop();
} else console.log('skipped: PostgreSQL 15 is not installed');
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
