// The program as `npm test` has just built it: what is shipped, and quicker to start than its sources.
import { resolve } from 'node:path';

export const program = resolve(import.meta.dirname, '../../dist/src/bin/flotilla.js');
