// Writes shared/api/types.ts from the API description, so that pages and server cannot drift apart unseen.
import { readFileSync, writeFileSync, existsSync } from 'node:fs';

const here = new URL('.', import.meta.url);
const description = JSON.parse(readFileSync(new URL('../../src/api/openapi.json', here), 'utf8'));

function typeOf(schema) {
  if (!schema || Object.keys(schema).length === 0) return 'unknown';
  if (schema.$ref) return schema.$ref.split('/').pop();
  if (schema.allOf) return schema.allOf.map(typeOf).join(' & ');
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type })).join(' | ');
  if (schema.type === 'array') return `Array<${typeOf(schema.items)}>`;
  if (schema.type === 'object') {
    if (!schema.properties) return 'Record<string, unknown>';
    const required = new Set(schema.required ?? []);
    const members = Object.entries(schema.properties).map(
      ([name, member]) => `${member.description ? `/** ${member.description} */ ` : ''}${name}${required.has(name) ? '' : '?'}: ${typeOf(member)};`,
    );
    return `{ ${members.join(' ')} }`;
  }
  return { string: 'string', integer: 'number', number: 'number', boolean: 'boolean', null: 'null' }[schema.type] ?? 'unknown';
}

const lines = ['// Made by tools/api-types.mjs from src/api/openapi.json. Do not edit.'];
for (const [name, schema] of Object.entries(description.components.schemas)) lines.push(`export type ${name} = ${typeOf(schema)};`);
const text = lines.join('\n') + '\n';
const file = new URL('../shared/api/types.ts', here);
if (process.argv.includes('--check')) {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    console.error('shared/api/types.ts is not what src/api/openapi.json describes: run node tools/api-types.mjs');
    process.exit(1);
  }
} else writeFileSync(file, text);
