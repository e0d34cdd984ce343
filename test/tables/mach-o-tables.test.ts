import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../src/bytes/byte-reader.js';
import { bytesAccess } from '../../src/bytes/random-access.js';
import { REBUILT_KINDS, type RebuiltKind } from '../../src/image/rebuilt-tables.js';
import { type NewElement, readSideTable, writeSideTable } from '../../src/image/side-table.js';
import { applyPatchSync, createPatchSync, FormatError, inspectSections } from '../../src/index.js';
import { planTables } from '../../src/predict/table-plan.js';
import { rebuildTable } from '../../src/tables/rebuild-table.js';
import { exampleProgram } from '../support/built-images.js';
import { buildFat, buildMachO, type LinkedOptions } from '../support/mach-o-builder.js';
import type { FunctionEnd } from '../support/mach-o-symbols-builder.js';
import { expectCausalTables, makeAllTables } from '../support/make-all-tables.js';
import { pairTables } from '../support/pair-tables.js';
import type { ProgramSpec } from '../support/program.js';
import { SeededRandom } from '../support/seeded-random.js';
import { insertFunction } from '../support/vector-set.js';

const IMPORTS = ['_malloc', '_free', '_memcpy', '_abort', '_printf', '_strlen', '_objc_msgSend', '_open'];
const PROGRAM = exampleProgram(61, 90, 120);

function build(program: ProgramSpec, linked: Partial<LinkedOptions> = {}): Uint8Array<ArrayBuffer> {
  const options: LinkedOptions = { trieForm: 0, functionEnd: 'address', imports: IMPORTS, ...linked };
  return buildMachO(program, { arch: 'arm64', fixups: 6, linked: options }).bytes;
}

/** Each candidate table made along covers, beside what new has. */
function makeAll(oldBytes: Uint8Array, newBytes: Uint8Array, covers: Uint32Array) {
  const { next, plan, tables } = makeAllTables(oldBytes, newBytes, covers);
  const byKind = new Map<RebuiltKind, { made: Uint8Array; actual: Uint8Array; form: number | undefined }>();
  plan.slots.forEach(({ table, elementIndex }, i) => {
    const at = next[elementIndex]!.offset + table.offset;
    byKind.set(table.kind, {
      made: tables[i]!,
      actual: newBytes.slice(at, at + table.size),
      form: table.form,
    });
  });
  return { plan, byKind };
}

/** The same program behind more text: every address of new is another. */
function movedProgram(program: ProgramSpec): ProgramSpec {
  const first = program.functions[0]!;
  const longer = { ...first, body: [{ op: 'plain', seed: 5, count: 40 } as const, ...first.body] };
  return { ...program, functions: [longer, ...program.functions.slice(1)] };
}

/** A cover for each section; one that grew did so at its front. */
function coversOfMoved(oldBytes: Uint8Array, newBytes: Uint8Array): Uint32Array {
  const sectionsOf = (bytes: Uint8Array) => pairTables(bytes, bytes).next[0]!.layout.sections;
  const rows: number[] = [];
  const next = sectionsOf(newBytes);
  sectionsOf(oldBytes).forEach(({ name, size, fileOffset, zeroFill }, i) => {
    if (zeroFill || size === 0) return;
    const to = next[i]!;
    expect(to.name).toBe(name);
    const grown = to.size - size;
    rows.push(to.fileOffset + grown, fileOffset, size);
  });
  return Uint32Array.from(rows);
}

