// dhcp-disable and dhcp-enable: whether the daemon answers clients, per origin.
import { networkStateOrigin } from '../../engine/network-state.ts';
import { FlotillaError } from '../../errors.ts';
import { argumentsOf } from '../arguments.ts';
import { commandResult, type CommandHandler } from '../command.ts';
import type { DaemonOperations } from '../daemon-operations.ts';

export function serviceCommands(
  deps: Pick<DaemonOperations, 'family' | 'networkState'>,
): Readonly<Record<string, CommandHandler>> {
  return {
    'dhcp-disable'(args) {
      const { 'max-period': period, ...origin } = disableArguments(args);
      deps.networkState.disable(originOf(origin), period);
      const until = period === undefined ? '' : ` for ${period} seconds`;
      return { result: commandResult.success, text: `DHCPv${deps.family} service disabled${until}` };
    },
    'dhcp-enable'(args) {
      deps.networkState.enable(originOf(enableArguments(args)));
      return { result: commandResult.success, text: 'DHCP service successfully enabled' };
    },
  };
}

const origin = {
  origin: {
    type: ['string', 'integer'],
    description: "!'origin' argument must be a string or a number",
  },
  'origin-id': {
    type: 'integer',
    minimum: 1,
    maximum: 0xffffffff,
    description: "!'origin-id' argument must be a positive number",
  },
} as const;

interface Origin {
  origin?: string | number;
  'origin-id'?: number;
}

const disableArguments = argumentsOf<Origin & { 'max-period'?: number }>({
  type: 'object',
  description: "!arguments for the 'dhcp-disable' command must be a map",
  properties: {
    ...origin,
    'max-period': {
      type: 'integer',
      minimum: 1,
      maximum: 0xffffffff,
      description: "!'max-period' must be positive integer",
    },
  },
});
const enableArguments = argumentsOf<Origin>({
  type: 'object',
  description: "!arguments for the 'dhcp-enable' command must be a map",
  properties: origin,
});

/** `origin-id` wins over `origin`; nobody named is the user. */
function originOf(args: Origin): number {
  if (args['origin-id'] !== undefined) return args['origin-id'];
  if (typeof args.origin === 'number' && args.origin > 0) return args.origin;
  switch (args.origin ?? 'user') {
    case 'user':
      return networkStateOrigin.userCommand;
    case 'ha-partner':
      return networkStateOrigin.haRemote;
    default:
      throw new FlotillaError(
        'COMMAND_INVALID',
        `invalid value used for 'origin' parameter: ${args.origin}`,
        {
          key: 'origin',
        },
      );
  }
}
