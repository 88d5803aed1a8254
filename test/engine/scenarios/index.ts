// All scenarios, for the test of each store.
import type { Scenario } from '../scenario.ts';
import { destinations } from './destinations.ts';
import { endings } from './endings.ts';
import { exchange } from './exchange.ts';
import { lifetimes } from './lifetimes.ts';
import { replyOptions } from './options.ts';
import { names } from './names.ts';
import { rebooting } from './reboot.ts';
import { reservations } from './reservations.ts';
import { subnets } from './subnets.ts';

export const allScenarios: readonly Scenario[] = [
  ...exchange,
  ...rebooting,
  ...subnets,
  ...reservations,
  ...lifetimes,
  ...endings,
  ...replyOptions,
  ...destinations,
  ...names,
];
