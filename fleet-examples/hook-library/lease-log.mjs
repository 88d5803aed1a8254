// A hook library to start from: writes a line for every lease to a file, and gives some clients an option.
import { open } from 'node:fs/promises';

/** @typedef {{ prefix: string, code: number, text: string }} Gift */

/** @type {import('node:fs/promises').FileHandle | undefined} */
let file;

/**
 * Once, before the configuration that names this library comes into force. A throw refuses that configuration.
 * @param {import('flotilla/hooks').HookHandle} handle
 */
export async function load(handle) {
  const { path, gifts } = checkParameters(handle);
  const log = await open(path, 'a');
  file = log;

  // The lease is in the database already; the answer leaves when the line is on the disk.
  handle.register(
    'leases4_committed',
    async ({ query4, leases4, deleted_leases4 }) => {
      const client = handle.text.hex(query4.message.chaddr);
      const lines = [
        ...leases4.map((lease) => ({
          event: 'leased',
          address: lease.address,
          seconds: lease.validLifetime,
        })),
        ...deleted_leases4.map((lease) => ({ event: 'left', address: lease.address })),
      ].map(({ event, address, ...more }) =>
        JSON.stringify({
          time: new Date(query4.receivedAt).toISOString(),
          event,
          address: handle.text.address(address),
          client,
          ...more,
        }),
      );
      if (lines.length > 0) await log.appendFile(lines.map((line) => `${line}\n`).join(''));
    },
    { timeout: 2000 },
  );

  // Which gift a client gets is found once and remembered until its answer is complete.
  handle.register('pkt4_receive', ({ query4 }, { packet }) => {
    const client = handle.text.hex(query4.message.chaddr);
    packet.set(
      'gift',
      gifts.find(({ prefix }) => client.startsWith(prefix)),
    );
  });
  handle.register('pkt4_send', ({ response4 }, { packet }) => {
    const gift = /** @type {Gift | undefined} */ (packet.get('gift'));
    if (gift) response4.message.options.set(gift.code, Buffer.from(gift.text));
  });

  handle.registerCommand('lease-log-where', () => ({ result: 0, arguments: { file: path } }));
}

/** Once, when the last packet that could meet the library is done. */
export async function unload() {
  await file?.close();
}

/**
 * Errors name the parameter; the server adds file, line and column.
 * @param {import('flotilla/hooks').HookHandle} handle
 * @returns {{ path: string, gifts: readonly Gift[] }}
 */
function checkParameters(handle) {
  const { file: path, gifts = [] } = handle.parameters;
  if (typeof path !== 'string') throw handle.parameterError('must name the file to write to', 'file');
  if (!Array.isArray(gifts)) throw handle.parameterError('must be a list', 'gifts');
  for (const [i, { prefix, code, text }] of gifts.entries()) {
    if (typeof prefix !== 'string') throw handle.parameterError('must be a text', 'gifts', i, 'prefix');
    if (!Number.isInteger(code) || code < 1 || code > 254)
      throw handle.parameterError('must be an option code from 1 to 254', 'gifts', i, 'code');
    if (typeof text !== 'string') throw handle.parameterError('must be a text', 'gifts', i, 'text');
  }
  return { path, gifts };
}
