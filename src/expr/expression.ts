// What a compiled client class expression is, and what it may ask of a packet.
import type { Family } from '../addr/family.ts';
import type { OptionDefinitions } from '../wire/option-definition.ts';

/** The view of a packet that expressions read. Byte values are never modified. */
export interface ExpressionPacket {
  readonly family: Family;
  /** Payload of a top-level option; `undefined` when absent. */
  option(code: number): Uint8Array | undefined;
  /** Fixed header fields. v4: mac hlen htype ciaddr giaddr yiaddr siaddr msgtype transid; v6: msgtype transid. `undefined`: not there. */
  header(field: HeaderField): Uint8Array | undefined;
  readonly iface: string;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** Packet length in bytes. */
  readonly length: number;
  inClass(name: string): boolean;
  /** v6 only: relay level as Kea numbers it (0 nearest the server, -1 nearest the client). */
  relay6?(
    level: number,
  ): { option(code: number): Uint8Array | undefined; peer: Uint8Array; link: Uint8Array } | undefined;
}

export type HeaderField =
  'mac' | 'hlen' | 'htype' | 'ciaddr' | 'giaddr' | 'yiaddr' | 'siaddr' | 'msgtype' | 'transid';

export interface ExpressionContext {
  readonly family: Family;
  readonly definitions: OptionDefinitions;
  /** False makes `member('X')` a parse error. Built-in names need not be answered. */
  isClassDefined(name: string): boolean;
}

/** Evaluating throws FlotillaError EXPRESSION_EVALUATION; nothing else. */
export interface BooleanExpression {
  readonly text: string;
  /** Classes named by `member()`, in order of appearance. */
  readonly memberOf: readonly string[];
  evaluate(packet: ExpressionPacket): boolean;
}

export interface StringExpression {
  readonly text: string;
  readonly memberOf: readonly string[];
  evaluate(packet: ExpressionPacket): Uint8Array;
}
