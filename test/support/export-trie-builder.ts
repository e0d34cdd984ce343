import { ByteBuilder } from './byte-builder.js';

interface TrieNode {
  readonly edges: readonly { readonly label: string; readonly node: TrieNode }[];
  readonly distance: number | undefined;
  offset: number;
}

/**
 * Mach-O's export trie: a radix tree of sorted names. A node is {size of what it exports ULEB, flags ULEB, distance
 * ULEB, edges u8, for each: label, offset of the node ULEB}; nodes stand in pre-order, and offsets are settled by
 * laying the tree out again until none changes.
 */
export function buildExportTrie(
  exports: readonly { readonly name: string; readonly distance: number }[],
): Uint8Array {
  const sorted = [...exports].sort((a, b) => (a.name < b.name ? -1 : 1));
  const root = createNode(sorted, '');
  for (;;) {
    const out = new ByteBuilder();
    if (!layOut(root, out)) return out.align(8).bytes();
  }
}

function createNode(
  names: readonly { readonly name: string; readonly distance: number }[],
  prefix: string,
): TrieNode {
  const own = names.find(({ name }) => name === prefix);
  const rest = names.filter(({ name }) => name !== prefix);
  const edges: { label: string; node: TrieNode }[] = [];
  while (rest.length > 0) {
    const letter = rest[0]!.name[prefix.length]!;
    const group = rest.filter(({ name }) => name[prefix.length] === letter);
    rest.splice(0, group.length);
    const label = commonPrefix(group.map(({ name }) => name)).slice(prefix.length);
    edges.push({ label, node: createNode(group, prefix + label) });
  }
  return { edges, distance: own?.distance, offset: 0 };
}

function commonPrefix(names: readonly string[]): string {
  const [first = '', ...others] = names;
  let length = first.length;
  for (const name of others) while (!name.startsWith(first.slice(0, length))) length--;
  return first.slice(0, length);
}

/** Writes a node and those below it; whether any offset moved. */
function layOut(node: TrieNode, out: ByteBuilder): boolean {
  let moved = node.offset !== out.size;
  node.offset = out.size;
  if (node.distance === undefined) out.u8(0);
  else {
    const what = new ByteBuilder().uleb(0).uleb(node.distance).bytes();
    out.uleb(what.length).put(what);
  }
  out.u8(node.edges.length);
  for (const { label, node: below } of node.edges) out.text(label).uleb(below.offset);
  for (const { node: below } of node.edges) moved = layOut(below, out) || moved;
  return moved;
}
