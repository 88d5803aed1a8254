// All scenarios of both families, for the test of each store.
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
import { solicitation } from './v6/solicit.ts';
import { requests } from './v6/request.ts';
import { extension } from './v6/extend.ts';
import { confirmation } from './v6/confirm.ts';
import { returning } from './v6/give-back.ts';
import { registration } from './v6/register.ts';
import { validation } from './v6/validation.ts';
import { lifetimes6 } from './v6/lifetimes.ts';
import { subnets6 } from './v6/subnets.ts';
import { relaying } from './v6/relays.ts';
import { options6 } from './v6/options.ts';
import { names6 } from './v6/names.ts';
import { hardware } from './v6/hardware.ts';
import { classes6 } from './v6/classes.ts';
import { reservations6 } from './v6/reservations.ts';
import { severalServers } from './v6/several-servers.ts';

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

export const allScenarios6: readonly Scenario<6>[] = [
  ...solicitation,
  ...requests,
  ...extension,
  ...confirmation,
  ...returning,
  ...registration,
  ...validation,
  ...lifetimes6,
  ...subnets6,
  ...relaying,
  ...options6,
  ...names6,
  ...hardware,
  ...classes6,
  ...reservations6,
  ...severalServers,
];
