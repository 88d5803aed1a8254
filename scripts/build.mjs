// `npm run build`: compiles src, migrations and schemas to dist/.
import './node-version.mjs';
import { createChildren } from './children.mjs';
import { build, installPackages, main } from './setup.mjs';

const children = createChildren();
await main(children, async () => {
  await installPackages(children);
  await build(children);
  return 0;
});
