import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../src/bytes/byte-reader.js';
import { ByteWriter } from '../../src/bytes/byte-writer.js';
import { bytesAccess } from '../../src/bytes/random-access.js';
import { makeTables } from '../../src/diff/choose-tables.js';
import { moveCovers } from '../../src/diff/move-covers.js';
import { detectElements } from '../../src/image/detect-image.js';
import { REBUILT_KINDS, type RebuiltKind } from '../../src/image/rebuilt-tables.js';
import { type NewElement, readSideTable, writeSideTable } from '../../src/image/side-table.js';
import {
  applyPatchSync,
  applyPatchTo,
  createPatchSync,
  FormatError,
  inspectSections,
  LimitError,
} from '../../src/index.js';
import { planTables } from '../../src/predict/table-plan.js';
import { rebuildTable } from '../../src/tables/rebuild-table.js';
import { BUILT_IMAGES, exampleProgram } from '../support/built-images.js';
import { buildElf, type ElfOptions } from '../support/elf-builder.js';
import { expectCausalTables, makeAllTables } from '../support/make-all-tables.js';
import { pairTables } from '../support/pair-tables.js';
import type { ProgramSpec } from '../support/program.js';
import { SeededRandom } from '../support/seeded-random.js';
import { insertFunction } from '../support/vector-set.js';

const OPTIONS: ElfOptions = { arch: 'arm64', relocations: 'rela', frames: 'hdr', symbols: true };

/** A program with so many functions that their tables are worth making. */
function largePair(arch: ElfOptions['arch'] = 'arm64') {
  let program = exampleProgram(61);
  for (let i = 0; i < 5; i++) program = insertFunction(program);
  const oldBytes = buildElf(program, { ...OPTIONS, arch }).bytes;
  const newBytes = buildElf(insertFunction(program), { ...OPTIONS, arch }).bytes;
  return { oldBytes, newBytes };
}

/** A program that exports many functions. */
function namedProgram(count: number): ProgramSpec {
  const program = exampleProgram(61);
  const named = Array.from({ length: count }, (_, i) => ({
    name: `name_${(i * 7919) % 1000}_of_${'abcdefghij'.slice(i % 10)}`,
    body: [{ op: 'plain', seed: 900 + i, count: 3 }] as const,
  }));
  return { ...program, functions: [...named, ...program.functions], exportCount: count };
}

/** The same image with the names of its dynamic symbols in the opposite order. */
function withNamesReversed(oldBytes: Uint8Array): Uint8Array {
  const bytes = oldBytes.slice();
  const view = new DataView(bytes.buffer);
  const { sections } = detectElements(bytesAccess(oldBytes))[0]!.image!;
  const [symbols, strings] = ['.dynsym', '.dynstr'].map((name) => sections.find((one) => one.name === name)!);
  let end = strings!.fileOffset + strings!.size;
  for (let at = symbols!.fileOffset + 24; at < symbols!.fileOffset + symbols!.size; at += 24) {
    const from = strings!.fileOffset + view.getUint32(at, true);
    const name = oldBytes.subarray(from, oldBytes.indexOf(0, from) + 1);
    end -= name.length;
    bytes.set(name, end);
    view.setUint32(at, end - strings!.fileOffset, true);
  }
  return bytes;
}

describe.each(BUILT_IMAGES.map((image) => [image.name, image] as const))('%s', (_, { build }) => {
  const oldBytes = build(exampleProgram(61)).bytes;
  const newBytes = build(insertFunction(exampleProgram(61))).bytes;

  it('has its own tables made of itself', () => {
    const { plan, tables } = makeAllTables(oldBytes, oldBytes, Uint32Array.of(0, 0, oldBytes.length));
    plan.slots.forEach(({ table, elementIndex }, i) => {
      const { offset } = detectElements(bytesAccess(oldBytes))[elementIndex]!;
      const own = oldBytes.slice(offset + table.offset, offset + table.offset + table.size);
      // Rebase opcodes of another linker than Go's are not known: nothing is made.
      const isUnknown = table.kind === 'rebase' && tables[i]!.every((byte) => byte === 0);
      expect(tables[i]).toEqual(isUnknown ? new Uint8Array(own.length) : own);
    });
  });

  it('tells in its side table which tables are made', () => {
    const { old, next } = pairTables(oldBytes, newBytes);
    const read = readSideTable(new ByteReader(writeSideTable(next, old), 'image'), newBytes.length, old);
    expect(read.map(({ tables }) => tables)).toEqual(next.map(({ tables }) => tables));
  });
});

