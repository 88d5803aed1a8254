// `flotilla demo`: what `npm start` runs.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { parseDatabaseUrl } from '../db/address.ts';
import { FlotillaError } from '../errors.ts';
import { runDemo } from '../tools/demo/demo.ts';

interface DemoFlags {
  readonly database?: string;
  readonly directory: string;
  readonly interface?: string;
  readonly once?: boolean;
}

export function demoCommand(): Command {
  return new Command('demo')
    .option('--database <url>', 'mysql://user:password@host:port/name (default: $DATABASE_URL)')
    .option('--directory <path>', 'edge files and logs', 'var/demo')
    .option('--interface <name>', 'serve real clients on this interface, ports 67 and 547 (root)')
    .option('--once', 'end after the tour')
    .action(async (flags: DemoFlags) => {
      const url = flags.database ?? process.env['DATABASE_URL'];
      if (url === undefined || url === '')
        throw new FlotillaError('USAGE', 'name a database: --database URL or DATABASE_URL');
      const stopped = new Promise<void>((settle) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => settle());
      });
      process.exitCode = await runDemo({
        database: parseDatabaseUrl(url),
        program: fileURLToPath(new URL('./flotilla.js', import.meta.url)),
        directory: resolve(flags.directory),
        examples: examplesFolder(),
        once: flags.once === true,
        interface: flags.interface ?? null,
        print: (line) => console.log(line),
        stopped,
      });
    });
}

/** Beside the program, wherever it was built to. */
function examplesFolder(): string {
  const candidates = ['../../fleet-examples', '../../../fleet-examples'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  return candidates.find((path) => existsSync(path)) ?? candidates[0]!;
}
