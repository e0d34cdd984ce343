/**
 * Kills `deltakit apply --resume` again and again at random moments and lets it run to its end at last: the new file must be right, and until
 * then it must not be there at all.
 *   npm run demo:kill [-- KILLS [SEED]]      default: 50 kills
 */

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from '../bench/ensure-built.js';
import { createPatchSync } from '../src/index.js';
import { SeededRandom } from '../test/support/seeded-random.js';

const [kills, seed] = [process.argv[2] ?? '50', process.argv[3] ?? '1'].map(Number) as [number, number];
const cli = ensureBuilt();
const folder = mkdtempSync(join(tmpdir(), 'deltakit-kill-'));
const at = (name: string) => join(folder, name);
const random = new SeededRandom(seed);

/** 48 MiB with a change here and there: six windows. */
function writePair(): string {
  const old = new Uint8Array(48 << 20);
  for (let offset = 0; offset < old.length; offset += 1024) old.set(random.bytes(16), offset);
  const next = old.slice();
  for (let i = 0; i < 2000; i++) next[random.below(next.length)]! ^= 1 + random.below(255);
  writeFileSync(at('old'), old);
  writeFileSync(at('patch'), createPatchSync(old, next, { effort: 'fast', verify: false }).patch);
  return createHash('sha256').update(next).digest('hex');
}

/** Runs apply and kills it after some milliseconds; answers whether it came to its end before. */
function runApply(killAfter: number | undefined): Promise<number | undefined> {
  const args = [cli, 'apply', at('old'), at('patch'), '-o', at('new'), '--resume', '-q'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
  return new Promise((resolve) => {
    child.on('exit', (code) => {
      clearTimeout(timer);
      resolve(code ?? undefined);
    });
  });
}

function digestOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

async function main(): Promise<string | undefined> {
  const expected = writePair();
  const oldDigest = digestOf(at('old'));
  const start = performance.now();
  if ((await runApply(undefined)) !== 0) return 'an apply without any kill failed';
  const whole = performance.now() - start;
  rmSync(at('new'));
  let killed = 0;
  let finished = 0;
  let resumed = 0;
  while (killed < kills) {
    const journal = at('.new.deltakit-journal');
    if (existsSync(journal) && readFileSync(journal, 'utf8').split('\n').length > 2) resumed++;
    const code = await runApply(random.below(Math.ceil(whole)));
    if (code === undefined) {
      killed++;
      if (existsSync(at('new')) && digestOf(at('new')) !== expected)
        return `kill ${killed} left a wrong file`;
      // Killed between the rename and the end.
      rmSync(at('new'), { force: true });
    } else if (code === 0) {
      finished++;
      if (digestOf(at('new')) !== expected) return 'a run that came to its end left a wrong file';
      rmSync(at('new'));
    } else return `a run failed with code ${code}`;
  }
  if ((await runApply(undefined)) !== 0) return 'the last run failed';
  if (digestOf(at('new')) !== expected) return 'the last run left a wrong file';
  if (digestOf(at('old')) !== oldDigest) return 'old was changed';
  const left = readdirSync(folder).filter((name) => !['old', 'new', 'patch'].includes(name));
  if (left.length > 0) return `left behind: ${left.join(', ')}`;
  process.stdout.write(
    `killed ${killed} times within ${Math.round(whole)} ms of work (${resumed} began from finished windows, ${finished} came to their end before the kill): the file is right, old untouched, nothing left behind\n`,
  );
  return undefined;
}

try {
  const fault = await main();
  if (fault !== undefined) {
    process.stderr.write(`${fault} (seed ${seed}, in ${folder})\n`);
    process.exitCode = 1;
  }
} finally {
  if (process.exitCode === undefined) rmSync(folder, { recursive: true, force: true });
}