/** What a rule cannot know without covers. */
const SKIPPED: Partial<Record<RebuiltKind, (table: Uint8Array) => Uint8Array>> = {
  // Values of symbols are those of old: they are predicted from there.
  dynamicSymbols: withoutValues,
  relocations: (table) => table.subarray(0, 24 * countRelative(table)),
};

function countRelative(relocations: Uint8Array): number {
  let at = 0;
  // A type that is not zero, and no symbol.
  while (at < relocations.length && relocations[at + 8] !== 0 && relocations[at + 12] === 0) at += 24;
  return at / 24;
}

function withoutValues(symbols: Uint8Array): Uint8Array {
  return symbols.map((byte, i) => (i % 24 >= 8 && i % 24 < 16 ? 0 : byte));
}

describe('tables that are made', () => {
  it.each(['arm64', 'x86-64'] as const)('of ELF for %s are those that a linker writes', (arch) => {
    const { oldBytes, newBytes } = largePair(arch);
    const { plan, tables } = makeAllTables(oldBytes, newBytes, Uint32Array.of(0, 0, 64));
    const kinds = plan.slots.map(({ table }) => table.kind);
    expect([...kinds].sort()).toEqual(['dynamicSymbols', 'frameHeader', 'gnuHash', 'relocations']);
    plan.slots.forEach(({ table }, i) => {
      const actual = newBytes.slice(table.offset, table.offset + table.size);
      const skip = SKIPPED[table.kind] ?? ((bytes: Uint8Array) => bytes);
      expect(skip(tables[i]!)).toEqual(skip(actual));
    });
  });

  it('lay the names of symbols out as the symbols say', () => {
    const oldBytes = buildElf(namedProgram(90), OPTIONS).bytes;
    const newBytes = withNamesReversed(oldBytes);
    const { old, next: all } = pairTables(oldBytes, newBytes);
    const strings = all[0]!.tables.filter(({ kind }) => kind === 'symbolStrings');
    const next = [{ ...all[0]!, tables: strings }];
    const plan = planTables(oldBytes.length, newBytes.length, next);
    const covers = moveCovers(Uint32Array.of(0, 0, oldBytes.length), plan);
    const [table] = makeTables({ oldBytes, newBytes }, old, next, plan, covers);
    const { offset, size } = plan.slots[0]!.table;
    expect(size).toBeGreaterThan(500);
    expect(oldBytes.slice(offset, offset + size)).not.toEqual(newBytes.slice(offset, offset + size));
    expect(table).toEqual(newBytes.slice(offset, offset + size));

    const { patch, report } = createPatchSync(oldBytes, newBytes);
    expect(applyPatchSync(oldBytes, patch)).toEqual(newBytes);
    expect(report.coverCount).toBeLessThan(12);
  });

  it('cost nothing but their names, and new leaves in order all the same', async () => {
    const { oldBytes, newBytes } = largePair();
    const { patch, report } = createPatchSync(oldBytes, newBytes);
    const sections = await inspectSections(oldBytes, patch);
    const header = sections.find(({ name }) => name === '.eh_frame_hdr')!;
    expect(header.references.reduce((sum, { wrong }) => sum + wrong, 0) + header.gapBytes).toBe(0);
    const pieces: Uint8Array[] = [];
    let end = 0;
    const { decoderMemory } = await applyPatchTo(bytesAccess(oldBytes), patch, {
      write(bytes, offset) {
        expect(offset).toBe(end);
        end += bytes.length;
        pieces.push(bytes.slice());
      },
    });
    expect(Buffer.concat(pieces).equals(newBytes)).toBe(true);
    expect(decoderMemory).toBeLessThanOrEqual(report.decoderMemory);
    expect(applyPatchSync(oldBytes, patch, { simd: false })).toEqual(newBytes);
    expect(() => applyPatchSync(oldBytes, patch, { memoryLimit: report.decoderMemory - 1 })).toThrow(
      LimitError,
    );
  });

  it('causality: do not depend on what stands behind them in new', () => {
    const { oldBytes, newBytes } = largePair();
    expectCausalTables(oldBytes, newBytes, Uint32Array.of(0, 0, 64));
  });
});

