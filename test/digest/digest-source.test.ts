import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { toHex } from '../../src/bytes/hex.js';
import type { DigestSource } from '../../src/digest/digest.js';

const ABC = new TextEncoder().encode('abc');
const DIGEST = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const MILLION = new Uint8Array(1_000_000).fill(0x61);
const MILLION_DIGEST = 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0';

/** The digest modules in an engine with these globals; no compiled kernel is kept from another test. */
async function loadDigest(globals: Record<string, unknown> = {}) {
  const digest = await import('../../src/digest/digest.js');
  const { sha256Many } = await import('../../src/digest/digest-many.js');
  // The test runner's own loader needs `process`, so the globals change when it is done.
  for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
  return { ...digest, sha256Many };
}

async function expectSource(source: DigestSource, globals: Record<string, unknown> = {}): Promise<void> {
  const { createSha256, digestSource, sha256, sha256Many } = await loadDigest(globals);
  expect(digestSource()).toBe(source);
  expect(toHex(createSha256().update(ABC).digest())).toBe(DIGEST);
  expect(toHex(sha256(ABC))).toBe(DIGEST);
  expect(toHex(sha256(MILLION))).toBe(MILLION_DIGEST);
  expect(sha256Many([ABC, MILLION, MILLION, ABC, MILLION, MILLION]).map(toHex)).toEqual([
    DIGEST,
    MILLION_DIGEST,
    MILLION_DIGEST,
    DIGEST,
    MILLION_DIGEST,
    MILLION_DIGEST,
  ]);
}

const WASM = {
  validate: WebAssembly.validate,
  Module: WebAssembly.Module,
  Instance: WebAssembly.Instance,
  CompileError: WebAssembly.CompileError,
};

beforeEach(() => {
  vi.resetModules();
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('the default source', () => {
  test('is node:crypto in Node', () => expectSource('node'));

  test('is the kernel where there is no process', async () => {
    await expectSource('kernel', { process: undefined });
  });

  test('is the kernel where process is a shim without built-in modules', async () => {
    await expectSource('kernel', { process: { env: {}, getBuiltinModule: () => undefined } });
    await expectSource('kernel', { process: { env: {} } });
  });

  test('is noble for few bytes where there is no node:crypto', async () => {
    const { digestSource } = await loadDigest({ process: undefined });
    expect([0, 16383, 16384, 1 << 20].map((size) => digestSource({}, size))).toEqual([
      'noble',
      'noble',
      'kernel',
      'kernel',
    ]);
    expect(digestSource({ source: 'kernel' }, 1)).toBe('kernel');
  });

  test('is noble where there is no WebAssembly', async () => {
    await expectSource('noble', { process: undefined, WebAssembly: undefined });
  });

  test('is noble where compiling is forbidden', async () => {
    class Forbidden {
      constructor() {
        throw new WASM.CompileError('blocked by Content Security Policy');
      }
    }
    await expectSource('noble', { process: undefined, WebAssembly: { ...WASM, Module: Forbidden } });
  });

  test('is noble where no memory is left for an instance', async () => {
    class Exhausted {
      constructor() {
        throw new RangeError('WebAssembly.Instance(): Out of memory');
      }
    }
    await expectSource('noble', { process: undefined, WebAssembly: { ...WASM, Instance: Exhausted } });
  });
});

describe('a source that was asked for is never replaced', () => {
  test('node', async () => {
    const { createSha256 } = await loadDigest({ process: undefined });
    expect(() => createSha256({ source: 'node' })).toThrow(TypeError);
  });

  test('kernel', async () => {
    const { createSha256 } = await loadDigest({ WebAssembly: undefined });
    expect(() => createSha256({ source: 'kernel' })).toThrow(
      expect.objectContaining({ code: 'KERNEL_TRAP' }),
    );
  });

  test.each(['node', 'kernel', 'noble'] as const)('%s is what digestSource answers', async (source) => {
    const { digestSource } = await loadDigest();
    expect(digestSource({ source })).toBe(source);
  });
});

test('a digest of any length takes little memory', async () => {
  const { applyKernels } = await import('../../src/kernels/apply-kernels.js');
  const { createKernelSha256 } = await import('../../src/digest/kernel-digest.js');
  const { hashManyWithKernel } = await import('../../src/digest/kernel-digest-many.js');
  const kernel = applyKernels();
  const before = kernel.memorySize;
  const megabytes = new Uint8Array(4 << 20);
  createKernelSha256(kernel).update(megabytes).digest();
  hashManyWithKernel(kernel, [megabytes, megabytes, megabytes, megabytes, megabytes]);
  expect(kernel.memorySize - before).toBeLessThanOrEqual(4 * 65536);
});

test('hashing many gives back the kernel memory that it took', async () => {
  const { applyKernels } = await import('../../src/kernels/apply-kernels.js');
  const { hashManyWithKernel } = await import('../../src/digest/kernel-digest-many.js');
  const kernel = applyKernels();
  const mark = kernel.mark();
  hashManyWithKernel(kernel, [ABC, ABC]);
  expect(kernel.mark()).toBe(mark);
});
