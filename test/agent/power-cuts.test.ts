import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Agent } from '../../src/agent/agent.js';
import type { AgentOptions } from '../../src/agent/agent-options.js';
import { summarizeTree } from '../../src/bundle/summarize-tree.js';
import { LevelWorld } from '../support/level-world.js';
import { PowerCut, resetDisk } from '../support/watched-disk.js';

/**
 * Faults 1 to 3: the power goes before every k-th change of the disk, in every operation, and again while the next run recovers. What programs
 * see is always exactly one of the two builds; the run after that ends as if nothing had been.
 */

const disk = vi.hoisted(() => ({ count: 0, cutAt: 0, failAt: 0, failure: 'EIO', log: [] }));
vi.mock('node:fs', async (load) => {
  const { watchFileSystem } = await import('../support/watched-disk.js');
  return watchFileSystem(await load<typeof import('node:fs')>(), disk);
});

let world: LevelWorld;
const digests: string[] = [];
beforeAll(async () => {
  world = await LevelWorld.create([1]);
  for (const build of [0, 1]) digests.push((await summarizeTree(world.build(build))).digest);
  // Three devices to begin from: at the baseline, at level 1, and removed from it.
  const fresh = await world.device('fresh');
  await fresh.check();
  const installed = await world.device('installed');
  await installed.install();
});
afterAll(() => world.close());

/** Every so many changes; EVERY_CUT=1 takes each. */
const STRIDE = process.env.EVERY_CUT === undefined ? 9 : 1;
let serial = 0;

interface Case {
  readonly from: string;
  readonly run: (agent: Agent) => Promise<unknown>;
  readonly options?: Partial<AgentOptions>;
  readonly ends: { readonly level: number; readonly why?: string };
}

const unhealthy = { healthCheck: () => Promise.reject(new Error('it does not start')) };
const CASES: Readonly<Record<string, Case>> = {
  install: { from: 'fresh', run: (agent) => agent.install(), ends: { level: 1 } },
  remove: { from: 'installed', run: (agent) => agent.remove(), ends: { level: 0 } },
  'install and roll back': {
    from: 'fresh',
    run: (agent) =>
      agent.install().catch((error) => {
        if (error.code !== 'HEALTH_CHECK_FAILED') throw error;
      }),
    options: unhealthy,
    ends: { level: 0, why: 'quarantined' },
  },
};

function copyDevice(from: string, options: Partial<AgentOptions> = {}): Agent {
  const name = `copy-${serial++}`;
  cpSync(world.scratch.file(from), world.scratch.file(name), { recursive: true, verbatimSymlinks: true });
  return new Agent(world.options(name, options));
}

/** The process that held the lock is gone: its number belongs to one that began at another time. */
function forgetHolder(agent: Agent): void {
  const path = join(agent.options.folder, 'lock');
  try {
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"began":"\d*"/, '"began":"1"'));
  } catch {
    // The power went before there was a lock, or after it was gone.
  }
}

async function seenBuild(agent: Agent): Promise<number> {
  const { digest } = await summarizeTree(join(agent.options.folder, 'current'));
  return digests.indexOf(digest);
}

/** Runs until the power goes before change `at`; answers whether it did. */
async function runUntilCut(agent: Agent, at: number, run: () => Promise<unknown>): Promise<boolean> {
  resetDisk(disk, { cutAt: at });
  const error = await run().catch((reason) => reason);
  resetDisk(disk);
  if (error instanceof PowerCut) {
    forgetHolder(agent);
    return true;
  }
  if (error instanceof Error) throw error;
  return false;
}

describe('the power goes', () => {
  it.each(Object.entries(CASES))(
    '1, 2, 3: before any change of %s',
    async (_name, { from, run, options, ends }) => {
      let cuts = 0;
      for (let at = 1; ; at += STRIDE) {
        const agent = copyDevice(from, options);
        const wasCut = await runUntilCut(agent, at, () => run(agent));
        expect([0, 1], `change ${at}`).toContain(await seenBuild(agent));
        if (!wasCut) break;
        cuts++;
        await runUntilCut(agent, 1 + (at % 9), () => agent.recover());
        expect([0, 1], `change ${at}, recovering`).toContain(await seenBuild(agent));
        const { level, pending } = await agent.recover();
        expect([pending, await seenBuild(agent)], `change ${at}, recovered`).toEqual([null, level]);
        await run(agent);
        expect(await seenBuild(agent), `change ${at}, done again`).toBe(ends.level);
        expect(agent.status()).toMatchObject({ ...ends, pending: null });
      }
      expect(cuts).toBeGreaterThan(20 / STRIDE);
    },
  );
});
