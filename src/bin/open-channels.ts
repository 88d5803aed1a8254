// The daemon's control channels from `control-sockets` (or Kea 3.0's `control-socket`).
import type { CommandRegistry } from '../control/command.ts';
import { openUnixChannel, type UnixChannel } from '../control/unix-channel.ts';
import type { JsonMap, WrittenConfig } from '../config/written.ts';
import type { Logger } from '../log.ts';

export interface ChannelDeps {
  readonly registry: CommandRegistry;
  readonly log: Logger;
}

export interface Channels {
  close(): Promise<void>;
}

/** Opens every UNIX socket; other types were warned about when the file was read. Throws SOCKET_OPEN. */
export async function openChannels(written: WrittenConfig, deps: ChannelDeps): Promise<Channels> {
  const single = written['control-socket'] as JsonMap | undefined;
  const entries = (written['control-sockets'] as readonly JsonMap[] | undefined) ?? (single ? [single] : []);
  const open: UnixChannel[] = [];
  try {
    for (const entry of entries) {
      if (entry['socket-type'] !== 'unix' || typeof entry['socket-name'] !== 'string') continue;
      open.push(await openUnixChannel({ path: entry['socket-name'] }, deps));
    }
  } catch (error) {
    await Promise.all(open.map((channel) => channel.close()));
    throw error;
  }
  return {
    async close() {
      await Promise.all(open.map((channel) => channel.close()));
    },
  };
}
