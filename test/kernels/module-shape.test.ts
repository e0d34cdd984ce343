import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { STATUS } from '../../src/errors/status.js';
import { applyKernels } from '../../src/kernels/apply-kernels.js';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { fromBase64 } from '../../src/kernels/from-base64.js';
import { APPLY_SIMD_WASM } from '../../src/kernels/generated/apply-simd-wasm.js';
import { APPLY_WASM } from '../../src/kernels/generated/apply-wasm.js';
import { DIFF_SIMD_WASM } from '../../src/kernels/generated/diff-simd-wasm.js';
import { DIFF_WASM } from '../../src/kernels/generated/diff-wasm.js';

const root = join(import.meta.dirname, '../..');
const readText = (path: string) => readFileSync(join(root, path), 'utf8');
const compile = (base64: string) => new WebAssembly.Module(fromBase64(base64));

const MODULES = {
  apply: compile(APPLY_WASM),
  'apply-simd': compile(APPLY_SIMD_WASM),
  diff: compile(DIFF_WASM),
  'diff-simd': compile(DIFF_SIMD_WASM),
};

const exportsOf = (module: WebAssembly.Module) =>
  WebAssembly.Module.exports(module)
    .map(({ name, kind }) => `${kind} ${name}`)
    .sort();
const namesOf = (module: WebAssembly.Module) =>
  new Set(WebAssembly.Module.exports(module).map((e) => e.name));

/** Interfaces of kernel-exports.ts: name, parents and own members. */
function parseInterfaces(source: string): Map<string, { parents: string[]; members: string[] }> {
  const code = source.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  const interfaces = new Map<string, { parents: string[]; members: string[] }>();
  for (const [, name, parents, body] of code.matchAll(
    /export interface (\w+)(?:\s+extends ([\w,\s]+?))?\s*\{([^}]*)\}/g,
  )) {
    // The parameters go first, so that what stands before a colon or a parenthesis is a member.
    const flat = body!.replace(/\([^)]*\)/g, '()');
    const members = [...flat.matchAll(/^\s*(?:readonly )?(\w+)(?:\(\))?\??:/gm)].map((match) => match[1]!);
    interfaces.set(name!, { parents: parents?.split(',').map((p) => p.trim()) ?? [], members });
  }
  return interfaces;
}

const interfaces = parseInterfaces(readText('src/kernels/kernel-exports.ts'));

function membersOf(name: string): string[] {
  const found = interfaces.get(name);
  if (found === undefined) throw new Error(`kernel-exports.ts has no interface ${name}`);
  return [...new Set([...found.parents.flatMap(membersOf), ...found.members])].sort();
}

test.each(Object.entries(MODULES))('%s imports nothing', (_, module) => {
  expect(WebAssembly.Module.imports(module)).toEqual([]);
});

test.each([
  ['apply', MODULES.apply, MODULES['apply-simd']],
  ['diff', MODULES.diff, MODULES['diff-simd']],
])('the scalar and the SIMD module of %s export the same', (_, scalar, simd) => {
  expect(exportsOf(simd)).toEqual(exportsOf(scalar));
});

describe('status numbers', () => {
  const kernelStatus = new Map(
    [...readText('assembly/common/status.ts').matchAll(/^export const (\w+): i32 = (\d+);$/gm)].map(
      ([, name, number]) => [name!, Number(number)],
    ),
  );

  test('every constant of assembly/common/status.ts is one of src/errors/status.ts with the same number', () => {
    const declared = readText('assembly/common/status.ts').match(/^export /gm)!;
    expect(kernelStatus.size).toBe(declared.length);
    for (const [name, number] of kernelStatus) expect(STATUS, name).toHaveProperty(name, number);
  });

  test.each(Object.entries(MODULES))('%s exports these numbers', (_, module) => {
    const { exports } = new WebAssembly.Instance(module, {});
    for (const [name, number] of kernelStatus) {
      expect((exports[name] as WebAssembly.Global | undefined)?.value, name).toBe(number);
    }
  });

  test('no two names share a number', () => {
    const numbers = Object.values(STATUS);
    expect(new Set(numbers).size).toBe(numbers.length);
  });
});

describe('kernel-exports.ts', () => {
  test('is read whole: each interface has members or parents', () => {
    const declared = readText('src/kernels/kernel-exports.ts').match(/^export interface /gm)!;
    expect(interfaces.size).toBe(declared.length);
    for (const [name, { parents, members }] of interfaces) {
      expect(parents.length + members.length, name).toBeGreaterThan(0);
    }
  });

  test.each([
    ['ApplyExports', MODULES.apply, applyKernels().exports],
    ['DiffExports', MODULES.diff, diffKernels().exports],
  ])('%s names only exports of its module', (name, module, exports) => {
    const members = membersOf(name);
    expect(members.filter((member) => !namesOf(module).has(member))).toEqual([]);
    expect(Object.keys(exports)).toEqual(expect.arrayContaining(members));
  });
});
