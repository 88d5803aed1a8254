// Contract routines that exchange leases with memfile's CSV: headers, dumps, uploads, and two small functions.
import { procedure, storedFunction, type StoredObject } from './routine.ts';

interface FileColumn {
  readonly name: string;
  /** The type of the upload's argument. */
  readonly type: string;
  /** SQL that prints the column. */
  readonly print: string;
  /** SQL that reads the upload's argument. */
  readonly read: string;
}

const plain = (name: string, type: string): FileColumn => ({
  name,
  type,
  print: `COALESCE(${name}, '')`,
  read: name,
});
/** Octets as pairs of digits with colons; none are NULL in the table and nothing in the file. */
const octets = (name: string, type: string, longest: number): FileColumn => ({
  name,
  type,
  print: colonSeparated(name, longest),
  read: `NULLIF(UNHEX(REPLACE(${name}, ':', '')), '')`,
});
/** A comma would end the field: memfile writes it as an entity. */
const text = (name: string, type: string): FileColumn => ({
  name,
  type,
  print: `COALESCE(REPLACE(${name}, ',', '&#x2c'), '')`,
  read:
    name === 'user_context' ? `NULLIF(REPLACE(${name}, '&#x2c', ','), '')` : `REPLACE(${name}, '&#x2c', ',')`,
});
const expire: FileColumn = {
  name: 'expire',
  type: 'bigint unsigned',
  print: "COALESCE(UNIX_TIMESTAMP(expire), '')",
  read: 'FROM_UNIXTIME(expire)',
};

const fileColumns: Readonly<Record<4 | 6, readonly FileColumn[]>> = {
  4: [
    { name: 'address', type: 'varchar(15)', print: 'INET_NTOA(address)', read: 'INET_ATON(address)' },
    octets('hwaddr', 'varchar(20)', 20),
    octets('client_id', 'varchar(255)', 255),
    plain('valid_lifetime', 'int unsigned'),
    expire,
    plain('subnet_id', 'int unsigned'),
    plain('fqdn_fwd', 'tinyint'),
    plain('fqdn_rev', 'tinyint'),
    text('hostname', 'varchar(255)'),
    plain('state', 'int unsigned'),
    text('user_context', 'text'),
    plain('pool_id', 'int unsigned'),
  ],
  6: [
    { name: 'address', type: 'varchar(39)', print: 'INET6_NTOA(address)', read: 'INET6_ATON(address)' },
    octets('duid', 'varchar(130)', 130),
    plain('valid_lifetime', 'int unsigned'),
    expire,
    plain('subnet_id', 'int unsigned'),
    plain('pref_lifetime', 'int unsigned'),
    plain('lease_type', 'tinyint'),
    plain('iaid', 'int unsigned'),
    plain('prefix_len', 'tinyint unsigned'),
    plain('fqdn_fwd', 'tinyint'),
    plain('fqdn_rev', 'tinyint'),
    text('hostname', 'varchar(255)'),
    octets('hwaddr', 'varchar(64)', 20),
    plain('state', 'int unsigned'),
    text('user_context', 'text'),
    plain('hwtype', 'smallint'),
    plain('hwaddr_source', 'int unsigned'),
    plain('pool_id', 'int unsigned'),
  ],
};

/** The function returns at most 64 characters, which is 20 octets: longer values are printed in pieces. */
function colonSeparated(column: string, longest: number): string {
  const pieces = Array.from({ length: Math.ceil(longest / 20) }, (_, piece) => {
    const printed = `colonSeparatedHex(HEX(SUBSTRING(${column}, ${piece * 20 + 1}, 20)))`;
    return piece === 0 ? printed : `IF(LENGTH(${column}) > ${piece * 20}, ${printed}, NULL)`;
  });
  return pieces.length === 1 ? `COALESCE(${pieces[0]!}, '')` : `CONCAT_WS(':', ${pieces.join(', ')})`;
}

export function leaseFileRoutines(family: 4 | 6): StoredObject[] {
  const columns = fileColumns[family];
  const names = columns.map(({ name }) => name).join(',');
  return [
    procedure(`lease${family}DumpHeader`, [], `SELECT '${names}' AS '${names}'`),
    procedure(
      `lease${family}DumpData`,
      [],
      `SELECT ${columns.map(({ name, print }) => `${print} AS ${name}`).join(', ')}
  FROM lease${family} ORDER BY lease${family}.address`,
    ),
    procedure(
      `lease${family}Upload`,
      columns.map(({ name, type }) => `${name} ${type}`),
      `INSERT INTO lease${family} (${names}) VALUES (${columns.map(({ read }) => read).join(', ')})`,
    ),
  ];
}

/** `colonSeparatedHex('AABB')` is 'aa:bb'; an odd digit gets a leading 0. */
export const lexicalFunctions: readonly StoredObject[] = [
  storedFunction(
    'colonSeparatedHex',
    ['hex varchar(64)'],
    'varchar(64) DETERMINISTIC',
    `BEGIN
  DECLARE digits varchar(65) DEFAULT CONCAT(REPEAT('0', CHAR_LENGTH(hex) MOD 2), LOWER(hex));
  DECLARE pairs varchar(128) DEFAULT LEFT(digits, 2);
  DECLARE position int DEFAULT 3;
  WHILE position < CHAR_LENGTH(digits) DO
    SET pairs = CONCAT(pairs, ':', SUBSTRING(digits, position, 2));
    SET position = position + 2;
  END WHILE;
  RETURN pairs;
END`,
  ),
  storedFunction('isJsonSupported', [], 'tinyint(1) DETERMINISTIC', 'RETURN 1'),
];
