// `option-data` texts with their bytes, texts that are refused, and the texts that class expressions see.
// The accepted and displayed values were measured on a Kea 3.0.4 unless a row says otherwise.

/** Fields (as in the option tables), text, payload in hexadecimal. */
export const acceptedTexts: readonly (readonly [fields: string, text: string, hex: string])[] = [
  ['uint8', '5', '05'],
  ['uint8', '0x05', '05'],
  ['uint8', 'ff', 'ff'],
  ['uint8', ' 7 ', '07'],
  ['uint8', '+5', '05'],
  ['int8', '-128', '80'],
  ['int32', '-3600', 'fffff1f0'],
  ['int32[]', '1,-2', '00000001fffffffe'],
  ['int16[]', '-2', 'fffe'],
  ['boolean', 'TRUE', '01'],
  ['boolean', '0', '00'],
  ['boolean[]', 'true,false', '0100'],
  ['string', 'a\\,b', '612c62'],
  ['string', 'a\\b', '615c62'],
  ['string', 'a\\\\b', '615c62'],
  ['string', 'a\\', '615c'],
  ['string', ' lead trail ', '6c65616420747261696c'],
  ['string', "'q'", '277127'],
  ['binary', '0102', '0102'],
  ['binary', '01 02', '0102'],
  ['empty', '', ''],
  ['ipv4-address[]', '10.0.0.1,10.0.0.2', '0a0000010a000002'],
  ['ipv4-address[]', '10.0.0.1,,10.0.0.2', '0a0000010a000002'],
  ['ipv6-address', '2001:db8::1', '20010db8000000000000000000000001'],
  ['ipv6-prefix', '2001:db8::/32', '2020010db8'],
  ['ipv6-prefix', '2001:db8:ffff::1/35', '2320010db8e0'],
  ['ipv6-prefix', '::/0', '00'],
  ['ipv6-prefix', '2001:db8:: / 32', '2020010db8'],
  ['psid', '3/4', '043000'],
  ['psid', '3 / 4', '043000'],
  ['psid', '0/0', '000000'],
  ['psid', '1/16', '100001'],
  ['tuple', 'abc', '03616263'],
  ['tuple', 'a\\,b', '03612c62'],
  ['tuple[]', 'abc, ,de', '0361626300026465'],
  ['fqdn', 'www.example.com', '03777777076578616d706c6503636f6d00'],
  ['fqdn', 'www.example.com.', '03777777076578616d706c6503636f6d00'],
  ['fqdn', 'a_b.c', '03615f62016300'],
  ['fqdn[]', 'a.b,c.a.b', '016101620001630161016200'],
  ['uint8,string', '1,a\\,b', '01612c62'],
  ['uint8,ipv4-address[]', '1,10.0.0.1,10.0.0.2', '010a0000010a000002'],
  ['uint8,binary', '1,0102', '010102'],
  [
    'uint8,tuple,psid,ipv6-prefix,boolean,fqdn',
    '1,abc,3/4,2001:db8::/32,true,a.b',
    '01036162630430002020010db8010161016200',
  ],
];

/** Standard options by code: text, payload. */
export const acceptedStandard4: readonly (readonly [code: number, text: string, hex: string])[] = [
  [121, '10.0.0.0/8 - 10.1.1.1', '080a0a010101'],
  [121, '10.0.0.0/8-10.1.1.1', '080a0a010101'],
  [121, '10.0.0.1/8 - 10.1.1.1', '080a0a010101'],
  [121, '10.0.0.0/8 - 10.1.1.1, 0.0.0.0/0 - 10.2.2.2', '080a0a010101000a020202'],
  [
    162,
    '10, dot.example.org., 10.0.2.3 10.3.4.5, alpn=dot\\,doq port=853 dohpath=/q{?dns} | 20, dot2.example.org.',
    // Priority, name, addresses, then alpn, port and dohpath (RFC 9463 §5.1).
    '003b000a1103646f74076578616d706c65036f726700080a0002030a0304050001000803646f7403646f710003000203550007' +
      '00082f717b3f646e737d001500141204646f7432076578616d706c65036f726700',
  ],
  [162, '1, a.b', '00080001050161016200'],
  [162, '1, a.b., 10.0.0.1', '000d0001050161016200040a000001'],
  [143, 'https://a.b/c, https://d', '000d68747470733a2f2f612e622f63000968747470733a2f2f64'],
  [146, '1,10.0.0.1,10.0.0.2,a.b,c.d', '010a0000010a00000201610162000163016400'],
  [212, '0,32,2001:db8::,10.0.0.1,10.0.0.2', '002020010db80000000000000000000000000a0000010a000002'],
  [159, '2,3/4', '02043000'],
  [124, '4491, 03616263', '0000118b03616263'],
  [43, '', ''],
];

