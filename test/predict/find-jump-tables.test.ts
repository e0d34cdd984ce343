import { expect, test } from 'vitest';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { JumpTableSearch } from '../../src/predict/find-jump-tables.js';
import { prepareFacts } from '../../src/predict/install-predictor.js';
import { REGION_CLASS } from '../../src/predict/region-class.js';
import { SeededRandom } from '../support/seeded-random.js';

const CODE_SIZE = 150_000;
const DATA_SIZE = 150_000;
const BASE = 0x10000;

interface Table {
  readonly offset: number;
  readonly entries: number;
}

/** Code that loads the addresses of tables in data behind it, and of other places that are no tables. */
function makeImage(random: SeededRandom) {
  const bytes = new Uint8Array(CODE_SIZE + DATA_SIZE);
  const view = new DataView(bytes.buffer);
  const tables: Table[] = [];
  const lea = (at: number, target: number): void => {
    bytes.set([random.oneIn(2) ? 0x48 : 0x4c, 0x8d, 0x05 + 8 * random.below(8)], at);
    view.setInt32(at + 3, target - (at + 7), true);
  };
  let at = 100;
  for (let data = CODE_SIZE + 64; data < bytes.length - 6000 && at < CODE_SIZE - 200; at += 190) {
    const entries = random.oneIn(5) ? random.below(3) : 3 + random.below(random.oneIn(8) ? 800 : 12);
    lea(at, data);
    // Cases lie around the code that uses them; behind the table stands a zero, which is no case.
    for (let i = 0; i < entries; i++) view.setInt32(data + 4 * i, at + random.below(2000) - data, true);
    if (entries >= 3 && at < CODE_SIZE - 3000) tables.push({ offset: data, entries });
    else view.setInt32(data, 0, true);
    data += 4 * entries + 4 + 4 * random.below(40);
    lea(at + 60, CODE_SIZE + 4 * random.below(10) + 1);
  }
  return { bytes, tables };
}

test.each([1, 2, 3])('finds every table that code loads and nothing else, seed %d', (seed) => {
  const { bytes, tables } = makeImage(new SeededRandom(seed));
  const section = (name: string, offset: number, size: number, executable: boolean) => ({
    name,
    address: BASE + offset,
    size,
    fileOffset: offset,
    executable,
    zeroFill: false,
  });
  const layout = {
    kind: 'elf' as const,
    arch: 'x86-64' as const,
    base: 0,
    segments: [{ name: '', address: BASE, memorySize: bytes.length, fileOffset: 0, fileSize: bytes.length }],
    sections: [section('.text', 0, CODE_SIZE, true), section('.rodata', CODE_SIZE, DATA_SIZE, false)],
  };
  const region = (oldStart: number, oldEnd: number, regionClass: 8 | 9) => ({
    oldStart,
    oldEnd,
    regionClass,
    addressDelta: BASE,
  });
  const kernel = diffKernels();
  kernel.exports.setBases(kernel.put(bytes), 0);
  prepareFacts(kernel, layout, layout, {})();
  const search = new JumpTableSearch(kernel, [
    region(0, CODE_SIZE, REGION_CLASS.X86_CODE),
    region(CODE_SIZE, CODE_SIZE + DATA_SIZE, REGION_CLASS.JUMP_TABLES),
  ]);
  expect(search.scans.length).toBeGreaterThan(4);
  for (const scan of search.scans) search.run(scan);
  const expected = tables.flatMap(({ offset, entries }) => [offset, entries]);
  expect(Array.from(search.finish())).toEqual(expected);
  expect(tables.length).toBeGreaterThan(100);
});

test('needs no scan where there is no x86-64 code', () => {
  const search = new JumpTableSearch(diffKernels(), []);
  expect(search.scans).toEqual([]);
  expect(search.finish()).toEqual(new Uint32Array(0));
});
