// `npm run build`: compiles src, migrations and schemas to dist/. `--clean` first removes what sources left there that
// are gone by now: a package must not carry it.
import './node-version.mjs';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createChildren } from './children.mjs';
import { build, installPackages, main, root } from './setup.mjs';

const children = createChildren();
await main(children, async () => {
  await installPackages(children);
  if (process.argv.includes('--clean')) rmSync(join(root, 'dist'), { recursive: true, force: true });
  await build(children);
  return 0;
});
