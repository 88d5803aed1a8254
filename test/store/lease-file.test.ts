// Kea's lease file: what is read, what is written, what survives a crash in the middle.
import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { formatIpv4, parseIpv4 } from '../../src/addr/ipv4.ts';
import { formatIpv6, parseIpv6 } from '../../src/addr/ipv6.ts';
import { silentLogger, type Logger } from '../../src/log.ts';
import { infiniteLifetime, type Lease } from '../../src/store/lease.ts';
import { lease4Rows, lease6Rows, type LeaseRows } from '../../src/store/memfile/lease-rows.ts';
import { openMemfileBackend, type MemfileBackend } from '../../src/store/memfile/memfile-backend.ts';
import { addresses6, lease4, lease6, leases4, type LeaseMaker } from './leases.ts';

const header4 =
  'address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id\n';
const header6 =
  'address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,hostname,' +
  'hwaddr,state,user_context,hwtype,hwaddr_source,pool_id\n';
let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flotilla-lease-file-'));
  path = join(folder, 'kea-leases.csv');
});
afterEach(() => rmSync(folder, { recursive: true }));

const openFile = <L extends Lease>(
  rows: LeaseRows<L>,
  more: { maxRowErrors?: number; logger?: Logger } = {},
): Promise<MemfileBackend<L>> =>
  openMemfileBackend(
    { rows, path, lfcInterval: 0, maxRowErrors: more.maxRowErrors ?? 0 },
    { logger: more.logger ?? silentLogger, clock: () => 1_800_000_000_000 },
  );
const all = async <L extends Lease>(backend: MemfileBackend<L>): Promise<readonly L[]> =>
  (await backend.page(null, 1000, null)).leases;

/** How one family's file looks. */
interface FileKind<L extends Lease> {
  readonly make: LeaseMaker<L>;
  readonly rows: LeaseRows<L>;
  readonly header: string;
  readonly row: (n: number, hostname: string, lifetime?: number, state?: number) => string;
  readonly badRows: readonly string[];
}

test('DHCPv4: reads Kea’s rows: escapes, user context, infinite lifetime both ways, older headers', async () => {
  writeFileSync(
    path,
    header4 +
      '192.0.2.1,02:01:00:00:00:01,01:02,4294967295,6094967295,7,1,0,a&#x2cb,0,{ "x": [1&#x2c 2] },3\n' +
      '192.0.2.2,02:01:00:00:00:02,,4294967295,1800000000,7,0,1,,2,,0\n',
  );
  let backend = await openFile(lease4Rows);
  const [first, second] = await all(backend);
  assert.deepEqual(first, {
    ...lease4(0),
    address: parseIpv4('192.0.2.1'),
    hwaddr: Uint8Array.of(2, 1, 0, 0, 0, 1),
    clientId: Uint8Array.of(1, 2),
    validLifetime: infiniteLifetime,
    cltt: 1_800_000_000,
    subnetId: 7,
    fqdnFwd: true,
    hostname: 'a,b',
    userContext: { x: [1, 2] },
    poolId: 3,
  });
  assert.deepEqual([second!.cltt, second!.state, second!.fqdnRev], [1_800_000_000, 2, true]);
  await backend.close();
  writeFileSync(
    path,
    'address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname\n192.0.2.9,02:01,,10,1800000010,1,0,0,old\n',
  );
  backend = await openFile(lease4Rows);
  assert.deepEqual(
    (await all(backend)).map(({ hostname, state, poolId }) => [hostname, state, poolId]),
    [['old', 0, 0]],
  );
  await backend.close();
});

test('DHCPv6: reads rows as Kea 3.0 wrote them, and writes them so', async () => {
  const duid = '00:03:00:01:02:00:00:00:00:01';
  const lines = [
    `2001:db8:1::1,${duid},3600,1795262987,1,1800,0,1,128,1,0,a&#x2cb&#x26c,02:00:00:00:00:01,0,,1,0,0`,
    `2001:db8:1::2,${duid},4294967295,6090226682,1,4294967295,0,2,128,0,0,,,2,,,,7`,
    '2001:db8:1::3,00:00:00,7200,1795266587,1,0,0,2,128,0,0,,,1,,,,0',
    `2001:db8:8000:100::,${duid},3600,1795262987,1,1800,2,4294967295,56,0,0,,,0,,,,0`,
  ];
  writeFileSync(path, header6 + lines.map((line) => `${line}\n`).join(''));
  const backend = await openFile(lease6Rows);
  const [first, infinite, declined, prefix] = await all(backend);
  const mine = { duid: Uint8Array.of(0, 3, 0, 1, 2, 0, 0, 0, 0, 1), cltt: 1_795_259_387 };
  assert.deepEqual(first, {
    ...lease6(0, mine),
    address: parseIpv6('2001:db8:1::1'),
    iaid: 1,
    fqdnFwd: true,
    hostname: 'a,b&c',
    hwaddr: Uint8Array.of(2, 0, 0, 0, 0, 1),
    hwaddrType: 1,
    hwaddrSource: 0,
  });
  assert.deepEqual(infinite, {
    ...lease6(0, mine),
    address: parseIpv6('2001:db8:1::2'),
    iaid: 2,
    validLifetime: infiniteLifetime,
    preferredLifetime: infiniteLifetime,
    state: 2,
    poolId: 7,
  });
  assert.deepEqual([declined!.state, declined!.duid], [1, new Uint8Array(3)]);
  assert.deepEqual(prefix, {
    ...lease6(0, { ...mine, type: 2 }),
    address: parseIpv6('2001:db8:8000:100::'),
    iaid: 0xffffffff,
  });
  assert.deepEqual(
    [first, infinite, declined, prefix].map((lease) => lease6Rows.encode(lease!)),
    lines,
  );
  await backend.writeAll([{ verb: 'remove', client: null, address: prefix.address }]);
  await backend.close();
  const gone = `2001:db8:8000:100::,${duid},0,1795259387,1,0,2,4294967295,56,0,0,,,0,,,,0\n`;
  assert.ok(readFileSync(path, 'utf8').endsWith(gone));
});

