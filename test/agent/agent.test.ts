import { closeSync, openSync, readFileSync, readSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LevelWorld } from '../support/level-world.js';

let world: LevelWorld;
beforeAll(async () => {
  world = await LevelWorld.create([1]);
});
afterAll(() => world.close());

describe('an agent', () => {
  it('installs a level in the background, removes it, and installs it again from what it kept', async () => {
    const agent = await world.device('life');
    expect(agent.status()).toMatchObject({
      display: '26.3.1',
      isCurrent: null,
      why: 'never-checked',
      automatic: true,
    });
    expect(await agent.check()).toMatchObject({
      reason: 'available',
      offered: { level: 1, display: '26.3.1 (a)' },
    });
    expect(agent.status()).toMatchObject({ isCurrent: false, why: 'available' });
    // A process that has the old library open keeps it.
    const held = openSync(join(agent.options.folder, 'current/Library'), 'r');
    const report = await agent.install({ automatic: true });
    expect(report).toMatchObject({
      installed: true,
      display: '26.3.1 (a)',
      path: 'delta from 0',
      failures: [],
    });
    expect(world.seenBy(agent)).toBe('build 1');
    const first = new Uint8Array(64);
    readSync(held, first, 0, 64, 0);
    closeSync(held);
    expect(first).toEqual(new Uint8Array(readFileSync(join(world.build(0), 'Library')).subarray(0, 64)));
    expect(agent.status()).toMatchObject({ level: 1, display: '26.3.1 (a)', isCurrent: true, floor: 1 });

    await agent.remove();
    expect(world.seenBy(agent)).toBe('build 0');
    expect(agent.status()).toMatchObject({
      level: 0,
      isCurrent: false,
      why: 'removed',
      floor: 1,
      removedLevel: 1,
    });
    expect(await agent.install({ automatic: true })).toMatchObject({ installed: false, reason: 'removed' });
    const again = await agent.install();
    expect(again).toMatchObject({ installed: true, path: 'kept', downloaded: 0 });
    expect(world.seenBy(agent)).toBe('build 1');
    expect(await agent.install()).toMatchObject({ installed: false, reason: 'current' });
    expect(realpathSync(agent.status().current)).toContain('/versions/tree-');
  });
});
