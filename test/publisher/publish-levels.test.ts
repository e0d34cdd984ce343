import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readLevelManifest } from '../../src/levels/level-manifest.js';
import { buildTrees } from '../../src/publisher/build-trees.js';
import { readManifest } from '../../src/publisher/level-index.js';
import { publishLevels } from '../../src/publisher/publish-levels.js';
import { DEFAULT_LIFETIMES } from '../../src/publisher/repository-keys.js';
import { TufRepository } from '../../src/publisher/tuf-repository.js';
import type { Signer } from '../../src/signature/signer.js';
import { BASE, LevelWorld, PRODUCT } from '../support/level-world.js';

let world: LevelWorld;
afterEach(() => world.close());

const files = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => [
        join(parentPath, name),
        readFileSync(join(parentPath, name), 'base64'),
      ]),
  );

describe('a publisher', () => {
  it('gives each level the full form and the deltas that are smaller', async () => {
    world = await LevelWorld.create([1, 2]);
    const [first, second] = readManifest(world.repository, PRODUCT)!.bases[0]!.levels;
    expect(first!.deltas.map(({ from }) => from)).toEqual([0]);
    expect(second!.deltas.map(({ from }) => from)).toEqual([0, 1]);
    const [baseline, direct] = second!.deltas;
    expect(direct!.size).toBeLessThan(baseline!.size);
    expect(baseline!.size).toBeLessThan(second!.full.size);
  });

  it('28: takes the direct way on a device that has the level before, and the way from the baseline elsewhere', async () => {
    world = await LevelWorld.create([1]);
    const agent = await world.device('d');
    await agent.install();
    await world.publish([1, 2]);
    expect(await agent.install()).toMatchObject({ path: 'delta from 1' });
    const other = await world.device('e');
    expect(await other.install()).toMatchObject({ path: 'delta from 0' });
  });

  it('changes nothing in a second run or a dry one, and only adds in the next', async () => {
    world = await LevelWorld.create([1]);
    const before = files(world.repositoryFolder);
    expect(await world.publish([1])).toMatchObject({ written: false, added: [], objects: [] });
    const plan = await world.publish([1, 2], { dryRun: true });
    expect(plan).toMatchObject({ written: false, added: [2] });
    expect(plan.objects.map(({ kind, from, offered }) => [kind, from, offered])).toEqual([
      ['full', null, true],
      ['delta', 0, true],
      ['delta', 1, true],
    ]);
    expect(files(world.repositoryFolder)).toEqual(before);
    expect(await world.publish([1, 2])).toMatchObject({ written: true, objects: plan.objects });
    const after = files(world.repositoryFolder);
    const changed = Object.keys(before).filter((path) => before[path] !== after[path]);
    expect(changed).toEqual([join(world.repositoryFolder, 'metadata/timestamp.json')]);
  });

  it('freezes history', async () => {
    world = await LevelWorld.create([2]);
    const frozen = { code: 'HISTORY_FROZEN' };
    await expect(world.publish([{ level: 2, path: world.build(1) }])).rejects.toMatchObject(frozen);
    await expect(world.publish([1])).rejects.toMatchObject(frozen);
    const base = { version: BASE, path: world.build(1) };
    const again = publishLevels(
      world.repository,
      { ...PRODUCT, base, levels: [] },
      buildTrees(),
      world.publication,
    );
    await expect(again).rejects.toMatchObject(frozen);
  });

  it('moves the pointer last: without it, everything is as it was', async () => {
    world = await LevelWorld.create([1]);
    const pointer = join(world.repositoryFolder, 'metadata/timestamp.json');
    const before = readFileSync(pointer);
    await world.publish([1, 2]);
    // As a crash before the last step would leave it; and an upload that has not come to the pointer yet.
    writeFileSync(pointer, before);
    const agent = await world.device('d');
    expect(await agent.install()).toMatchObject({ level: 1 });
    world.repository = await TufRepository.open(world.repositoryFolder);
    expect(await world.publish([1, 2])).toMatchObject({ written: true });
    expect(await agent.install()).toMatchObject({ level: 2 });
  });

  it('offers nothing whose patch does not make the build', async () => {
    world = await LevelWorld.create([1]);
    const before = files(world.repositoryFolder);
    const trees = buildTrees({ effort: 'fast' });
    const lying = {
      ...trees,
      createTreePatch: (request: Parameters<typeof trees.createTreePatch>[0]) =>
        trees.createTreePatch({ ...request, new: world.build(1) }),
    };
    const request = {
      ...PRODUCT,
      base: { version: BASE, path: world.build(0) },
      levels: [{ level: 2, path: world.build(2) }],
    };
    const run = publishLevels(world.repository, request, lying, world.publication);
    await expect(run).rejects.toMatchObject({ code: 'ROUND_TRIP_MISMATCH' });
    expect(files(world.repositoryFolder)).toEqual(before);
  });

  it('23: does not point to objects that are missing, and notices a damaged manifest', async () => {
    world = await LevelWorld.create([1]);
    const folder = join(world.repositoryFolder, 'targets/levels/WebKit/linux');
    const [name] = readdirSync(folder);
    writeFileSync(join(folder, name!), '{}\n');
    expect(() => readManifest(world.repository, PRODUCT)).toThrow(
      expect.objectContaining({ code: 'OBJECT_MISMATCH' }),
    );
  });

  it('keeps bases side by side, each with levels of its own', async () => {
    world = await LevelWorld.create([1]);
    const base = { version: '26.3.2', path: world.build(1) };
    const levels = [{ level: 1, path: world.build(2) }];
    const trees = buildTrees({ effort: 'fast' });
    await publishLevels(world.repository, { ...PRODUCT, base, levels }, trees, world.publication);
    const { bases, minimumBase } = readManifest(world.repository, PRODUCT)!;
    expect(bases.map(({ version }) => version)).toEqual([BASE, '26.3.2']);
    expect(minimumBase).toBe(BASE);
  });

  it('signs through a port that answers later', async () => {
    world = await LevelWorld.create([]);
    const slowly = (signer: Signer): Signer => ({
      ...signer,
      sign: async (message) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return signer.sign(message);
      },
    });
    const each = { signers: world.signers.root.signers.map(slowly), threshold: 1 };
    await world.repository.refresh({ snapshot: each, timestamp: each }, DEFAULT_LIFETIMES, Date.now());
    const agent = await world.device('d');
    expect(await agent.install()).toMatchObject({ reason: 'nothing-offered' });
  });

  it('is served from anywhere: the folder may be copied and moved', async () => {
    world = await LevelWorld.create([1]);
    const moved = world.scratch.file('moved');
    cpSync(world.repositoryFolder, moved, { recursive: true });
    rmSync(world.repositoryFolder, { recursive: true });
    cpSync(moved, world.repositoryFolder, { recursive: true });
    expect(existsSync(join(moved, 'metadata/1.root.json'))).toBe(true);
    expect(await (await world.device('d')).install()).toMatchObject({ level: 1 });
  });

  it('writes manifests that name product, sequence and ends', async () => {
    world = await LevelWorld.create([1]);
    const path = `levels/${PRODUCT.product}/${PRODUCT.platform}/${PRODUCT.architecture}.json`;
    const manifest = readLevelManifest(world.repository.readTarget(path)!);
    expect(manifest).toMatchObject({ ...PRODUCT, sequence: 1, minimumBase: BASE });
    expect(Date.parse(manifest.expires) - Date.parse(manifest.published)).toBe(90 * 86_400_000);
  });
});