/** Fields, text, csv-format, what the message must say. */
export const refusedTexts: readonly (readonly [
  fields: string,
  text: string,
  csvFormat: boolean,
  says: RegExp,
])[] = [
  ['uint8', '256', true, /from 0 to 255/],
  ['uint8', '-1', true, /from 0 to 255/],
  ['uint8', '', true, /expected 1 field/],
  ['int8', '-129', true, /from -128 to 127/],
  ['boolean', 'yes', true, /true, false, 1 or 0/],
  ['boolean', '2', true, /true, false, 1 or 0/],
  ['string', '', true, /expected 1 field/],
  // Kea would send 'a' alone.
  ['string', 'a,b', true, /found 2; write a comma inside a field as \\,/],
  ['binary', 'zz', true, /hexadecimal/],
  ['binary', '', true, /expected 1 field/],
  ['empty', 'x', true, /no data/],
  ['ipv4-address', '10.0.0.256', true, /IPv4 address/],
  ['ipv4-address[]', '10.0.0.1, ten', true, /field 2: 'ten'/],
  ['ipv6-prefix', '2001:db8::/129', true, /IPv6 prefix/],
  ['ipv6-prefix', '2001:db8::', true, /IPv6 prefix/],
  ['psid', '16/4', true, /PSID/],
  ['psid', '1/17', true, /PSID/],
  ['tuple', 'x'.repeat(256), true, /at most 255/],
  ['fqdn', 'a..b', true, /label is empty/],
  ['fqdn', `${'x'.repeat(64)}.y`, true, /longer than 63/],
  ['fqdn', `${'x.'.repeat(128)}`, true, /longer than 255/],
  ['uint8,string', '1', true, /expected 2 fields \(uint8, string\), found 1/],
  ['uint8,ipv4-address[]', '1', true, /at least 2 fields/],
  ['ipv4-address[]', '0A0000', false, /do not have the form ipv4-address/],
  ['uint16', '01', false, /do not have the form uint16/],
  ['binary', '0g', false, /hexadecimal/],
  ['internal', '1', true, /'binary'/],
];

export const refusedStandard4: readonly (readonly [code: number, text: string, says: RegExp])[] = [
  [121, '10.0.0.0/8 10.1.1.1', /10.0.0.0\/8 - 192.0.2.1/],
  [121, '08 0a 0a010101', /is not a route/],
  [162, '1, a.b., 10.0.0.1, alpn=dot, x', /expected priority/],
  [162, '1, a.b., 10.0.0.1, port=1 alpn=h2', /dohpath/],
  [162, '1, a.b., , alpn=dot', /addresses is empty/],
  [162, '1, a.b., 10.0.0.1, alpn=dot=doq', /key=value/],
  [162, '1, a.b., 10.0.0.1, key4=1', /address hints/],
  [162, '65536, a.b.', /priority/],
];

