// The DHCPv6 options whose content this room or the server reads; `options-v6-table.ts` has all of them by name.

/** RFC 8415 §21 unless another RFC is named. */
export const option6 = {
  clientId: 1,
  serverId: 2,
  iaNa: 3,
  iaTa: 4,
  iaAddress: 5,
  /** Option Request option (ORO). */
  optionRequest: 6,
  preference: 7,
  elapsedTime: 8,
  relayMessage: 9,
  authentication: 11,
  unicast: 12,
  statusCode: 13,
  rapidCommit: 14,
  userClass: 15,
  vendorClass: 16,
  vendorOptions: 17,
  interfaceId: 18,
  reconfigureMessage: 19,
  reconfigureAccept: 20,
  iaPd: 25,
  iaPrefix: 26,
  informationRefreshTime: 32,
  /** RFC 4649 */
  remoteId: 37,
  /** RFC 4580 */
  subscriberId: 38,
  /** RFC 4704 */
  clientFqdn: 39,
  /** Echo Request option (ERO) of a relay, RFC 4994. */
  echoRequest: 43,
  /** RFC 5007, as are the next four. */
  leaseQuery: 44,
  clientData: 45,
  cltTime: 46,
  lqRelayData: 47,
  lqClientLink: 48,
  /** RFC 5460 */
  relayId: 53,
  /** RFC 6422 */
  relaySuppliedOptions: 66,
  /** RFC 6603 */
  pdExclude: 67,
  /** RFC 6939 */
  clientLinkLayerAddress: 79,
  solMaxRt: 82,
  infMaxRt: 83,
  /** RFC 7341, as is the next one. */
  dhcpv4Message: 87,
  dhcp4o6Servers: 88,
  /** RFC 8357 */
  relaySourcePort: 135,
  /** RFC 9686 */
  addressRegistration: 148,
} as const;