test('DHCPv6: an older file without hardware address, state and pool is read, and rewritten with today’s columns', async () => {
  const old = header6.split(',').slice(0, 12);
  writeFileSync(
    path,
    `${old.join(',')}\n2001:db8::9,00:01:02:03,10,1800000010,1,5,2,4294967295,64,0,1,old\n`,
  );
  const backend = await openFile(lease6Rows);
  const [lease] = await all(backend);
  assert.deepEqual(lease, {
    ...lease6(0, { type: 2, duid: Uint8Array.of(0, 1, 2, 3) }),
    address: parseIpv6('2001:db8::9'),
    prefixLength: 64,
    iaid: 0xffffffff,
    validLifetime: 10,
    preferredLifetime: 5,
    cltt: 1_800_000_000,
    fqdnRev: true,
    hostname: 'old',
  });
  await backend.close();
  assert.equal(
    readFileSync(path, 'utf8'),
    `${header6}2001:db8::9,00:01:02:03,10,1800000010,1,5,2,4294967295,64,0,1,old,,0,,,,0\n`,
  );
});

function survives<L extends Lease>({ make, rows, header, row, badRows }: FileKind<L>): void {
  const it = (title: string, body: () => Promise<void>): void => void test(`${make.kind}: ${title}`, body);
  const open = (more: { maxRowErrors?: number; logger?: Logger } = {}): Promise<MemfileBackend<L>> =>
    openFile(rows, more);
  const hostnames = async (): Promise<string[]> => {
    const backend = await open();
    const names = (await all(backend)).map(({ hostname }) => hostname);
    await backend.close();
    return names;
  };

  it('the last row of an address wins, lifetime 0 deletes, a released lease stays', async () => {
    writeFileSync(
      path,
      header + row(1, 'a') + row(2, 'b') + row(1, 'c') + row(2, 'b', 0) + row(3, 'd', 0, 3),
    );
    assert.deepEqual(await hostnames(), ['c', 'd']);
    assert.equal(readFileSync(path, 'utf8').trim().split('\n').length, 3, 'the file was rewritten clean');
  });

  it('leftovers of an interrupted clean-up are read in order of age, and then gone', async () => {
    writeFileSync(`${path}.2`, header + row(1, 'oldest') + row(2, 'oldest'));
    writeFileSync(`${path}.1`, header + row(1, 'middle') + row(3, 'middle'));
    writeFileSync(path, header + row(3, 'newest'));
    assert.deepEqual(await hostnames(), ['middle', 'oldest', 'newest']);
    assert.deepEqual(readdirSync(folder), ['kea-leases.csv']);
    writeFileSync(`${path}.completed`, header + row(8, 'complete'));
    writeFileSync(`${path}.1`, header + row(9, 'superseded'));
    assert.deepEqual(await hostnames(), ['middle', 'oldest', 'newest', 'complete']);
  });

  it('bad rows are skipped, counted and located, up to max-row-errors', async () => {
    writeFileSync(
      path,
      header + row(1, 'good') + badRows.map((bad) => `${bad}\n`).join('') + row(2, 'also good'),
    );
    const lines: string[] = [];
    const logger: Logger = {
      ...silentLogger,
      error: (id, text, fields) => lines.push(`${id} ${fields?.['line']?.toString() ?? ''} ${text}`),
    };
    await assert.rejects(open({ maxRowErrors: 3, logger }), (error: { code: string; location: object }) => {
      assert.equal(error.code, 'LEASE_FILE');
      assert.deepEqual(error.location, { file: path, line: 6 });
      return true;
    });
    assert.deepEqual(
      lines.map((line) => line.split(' ').slice(0, 2).join(' ')),
      [3, 4, 5, 6].map((n) => `DHCPSRV_MEMFILE_LEASE_LOAD_ROW_ERROR ${n}`),
    );
    const backend = await open({ maxRowErrors: 4 });
    assert.deepEqual(
      (await all(backend)).map(({ hostname }) => hostname),
      ['good', 'also good'],
    );
    await backend.close();
  });

  it('a foreign header is refused with its place', async () => {
    writeFileSync(path, 'address,colour\n');
    await assert.rejects(open(), { code: 'LEASE_FILE', location: { file: path, line: 1 } });
  });

  it('every acknowledged write is in the file, and reads back the same', async () => {
    const backend = await open();
    const claims = Array.from({ length: 50 }, (_, n) => ({
      verb: 'claim' as const,
      client: make.client(n),
      lease: make.lease(n, { hostname: 'a,&#x2c;\n"é', userContext: { n, text: ',&' } }),
    }));
    await backend.writeAll(claims);
    await backend.writeAll([
      { verb: 'release', client: make.client(3), address: make.address(3), keep: true },
    ]);
    await backend.writeAll([{ verb: 'remove', client: null, address: make.address(4) }]);
    await backend.writeAll([{ verb: 'remove', client: null, address: make.address(3) }]);
    const before = await all(backend);
    // No close: a crash has none.
    const again = await open();
    assert.deepEqual(await all(again), before);
    assert.equal(before.length, 48);
    await Promise.all([backend.close(), again.close()]);
  });

  it('a row torn by a crash costs only itself', async () => {
    writeFileSync(path, header + row(1, 'whole'));
    appendFileSync(path, row(2, 'torn').slice(0, 18));
    assert.deepEqual(await hostnames(), ['whole']);
  });

  it('the clean-up while serving keeps every write that comes meanwhile', async () => {
    const backend = await open();
    const write = (n: number, hostname: string): Promise<unknown> =>
      backend.writeAll([{ verb: 'claim', client: make.client(n), lease: make.lease(n, { hostname }) }]);
    await backend.writeAll(
      Array.from({ length: 3000 }, (_, n) => ({
        verb: 'put' as const,
        lease: make.lease(n, { hostname: 'first' }),
      })),
    );
    const cleaning = backend.cleanUp();
    await Promise.all([
      ...Array.from({ length: 100 }, (_, n) => write(n, 'second')),
      backend.writeAll([{ verb: 'remove', client: null, address: make.address(2999) }]),
    ]);
    await cleaning;
    await write(200, 'third');
    const before = await all(backend);
    await backend.close();
    assert.ok(!existsSync(`${path}.completed`));
    const again = await open();
    assert.deepEqual(
      await all(again).then((leases) => leases.map(({ hostname }) => hostname)),
      before.map(({ hostname }) => hostname),
    );
    await again.close();
  });

  it('a file that has nothing to clean is left as it is; one with a replaced row is rewritten', async () => {
    writeFileSync(path, header + row(1, 'a') + row(2, 'b'));
    const { ino } = statSync(path);
    assert.deepEqual(await hostnames(), ['a', 'b']);
    assert.equal(statSync(path).ino, ino);
    appendFileSync(path, row(1, 'c'));
    assert.deepEqual(await hostnames(), ['c', 'b']);
    assert.notEqual(statSync(path).ino, ino);
    assert.equal(readFileSync(path, 'utf8'), header + row(1, 'c') + row(2, 'b'));
  });

  it('rows are read whole wherever the file is cut into pieces, the last one without its line end too', async () => {
    const names = Array.from({ length: 40_000 }, (_, i) => `h${'ü'.repeat(i % 7)}${i}`);
    names[20_000] = 'x'.repeat(3 << 20);
    const text = header + names.map((name, i) => row(i, name)).join('');
    writeFileSync(path, text.slice(0, -1));
    const backend = await open();
    const { leases } = await backend.page(null, Infinity, null);
    assert.deepEqual(
      leases.map(({ hostname }) => hostname),
      names,
    );
    await backend.close();
    assert.equal(readFileSync(path, 'utf8'), text);
  });
}

