import { type Dirent, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { localFile } from '../content.ts';
import { KitError } from '../errors.ts';
import type { FolderFile } from './folder.ts';

const EXECUTABLE = 0o755;
const PLAIN = 0o644;

/**
 * The files of a folder of this machine, for `folder({ files })`: by path below it, sent as they are. Of their modes only
 * whether they may be executed counts, because git keeps no more. Throws `local-file-unreadable`, also for links and devices.
 */
export function localFolder(root: string): Record<string, FolderFile> {
  const files: Record<string, FolderFile> = {};
  for (const entry of entriesOf(root)) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) continue;
    if (!entry.isFile())
      throw new KitError('local-file-unreadable', `${path} is neither a file nor a folder`, {
        host: 'local',
        next: `ls -l ${path}`,
      });
    const mode = (statSync(path).mode & 0o100) === 0 ? PLAIN : EXECUTABLE;
    files[relative(root, path)] = { content: localFile(path), mode };
  }
  return files;
}

function entriesOf(root: string): Dirent[] {
  try {
    return readdirSync(root, { withFileTypes: true, recursive: true }).sort((a, b) =>
      join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1,
    );
  } catch (cause) {
    throw new KitError('local-file-unreadable', cause instanceof Error ? cause.message : String(cause), {
      host: 'local',
      next: `ls -ld ${root}`,
    });
  }
}
