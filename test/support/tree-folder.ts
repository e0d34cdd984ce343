import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** A tree in brief: text or bytes of a file, `-> target` for a link, `x:` before the text of a file that may be executed, null for an empty folder. */
export type BriefTree = Readonly<Record<string, string | Uint8Array | null>>;

export function writeBriefTree(root: string, tree: BriefTree): string {
  mkdirSync(root, { recursive: true });
  for (const [path, content] of Object.entries(tree)) {
    const full = join(root, path);
    mkdirSync(content === null ? full : dirname(full), { recursive: true });
    if (content === null) continue;
    if (typeof content === 'string' && content.startsWith('-> ')) symlinkSync(content.slice(3), full);
    else if (typeof content === 'string' && content.startsWith('x:')) {
      writeFileSync(full, content.slice(2));
      chmodSync(full, 0o755);
    } else writeFileSync(full, content);
  }
  return root;
}

/** What a folder holds, in the same brief form; bytes as latin1 text, every folder named. */
export function readBriefTree(root: string, inside = ''): Record<string, string | null> {
  const found: Record<string, string | null> = {};
  for (const name of readdirSync(join(root, inside)).sort()) {
    const path = inside === '' ? name : `${inside}/${name}`;
    const stat = lstatSync(join(root, path));
    if (stat.isSymbolicLink()) found[path] = `-> ${readlinkSync(join(root, path))}`;
    else if (stat.isDirectory()) Object.assign(found, { [path]: null }, readBriefTree(root, path));
    else found[path] = `${(stat.mode & 0o111) !== 0 ? 'x:' : ''}${readFileSync(join(root, path), 'latin1')}`;
  }
  return found;
}
