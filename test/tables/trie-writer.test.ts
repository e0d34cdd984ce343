import { describe, expect, it } from 'vitest';
import { type TrieEntry, writeTrie } from '../../src/tables/trie-writer.js';
import { readTwinTrie, type TwinExport, twinTrie } from '../reference/export-trie.js';
import { SeededRandom } from '../support/seeded-random.js';

const FORMS = [0, 1, 2, 3];

function entriesOf(exports: readonly TwinExport[]): TrieEntry[] {
  return exports.map(({ name, ...rest }) => ({ name: new TextEncoder().encode(name), ...rest }));
}

/** Different names, many of which begin alike or are the beginning of another. */
function randomExports(random: SeededRandom, count: number, letters: string): TwinExport[] {
  const names = new Set<string>();
  for (let i = 0; i < count; i++) {
    const length = 1 + random.below(random.oneIn(6) ? 200 : 7);
    names.add(`_${Array.from({ length }, () => letters[random.below(letters.length)]!).join('')}`);
  }
  return [...names].map((name) => {
    const address = random.below(1 << 20);
    return { name, address, content: Array.from({ length: 1 + random.below(5) }, () => random.below(256)) };
  });
}

describe('writeTrie', () => {
  it.each(FORMS)('writes what its twin writes, form %i, and nothing is lost', (form) => {
    const random = new SeededRandom(20 + form);
    for (let round = 0; round < 120; round++) {
      const exports = randomExports(random, random.below(40), ['ab', 'abcdefgh', 'a'][round % 3]!);
      const made = writeTrie(entriesOf(exports), form, 1 << 20);
      expect(made).toEqual(twinTrie(exports, form));
      const said = readTwinTrie(made!);
      expect(new Map([...said].sort())).toEqual(
        new Map(exports.map(({ name, content }): [string, readonly number[]] => [name, content]).sort()),
      );
    }
  });

  it('lays names out as linkers do', () => {
    const exports = [
      { name: '_ab', address: 3, content: [0, 3] },
      { name: '_a', address: 9, content: [0, 9] },
      { name: '_b', address: 1, content: [0, 1] },
    ];
    const trie = (form: number) => [...writeTrie(entriesOf(exports), form, 1000)!];
    const [a, b, underscore] = [0x61, 0x62, 0x5f];
    // Offsets: root 0, room for five bytes of offset; _ab 9, _a 13, _b 20, _ 24.
    expect(trie(0)).toEqual([
      ...[0, 1, underscore, 0, 24, 0, 0, 0, 0],
      ...[2, 0, 3, 0],
      ...[2, 0, 9, 1, b, 0, 9],
      ...[2, 0, 1, 0],
      ...[0, 2, a, 0, 13, b, 0, 20],
    ]);
    // Root, _, _a, _ab, _b.
    expect(trie(1)).toEqual([
      ...[0, 1, underscore, 0, 5],
      ...[0, 2, a, 0, 13, b, 0, 24],
      ...[2, 0, 9, 1, b, 0, 20],
      ...[2, 0, 3, 0],
      ...[2, 0, 1, 0],
    ]);
    // Root, _a and _ab when they come, _ with _b.
    expect(trie(2)).toEqual([
      ...[0, 1, underscore, 0, 16],
      ...[2, 0, 9, 1, b, 0, 12],
      ...[2, 0, 3, 0],
      ...[0, 2, a, 0, 5, b, 0, 24],
      ...[2, 0, 1, 0],
    ]);
    // By address: _b, _ab, then _a, which ends where a node for its letter is made: a child that adds nothing.
    expect(trie(3)).toEqual([
      ...[0, 1, underscore, 0, 5],
      ...[0, 2, b, 0, 13, a, 0, 17],
      ...[2, 0, 1, 0],
      ...[0, 2, b, 0, 24, 0, 28],
      ...[2, 0, 3, 0],
      ...[2, 0, 9, 0],
    ]);
  });

  it('stops at its limit', () => {
    const exports = randomExports(new SeededRandom(1), 50, 'abc');
    const { length } = writeTrie(entriesOf(exports), 0, 1 << 20)!;
    expect(writeTrie(entriesOf(exports), 0, length)).toBeDefined();
    expect(writeTrie(entriesOf(exports), 0, length - 1)).toBeUndefined();
  });
});
