// The program from its sources, for what starts it by path and gives Node no options.
import { register } from 'tsx/esm/api';

register();
await import('../../src/bin/flotilla.ts');
