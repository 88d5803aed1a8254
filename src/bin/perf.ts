// `flotilla perf`: load on a DHCP server from simulated clients, with the letters of perfdhcp.
import { Command } from 'commander';
import { createProtocol } from '../tools/perf/create-protocol.ts';
import { runPerf } from '../tools/perf/generator.ts';
import { perfOptions, type PerfFlags } from '../tools/perf/options.ts';
import { formatPerfReport, isComplete } from '../tools/perf/report.ts';
import { openPerfSocket } from '../tools/perf/socket.ts';
import type { SecondReport } from '../tools/perf/tally.ts';

interface Flags extends PerfFlags {
  readonly json?: boolean;
  readonly report?: boolean;
}

/** As perfdhcp's: something was lost or refused. */
const incompleteExitCode = 3;

export function perfCommand(): Command {
  return new Command('perf')
    .argument(
      '[server...]',
      'addresses, -6 also all (ff02::1:2) and servers (ff05::1:3); with several, exchanges go to one after the other',
    )
    .option('-4, --v4', 'DHCPv4 (default)')
    .option('-6, --v6', 'DHCPv6')
    .option('-e, --lease-type <type>', '-6: address-only (default), prefix-only, address-and-prefix')
    .option('-c, --rapid-commit', '-6: ask for a REPLY to the SOLICIT')
    .option(
      '-A, --relays <0|1>',
      '-6: clients are behind a relay; 0 is the default for multicast servers, else 1',
    )
    .option('-r, --rate <n>', 'new exchanges per second; without it as fast as they are answered')
    .option('-p, --period <seconds>', 'how long to begin new exchanges')
    .option('-n, --exchanges <n>', 'how many exchanges in all (default: 1 without a period)')
    .option('-R, --clients <n>', 'simulated clients, one after the other (default: 1)')
    .option('-b, --base <mac>', 'hardware address of the first client (default: mac=00:0c:01:02:03:04)')
    .option('-l, --local <address|interface>', 'where to send from; a relay tells this address of its link')
    .option(
      '-L, --local-port <port>',
      'port to send from (default: 67, -6 547, without a relay 546); another one of a relay: RFC 8357',
    )
    .option('-N, --remote-port <port>', 'port of the server (default: 67, -6 547)')
    .option('-f, --renew-rate <n>', 'renewals per second, of clients bound in this run')
    .option(
      '-F, --release-rate <n>',
      'releases per second, of clients bound in this run; one that finds nobody bound waits for the next',
    )
    .option('-P, --preload <n>', 'bind this many clients before the run')
    .option('-d, --drop-time <seconds>', 'an answer after this is lost (default: 1; with --retransmit 60)')
    .option('-W, --exit-wait <microseconds>', 'wait for answers at the end (default: the drop time)')
    .option(
      '--retransmit',
      'ask again as clients do: after 4, 8, 16 … s (RFC 2131), -6 after 1, 2, 4 … s (RFC 8415)',
    )
    .option('-i, --initial-only', 'DISCOVER and OFFER, or SOLICIT and ADVERTISE only')
    .option('-o, --option <code,hex...>', 'an option of every query')
    .option('-u, --unique', 'check that no address or prefix is held by two clients')
    .option('-t, --report', 'a line each second, on standard error')
    .option('--window <n>', 'open exchanges, without -r and before the run (default: 64)')
    .option('-J, --json', 'the result as JSON')
    .action(async (servers: readonly string[], flags: Flags) => {
      const options = perfOptions(servers, flags);
      const socket = await openPerfSocket(options);
      const stop = new AbortController();
      process.once('SIGINT', () => stop.abort());
      const report = await runPerf(options, {
        protocol: createProtocol(options, socket.linkAddress),
        socket,
        now: () => performance.now(),
        random: Math.random,
        signal: stop.signal,
        ...(flags.report && { onSecond: (second) => console.error(line(second)) }),
      });
      await socket.close();
      console.log(flags.json ? JSON.stringify(report) : formatPerfReport(report));
      if (!isComplete(report)) process.exitCode = incompleteExitCode;
    });
}

const line = (report: SecondReport): string =>
  `${report.second + 1} s: started ${report.started}, completed ${report.completed}, renewed ${report.renewed}, ` +
  `lost ${report.lost}, refused ${report.refused}, p50 ${report.p50.toFixed(2)} ms, p99 ${report.p99.toFixed(2)} ms`;
