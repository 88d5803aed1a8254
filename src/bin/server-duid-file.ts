// The server's DUID on disk, in Kea's file and form: read, made where it does not fit, and written before it is used.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import { formatHex, parseHex, sameBytes, tryParseHex } from '../addr/hex.ts';
import type { GlobalParameters } from '../config/snapshot.ts';
import { serverDuid, type DuidSources } from '../engine/v6/server-duid.ts';
import { FlotillaError, messageOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { MachineInterfaces } from '../net/interfaces.ts';
import { replaceFile } from '../replace-file.ts';

/**
 * The DUID that the configuration asks for. The file is `kea-dhcp6-serverid` in `data-directory`, or else where the
 * server keeps its state. Rejects with SERVER_DUID: no hardware address, or a file that cannot be read or written.
 * Without `persist` the file is neither read nor written.
 */
export async function openServerDuid(
  { serverId, dataDirectory }: Pick<GlobalParameters, 'serverId' | 'dataDirectory'>,
  options: { readonly stateDirectory: string },
  deps: { readonly log: Logger; readonly sources?: DuidSources },
): Promise<Uint8Array> {
  const sources = deps.sources ?? machineSources;
  if (!serverId.persist) {
    const duid = serverDuid(serverId, null, sources);
    deps.log.info('DHCP6_USING_SERVERID', `server is using server-id ${formatHex(duid)}, which is not kept`);
    return duid;
  }
  const path = join(resolve(options.stateDirectory, dataDirectory ?? ''), fileName);
  const text = await read(path);
  const kept = text === null ? null : tryParseHex(text.trim());
  const duid = serverDuid(serverId, kept ?? null, sources);
  if (!kept || !sameBytes(kept, duid)) {
    if (text !== null)
      deps.log.warn(
        'FLOTILLA_SERVERID_CHANGED',
        `the server-id of ${path} does not fit the configuration and is replaced: ${JSON.stringify(text.slice(0, shown))}`,
      );
    await write(path, formatHex(duid));
  }
  deps.log.info(
    'DHCP6_USING_SERVERID',
    `server is using server-id ${formatHex(duid)} and stores in the file ${path}`,
  );
  return duid;
}

const fileName = 'kea-dhcp6-serverid';
/** Characters of a text that was found instead of a DUID. */
const shown = 60;

const machineSources: DuidSources = {
  hardware: () => hardwareOf(networkInterfaces()),
  now: () => Date.now() / 1000,
  randomBytes: (length) => randomBytes(length),
};

/** Of the first interface that has one; Node tells those of Ethernet's form. */
export function hardwareOf(machine: MachineInterfaces): ReturnType<DuidSources['hardware']> {
  const macs = Object.values(machine).flatMap((infos) => (infos ?? []).filter(({ internal }) => !internal));
  const mac = macs.map((info) => parseHex(info.mac)).find((bytes) => bytes.some((byte) => byte !== 0));
  return mac ? { htype: 1, address: mac } : null;
}

async function read(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw refused(path, 'read', error);
  }
}

/** Without a line break: Kea takes no file that has one. */
async function write(path: string, text: string): Promise<void> {
  try {
    await replaceFile(path, 0o640, (file) => file.writeFile(text));
  } catch (error) {
    throw refused(path, 'written', error);
  }
}

/** RFC 8415 §11: a server that forgets who it is must not begin to serve. */
function refused(path: string, what: string, cause: unknown): FlotillaError {
  return new FlotillaError(
    'SERVER_DUID',
    `the file of the server DUID cannot be ${what}: ${messageOf(cause)}`,
    { file: path },
    { cause },
  );
}
