// Kea's libraries whose work is built in: naming one loads nothing and is right.

export const builtInLibraries: ReadonlySet<string> = new Set(['libdhcp_mysql.so', 'libdhcp_lease_cmds.so']);

/** Other Kea libraries are passed over (the configuration check says so); everything else is an ES module. */
export const isSharedObject = (library: string): boolean => library.endsWith('.so');
