import { describe, expect, it } from 'vitest';
import { bytesAccess } from '../../src/bytes/random-access.js';
import { costOfRelocations } from '../../src/diff/cost-of-relocations.js';
import { pairImages } from '../../src/diff/pair-images.js';
import { detectElements } from '../../src/image/detect-image.js';
import type { Image } from '../../src/image/image.js';
import { sectionOf } from '../../src/image/rebuilt-tables.js';
import { applyPatchSync, createPatchSync, inspectSections } from '../../src/index.js';
import { rebuildTable, runRule } from '../../src/tables/rebuild-table.js';
import type { TableContext } from '../../src/tables/table-context.js';
import { exampleProgram } from '../support/built-images.js';
import { buildElf, type ElfOptions } from '../support/elf-builder.js';
import type { DataWord, ProgramSpec } from '../support/program.js';
import { SeededRandom } from '../support/seeded-random.js';
import { insertFunction } from '../support/vector-set.js';

const OPTIONS: ElfOptions = { arch: 'arm64', relocations: 'rela', frames: 'hdr' };
const IMPORTS = 6;

/** A program with tables of pointers, among them words that look like pointers and are none. */
function pointerProgram(tables: number): ProgramSpec {
  const program = exampleProgram(61);
  const random = new SeededRandom(tables);
  const data = Array.from({ length: tables }, (_, i) => ({
    name: `table_${i}`,
    words: Array.from({ length: 3 + random.below(6) }, (): DataWord => {
      if (random.oneIn(5)) return { import: random.below(IMPORTS) };
      if (random.oneIn(7)) return { value: 0x1400 + 8 * random.below(60) };
      return { pointer: program.functions[random.below(program.functions.length)]!.name };
    }),
  }));
  return { ...program, data: [...program.data, ...data], exportCount: IMPORTS };
}

/** With a table of pointers more in front of every `step`-th, which begins with a pointer. */
function insertTables(program: ProgramSpec, step: number): ProgramSpec {
  const data = program.data.flatMap((table, i) => {
    if (i % step !== 0) return [table];
    const words = [1, 2].map((n): DataWord => ({ pointer: program.functions[(i + n) % 9]!.name }));
    return [{ name: `more_${i}`, words }, table];
  });
  return { ...program, data };
}

const imageOf = (bytes: Uint8Array): Image => detectElements(bytesAccess(bytes))[0]!.image!;

function relocationsOf(bytes: Uint8Array): Uint8Array {
  const { fileOffset, size } = sectionOf(imageOf(bytes), '.rela.dyn')!;
  return bytes.slice(fileOffset, fileOffset + size);
}

/** Everything that the rule sees, and covers: the two data sections as they lie, unless others are given. */
function contextOf(oldBytes: Uint8Array, newBytes: Uint8Array, covers?: number[]): TableContext {
  const [old, next] = [imageOf(oldBytes), imageOf(newBytes)];
  const { fileOffset, size } = sectionOf(next, '.rela.dyn')!;
  const whole = ['.data.rel.ro', '.data'].flatMap((name) => {
    const [from, to] = [sectionOf(old, name)!, sectionOf(next, name)!];
    return [to.fileOffset, from.fileOffset, Math.min(from.size, to.size)];
  });
  return {
    source: bytesAccess(oldBytes),
    origin: 0,
    old,
    next,
    covers: Uint32Array.from(covers ?? whole),
    early: (name) => {
      const section = sectionOf(next, name);
      return section && newBytes.subarray(section.fileOffset, section.fileOffset + section.size);
    },
    range: { offset: fileOffset, size },
  };
}

