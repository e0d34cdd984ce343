import { describe, expect, test } from 'vitest';
import { readPrediction } from '../../src/apply/read-prediction.js';
import { ByteReader } from '../../src/bytes/byte-reader.js';
import { bytesAccess } from '../../src/bytes/random-access.js';
import type { PatchHeader } from '../../src/container/patch-header.js';
import { mapModules } from '../../src/diff/map-modules.js';
import { FormatError } from '../../src/errors/patch-error.js';
import { recordOf } from '../../src/image/go-module.js';
import { applyPatchSync, createPatchSync, inspectPatch } from '../../src/index.js';
import { type ModuleMap, moveBy, readModuleMap, writeModuleMap } from '../../src/predict/module-map.js';
import { RewrittenModule, readGoModule, rewriteData } from '../../src/predict/rewrite-module.js';
import { exampleGoProgram, withInsertedGoFunction } from '../support/go-image-builder.js';
import { buildGoModule } from '../support/go-module-builder.js';
import { SeededRandom } from '../support/seeded-random.js';

const program = exampleGoProgram(11, 120);
const oldBytes = buildGoModule(program);
const newBytes = buildGoModule(withInsertedGoFunction(program));
const read = (bytes: Uint8Array) => readGoModule(bytesAccess(bytes))!;
const old = read(oldBytes);

function randomMap(random: SeededRandom): ModuleMap {
  const pieces = () => {
    const starts: number[] = [];
    for (let start = random.below(9000); start < 60_000; start += 1 + random.below(4000)) starts.push(start);
    return { starts, deltas: starts.map(() => random.below(2 ** 20) - 2 ** 19) };
  };
  return { data: pieces(), entries: pieces() };
}

/** Bytes of memory from the segments of a data section that was rewritten, at the addresses of `module`. */
function memoryOf(module: typeof old, data: Uint8Array): DataView {
  const memory = new Uint8Array(module.memory.size);
  for (let i = 0; i < module.data.count; i++) {
    const start = module.data.offsets[i]! - module.data.range.offset;
    memory.set(data.subarray(start, start + module.data.sizes[i]!), module.data.addresses[i]!);
  }
  return new DataView(memory.buffer);
}

test('every function has a record with its name', () => {
  const { memory, tables } = old;
  const names = program.functions.map((_, i) =>
    memory.text(tables.names + memory.u32(recordOf(memory, tables, i) + 4)),
  );
  expect(names).toEqual(program.functions.map(({ name }) => name));
});

test('a map that moves nothing rewrites nothing', () => {
  const still: ModuleMap = { data: { starts: [], deltas: [] }, entries: { starts: [], deltas: [] } };
  expect(rewriteData(old, still)).toEqual(old.data.bytes);
});

describe.each([1, 2, 3])('rewritten by any map, seed %d', (seed) => {
  const map = randomMap(new SeededRandom(seed));
  const data = rewriteData(old, map);
  const { memory, tables } = old;

  test('records and pointers are what the map says', () => {
    const view = memoryOf(old, data);
    let checked = 0;
    const check = (address: number, expected: number): void => {
      if (memory.u32(address) === 0) return;
      // Bytes that no segment holds cannot be written; they are zeros in old.
      for (let byte = 0; byte < 4; byte++) {
        const value = view.getUint8(address + byte);
        if (value !== 0 || memory.u8(address + byte) !== 0) {
          expect(value).toBe((expected >>> (8 * byte)) & 255);
          checked++;
        }
      }
    };
    for (let i = 0; i < tables.count; i++) {
      const record = recordOf(memory, tables, i);
      check(record, moveBy(map.entries, memory.u32(record)));
      const name = tables.names + memory.u32(record + 4);
      check(record + 4, (moveBy(map.data, name) - moveBy(map.data, tables.names)) >>> 0);
      const line = tables.lines + memory.u32(record + 20);
      check(record + 20, (moveBy(map.data, line) - moveBy(map.data, tables.lines)) >>> 0);
    }
    expect(checked).toBeGreaterThan(500);
  });

  test('it is as large as old, the same outside its data, and reads alike in any pieces', () => {
    const whole = Uint8Array.from(oldBytes);
    whole.set(data, old.data.range.offset);
    const source = new RewrittenModule(bytesAccess(oldBytes), old, map);
    const random = new SeededRandom(seed);
    const got = new Uint8Array(oldBytes.length);
    for (let at = 0; at < got.length; ) at += source.read(at, got.subarray(at, at + 1 + random.below(900)));
    expect(got).toEqual(whole);
    expect(source.read(got.length, new Uint8Array(5))).toBe(0);
  });

  test('the map travels', () => {
    expect(readModuleMap(new ByteReader(writeModuleMap(map), 'predict'))).toEqual(map);
  });
});

