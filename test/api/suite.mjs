// Runs every *.test.mjs of a folder (this one without an argument) once for each database; ends with 'N passed, N failed'.
//   node test/api/suite.mjs [FOLDER]
import { spawnSync } from 'node:child_process';
import { readdirSync, existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPostgres } from './lib.mjs';

const here = resolve(process.argv[2] ?? dirname(fileURLToPath(import.meta.url)));
const files = readdirSync(here).filter((name) => name.endsWith('.test.mjs')).map((name) => join(here, name));
let passed = 0;
let failed = 0;

function run(kind, environment) {
  let bad = 0;
  const done = spawnSync(process.execPath, ['--test', '--test-concurrency=1', '--test-reporter=tap', ...files], {
    encoding: 'utf8', env: { ...process.env, ...environment }, maxBuffer: 64 * 1024 * 1024,
  });
  for (const line of done.stdout.split('\n')) {
    const counted = /^# (pass|fail|cancelled) (\d+)$/.exec(line); // a cancelled test has not passed
    if (counted) counted[1] === 'pass' ? (passed += Number(counted[2])) : (bad += Number(counted[2]));
    else if (!/^# (tests|suites|skipped|todo|duration)/.test(line)) console.log(`${kind}: ${line}`);
  }
  console.log(done.stderr);
  failed += bad || (done.status === 0 ? 0 : 1); // a runner that ends badly without a failed test counts as one
}

run('sqlite', {});
if (existsSync('/usr/lib/postgresql/15/bin/postgres')) {
  const postgres = await startPostgres();
  run('postgres', { TONGBAN_POSTGRES: postgres.folder });
  postgres.stop();
} else console.log('skipped: PostgreSQL 15 is not installed');
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
