// Option codes that the DHCPv4 engine itself reads or writes (RFC 2132 and later).

export const option4 = {
  subnetMask: 1,
  routers: 3,
  domainNameServers: 6,
  hostName: 12,
  domainName: 15,
  requestedAddress: 50,
  leaseTime: 51,
  messageType: 53,
  serverIdentifier: 54,
  parameterRequestList: 55,
  renewalTime: 58,
  rebindingTime: 59,
  vendorClass: 60,
  clientIdentifier: 61,
  fqdn: 81,
  agentInformation: 82,
  v6OnlyPreferred: 108,
  subnetSelection: 118,
  viVendorClass: 124,
  viVendorOptions: 125,
} as const;

/** A four-byte option as an unsigned number; 0 when absent or of another length. */
export function uint32Of(bytes: Uint8Array | undefined): number {
  if (bytes?.length !== 4) return 0;
  return ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) >>> 0;
}

/** Four bytes, network order. */
export function uint32Bytes(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
}