test('a Go program in a module is predicted by what its data refer to', () => {
  const { patch } = createPatchSync(oldBytes, newBytes, { effort: 5 });
  const raw = createPatchSync(oldBytes, newBytes, { effort: 5, image: 'raw' }).patch;
  expect(inspectPatch(patch).predictor).toEqual({ name: 'module', version: 1 });
  expect(patch.length).toBeLessThan(0.8 * raw.length);
  expect(applyPatchSync(oldBytes, patch)).toEqual(newBytes);
  const fast = createPatchSync(oldBytes, newBytes, { effort: 0 }).patch;
  expect(applyPatchSync(oldBytes, fast)).toEqual(newBytes);
});

test('a module without a Go program, and a Go program beside one, are plain bytes', () => {
  const none = Uint8Array.from(oldBytes);
  const { addresses, offsets } = old.data;
  const segment = addresses.findLastIndex((address) => address <= old.tables.header);
  none[offsets[segment]! + old.tables.header - addresses[segment]!] = 0;
  expect(readGoModule(bytesAccess(none))).toBeUndefined();
  expect(mapModules(oldBytes, none, new Uint32Array(0))).toBeUndefined();
  expect(mapModules(none, newBytes, new Uint32Array(0))).toBeUndefined();
});

test('whatever a module says, reading and rewriting it ends', () => {
  const random = new SeededRandom(5);
  let understood = 0;
  for (let i = 0; i < 200; i++) {
    const bytes = Uint8Array.from(oldBytes);
    const tables = old.data.range.offset;
    for (let k = 0; k < 1 + random.below(6); k++) {
      bytes[random.oneIn(2) ? random.below(bytes.length) : tables + random.below(400)] = random.below(256);
    }
    const module = readGoModule(bytesAccess(bytes));
    if (module === undefined) continue;
    understood++;
    expect(rewriteData(module, randomMap(random)).length).toBe(module.data.bytes.length);
  }
  expect(understood).toBeGreaterThan(20);
});

describe('maps that lie', () => {
  const cases: [string, number[]][] = [
    ['more pieces than bytes', [200, 1, 0]],
    ['two pieces at one place', [2, 5, 2, 0, 2, 0]],
    ['a start beyond 32 bits', [1, 0x80, 0x80, 0x80, 0x80, 0x10, 2, 0]],
    ['a delta beyond 32 bits', [1, 0, 0x80, 0x80, 0x80, 0x80, 0x20, 0]],
    ['bytes left over', [0, 0, 0]],
    ['nothing', []],
  ];
  test.each(cases)('%s', (_, bytes) => {
    expect(() => readModuleMap(new ByteReader(Uint8Array.from(bytes), 'predict'))).toThrow(FormatError);
  });

  test('of an old that is no module', () => {
    const header = { predictorId: 2, newSize: 4 } as PatchHeader;
    expect(() => readPrediction(bytesAccess(newBytes.slice(0, 90)), header, Uint8Array.of(0, 0))).toThrow(
      /old is none/,
    );
  });
});
