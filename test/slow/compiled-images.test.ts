import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RandomAccess } from '../../src/bytes/random-access.js';
import { detectElements } from '../../src/image/detect-image.js';
import { listFunctionStarts } from '../../src/image/function-starts.js';
import type { Image } from '../../src/image/image.js';
import { findPointers } from '../../src/image/pointer-locations.js';
import { withFile } from '../support/file-access.js';

const isHere = (tool: string): boolean => spawnSync(tool, ['--version']).status === 0;
const hasTools = process.arch === 'x64' && ['gcc', 'nm', 'readelf', 'strip'].every(isHere);

const SOURCE = `
static int helper(int x) { return x * 3 + 1; }
int add(int a, int b) { return helper(a) + b; }
int mul(int a, int b) { return add(a, b) * b; }
int pick(int x) { switch (x) { case 0: return 7; case 1: return 9; case 2: return add(x, 4); case 3: return 1; default: return mul(x, x); } }
int (*table[])(int, int) = { add, mul, add };
const char *names[] = { "one", "two", "three" };
int counter;
`;

describe.skipIf(!hasTools)('what gcc makes (needs gcc and binutils on x86-64)', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'deltakit-images-'));
    writeFileSync(join(folder, 'a.c'), SOURCE);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function compile(name: string, ...options: string[]): string {
    const path = join(folder, name);
    execFileSync('gcc', ['-shared', '-fPIC', '-fno-inline', '-o', path, join(folder, 'a.c'), ...options]);
    return path;
  }

  function imageOf(source: RandomAccess): Image {
    const [element] = detectElements(source);
    expect(element!.reason).toBeUndefined();
    return element!.image!;
  }

  /** Addresses of functions that nm knows. */
  function functionsOf(path: string): number[] {
    const lines = execFileSync('nm', ['--defined-only', path], { encoding: 'utf8' }).split('\n');
    const names = ['add', 'mul', 'pick', 'helper'];
    const rows = lines.map((line) => line.split(' ')).filter(([, , name]) => names.includes(name ?? ''));
    expect(rows).toHaveLength(names.length);
    return rows.map(([address]) => Number.parseInt(address!, 16));
  }

  function startAddresses(path: string, functionsFrom?: (image: Image) => Image): Set<number> {
    return withFile(path, (source) => {
      const image = imageOf(source);
      const starts = listFunctionStarts(source, 0, functionsFrom?.(image) ?? image);
      const code = image.segments.find(({ fileOffset, fileSize }) =>
        image.sections.some(
          (it) => it.name === '.text' && it.fileOffset >= fileOffset && it.fileOffset < fileOffset + fileSize,
        ),
      )!;
      return new Set([...starts].map((start) => start - code.fileOffset + code.address));
    });
  }

  const without =
    (...names: string[]) =>
    (image: Image): Image => ({
      ...image,
      sections: image.sections.filter(({ name }) => !names.includes(name)),
    });

  test.each(['-O0', '-O2', '-Os'])(
    '%s: functions from the frame header, the frames and the symbols',
    (level) => {
      const path = compile(`lib${level}.so`, level);
      const functions = functionsOf(path);
      for (const hidden of [[], ['.eh_frame_hdr'], ['.eh_frame_hdr', '.eh_frame']]) {
        const starts = startAddresses(path, without(...hidden));
        for (const address of functions) expect(starts, `without ${hidden}`).toContain(address);
      }
    },
  );

  test('sections are those that readelf lists', () => {
    const path = compile('sections.so', '-O2');
    const listed = execFileSync('readelf', ['-SW', path], { encoding: 'utf8' });
    const rows = [...listed.matchAll(/\] (\.\S+) +\S+ +([0-9a-f]{16}) ([0-9a-f]+) ([0-9a-f]+)/g)];
    expect(rows.length).toBeGreaterThan(15);
    withFile(path, (source) => {
      const { sections } = imageOf(source);
      for (const [, name, address, offset, size] of rows) {
        const section = sections.find((it) => it.name === name)!;
        expect(section, name).toMatchObject({
          address: Number.parseInt(address!, 16),
          size: Number.parseInt(size!, 16),
          fileOffset: section.zeroFill ? 0 : Number.parseInt(offset!, 16),
        });
      }
    });
  });

  test.each([[], ['-Wl,-z,pack-relative-relocs']])(
    'pointers are where readelf sees relocations %s',
    (...options) => {
      const path = compile('pointers.so', '-O2', ...options);
      const text = execFileSync('readelf', ['-rW', path], { encoding: 'utf8' });
      const rela = [...text.matchAll(/^([0-9a-f]{16}) +[0-9a-f]+ R_X86_64_RELATIVE/gm)].map(([, at]) => at!);
      const relr = [...text.matchAll(/^([0-9a-f]{16})$/gm)].map(([, at]) => at!);
      const expected = [...rela, ...relr].map((at) => Number.parseInt(at, 16)).sort((a, b) => a - b);
      withFile(path, (source) => {
        const image = imageOf(source);
        const { bitmap, low, high } = findPointers(source, 0, image)!;
        const found: number[] = [];
        for (let offset = low; offset < high; offset += 4) {
          if (((bitmap[(offset - low) >>> 5]! >>> (((offset - low) / 4) & 7)) & 1) === 0) continue;
          const segment = image.segments.find(
            (it) => offset >= it.fileOffset && offset < it.fileOffset + it.fileSize,
          )!;
          found.push(offset - segment.fileOffset + segment.address);
        }
        // Older readelf shows packed relocations as bitmaps only; then the others must be among them.
        if (options.length === 0) expect(found).toEqual(expected);
        else expect(found).toEqual(expect.arrayContaining(rela.map((at) => Number.parseInt(at, 16))));
        expect(found.length).toBeGreaterThanOrEqual(3);
      });
    },
  );

  test('a stripped library keeps its functions', () => {
    const path = compile('stripped.so', '-O2');
    const functions = functionsOf(path);
    execFileSync('strip', [path]);
    const starts = startAddresses(path);
    for (const address of functions) expect(starts).toContain(address);
  });

  test('an object file is no image, and says so', () => {
    const path = join(folder, 'a.o');
    execFileSync('gcc', ['-c', '-o', path, join(folder, 'a.c')]);
    withFile(path, (source) => {
      expect(detectElements(source)).toMatchObject([
        { image: null, reason: expect.stringContaining('type 1') },
      ]);
    });
  });
});
