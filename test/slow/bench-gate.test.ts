/** The gate on times, proved: a planted slow-down is caught, equal builds pass. Two builds are the same commit. */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { buildHead } from '../../bench/gate/builds.js';
import { judgeTwice, makeTimeCases } from '../../bench/gate/run-rounds.js';
import { ScratchFolder } from '../support/scratch-folder.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EQUAL_RUNS = 20;

function runGate(plant: string) {
  return spawnSync('npm', ['run', '--silent', 'bench:gate', '--', '--base', 'HEAD'], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, DELTAKIT_BENCH_PLANT: plant },
    shell: process.platform === 'win32',
  });
}

/** Twenty runs take half an hour on a busy machine. */
const PATIENCE_MS = 3_600_000;

describe('the gate', () => {
  it('fails on a planted slow-down of 20 %, and says what and by how much', () => {
    const { status, stdout } = runGate('1.2');
    expect(stdout).toMatch(/SLOWER: (create|apply), \w+, by \d+ % \(limit 10 %\)/);
    expect(stdout).toContain('The gate fails.');
    expect(status).toBe(1);
  });

  it(
    `passes two equal builds ${EQUAL_RUNS} times out of ${EQUAL_RUNS}`,
    () => {
      const build = buildHead();
      const folder = new ScratchFolder();
      const failures: string[] = [];
      try {
        const cases = makeTimeCases(folder.path);
        const options = { rounds: 10, plant: 1, folder: folder.path };
        for (let run = 0; run < EQUAL_RUNS; run++) {
          const confirmed = judgeTwice(build, build, cases, options).again.filter(({ slower }) => slower);
          failures.push(
            ...confirmed.map(({ name, ratio }) => `run ${run + 1}: ${name}, x ${ratio.toFixed(2)}`),
          );
        }
      } finally {
        folder.clean();
      }
      process.stdout.write(`equal builds passed ${EQUAL_RUNS - failures.length} of ${EQUAL_RUNS} runs\n`);
      expect(failures).toEqual([]);
    },
    PATIENCE_MS,
  );
});
