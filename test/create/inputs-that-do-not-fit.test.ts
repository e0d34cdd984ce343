/** Inputs that do not fit, on every path of creating: what is needed and what the limit is, one byte below it, at it and above. */

import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createBundlePatch } from '../../src/bundle-entry.js';
import { assertInputSizes } from '../../src/create/create-patch.js';
import {
  type CreateOptions,
  createPatch,
  createPatchFile,
  createPatchSync,
  estimatePatch,
  PatchError,
} from '../../src/node-entry.js';
import { useCli } from '../support/cli-fixture.js';
import { makeCodePair } from '../support/make-pair.js';

const { oldBytes, newBytes } = makeCodePair(101, 60_000);
const cli = useCli({ old: oldBytes, new: newBytes });
const LIMIT = 2 ** 30;

/** Code and data of the LimitError that a call ends with; 'none' when it ends well. */
async function outcomeOf(running: () => Promise<unknown>): Promise<string | object> {
  try {
    await running();
    return 'none';
  } catch (error) {
    if (!(error instanceof PatchError) || error.name !== 'LimitError') throw error;
    return { code: error.code, ...error.data };
  }
}

const options = { effort: 'fast', verify: false } as const;
const paths = () => ({
  old: cli.folder.file('old'),
  new: cli.folder.file('new'),
  patch: cli.folder.file('p.dkp'),
  force: true,
});

function writeFolders(): [old: string, next: string] {
  for (const [name, bytes] of [
    ['a', oldBytes],
    ['b', newBytes],
  ] as const) {
    mkdirSync(cli.folder.file(name));
    writeFileSync(cli.folder.file(`${name}/lib`), bytes);
    writeFileSync(cli.folder.file(`${name}/more`), bytes.slice(1000));
  }
  return [cli.folder.file('a'), cli.folder.file('b')];
}

describe('memory', () => {
  const wanted = createPatchSync(oldBytes, newBytes, options).report.encoderMemory;

  it.each<[string, (change: CreateOptions) => Promise<unknown>]>([
    ['createPatch', (change) => createPatch(oldBytes, newBytes, { ...options, ...change })],
    [
      'createPatch with threads',
      (change) => createPatch(oldBytes, newBytes, { ...options, threads: 2, ...change }),
    ],
    ['createPatchSync', async (change) => createPatchSync(oldBytes, newBytes, { ...options, ...change })],
    ['createPatchFile', (change) => createPatchFile({ ...paths(), ...options, ...change })],
  ])('of %s', async (_, run) => {
    // Blocks end 64 bytes before what they may read, and pages are larger than what is needed of the last one.
    const below = (await outcomeOf(() => run({ memoryLimit: wanted - (64 << 10) }))) as { needed: number };
    expect(below).toEqual({
      code: 'MEMORY_LIMIT',
      expected: wanted - (64 << 10),
      needed: expect.any(Number),
    });
    expect(below.needed).toBeGreaterThan(wanted - (64 << 10));
    expect(below.needed).toBeLessThanOrEqual(wanted);
    for (const memoryLimit of [below.needed, wanted, wanted + 1, undefined]) {
      expect(await outcomeOf(() => run({ memoryLimit }))).toBe('none');
    }
    expect(await outcomeOf(() => run({ memoryLimit: below.needed - 1 }))).toMatchObject({
      needed: below.needed,
    });
  });

  it('of an estimate and of a patch with the way back', async () => {
    const memoryLimit = 1 << 20;
    const expected = { code: 'MEMORY_LIMIT', expected: memoryLimit, needed: expect.any(Number) };
    expect(await outcomeOf(() => estimatePatch(oldBytes, newBytes, { memoryLimit }))).toEqual(expected);
    const both = { ...options, memoryLimit, reverse: true };
    expect(await outcomeOf(() => createPatch(oldBytes, newBytes, both))).toEqual(expected);
  });

  // Threads of folders, which run what was built: test/cli/bundle-commands.test.ts.
  it('of a folder', async () => {
    const [old, next] = writeFolders();
    const run = (memoryLimit: number) =>
      outcomeOf(() => createBundlePatch(old, next, { ...options, memoryLimit }));
    const below = (await run(1 << 20)) as { needed: number };
    expect(below).toEqual({ code: 'MEMORY_LIMIT', expected: 1 << 20, needed: expect.any(Number) });
    expect(below.needed).toBeGreaterThan(1 << 20);
    expect(await run(2 * wanted)).toBe('none');
  });

  it('of the command line', () => {
    const run = (memory: number) =>
      cli.run([
        'diff',
        'old',
        'new',
        '-f',
        '-o',
        'p.dkp',
        '--effort',
        'fast',
        '--no-verify',
        '--json',
        '--memory',
        `${memory}`,
      ]);
    expect(run(wanted)).toMatchObject({ status: 0 });
    const { status, stdout } = run(wanted - (64 << 10));
    expect({ status, ...JSON.parse(stdout) }).toMatchObject({
      status: 6,
      name: 'LimitError',
      code: 'MEMORY_LIMIT',
      data: { expected: wanted - (64 << 10), needed: expect.any(Number) },
      advice: expect.stringContaining('--memory'),
    });
  });
});

describe('the size of an input', () => {
  it('is allowed below the limit and at it', () => {
    for (const size of [LIMIT - 1, LIMIT]) {
      expect(() => assertInputSizes(size, size)).not.toThrow();
      expect(() => assertInputSizes(0, size)).not.toThrow();
    }
    expect(() => assertInputSizes(LIMIT + 1, LIMIT)).toThrow(
      `the old image has ${LIMIT + 1} bytes, the limit is ${LIMIT}: both images need ${2 * LIMIT + 1} bytes of memory`,
    );
  });

  // Holes, which take no room. What is larger than an array can be is refused, too, since nothing of it is read.
  it.each([LIMIT + 1, 2 ** 40])('above it is refused before it is read: %i bytes', async (size) => {
    for (const side of ['old', 'new'] as const) {
      cli.renew();
      truncateSync(cli.folder.file(side), size);
      const needed = size + (side === 'old' ? newBytes.length : oldBytes.length);
      const data = { side, expected: LIMIT, found: size, needed };
      expect(await outcomeOf(() => createPatchFile(paths()))).toEqual({
        code: 'INPUT_SIZE_LIMIT',
        ...data,
      });
      const more = side === 'old' ? ['--estimate'] : ['-o', 'p.dkp'];
      const { status, stdout } = cli.run(['diff', 'old', 'new', '--json', ...more]);
      expect({ status, ...JSON.parse(stdout) }).toMatchObject({ status: 6, code: 'INPUT_SIZE_LIMIT', data });
    }
    expect(cli.folder.names()).toEqual(['new', 'old']);
  });
});
