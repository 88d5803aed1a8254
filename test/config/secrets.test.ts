// Passwords: where they may come from, and that they go nowhere.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { databaseAddressOf } from '../../src/config/database-address.ts';
import { redact } from '../../src/config/redact.ts';

const directory = mkdtempSync(join(tmpdir(), 'flotilla-secrets-'));
after(() => rmSync(directory, { recursive: true }));
writeFileSync(join(directory, 'password'), 'from file\n');
const entry = { type: 'mysql', name: 'kea', user: 'edge' } as const;
const sources = { directory, environment: { FLOTILLA_DATABASE_PASSWORD: 'from environment' } };

test('a password comes from its key, else from its file, else from the environment', () => {
  assert.equal(databaseAddressOf({ ...entry, password: 'here' }, sources).password, 'here');
  assert.equal(databaseAddressOf({ ...entry, 'password-file': 'password' }, sources).password, 'from file');
  assert.equal(databaseAddressOf(entry, sources).password, 'from environment');
  assert.equal(databaseAddressOf({ ...entry, password: '' }, sources).password, '');
  assert.equal(databaseAddressOf(entry, { directory, environment: {} }).password, '');
});

test('a password file that cannot be read, and two sources at once, are named errors', () => {
  assert.throws(
    () => databaseAddressOf({ ...entry, 'password-file': 'none' }, sources),
    /cannot read the password file/,
  );
  assert.throws(
    () => databaseAddressOf({ ...entry, password: 'x', 'password-file': 'password' }, sources),
    /'password' or 'password-file', not both/,
  );
});

test('a database entry becomes an address with its defaults, socket and TLS files', () => {
  assert.deepEqual(databaseAddressOf({ ...entry, password: '' }, sources), {
    host: 'localhost',
    port: 3306,
    user: 'edge',
    password: '',
    database: 'kea',
  });
  const full = databaseAddressOf(
    {
      ...entry,
      password: '',
      host: '/run/mysqld/mysqld.sock',
      port: 3307,
      'connect-timeout': 9,
      'trust-anchor': 'ca.pem',
      'cipher-list': 'AES',
    },
    sources,
  );
  assert.equal(full.socketPath, '/run/mysqld/mysqld.sock');
  assert.equal(full.port, 3307);
  assert.equal(full.connectTimeout, 9);
  assert.deepEqual(full.tls, { trustAnchor: 'ca.pem', cipherList: 'AES' });
  assert.throws(() => databaseAddressOf({ type: 'postgresql', name: 'kea' }, sources), /only mysql/);
  assert.throws(() => databaseAddressOf({ type: 'mysql' }, sources), /'name'/);
  assert.throws(() => databaseAddressOf({ ...entry, 'cert-file': 'c' }, sources), /belong together/);
});

test('redaction hides every secret at any depth and nothing else', () => {
  const written = {
    'lease-database': { type: 'mysql', password: 'hunter2', 'password-file': '/etc/pw' },
    'hosts-databases': [{ password: 'hunter3' }],
    'control-sockets': [{ authentication: { clients: [{ user: 'u', password: 'hunter4' }] } }],
    'hooks-libraries': [
      { library: 'x', parameters: { peers: [{ 'basic-auth-password': 'hunter5' }], secret: 'hunter6' } },
    ],
    'user-context': { 'password-policy': 'long' },
  };
  const safe = redact(written);
  assert.doesNotMatch(JSON.stringify(safe), /hunter/);
  assert.deepEqual(safe, {
    'lease-database': { type: 'mysql', password: '*****', 'password-file': '/etc/pw' },
    'hosts-databases': [{ password: '*****' }],
    'control-sockets': [{ authentication: { clients: [{ user: 'u', password: '*****' }] } }],
    'hooks-libraries': [
      { library: 'x', parameters: { peers: [{ 'basic-auth-password': '*****' }], secret: '*****' } },
    ],
    'user-context': { 'password-policy': 'long' },
  });
  assert.equal(written['lease-database'].password, 'hunter2');
});
