// For fuzzing: configurations with as much of the engine switched on as one can hold, and broken packets of many clients.
import type { Family } from '../../src/addr/family.ts';
import type { JsonMap } from '../../src/config/written.ts';
import { mutatedPackets } from '../support/mutate-packets.ts';
import { malformedPackets4 } from '../wire/malformed-packets4-rows.ts';
import { malformedPackets6 } from '../wire/v6/malformed-packets6-rows.ts';
import type { World } from './world.ts';

/** In every golden packet of DHCPv6 that names a server. */
export const goldenServerDuid = '00:01:00:01:1a:1b:1c:1d:02:00:00:00:00:99';
/** The client of the golden packets of DHCPv6. */
const goldenClientDuid = Buffer.from('000100012a1b2c3d020000000001', 'hex');

const common: JsonMap = {
  'store-extended-info': true,
  'early-global-reservations-lookup': true,
  'ddns-qualifying-suffix': 'example.org',
  'ddns-replace-client-name': 'when-not-present',
  'dhcp-ddns': { 'enable-updates': true },
  reservations: [{ 'hw-address': '02:00:00:00:00:01', hostname: 'one' }],
};

export const everything: Readonly<Record<Family, JsonMap>> = {
  4: {
    ...common,
    'stash-agent-options': true,
    'client-classes': [
      { name: 'phones', test: "substring(option[60].hex, 0, 5) == 'phone'" },
      { name: 'ports', 'template-test': 'relay4[1].hex' },
    ],
    'option-data': [
      { name: 'routers', data: '192.0.2.1' },
      { name: 'ntp-servers', data: '192.0.2.2', 'always-send': true },
      { space: 'vendor-4491', code: 2, 'csv-format': false, data: '0a000009' },
    ],
    'shared-networks': [
      {
        name: 'all',
        interface: 'eth0',
        subnet4: [
          {
            id: 1,
            subnet: '192.0.2.0/24',
            pools: [{ pool: '192.0.2.10 - 192.0.2.200' }],
            'reservations-global': true,
          },
          { id: 2, subnet: '10.0.0.0/8', pools: [{ pool: '10.0.0.0/16' }], 'offer-lifetime': 30 },
        ],
      },
    ],
  },
  6: {
    ...common,
    'mac-sources': ['any'],
    'host-reservation-identifiers': ['hw-address', 'duid'],
    'client-classes': [
      { name: 'modems', test: 'vendor[4491].exists' },
      { name: 'behind', test: 'relay6[0].option[37].exists and not (relay6[-1].peeraddr == 2001:db8::)' },
      { name: 'ports', 'template-test': 'relay6[0].option[18].hex' },
    ],
    'option-data': [
      // Those who use unicast are heard, too.
      { name: 'unicast', data: '2001:db8::fe' },
      { name: 'dns-servers', data: '2001:db8::53', 'always-send': true },
      { name: 's46-cont-mape', data: '' },
      { space: 's46-cont-mape-options', name: 's46-br', data: '2001:db8::aa' },
      { space: 'vendor-4491', name: 'config-file', data: 'modem.cfg', 'always-send': true },
    ],
    'shared-networks': [
      {
        name: 'all',
        interface: 'eth0',
        'rapid-commit': true,
        subnet6: [
          {
            id: 1,
            subnet: '2001:db8::/32',
            pools: [{ pool: '2001:db8::10 - 2001:db8::200' }],
            'pd-pools': [
              {
                prefix: '2001:db8:8000::',
                'prefix-len': 44,
                'delegated-len': 56,
                'excluded-prefix': '2001:db8:8000:1::',
                'excluded-prefix-len': 64,
              },
              { prefix: '2001:db8:a000::', 'prefix-len': 48, 'delegated-len': 60 },
            ],
            'reservations-global': true,
          },
          { id: 2, subnet: '2001:db9::/64', pools: [{ pool: '2001:db9::/80' }], allocator: 'random' },
        ],
      },
    ],
  },
};

const malformed: Readonly<Record<Family, readonly { readonly hex: string }[]>> = {
  4: malformedPackets4,
  6: malformedPackets6,
};

/** `count` packets: every one of the malformed corpus, then mutated ones, of 4,096 clients in turn. */
export function* brokenPackets(seed: number, count: number, family: Family): Iterable<Uint8Array> {
  const corpus = malformed[family].slice(0, count);
  for (const { hex } of corpus) yield Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
  let number = 0;
  for (const packet of mutatedPackets(seed, count - corpus.length, family)) {
    yield fromClient(packet, number++ % 4096, family);
  }
}

/** Many clients, so that one packet does not merely replace the one before it in the queue. */
function fromClient(packet: Uint8Array, client: number, family: Family): Uint8Array {
  const bytes = Buffer.from(packet.buffer, packet.byteOffset, packet.length);
  const duid = family === 6 ? bytes.indexOf(goldenClientDuid) : -1;
  const at = family === 4 ? 32 : duid < 0 ? packet.length : duid + goldenClientDuid.length - 2;
  if (at + 2 <= packet.length) bytes.writeUInt16BE(client, at);
  return packet;
}

/** Packets that were neither answered nor counted as dropped, beside those that are handled in silence. */
export function unaccountedFor<F extends Family>(world: World<F>, packets: number): number {
  const counted = (name: string): number => world.stat(`pkt${world.family}-${name}`);
  const left = packets - counted('sent') - counted('receive-drop');
  // DHCPv4 answers neither; DHCPv6 answers both.
  const silent = world.family === 4 ? counted('release-received') + counted('decline-received') : 0;
  return left < 0 ? left : Math.max(0, left - silent);
}
