// Where each option of a DHCPv4 message goes when the client's maximum message size is short (RFC 2131 §4.1).
import type { Message4 } from './message.ts';

/** Which codes go where, each list in wire order. */
export interface OptionLayout4 {
  readonly main: readonly number[];
  /** Bytes of the options field behind the magic cookie, with overload option and END. */
  readonly mainSize: number;
  readonly file: readonly number[];
  readonly sname: readonly number[];
  /** Value of option 52: 1 `file`, 2 `sname`, 3 both, 0 none. */
  readonly overload: number;
  /** Left out, least important last. */
  readonly dropped: readonly number[];
}

/**
 * Everything goes into the options field if it fits there. Otherwise options are placed whole, most important first,
 * each into the first of options field, `file` and `sname` with room (a used field has none); what finds no room is left
 * out. Importance: first the options a client cannot do without ({@link mostImportant}), then the map's order, which is
 * the order the client asked for. A single value is never cut, and never spread over two fields.
 *
 * Option 82 takes no part: the relay removes it before the client sees the message (RFC 3046 §2.1), so it is neither
 * counted nor dropped.
 */
export function fitOptions4(message: Message4, maxSize: number | undefined): OptionLayout4 {
  const { options } = message;
  const main: number[] = options.has(messageType) ? [messageType] : [];
  let mainSize = endSize;
  for (const [code, value] of options) {
    if (!isEncoded(code)) continue;
    mainSize += encodedSize(value);
    if (code !== messageType && code !== agentOptions) main.push(code);
  }
  const agent = options.get(agentOptions);
  const agentSize = agent ? encodedSize(agent) : 0;
  if (agent) main.push(agentOptions);

  const limit = maxSize === undefined ? largestDatagram : Math.max(576, maxSize);
  const room = Math.min(limit - overhead, largestDatagram - overhead - agentSize);
  if (mainSize - agentSize <= room) {
    return { main, mainSize, file: none, sname: none, overload: 0, dropped: none };
  }
  return overflow(message, main, room, agentSize);
}

const messageType = 53;
const agentOptions = 82;
const endSize = 1;
const overloadSize = 3;
const largestDatagram = 65535;
/** IP and UDP headers without IP options, the fixed part of a message, the magic cookie. */
const overhead = 20 + 8 + 236 + 4;
const none: readonly number[] = [];

/**
 * message type, server identifier, lease time, T1, T2, client identifier, subnet mask, routers, name servers, message,
 * IPv6-only preferred, FQDN, boot server, boot file
 */
const mostImportant: readonly number[] = [53, 54, 51, 58, 59, 61, 1, 3, 6, 56, 108, 81, 66, 67];

interface Area {
  readonly codes: Set<number>;
  left: number;
}

function overflow(
  message: Message4,
  order: readonly number[],
  room: number,
  agentSize: number,
): OptionLayout4 {
  const { options } = message;
  // Option 52 is reserved even if nothing moves: a message this full has no use for three bytes.
  const areas: Area[] = [
    { codes: new Set<number>(), left: room - endSize - overloadSize },
    { codes: new Set<number>(), left: message.file.length === 0 ? 128 - endSize : 0 },
    { codes: new Set<number>(), left: message.sname.length === 0 ? 64 - endSize : 0 },
  ];
  const dropped: number[] = [];
  const movable = order.filter((code) => code !== agentOptions);
  const byImportance = [
    ...mostImportant.filter((code) => options.has(code)),
    ...movable.filter((code) => !mostImportant.includes(code)),
  ];
  for (const code of byImportance) {
    const size = encodedSize(options.get(code)!);
    const area = areas.find(({ left }) => size <= left);
    if (!area) {
      dropped.push(code);
      continue;
    }
    area.codes.add(code);
    area.left -= size;
  }

  const [mainArea, fileArea, snameArea] = areas as [Area, Area, Area];
  const overload = (fileArea.codes.size > 0 ? 1 : 0) | (snameArea.codes.size > 0 ? 2 : 0);
  const used = room - endSize - overloadSize - mainArea.left;
  return {
    main: order.filter((code) => code === agentOptions || mainArea.codes.has(code)),
    mainSize: used + agentSize + endSize + (overload === 0 ? 0 : overloadSize),
    file: order.filter((code) => fileArea.codes.has(code)),
    sname: order.filter((code) => snameArea.codes.has(code)),
    overload,
    dropped,
  };
}

/** Codes that the codec itself writes. */
function isEncoded(code: number): boolean {
  return code !== 0 && code !== 52 && code !== 255;
}

/** With code and length bytes; RFC 3396 pieces have their own. */
function encodedSize(value: Uint8Array): number {
  return value.length + 2 * Math.max(1, Math.ceil(value.length / 255));
}
