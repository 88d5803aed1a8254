// The socket filter that leaves a share of what newcomers send to the kernel: a classic BPF program over the UDP header and the payload.
import { isLittleEndian } from './byte-order.ts';

/** So many bytes (1, 2 or 4) of the payload, read as a number, have this value. */
export interface PayloadTest {
  readonly at: number;
  readonly size: 1 | 2 | 4;
  readonly value: number;
}

/** Tests that all hold of one form of a message. */
export type MessageForm = readonly PayloadTest[];

/** struct sock_filter: what to do, where to jump if true and if false (instructions to skip), operand. */
type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number];

/** linux/bpf_common.h: BPF_LD | BPF_ABS by size, BPF_LD | BPF_LEN, BPF_JMP, BPF_RET. */
const load = { 1: 0x30, 2: 0x28, 4: 0x20 } as const;
const loadLength = 0x80;
const [jumpIfEqual, jumpIfAtLeast] = [0x15, 0x35];
const finish = 0x06;
/** linux/filter.h: SKF_AD_OFF + SKF_AD_RANDOM, 32 bits by chance. */
const chance = 0xfffff000 + 56;
const udpHeader = 8;
const [refuse, accept] = [0, 0xffffffff];

/** struct sock_filter, one after the other: drops by chance `share` (0 to 1) of what has one of the forms. */
export function shedFilter(forms: readonly MessageForm[], share: number): Uint8Array {
  const program: Instruction[] = [];
  for (const tests of forms) {
    // A load beyond the end would end the program with a refusal.
    const length = udpHeader + Math.max(...tests.map(({ at, size }) => at + size));
    const steps = 2 * tests.length + 4;
    program.push([loadLength, 0, 0, 0], [jumpIfAtLeast, 0, steps, length]);
    for (const [index, { at, size, value }] of tests.entries())
      program.push([load[size], 0, 0, udpHeader + at], [jumpIfEqual, 0, steps - 2 * index - 2, value]);
    program.push([load[4], 0, 0, chance], [jumpIfAtLeast, 1, 0, Math.min(accept, share * 2 ** 32)]);
    program.push([finish, 0, 0, refuse], [finish, 0, 0, accept]);
  }
  program.push([finish, 0, 0, accept]);
  return encoded(program);
}

function encoded(program: readonly Instruction[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(program.length * 8));
  for (const [index, [code, ifTrue, ifFalse, operand]] of program.entries()) {
    view.setUint16(index * 8, code, isLittleEndian);
    view.setUint8(index * 8 + 2, ifTrue);
    view.setUint8(index * 8 + 3, ifFalse);
    view.setUint32(index * 8 + 4, operand, isLittleEndian);
  }
  return new Uint8Array(view.buffer);
}