describe('tables of Mach-O that are made', () => {
  it.each([0, 1, 2, 3])('exports laid out in form %i are those of new, from its symbols', (trieForm) => {
    const oldBytes = build(PROGRAM, { trieForm: (trieForm + 1) % 4 });
    const newBytes = build(insertFunction(movedProgram(PROGRAM)), { trieForm });
    const { byKind } = makeAll(oldBytes, newBytes, Uint32Array.of(0, 0, 64));
    const { made, actual, form } = byKind.get('exportTrie')!;
    expect(form).toBe(trieForm);
    expect(made).toEqual(actual);
    expect(byKind.has('movedExports')).toBe(false);
  });

  it('exports of a stripped image are those of old where covers lead', () => {
    const oldBytes = build(PROGRAM, { isStripped: true });
    const newBytes = build(movedProgram(PROGRAM), { isStripped: true });
    const { byKind } = makeAll(oldBytes, newBytes, coversOfMoved(oldBytes, newBytes));
    const { made, actual } = byKind.get('movedExports')!;
    // The first function's own start stayed where it was; its address is in one name's node.
    const wrong = made.filter((byte, i) => byte !== actual[i]).length;
    expect(wrong).toBeLessThanOrEqual(3);
    expect(oldBytes).not.toEqual(newBytes);
    expect(byKind.has('exportTrie')).toBe(false);
  });

  it.each(['address', 'size'] as const)(
    'symbols have new values, sizes and names; ends hold an %s',
    (functionEnd) => {
      const other: FunctionEnd = functionEnd === 'size' ? 'address' : 'size';
      const oldBytes = build(PROGRAM, { functionEnd: other });
      const newBytes = build(movedProgram(PROGRAM), { functionEnd });
      const { byKind } = makeAll(oldBytes, newBytes, coversOfMoved(oldBytes, newBytes));
      const { made, actual } = byKind.get('symbols')!;
      const wrong = [];
      for (let at = 0; at < actual.length; at += 16)
        if (!made.subarray(at, at + 16).every((byte, i) => byte === actual[at + i])) wrong.push(at / 16);
      // The first function alone: where it begins, how long it is and where it ends.
      expect(wrong.length).toBeLessThanOrEqual(5);
      expect(actual.length / 16).toBeGreaterThan(400);
    },
  );

  it('indirect symbols have the numbers that their names have in new', () => {
    const oldBytes = build(PROGRAM);
    const newBytes = build(insertFunction(PROGRAM), { imports: [...IMPORTS, '_aaa_first'].reverse() });
    const { byKind } = makeAll(oldBytes, newBytes, Uint32Array.of(0, 0, 64));
    const { made, actual } = byKind.get('indirectSymbols')!;
    const numbers = (bytes: Uint8Array) => [...new Uint32Array(bytes.slice().buffer)];
    const expected = new Set(numbers(actual));
    const found = numbers(made).slice(0, 2 * IMPORTS.length + 1);
    expect(found.every((number) => expected.has(number))).toBe(true);
    // Old's order, reversed and without the one that is new, is new's.
    expect(found.slice(0, IMPORTS.length).reverse()).toEqual(numbers(actual).slice(1, IMPORTS.length + 1));
    expect(found.at(-1)).toBe(0x80000000);
  });

  it('make a patch smaller that applies everywhere', async () => {
    const oldBytes = build(PROGRAM);
    const newBytes = build(insertFunction(movedProgram(PROGRAM)));
    const { patch, report } = createPatchSync(oldBytes, newBytes);
    for (const simd of [true, false]) expect(applyPatchSync(oldBytes, patch, { simd })).toEqual(newBytes);
    const sections = await inspectSections(oldBytes, patch);
    const trie = sections.find(({ name }) => name === 'exportTrie')!;
    expect(trie.references.reduce((sum, { wrong }) => sum + wrong, 0) + trie.gapBytes).toBe(0);
    expect(report.decoderMemory).toBeGreaterThan(0);
  });

  it('are made for each image of a universal file', () => {
    const slices = (program: ProgramSpec, functionEnd: FunctionEnd) => {
      const linked: LinkedOptions = { trieForm: 3, functionEnd, imports: IMPORTS };
      return buildFat([
        { cpu: 0x01000007, bytes: buildMachO(program, { arch: 'x86-64', fixups: 'rebase', linked }).bytes },
        { cpu: 0x0100000c, bytes: buildMachO(program, { arch: 'arm64', fixups: 2, linked }).bytes },
      ]);
    };
    const [oldBytes, newBytes] = [
      slices(PROGRAM, 'size'),
      slices(insertFunction(movedProgram(PROGRAM)), 'address'),
    ];
    const kinds = pairTables(oldBytes, newBytes).next.map(({ tables }) => tables.map(({ kind }) => kind));
    expect(kinds.filter((list) => list.includes('symbols') && list.includes('exportTrie'))).toHaveLength(2);
    const { patch } = createPatchSync(oldBytes, newBytes);
    expect(applyPatchSync(oldBytes, patch)).toEqual(newBytes);
  });

  it('are left out where old stays as it is', () => {
    const bytes = build(PROGRAM);
    const changed = bytes.slice();
    changed[0x1004] = changed[0x1004]! ^ 1;
    const { patch } = createPatchSync(bytes, changed);
    expect(applyPatchSync(bytes, patch)).toEqual(changed);
    expect(patch.length).toBeLessThan(300);
  });

  it('causality: do not depend on what stands behind them in new', () => {
    const [oldBytes, newBytes] = [build(PROGRAM), build(insertFunction(PROGRAM))];
    const covers = Uint32Array.of(0, 0, 64);
    const { plan } = makeAll(oldBytes, newBytes, covers);
    expect(plan.early.map(({ name }) => name)).toEqual(['strings', 'symbols']);
    expectCausalTables(oldBytes, newBytes, covers);
  });
});

