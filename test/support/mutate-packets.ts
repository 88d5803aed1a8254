// Endless broken packets from good ones, the same ones for the same seed: what a hostile network could send.
import type { Family } from '../../src/addr/family.ts';
import { goldenPackets4 } from '../wire/golden-packets4-rows.ts';
import { goldenPackets6 } from '../wire/v6/golden-packets6-rows.ts';

/**
 * `count` packets: golden ones with one to six mutations each (bit flips, byte changes, truncation, growth, edited option
 * lengths, swapped and duplicated options, spliced halves; DHCPv6 options at any depth, one more relay). About one in
 * thirty stays as it was. Every array is fresh.
 */
export function* mutatedPackets(seed: number, count: number, family: Family = 4): Iterable<Uint8Array> {
  const random = mulberry32(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const { golden, mutations } = kinds[family];
  const corpus = golden.map(({ bytes }) => Uint8Array.from(Buffer.from(bytes.replaceAll(/\s/g, ''), 'hex')));
  const pick = (): Uint8Array => corpus[below(corpus.length)]!;
  for (let i = 0; i < count; i++) {
    let packet: Uint8Array = pick().slice();
    const times = below(30) === 0 ? 0 : 1 + below(6);
    for (let n = 0; n < times; n++) packet = mutations[below(mutations.length)]!(packet, below, pick);
    yield packet;
  }
}

/** A seeded source of numbers from 0 up to 1. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x100000000;
  };
}

type Below = (limit: number) => number;
type Mutation = (packet: Uint8Array, below: Below, pick: () => Uint8Array) => Uint8Array;

/** Where a family's options are and how wide their codes and lengths are. */
interface Layout {
  /** Offset of the first option. */
  readonly optionsStart: (packet: Uint8Array) => number;
  /** Offsets of the options, as far as they can be followed. */
  readonly optionStarts: (packet: Uint8Array) => number[];
  /** Bytes of an option's code, and of its length. */
  readonly width: 1 | 2;
  readonly interestingBytes: readonly number[];
  /** Options that hold others or have lengths inside. */
  readonly holders: ReadonlySet<number>;
}

const layout4: Layout = {
  optionsStart: () => 240,
  optionStarts(packet) {
    const starts: number[] = [];
    let offset = 240;
    while (offset + 1 < packet.length && packet[offset] !== 255) {
      if (packet[offset] === 0) {
        offset++;
        continue;
      }
      starts.push(offset);
      offset += 2 + packet[offset + 1]!;
    }
    return starts;
  },
  width: 1,
  interestingBytes: [0, 1, 2, 3, 4, 43, 50, 52, 53, 81, 82, 119, 121, 124, 125, 127, 128, 192, 254, 255],
  holders: new Set([43, 81, 82, 119, 121, 124, 125]),
};

/** Fixed fields of the DHCPv6 options that hold options. */
const fixedFields6: ReadonlyMap<number, number> = new Map([
  [3, 12],
  [4, 4],
  [5, 24],
  [9, 0],
  [17, 4],
  [25, 12],
  [26, 25],
  [44, 17],
  [45, 0],
]);

const layout6: Layout = {
  optionsStart: (packet) => (packet[0] === 12 || packet[0] === 13 ? 34 : 4),
  optionStarts(packet) {
    const starts: number[] = [];
    const follow = (from: number, to: number): void => {
      for (let offset = from; offset + 4 <= to;) {
        starts.push(offset);
        const code = (packet[offset]! << 8) | packet[offset + 1]!;
        const end = offset + 4 + ((packet[offset + 2]! << 8) | packet[offset + 3]!);
        const fixed = fixedFields6.get(code);
        if (fixed !== undefined && end <= to && starts.length < 200) {
          const inner = offset + 4 + fixed;
          follow(code === 9 ? inner + layout6.optionsStart(packet.subarray(inner)) : inner, end);
        }
        offset = end;
      }
    };
    follow(layout6.optionsStart(packet), packet.length);
    return starts;
  },
  width: 2,
  interestingBytes: [0, 1, 2, 3, 4, 5, 6, 8, 9, 12, 13, 15, 16, 17, 25, 26, 39, 43, 45, 255],
  holders: new Set([...fixedFields6.keys(), 15, 16, 39]),
};

const mutationsFor = ({
  optionsStart,
  optionStarts,
  width,
  interestingBytes,
  holders,
}: Layout): Mutation[] => {
  const codeAt = (packet: Uint8Array, at: number): number =>
    width === 1 ? packet[at]! : (packet[at]! << 8) | packet[at + 1]!;
  const lengthAt = (packet: Uint8Array, at: number): number => codeAt(packet, at + width);
  const interesting = (below: Below): number => interestingBytes[below(20)]!;
  const anyStart = (starts: readonly number[], below: Below): number | undefined =>
    starts[below(Math.max(1, starts.length))];
  /** The low byte of an option's code or length: DHCPv6 has the high one before it. */
  const low = width - 1;

  return [
    function flipBit(packet, below) {
      if (packet.length > 0) packet[below(packet.length)]! ^= 1 << below(8);
      return packet;
    },
    function changeByte(packet, below) {
      if (packet.length > 0) packet[below(packet.length)] = below(256);
      return packet;
    },
    function changeOptionByte(packet, below) {
      const length = packet.length - optionsStart(packet);
      if (length > 0) packet[optionsStart(packet) + below(Math.min(length, 120))] = interesting(below);
      return packet;
    },
    function truncate(packet, below) {
      return packet.slice(0, below(packet.length + 1));
    },
    function truncateOptions(packet, below) {
      const start = optionsStart(packet);
      return packet.slice(0, start + below(Math.max(1, packet.length - start)));
    },
    function grow(packet, below) {
      const larger = new Uint8Array(packet.length + below(below(20) === 0 ? 4000 : 64));
      larger.set(packet);
      for (let i = packet.length; i < larger.length; i++) larger[i] = below(256);
      return larger;
    },
    function editLength(packet, below) {
      const starts = optionStarts(packet);
      if (starts.length > 0) packet[starts[below(starts.length)]! + width + low] = interesting(below);
      return packet;
    },
    function editInsideHolder(packet, below) {
      const at = anyStart(
        optionStarts(packet).filter((start) => holders.has(codeAt(packet, start))),
        below,
      );
      const length = at === undefined ? 0 : lengthAt(packet, at);
      if (at !== undefined && length > 1) packet[at + 2 * width + below(Math.min(length, 64))] = below(256);
      return packet;
    },
    function renameOption(packet, below) {
      const starts = optionStarts(packet);
      if (starts.length > 0) packet[starts[below(starts.length)]! + low] = interesting(below);
      return packet;
    },
    function duplicateOption(packet, below) {
      const at = anyStart(optionStarts(packet), below);
      if (at === undefined) return packet;
      const option = packet.slice(at, at + 2 * width + lengthAt(packet, at));
      return joined(packet.slice(0, at), option, packet.slice(at));
    },
    function splice(packet, below, pick) {
      const other = pick();
      const cut = below(Math.min(packet.length, other.length) + 1);
      return joined(packet.slice(0, cut), other.slice(cut));
    },
    function spliceOptions(packet, _below, pick) {
      const starts = optionStarts(packet);
      const other = pick();
      return joined(packet.slice(0, starts.at(-1) ?? packet.length), other.slice(optionsStart(other)));
    },
    function insertJunkOption(packet, below) {
      const at = Math.min(optionsStart(packet), packet.length);
      const junk = Uint8Array.from({ length: 2 * width + below(40) }, () => below(256));
      junk[low] = interesting(below);
      if (below(4) > 0) junk[width + low] = junk.length - 2 * width;
      // A code and a length of two bytes are rarely above 255.
      if (width === 2) junk[0] = junk[2] = 0;
      return joined(packet.slice(0, at), junk, packet.slice(at));
    },
  ];
};

/** RFC 2132 §9.3: options in `file` and `sname`. */
const overload: Mutation = (packet, below) => {
  const start = layout4.optionsStart(packet);
  if (packet.length < start) return packet;
  packet[108 + below(128)] = layout4.interestingBytes[below(20)]!;
  packet[44 + below(64)] = layout4.interestingBytes[below(20)]!;
  const option = Uint8Array.of(52, 1, below(5));
  return joined(packet.slice(0, start), option, packet.slice(start));
};

/** A copy of one option inside of another, all lengths around it right: what only a reader of the content can refuse. */
const nestOption: Mutation = (packet, below) => {
  const starts = layout6.optionStarts(packet);
  const endOf = (at: number): number => at + 4 + ((packet[at + 2]! << 8) | packet[at + 3]!);
  const holders = starts.filter((at) => packet[at] === 0 && fixedFields6.has(packet[at + 1]!));
  const holder = holders[below(Math.max(1, holders.length))];
  const copied = starts[below(Math.max(1, starts.length))];
  if (holder === undefined || copied === undefined || packet[holder + 1] === 9) return packet;
  const place = holder + 4 + fixedFields6.get(packet[holder + 1]!)!;
  const option = packet.slice(copied, endOf(copied));
  const nested = joined(packet.slice(0, place), option, packet.slice(place));
  for (const at of holders) {
    if (at > holder || endOf(at) < place) continue;
    const length = endOf(at) - at - 4 + option.length;
    nested.set([length >>> 8, length & 255], at + 2);
  }
  return nested;
};

/** RFC 8415 §9: the packet inside of one relay more, sometimes of very many. */
const wrapInRelays: Mutation = (packet, below) => {
  let wrapped = packet;
  for (let left = below(10) === 0 ? 1 + below(40) : 1; left > 0 && wrapped.length < 4000; left--) {
    const header = new Uint8Array(38);
    header[0] = 12 + (below(60) === 0 ? 1 : 0);
    header.set([0, 9, wrapped.length >>> 8, wrapped.length & 255], 34);
    wrapped = joined(header, wrapped);
  }
  return wrapped;
};

const kinds: Readonly<
  Record<Family, { golden: readonly { readonly bytes: string }[]; mutations: readonly Mutation[] }>
> = {
  4: { golden: goldenPackets4, mutations: [...mutationsFor(layout4), overload] },
  6: { golden: goldenPackets6, mutations: [...mutationsFor(layout6), nestOption, wrapInRelays] },
};

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
