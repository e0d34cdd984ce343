import { afterAll, beforeAll, expect, it } from 'vitest';
import { readState } from '../../src/agent/agent-state.js';
import { isInRollout } from '../../src/levels/rollout.js';
import { readManifest } from '../../src/publisher/level-index.js';
import { setRollout } from '../../src/publisher/publish-levels.js';
import { BASE, LevelWorld, PRODUCT } from '../support/level-world.js';

/** Devices of the fleet; two runs of the loop at most are at work at a time. */
const COUNT = 1000;
const AT_ONCE = 8;

let world: LevelWorld;
beforeAll(async () => {
  world = await LevelWorld.create([1]);
});
afterAll(() => world.close());

it('a thousand agents come to level (a) from one static server, a tenth of them first', async () => {
  const [level] = readManifest(world.repository, PRODUCT)!.bases[0]!.levels;
  await setRollout(world.repository, { ...PRODUCT, base: BASE, level: 1 }, 10, world.publication);
  const round = async (expected: (deviceId: string) => boolean) => {
    let next = 0;
    let installed = 0;
    const work = async () => {
      for (let i = next++; i < COUNT; i = next++) {
        const agent = await world.device(`fleet-${i}`);
        const report = await agent.install({ automatic: true });
        const { deviceId } = readState(agent.options.folder)!;
        expect(report.level === 1, deviceId).toBe(expected(deviceId));
        expect(world.seenBy(agent)).toBe(`build ${report.level}`);
        if (report.installed) installed++;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return installed;
  };
  const first = await round((id) => isInRollout(id, level!.rollout.salt, 10));
  // Four standard deviations of a binomial distribution: 4 sqrt(1000 0.1 0.9) = 38.
  expect(Math.abs(first - COUNT / 10)).toBeLessThan(38);
  await setRollout(world.repository, { ...PRODUCT, base: BASE, level: 1 }, 100, world.publication);
  expect(await round(() => true)).toBe(COUNT - first);
  // One delta each, and nothing twice.
  expect(world.server.objects).toHaveLength(COUNT);
  expect(new Set(world.server.objects).size).toBe(1);
}, 900_000);
