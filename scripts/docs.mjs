// npm run docs: writes what is generated from the rows: docs/configuration.md, docs/hooks.md (points) and schemas/*.schema.json.
import { spawnSync } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const program = `
  import { readFileSync, writeFileSync } from 'node:fs';
  import { configurationReference } from './src/config/documentation.ts';
  import { withPointsReference } from './src/hooks/points-documentation.ts';
  import { fileSchema } from './schemas/config-schema.ts';
  writeFileSync('docs/configuration.md', configurationReference());
  writeFileSync('docs/hooks.md', withPointsReference(readFileSync('docs/hooks.md', 'utf8')));
  for (const family of [4, 6]) {
    writeFileSync('schemas/dhcp' + family + '.schema.json', JSON.stringify(fileSchema(family), null, 2) + '\\n');
  }
`;
const run = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(run.status ?? 1);
