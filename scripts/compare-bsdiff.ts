/**
 * Runs bsdiff and `deltakit bsdiff` on pairs and prints a table in Markdown: bytes, and processor seconds (user and system) of the whole process.
 *   npx tsx scripts/compare-bsdiff.ts FOLDER...   each FOLDER holds `old` and `new`
 * bspatch applies each of our patches, and the result is compared. The library must be built.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const scratch = mkdtempSync(join(tmpdir(), 'compare-bsdiff-'));
const program = join(import.meta.dirname, '../dist/cli/main.js');

/** User and system seconds of a command. */
function run(command: string, ...words: string[]): number {
  const times = join(scratch, 'times');
  execFileSync('/usr/bin/time', ['-f', '%U %S', '-o', times, command, ...words]);
  const [user, system] = readFileSync(times, 'utf8').trim().split(' ').map(Number);
  return user! + system!;
}

const count = (bytes: number) => bytes.toLocaleString('en-US');
const lines = [
  '| pair | bsdiff | ours | bytes | bsdiff s | ours s | times as fast |',
  '|---|--:|--:|--:|--:|--:|--:|',
];
try {
  for (const folder of process.argv.slice(2)) {
    const [old, next] = [join(folder, 'old'), join(folder, 'new')];
    const [theirs, ours, made] = ['theirs', 'ours', 'made'].map((name) => join(scratch, name));
    const slow = run('bsdiff', old, next, theirs!);
    const fast = run('node', program, 'bsdiff', '-q', old, next, ours!);
    execFileSync('bspatch', [old, made!, ours!]);
    if (Buffer.compare(readFileSync(made!), readFileSync(next)) !== 0)
      throw new Error(`${folder}: bspatch makes another file`);
    const [theirSize, ourSize] = [statSync(theirs!).size, statSync(ours!).size];
    const share = `${((100 * ourSize) / theirSize).toFixed(2)} %`;
    lines.push(
      `| ${basename(folder)} | ${count(theirSize)} | ${count(ourSize)} | ${share} | ${slow.toFixed(2)} | ${fast.toFixed(2)} | ${(slow / fast).toFixed(1)} |`,
    );
    process.stderr.write(`${lines.at(-1)}\n`);
  }
} finally {
  rmSync(scratch, { recursive: true });
}
process.stdout.write(`${lines.join('\n')}\n`);
