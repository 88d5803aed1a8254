// The configuration as an operator writes it: Kea's JSON under `Dhcp4` or `Dhcp6`, already checked against schemas/.

export type Json = string | number | boolean | null | readonly Json[] | JsonMap;
export interface JsonMap {
  readonly [key: string]: Json | undefined;
}

/** The map under `Dhcp4` / `Dhcp6`. Keys are Kea's; values have passed the schema. */
export type WrittenConfig = JsonMap;
