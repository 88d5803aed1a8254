// `npm run build`: compiles src, migrations and schemas to dist/, and the types of `flotilla/hooks`. `--clean` first
// removes what sources left there that are gone by now: a package must not carry it.
import './node-version.mjs';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createChildren } from './children.mjs';
import { build, declareHooks, installPackages, main, root } from './setup.mjs';

const children = createChildren();
await main(children, async () => {
  await installPackages(children);
  if (process.argv.includes('--clean')) rmSync(join(root, 'dist'), { recursive: true, force: true });
  await build(children);
  await declareHooks(children);
  return 0;
});