describe.each(['arm64', 'x86-64'] as const)('relocations of %s', (arch) => {
  const options = { ...OPTIONS, arch };
  const program = pointerProgram(60);
  const oldBytes = buildElf(program, options).bytes;

  it('are those of old where nothing moves', () => {
    expect(runRule('relocations', contextOf(oldBytes, oldBytes))).toEqual(relocationsOf(oldBytes));
  });

  it('are those that a linker writes where everything moved', () => {
    const newBytes = buildElf(insertFunction(program), { ...options, base: 0x400000 }).bytes;
    expect(relocationsOf(newBytes)).not.toEqual(relocationsOf(oldBytes));
    expect(runRule('relocations', contextOf(oldBytes, newBytes))).toEqual(relocationsOf(newBytes));
  });

  it('name symbols that have other numbers by their names', () => {
    const added = { name: 'aa_first', body: [{ op: 'plain', seed: 3, count: 3 }] as const };
    const functions = [...program.functions.slice(0, IMPORTS), added, ...program.functions.slice(IMPORTS)];
    const newBytes = buildElf({ ...program, functions, exportCount: IMPORTS + 1 }, options).bytes;
    const made = runRule('relocations', contextOf(oldBytes, newBytes))!;
    expect(made).toEqual(relocationsOf(newBytes));
  });

  it('find pointers that no cover tells of, but no symbols', () => {
    const newBytes = buildElf(insertTables(program, 1000), options).bytes;
    const [from, to] = [oldBytes, newBytes].map((bytes) => sectionOf(imageOf(bytes), '.data.rel.ro')!);
    // Old stands behind the two words that are new.
    const covers = [to!.fileOffset + 16, from!.fileOffset, Math.min(from!.size, to!.size - 16)];
    const made = runRule('relocations', contextOf(oldBytes, newBytes, covers))!;
    const entries = (table: Uint8Array) =>
      Array.from({ length: table.length / 24 }, (_, i) =>
        Buffer.from(table.subarray(24 * i, 24 * i + 24)).toString('hex'),
      );
    const wanted = new Set(entries(relocationsOf(newBytes)));
    const missing = [...wanted].filter((entry) => !entries(made).includes(entry));
    expect(missing.length).toBeLessThan(wanted.size / 4);
  });
});

describe('relocations', () => {
  it('are made in a patch where pointers moved apart, and cost next to nothing', async () => {
    const program = pointerProgram(400);
    const oldBytes = buildElf(program, OPTIONS).bytes;
    const newBytes = buildElf(insertFunction(insertTables(program, 9)), OPTIONS).bytes;
    const { candidates } = pairImages(oldBytes, newBytes, 'auto')!;
    expect(candidates[0]!.map(({ kind }) => kind)).toContain('relocations');
    const { patch, report } = createPatchSync(oldBytes, newBytes);
    expect(applyPatchSync(oldBytes, patch, { simd: false })).toEqual(newBytes);
    const sections = await inspectSections(oldBytes, patch);
    const { cost, size } = sections.find(({ name }) => name === '.rela.dyn')!;
    expect(size).toBeGreaterThan(40_000);
    expect(cost.total).toBeLessThan(size / 50);
    expect(report.decoderMemory).toBeGreaterThan(size);
  });

  it('are left to the predictor where they all moved alike', () => {
    const program = pointerProgram(400);
    const oldBytes = buildElf(program, OPTIONS).bytes;
    const newBytes = buildElf(program, { ...OPTIONS, base: 0x10000 }).bytes;
    const [from, to] = [relocationsOf(oldBytes), relocationsOf(newBytes)];
    expect(costOfRelocations(from, to, Uint32Array.of(0, 0, to.length), 3)).toBeLessThan(200);
    expect(costOfRelocations(from, to, new Uint32Array(0), 3)).toBe(to.length);
  });

  it('are bounded and never throw whatever they get', () => {
    const program = pointerProgram(60);
    const oldBytes = buildElf(program, OPTIONS).bytes;
    const context = contextOf(oldBytes, oldBytes);
    const random = new SeededRandom(5);
    for (let round = 0; round < 150; round++) {
      const hostile = oldBytes.slice();
      const table = sectionOf(context.old, '.rela.dyn')!;
      for (let i = 0; i < 40; i++) hostile[table.fileOffset + random.below(table.size)] = random.below(256);
      const size = random.below(9000);
      const made = rebuildTable('relocations', {
        ...context,
        source: bytesAccess(hostile),
        covers: Uint32Array.from({ length: 30 }, () => random.below(2 * oldBytes.length)),
        early: (name) => {
          if (random.oneIn(9)) return undefined;
          return random.oneIn(3) ? random.bytes(random.below(4000)) : context.early(name);
        },
        range: { offset: 0, size },
      });
      expect(made.length).toBe(size);
    }
  });
});
