import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeCodePair, makeTextPair } from './make-pair.js';

/**
 * Builds of a small framework: a library in a version folder, links as frameworks have them, a program and texts. Build 0 is the base; each
 * further build changes the library a little more, and one text.
 */
export function makeFramework(path: string, build: number, words = 2000): void {
  rmSync(path, { recursive: true, force: true });
  const put = (name: string, bytes: Uint8Array | string) => {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), bytes);
  };
  put('Versions/A/Library', makeLibrary(build, words));
  put('Versions/A/Resources/version.txt', `build ${build}\n`);
  put('Versions/A/Resources/strings.txt', makeTextPair(3, 60).oldBytes);
  put('Versions/A/helper', `#!/bin/sh\necho build ${build}\n`);
  chmodSync(join(path, 'Versions/A/helper'), 0o755);
  symlinkSync('A', join(path, 'Versions/Current'));
  symlinkSync('Versions/Current/Library', join(path, 'Library'));
}

function makeLibrary(build: number, words: number): Uint8Array {
  const { oldBytes, newBytes } = makeCodePair(77, words);
  if (build === 0) return oldBytes;
  const library = newBytes.slice();
  for (let i = 0; i < 40 * build; i++) library[(i * 997) % library.length]! ^= build;
  return library;
}
