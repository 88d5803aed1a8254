// Replaces a file atomically and durably: a crash leaves the old one or the new one, whole.
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** `write` fills the file beside `path` that then takes its place. Rejects with what the file system says. */
export async function replaceFile(
  path: string,
  mode: number,
  write: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.new`;
  // A leftover of a crash may have another mode, and `open` only sets it on creation.
  await rm(temporary, { force: true });
  const file = await open(temporary, 'wx', mode);
  try {
    await write(file);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