function withoutTables(next: readonly NewElement[]): NewElement[] {
  return next.map((element) => ({ ...element, tables: [] }));
}

function maskOf(kinds: readonly RebuiltKind[]): number {
  return REBUILT_KINDS.reduce((mask, { kind }, bit) => (kinds.includes(kind) ? mask | (1 << bit) : mask), 0);
}

describe('hostile tables', () => {
  it('are bounded: rules answer so many bytes for any input', () => {
    const { oldBytes, newBytes } = largePair();
    const { old, next } = pairTables(oldBytes, newBytes);
    const random = new SeededRandom(11);
    const { tables, layout } = next[0]!;
    for (let round = 0; round < 60; round++) {
      for (const { kind } of tables) {
        const size = random.below(4000);
        const covers = Uint32Array.from({ length: 30 }, () => random.below(oldBytes.length));
        const made = rebuildTable(kind, {
          source: bytesAccess(oldBytes),
          origin: 0,
          old: old[0]!.image!,
          next: layout,
          covers,
          early: () => (random.oneIn(5) ? undefined : random.bytes(random.below(3000))),
          range: { offset: 0, size },
        });
        expect(made.length).toBe(size);
      }
    }
  });

  it('are refused where the side table names what cannot be', () => {
    const { oldBytes, newBytes } = largePair();
    const { old, next } = pairTables(oldBytes, newBytes);
    const side = writeSideTable(next, old);
    const read = (bytes: Uint8Array) => readSideTable(new ByteReader(bytes, 'image'), newBytes.length, old);
    expect(read(side)[0]!.tables).toHaveLength(4);
    const front = writeSideTable(withoutTables(next), old);
    // ELF has no tables beside its sections, and this one no .plt.
    const possible = maskOf(['frameHeader', 'gnuHash', 'dynamicSymbols', 'relocations']);
    for (let mask = 0; mask < 2 << REBUILT_KINDS.length; mask++) {
      const forged = new ByteWriter();
      forged.put(front);
      forged.varint(mask);
      if (mask > 0 && (mask & ~possible) === 0)
        expect(read(forged.take())[0]!.tables.length).toBeGreaterThan(0);
      else expect(() => read(forged.take())).toThrow(FormatError);
    }
  });

  it('never crash the reader of a patch', () => {
    const { oldBytes, newBytes } = largePair();
    const { old, next } = pairTables(oldBytes, newBytes);
    const side = writeSideTable(next, old);
    const random = new SeededRandom(3);
    let read = 0;
    for (let round = 0; round < 2000; round++) {
      const forged = side.slice();
      for (let i = 0; i < 3; i++) forged[random.below(forged.length)] = random.below(256);
      try {
        const elements = readSideTable(new ByteReader(forged, 'image'), newBytes.length, old);
        const plan = planTables(oldBytes.length, newBytes.length, elements);
        expect(plan.longNewSize).toBeGreaterThanOrEqual(newBytes.length);
        read++;
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }
    expect(read).toBeGreaterThan(0);
  });
});