/** Standard options by code: payload, the text of `option[code].text`. */
export const displayed4: readonly (readonly [code: number, hex: string, text: string])[] = [
  [1, 'ffffff00', 'type=001, len=004: 255.255.255.0 (ipv4-address)'],
  [2, 'fffff1f0', 'type=002, len=004: -3600 (int32)'],
  [3, '0a0000010a000002', 'type=003, len=008: 10.0.0.1 10.0.0.2'],
  [12, '686f7374', 'host'],
  [12, '61620000', 'ab'],
  [13, '0010', 'type=013, len=002: 16 (uint16)'],
  [15, '612e62', 'a.b'],
  [19, '01', 'type=019, len=001: true (boolean)'],
  [25, '00440128', 'type=025, len=004: 68(uint16) 296(uint16)'],
  [51, '00000e10', 'type=051, len=004: 3600 (uint32)'],
  [55, '0103', 'type=055, len=002: 1(uint8) 3(uint8)'],
  [60, '4d53465420352e30', 'MSFT 5.0'],
  [61, '01020000000001', 'type=061, len=007: 01:02:00:00:00:00:01'],
  [61, '616263', "type=061, len=003: 61:62:63 'abc'"],
  [78, '010a000001', 'type=078, len=005: true (boolean) 10.0.0.1 (ipv4-address)'],
  [79, '01616263', 'type=079, len=004: mandatory:1, scope-list:"abc"'],
  [81, '05ffff0161016200', "type=81 (CLIENT_FQDN), flags: (N=0, E=1, O=0, S=1), domain-name='a.b.' (full)"],
  [81, '04ffff0161', "type=81 (CLIENT_FQDN), flags: (N=0, E=1, O=0, S=0), domain-name='a' (partial)"],
  [81, '00ffff61', "type=81 (CLIENT_FQDN), flags: (N=0, E=0, O=0, S=0), domain-name='a' (partial)"],
  [
    82,
    '010365746802040a0b0c0d0603737562',
    "type=082, len=016:,\noptions:\n  type=001, len=003: 65:74:68 'eth'\n  type=002, len=004: 0a:0b:0c:0d\n" +
      '  type=006, len=003: "sub" (string)',
  ],
  [88, '0161016200', 'type=088, len=005: "a.b." (fqdn)'],
  [90, '0102', 'type=090, len=002: 01:02'],
  [94, '010203', 'type=094, len=003: 1 (uint8) 2 (uint8) 3 (uint8)'],
  [97, '00010203', 'type=097, len=004: 0 (uint8) 010203 (binary)'],
  [119, '01610162000163016200', 'type=119, len=010: "a.b." (fqdn) "c.b." (fqdn)'],
  [
    121,
    '080a0a010101000a020202',
    'type=121(CLASSLESS_STATIC_ROUTE), len=11, Route 1 (subnet 10.0.0.0/8, router IP 10.1.1.1), ' +
      'Route 2 (subnet 0.0.0.0/0, router IP 10.2.2.2)',
  ],
  [122, '01040a000001', 'type=122, len=006:,\noptions:\n  type=001, len=004: 10.0.0.1 (ipv4-address)'],
  [
    124,
    '0000118b0403616263',
    "type=124, len=9,  enterprise id=0x118b, data-len0=4, vendor-class-data0='\u0003abc'",
  ],
  [143, '0003612e6200026465', "type=143, len=9, data-len0=3, data0='a.b', data-len1=2, data1='de'"],
  [
    146,
    '010a0000010a000002016100',
    'type=146, len=012: 1 (uint8) 10.0.0.1 (ipv4-address) 10.0.0.2 (ipv4-address) "a." (fqdn)',
  ],
  [
    162,
    '003b000a1103646f74076578616d706c65036f726700080a0002030a0304050001000803646f7403646f710003000203550007' +
      '00082f717b3f646e737d001500141204646f7432076578616d706c65036f726700',
    'type=162(V4_DNR), len=84, DNR Instance 1(Instance len=59, service_priority=10, adn_length=17, ' +
      "adn='dot.example.org.', addr_length=8, address(es): 10.0.2.3 10.3.4.5, svc_params='alpn=dot,doq port=853 " +
      "dohpath=/q{?dns}'), DNR Instance 2(Instance len=21, service_priority=20, adn_length=18, adn='dot2.example.org.')",
  ],
  [125, '00000009030101aa', 'type=125, len=008: 9 (uint32) 3 (uint8),\noptions:\n  type=001, len=001: aa'],
  [159, '02043000', 'type=159, len=004: 2 (uint8) len=4,psid=3 (psid)'],
  [
    212,
    '002020010db80000000000000000000000000a000001',
    'type=212, len=022: 0 (uint8) 32 (uint8) 2001:db8:: (ipv6-address) 10.0.0.1 (ipv4-address)',
  ],
  [200, '0102', 'type=200, len=002: 01:02'],
  [200, '', "type=200, len=000: ''"],
];

/** Configured definitions: fields, payload, text with code 200. */
export const displayedFields: readonly (readonly [fields: string, hex: string, text: string])[] = [
  ['tuple', '03616263', 'type=200, len=004: "abc" (tuple)'],
  ['uint8,string', '01616263', 'type=200, len=004: 1 (uint8) "abc" (string)'],
  ['ipv6-address', '20010db8000000000000000000000001', 'type=200, len=016: 2001:db8::1 (ipv6-address)'],
  ['boolean[]', '0100', 'type=200, len=002: true (boolean) false (boolean)'],
  ['empty', '', "type=200, len=000: ''"],
  ['int8,int8', 'fffd', 'type=200, len=002: -1 (int8) -3 (int8)'],
  // Not Kea's, which shows nothing for a prefix in DHCPv4.
  ['ipv6-prefix', '2020010db8', 'type=200, len=005: 2001:db8::/32 (ipv6-prefix)'],
  // What does not have its form shows as bytes.
  ['uint32', '0102', 'type=200, len=002: 01:02'],
];
