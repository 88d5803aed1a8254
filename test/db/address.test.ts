// Database addresses: every form of URL, and passwords that never show.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { describeDatabase, formatDatabaseUrl, parseDatabaseUrl } from '../../src/db/address.ts';
import { FlotillaError } from '../../src/errors.ts';

const parsed = [
  {
    url: 'mysql://kea:s%40cret@db.example:3307/fleet',
    address: { host: 'db.example', port: 3307, user: 'kea', password: 's@cret', database: 'fleet' },
  },
  {
    url: 'mariadb://kea@localhost/fleet?socket=/run/mysqld/mysqld.sock',
    address: {
      host: 'localhost',
      port: 3306,
      socketPath: '/run/mysqld/mysqld.sock',
      user: 'kea',
      password: '',
      database: 'fleet',
    },
  },
  {
    url: 'mysql://kea@[2001:db8::1]/fleet?trust-anchor=/etc/ca.pem&cipher-list=TLS_AES_256_GCM_SHA384',
    address: {
      host: '2001:db8::1',
      port: 3306,
      user: 'kea',
      password: '',
      database: 'fleet',
      tls: { trustAnchor: '/etc/ca.pem', cipherList: 'TLS_AES_256_GCM_SHA384' },
    },
  },
];

for (const { url, address } of parsed) {
  test(`${url} is understood`, () => {
    assert.deepEqual(parseDatabaseUrl(url), address);
  });
}

const refused = [
  ['kea:hunter2@db/fleet', /starts with 'kea:'/],
  ['postgres://kea:hunter2@db/fleet', /starts with 'postgres:'/],
  ['mysql://kea:hunter2@db', /names no database/],
  ['mysql://kea:hunter2@db/a/b', /names no database/],
  ['mysql://kea:hunter2%zz@db/fleet', /the password .* write % as %25/],
  ['mysql://kea:hunter2@db/fleet?sockt=/x', /unknown parameter 'sockt'/],
  ['mysql://kea:hunter2@db:99999/fleet', /is not a URL/],
] as const;

for (const [url, reason] of refused) {
  test(`${url.replace('hunter2', '…')} is refused without showing the password`, () => {
    assert.throws(
      () => parseDatabaseUrl(url),
      (error: unknown) => {
        assert.ok(error instanceof FlotillaError);
        assert.equal(error.code, 'DATABASE_URL');
        assert.match(error.message, reason);
        assert.doesNotMatch(error.describe() + String(error.stack), /hunter2/);
        return true;
      },
    );
  });
}

const name = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !text.includes('/'));
const address = fc.record(
  {
    host: fc.constantFrom('localhost', 'db.example', '192.0.2.1', '2001:db8::1'),
    port: fc.integer({ min: 1, max: 65535 }),
    user: name,
    password: fc.string({ unit: 'grapheme' }),
    database: name.filter((text) => text !== '.' && text !== '..'),
  },
  { noNullPrototype: true },
);

test('an address survives being written as a URL', () => {
  fc.assert(
    fc.property(address, (given) => assert.deepEqual(parseDatabaseUrl(formatDatabaseUrl(given)), given)),
  );
});

test('a database is described without its password', () => {
  assert.equal(
    describeDatabase(parseDatabaseUrl('mysql://kea:hunter2@db.example/fleet')),
    'kea@db.example:3306/fleet',
  );
});
