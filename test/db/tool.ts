// Runs `flotilla db …` in this process and catches what it prints.
import { databaseCommand } from '../../src/tools/db.ts';

export interface ToolOutcome {
  readonly output: string;
  readonly failed: boolean;
}

/** Rejects with the verb's own error. */
export async function runDatabaseTool(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<ToolOutcome> {
  let output = '';
  let failed = false;
  const command = databaseCommand({
    write: (text) => (output += text),
    isTerminal: false,
    environment,
    fail: () => (failed = true),
  });
  await command.parseAsync(args, { from: 'user' });
  return { output, failed };
}

/** Prints as it goes. */
export async function runDatabaseInitProcess(url: string): Promise<void> {
  await databaseCommand().parseAsync(['init', '--database', url], { from: 'user' });
}
