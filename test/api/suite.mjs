// Runs every *.test.mjs of a folder (this one without an argument) once for each database; ends with each failed test, its database,
// place and error, and 'N passed, N failed'.
//   node test/api/suite.mjs [FOLDER]
import { readdirSync, existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Tally } from '../../tools/report.mjs';
import { startPostgres } from './lib.mjs';

const here = resolve(process.argv[2] ?? dirname(fileURLToPath(import.meta.url)));
const files = readdirSync(here).filter((name) => name.endsWith('.test.mjs')).map((name) => join(here, name));
const tally = new Tally();

async function runOn(database) {
  for await (const event of run({ files, concurrency: 1 })) process.stdout.write(tally.line(event, `${database}: `));
}

await runOn('sqlite');
if (existsSync('/usr/lib/postgresql/15/bin/postgres')) {
  const postgres = await startPostgres();
  process.env.TONGBAN_POSTGRES = postgres.folder; // for the files' processes
  await runOn('postgres');
  postgres.stop();
} else console.log('skipped: PostgreSQL 15 is not installed');
process.stdout.write(tally.end());
process.exitCode = tally.failed > 0 ? 1 : 0;
