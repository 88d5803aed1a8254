// The client's hardware address, which DHCPv6 does not carry: guessed from where the configuration allows (`mac-sources`).
import { isLinkLocalIpv6 } from '../../addr/ipv6.ts';
import type { MacSource } from '../../config/snapshot.ts';
import { WireError } from '../../wire/cursor.ts';
import { decodeDuid } from '../../wire/v6/duid.ts';
import { option6 } from '../../wire/v6/option-codes.ts';
import type { Options6 } from '../../wire/v6/options.ts';
import { decodeLinkLayerAddress6 } from '../../wire/v6/values.ts';
import { decodeVendorOptions6 } from '../../wire/v6/vendor.ts';
import { cableLabs } from '../vendor-suboptions.ts';
import type { Transaction6 } from './transaction.ts';

export interface HardwareAddress6 {
  readonly address: Uint8Array;
  readonly htype: number;
  /** Kea's number of the source, as `lease6.hwaddr_source` stores it. */
  readonly source: number;
}

type Found = Pick<HardwareAddress6, 'address' | 'htype'> | null;

/** Looked for once per packet. */
export function hardwareAddressOf(t: Transaction6): HardwareAddress6 | null {
  if (t.hardware === undefined) t.hardware = find(t, t.snapshot.globals.macSources);
  return t.hardware;
}

function find(t: Transaction6, sources: readonly MacSource[]): HardwareAddress6 | null {
  for (const name of sources) {
    if (name === 'any') return find(t, anySources);
    try {
      const found = finders[name](t);
      // A column of hardware addresses holds 20 bytes.
      if (found && found.address.length > 0 && found.address.length <= 20)
        return { address: new Uint8Array(found.address), htype: found.htype, source: sourceNumbers[name] };
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
    }
  }
  return null;
}

type Source = Exclude<MacSource, 'any'>;

const finders: Readonly<Record<Source, (t: Transaction6) => Found>> = {
  // Sockets of DHCPv6 never see the frame.
  raw: () => null,
  duid(t) {
    const duid = t.duid && decodeDuid(t.duid);
    return duid?.kind === 'LLT' || duid?.kind === 'LL' ? { address: duid.address, htype: duid.htype } : null;
  },
  'ipv6-link-local': (t) => fromInterfaceIdentifier(t.relays.at(-1)?.peerAddress ?? t.datagram.source),
  'client-link-addr-option'(t) {
    const bytes = ofRelays(t, option6.clientLinkLayerAddress);
    return bytes ? decodeLinkLayerAddress6(bytes) : null;
  },
  // RFC 4649 §3: behind the enterprise number.
  'remote-id': (t) => ethernet(ofRelays(t, option6.remoteId)?.subarray(4)),
  'subscriber-id': (t) => ethernet(ofRelays(t, option6.subscriberId)),
  'docsis-modem': (t) => ethernet(cableLabsOption(t.query.options, deviceId)),
  'docsis-cmts'(t) {
    for (const { options } of [...t.relays].reverse()) {
      const bytes = cableLabsOption(options, cableModemAddress);
      if (bytes) return ethernet(bytes);
    }
    return null;
  },
};

/** What `any` tries, in Kea's order. */
const anySources: readonly Source[] = [
  'raw',
  'duid',
  'ipv6-link-local',
  'client-link-addr-option',
  'remote-id',
  'subscriber-id',
  'docsis-modem',
  'docsis-cmts',
];

const sourceNumbers: Readonly<Record<Source, number>> = {
  raw: 1,
  duid: 2,
  'ipv6-link-local': 4,
  'client-link-addr-option': 8,
  'remote-id': 16,
  'subscriber-id': 32,
  'docsis-cmts': 64,
  'docsis-modem': 128,
};

/** Sub-options of CableLabs' vendor options. */
const deviceId = 36;
const cableModemAddress = 1026;
const ethernetType = 1;

const ethernet = (address: Uint8Array | undefined): Found =>
  address ? { address, htype: ethernetType } : null;

/** The option of the relay next to the client that has it. */
function ofRelays(t: Transaction6, code: number): Uint8Array | undefined {
  for (let level = t.relays.length - 1; level >= 0; level--) {
    const bytes = t.relays[level]!.options.get(code);
    if (bytes) return bytes;
  }
  return undefined;
}

/** RFC 4291 appendix A: an EUI-64 made of an Ethernet address has ff:fe in its middle, and the local bit inverted. */
function fromInterfaceIdentifier(address: bigint): Found {
  if (!isLinkLocalIpv6(address)) return null;
  const id = BigInt.asUintN(64, address);
  if (((id >> 24n) & 0xffffn) !== 0xfffen) return null;
  const mac = (((id >> 40n) ^ 0x020000n) << 24n) | (id & 0xffffffn);
  return ethernet(Uint8Array.from({ length: 6 }, (_, i) => Number((mac >> BigInt(40 - 8 * i)) & 0xffn)));
}

function cableLabsOption(options: Options6, code: number): Uint8Array | undefined {
  for (const bytes of options.all(option6.vendorOptions)) {
    const vendor = decodeVendorOptions6(bytes);
    if (vendor.enterprise === cableLabs) return vendor.options.get(code);
  }
  return undefined;
}
