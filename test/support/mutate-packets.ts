// Endless broken packets from good ones, the same ones for the same seed: what a hostile network could send.
import { goldenPackets4 } from '../wire/golden-packets4-rows.ts';

/**
 * `count` packets: golden ones with one to six mutations each (bit flips, byte changes, truncation, growth, edited option
 * lengths, swapped and duplicated options, spliced halves). About one in thirty stays as it was. Every array is fresh.
 */
export function* mutatedPackets(seed: number, count: number): Iterable<Uint8Array> {
  const random = mulberry32(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const corpus = goldenPackets4.map(({ bytes }) => Uint8Array.from(Buffer.from(bytes, 'hex')));
  const pick = (): Uint8Array => corpus[below(corpus.length)]!;
  for (let i = 0; i < count; i++) {
    let packet: Uint8Array = pick().slice();
    const mutations = below(30) === 0 ? 0 : 1 + below(6);
    for (let n = 0; n < mutations; n++) packet = mutations4[below(mutations4.length)]!(packet, below, pick);
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

const optionsStart = 240;
const interestingBytes = [0, 1, 2, 3, 4, 43, 50, 52, 53, 81, 82, 119, 121, 124, 125, 127, 128, 192, 254, 255];

const mutations4: readonly Mutation[] = [
  function flipBit(packet, below) {
    if (packet.length > 0) packet[below(packet.length)]! ^= 1 << below(8);
    return packet;
  },
  function changeByte(packet, below) {
    if (packet.length > 0) packet[below(packet.length)] = below(256);
    return packet;
  },
  function changeOptionByte(packet, below) {
    const length = packet.length - optionsStart;
    if (length > 0) packet[optionsStart + below(Math.min(length, 120))] = interestingBytes[below(20)]!;
    return packet;
  },
  function truncate(packet, below) {
    return packet.slice(0, below(packet.length + 1));
  },
  function truncateOptions(packet, below) {
    return packet.slice(0, optionsStart + below(Math.max(1, packet.length - optionsStart)));
  },
  function grow(packet, below) {
    const larger = new Uint8Array(packet.length + below(below(20) === 0 ? 4000 : 64));
    larger.set(packet);
    for (let i = packet.length; i < larger.length; i++) larger[i] = below(256);
    return larger;
  },
  function editLength(packet, below) {
    const starts = optionStarts(packet);
    if (starts.length > 0) packet[starts[below(starts.length)]! + 1] = interestingBytes[below(20)]!;
    return packet;
  },
  function editSuboptionLength(packet, below) {
    const starts = optionStarts(packet).filter((at) =>
      [43, 81, 82, 119, 121, 124, 125].includes(packet[at]!),
    );
    const at = starts[below(Math.max(1, starts.length))];
    if (at !== undefined && packet[at + 1]! > 1) packet[at + 2 + below(packet[at + 1]!)] = below(256);
    return packet;
  },
  function renameOption(packet, below) {
    const starts = optionStarts(packet);
    if (starts.length > 0) packet[starts[below(starts.length)]!] = interestingBytes[below(20)]!;
    return packet;
  },
  function duplicateOption(packet, below) {
    const starts = optionStarts(packet);
    const at = starts[below(Math.max(1, starts.length))];
    if (at === undefined) return packet;
    const option = packet.slice(at, at + 2 + packet[at + 1]!);
    return joined(packet.slice(0, at), option, packet.slice(at));
  },
  function splice(packet, below, pick) {
    const other = pick();
    const cut = below(Math.min(packet.length, other.length) + 1);
    return joined(packet.slice(0, cut), other.slice(cut));
  },
  function spliceOptions(packet, _below, pick) {
    const starts = optionStarts(packet);
    return joined(packet.slice(0, starts.at(-1) ?? packet.length), pick().slice(optionsStart));
  },
  function insertJunkOption(packet, below) {
    const at = Math.min(optionsStart, packet.length);
    const junk = Uint8Array.from({ length: 2 + below(40) }, () => below(256));
    junk[0] = interestingBytes[below(20)]!;
    if (below(4) > 0) junk[1] = junk.length - 2;
    return joined(packet.slice(0, at), junk, packet.slice(at));
  },
  function overload(packet, below) {
    if (packet.length < optionsStart) return packet;
    packet[108 + below(128)] = interestingBytes[below(20)]!;
    packet[44 + below(64)] = interestingBytes[below(20)]!;
    const option = Uint8Array.of(52, 1, below(5));
    return joined(packet.slice(0, optionsStart), option, packet.slice(optionsStart));
  },
];

/** Offsets of the options, as far as they can be followed. */
function optionStarts(packet: Uint8Array): number[] {
  const starts: number[] = [];
  let offset = optionsStart;
  while (offset + 1 < packet.length && packet[offset] !== 255) {
    if (packet[offset] === 0) {
      offset++;
      continue;
    }
    starts.push(offset);
    offset += 2 + packet[offset + 1]!;
  }
  return starts;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
