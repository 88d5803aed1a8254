// The two protocols: everything that is the same for both takes a `family`.

export type Family = 4 | 6;

/** IPv4: unsigned 32-bit number. IPv6: 128-bit bigint. Never text on the packet path. */
export type Address = number | bigint;

/** The address of one family, where the family is known or a parameter. */
export type AddressOf<F extends Family> = { readonly 4: number; readonly 6: bigint }[F];