survives({
  make: leases4,
  rows: lease4Rows,
  header: header4,
  row: (n, hostname, lifetime = 3600, state = 0) =>
    `${formatIpv4(parseIpv4('10.0.0.0') + n)},02:01:00:00:00:01,,${lifetime},${1_800_000_000 + lifetime},1,0,0,` +
    `${hostname},${state},,0\n`,
  badRows: [
    '192.0.2.x,,,1,2,1,0,0,,0,,0',
    'short,row',
    '192.0.2.5,zz,,1,2,1,0,0,,0,,0',
    '192.0.2.6,02,,1,2,1,7,0,,0,,0',
  ],
});
survives({
  make: addresses6,
  rows: lease6Rows,
  header: header6,
  row: (n, hostname, lifetime = 3600, state = 0) =>
    `${formatIpv6(parseIpv6('2001:db8::') + BigInt(n))},00:01:02:03,${lifetime},${1_800_000_000 + lifetime},1,1800,0,1,128,` +
    `0,0,${hostname},,${state},,,,0\n`,
  badRows: [
    '2001:db8::x,00:01:02,1,2,1,1,0,1,128,0,0,,,0,,,,0',
    'short,row',
    '2001:db8::1,00:01:02,1,2,1,1,1,1,128,0,0,,,0,,,,0',
    '2001:db8::1,00:01:02,1,2,1,1,2,1,129,0,0,,,0,,,,0',
  ],
});
