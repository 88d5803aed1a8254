// A configuration with as much of the engine switched on as one can hold, for fuzzing.

export const everything = {
  'store-extended-info': true,
  'stash-agent-options': true,
  'early-global-reservations-lookup': true,
  'ddns-qualifying-suffix': 'example.org',
  'ddns-replace-client-name': 'when-not-present',
  'dhcp-ddns': { 'enable-updates': true },
  'client-classes': [
    { name: 'phones', test: "substring(option[60].hex, 0, 5) == 'phone'" },
    { name: 'ports', 'template-test': 'relay4[1].hex' },
  ],
  reservations: [{ 'hw-address': '02:00:00:00:00:01', hostname: 'one' }],
  'option-data': [
    { name: 'routers', data: '192.0.2.1' },
    { name: 'ntp-servers', data: '192.0.2.2', 'always-send': true },
    { space: 'vendor-4491', code: 2, 'csv-format': false, data: '0a000009' },
  ],
  'shared-networks': [
    {
      name: 'all',
      interface: 'eth0',
      subnet4: [
        {
          id: 1,
          subnet: '192.0.2.0/24',
          pools: [{ pool: '192.0.2.10 - 192.0.2.200' }],
          'reservations-global': true,
        },
        { id: 2, subnet: '10.0.0.0/8', pools: [{ pool: '10.0.0.0/16' }], 'offer-lifetime': 30 },
      ],
    },
  ],
};
