// How fast DHCPv4 messages decode and encode on one core: `node --import tsx bench/wire.ts`.
import { decodeMessage4, encodeMessage4 } from '../src/wire/v4/codec.ts';
import { agentInformation4 } from '../src/wire/v4/agent.ts';
import { goldenPackets4 } from '../test/wire/golden-packets4-rows.ts';

const packetNamed = (name: string): Uint8Array =>
  Uint8Array.from(Buffer.from(goldenPackets4.find((row) => row.name === name)!.bytes, 'hex'));

const discover = packetNamed('dhclient DISCOVER');
const relayed = packetNamed('relayed DISCOVER with agent information');
const ack = packetNamed('ACK to dhcpcd');
const answer = decodeMessage4(ack);

const cases: readonly (readonly [name: string, run: () => unknown])[] = [
  ['decode DISCOVER', () => decodeMessage4(discover)],
  ['decode relayed DISCOVER and its option 82', () => agentInformation4(decodeMessage4(relayed))],
  [`decode ACK of ${answer.options.size} options`, () => decodeMessage4(ack)],
  [`encode ACK of ${answer.options.size} options`, () => encodeMessage4(answer)],
  ['encode the same within 576 bytes', () => encodeMessage4(answer, { maxSize: 576 })],
];

for (const [name, run] of cases) {
  const once = (milliseconds: number): number => {
    const until = performance.now() + milliseconds;
    let runs = 0;
    while (performance.now() < until) {
      for (let i = 0; i < 1000; i++) run();
      runs += 1000;
    }
    return runs;
  };
  once(300);
  const started = performance.now();
  const runs = once(1000);
  const perSecond = runs / ((performance.now() - started) / 1000);
  console.log(`${name.padEnd(45)} ${Math.round(perSecond).toLocaleString('en').padStart(12)} /s`);
}
