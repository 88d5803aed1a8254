// `flotilla db init` as a process of its own, to be killed by a test.
import { runDatabaseInitProcess } from './tool.ts';

await runDatabaseInitProcess(process.argv[2]!);
