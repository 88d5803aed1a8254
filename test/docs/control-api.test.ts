// docs/control-api.md names exactly the commands that daemons of both families answer to `list-commands`.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { commandFixture } from '../control/command-fixture.ts';

test('docs/control-api.md lists the commands of list-commands, in its order', async () => {
  const page = readFileSync(new URL('../../docs/control-api.md', import.meta.url), 'utf8');
  const documented = [...page.matchAll(/^\| `([a-z0-9-]+)` \|.*\| .+ \|$/gm)].map(([, name]) => name);
  const fixture = await commandFixture();
  try {
    for (const [family, other] of [
      [4, 6],
      [6, 4],
    ] as const) {
      fixture.start(family);
      const { arguments: commands } = await fixture.ask('list-commands');
      assert.deepEqual(
        documented.filter((name) => !name!.startsWith(`lease${other}-`)),
        commands,
      );
    }
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    assert.equal(/(\d+) commands over UNIX sockets/.exec(readme)?.[1], String(documented.length));
  } finally {
    await fixture.close();
  }
});