describe('side table', () => {
  const [oldBytes, newBytes] = [
    build(PROGRAM),
    build(insertFunction(movedProgram(PROGRAM)), { trieForm: 2 }),
  ];
  const { old, next } = pairTables(oldBytes, newBytes);
  const side = writeSideTable(next, old);
  const read = (bytes: Uint8Array) => readSideTable(new ByteReader(bytes, 'image'), newBytes.length, old);

  it('tells ranges, forms and where sources lie', () => {
    expect(read(side)[0]!.tables).toEqual(next[0]!.tables);
    expect(next[0]!.tables.map(({ kind }) => kind)).toEqual([
      'functionStarts',
      'symbols',
      'indirectSymbols',
      'exportTrie',
    ]);
    // Any part of the tables travels alone.
    for (let mask = 1; mask < 16; mask++) {
      const some = next.map((each) => ({ ...each, tables: each.tables.filter((_, i) => (mask >> i) & 1) }));
      expect(read(writeSideTable(some, old))[0]!.tables).toEqual(some[0]!.tables);
    }
  });

  it('is refused where a form or a range cannot be', () => {
    const forge = (change: Partial<NewElement['tables'][number]>) => {
      const tables = next[0]!.tables.map((table) =>
        table.kind === 'exportTrie' ? { ...table, ...change } : table,
      );
      return () => read(writeSideTable([{ ...next[0]!, tables }], old));
    };
    expect(forge({ form: 3 })).not.toThrow();
    expect(forge({ form: 4 })).toThrow(FormatError);
    expect(forge({ form: -1 })).toThrow(FormatError);
    expect(forge({ size: 0 })).toThrow(FormatError);
    expect(forge({ offset: newBytes.length })).toThrow(FormatError);
    expect(forge({ offset: -8 })).toThrow(FormatError);
  });

  it('never crashes its reader', () => {
    const random = new SeededRandom(3);
    let valid = 0;
    for (let round = 0; round < 1500; round++) {
      const forged = side.slice();
      for (let i = 0; i < 2; i++) {
        // Mostly in the tables, at the end.
        const at = random.oneIn(4) ? random.below(forged.length) : forged.length - 1 - random.below(30);
        forged[at] = random.below(256);
      }
      try {
        const plan = planTables(oldBytes.length, newBytes.length, read(forged));
        expect(plan.longNewSize).toBeGreaterThanOrEqual(newBytes.length);
        valid++;
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }
    expect(valid).toBeGreaterThan(0);
  });
});

describe('hostile tables of Mach-O', () => {
  it('rules answer so many bytes for any input, in bounded time', () => {
    const oldBytes = build(PROGRAM);
    const { old, next } = pairTables(oldBytes, build(insertFunction(PROGRAM)));
    const random = new SeededRandom(11);
    const kinds = REBUILT_KINDS.filter(({ table }) => table !== undefined);
    for (let round = 0; round < 60; round++) {
      // Old with noise in its tables.
      const broken = oldBytes.slice();
      const tables = old[0]!.image!.tables;
      for (const { offset, size } of Object.values(tables))
        for (let i = 0; i < 4; i++) broken[offset + random.below(size)] = random.below(256);
      for (const { kind, forms = 1 } of kinds) {
        const size = 1 + random.below(4000);
        const made = rebuildTable(kind, {
          source: bytesAccess(broken),
          origin: 0,
          old: old[0]!.image!,
          next: next[0]!.layout,
          covers: Uint32Array.from({ length: 30 }, () => random.below(oldBytes.length)),
          early: () => (random.oneIn(5) ? undefined : random.bytes(random.below(3000))),
          range: {
            offset: 0,
            size,
            form: random.below(forms),
            from: { strings: { offset: 0, size }, symbols: { offset: 0, size } },
          },
        });
        expect(made.length).toBe(size);
      }
    }
  });

  it('many names that are one another’s beginnings, or equal, take no long time', () => {
    const { old, next } = pairTables(build(PROGRAM), build(insertFunction(PROGRAM)));
    const count = 50_000;
    const symbols = new Uint8Array(16 * count);
    const view = new DataView(symbols.buffer);
    const strings = new Uint8Array(count + 1).fill(0x61, 0, count);
    for (const nameOf of [
      (i: number) => count - 2 - (i % 3),
      (i: number) => count - 1 - (i % 2000),
      () => count - 1,
    ]) {
      for (let i = 0; i < count; i++) {
        view.setUint32(16 * i, nameOf(i), true);
        symbols.set([0x0f, 1], 16 * i + 4);
      }
      for (let form = 0; form < 4; form++) {
        const before = process.cpuUsage().user;
        const made = rebuildTable('exportTrie', {
          source: bytesAccess(new Uint8Array(0)),
          origin: 0,
          old: old[0]!.image!,
          next: { ...next[0]!.layout, base: 0 },
          covers: new Uint32Array(0),
          early: (name) => (name === 'symbols' ? symbols : strings),
          range: { offset: 0, size: 30_000, form },
        });
        expect(made.length).toBe(30_000);
        expect((process.cpuUsage().user - before) / 1e6).toBeLessThan(1.5);
      }
    }
  });
});
