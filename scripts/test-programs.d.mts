// Types of test-programs.mjs, for the tests.
export const testPrograms: Readonly<Record<string, string>>;
export const benchPrograms: Readonly<Record<string, string>>;
export const searchPath: string;
export function programPath(program: string): string | undefined;
export function isInstalled(program: string): boolean;
