import { ByteBuilder } from '../support/byte-builder.js';

export interface TwinExport {
  readonly name: string;
  readonly address: number;
  readonly content: readonly number[];
}

interface Edge {
  label: string;
  node: Node;
}

interface Node {
  readonly edges: Edge[];
  readonly born: number;
  content: readonly number[] | undefined;
  offset: number;
}

/** What src/tables/trie-writer.ts writes, with recursion and strings: `form` says in which order names go in and nodes stand. */
export function twinTrie(exports: readonly TwinExport[], form: number): Uint8Array {
  const sorted = [...exports].sort((a, b) =>
    form === 3 ? a.address - b.address : a.name < b.name ? -1 : a.name > b.name ? 1 : 0,
  );
  let born = 0;
  const create = (): Node => ({ edges: [], born: born++, content: undefined, offset: 0 });
  const insert = (node: Node, rest: string, content: readonly number[]): void => {
    for (const edge of node.edges) {
      if (rest.startsWith(edge.label)) {
        insert(edge.node, rest.slice(edge.label.length), content);
        return;
      }
      let common = 0;
      while (edge.label[common] === rest[common]) common++;
      if (common > 0) {
        const upper = create();
        upper.edges.push({ label: edge.label.slice(common), node: edge.node });
        edge.label = edge.label.slice(0, common);
        edge.node = upper;
        insert(upper, rest.slice(common), content);
        return;
      }
    }
    const leaf = create();
    leaf.content = content;
    node.edges.push({ label: rest, node: leaf });
  };
  const root = create();
  for (const { name, content } of sorted) insert(root, name, content);

  const order: Node[] = [root];
  const all = (node: Node): Node[] => [node, ...node.edges.flatMap((edge) => all(edge.node))];
  const behind = (node: Node): Node[] => [...node.edges.flatMap((edge) => behind(edge.node)), node];
  const walk = (node: Node, rest: string): void => {
    if (!order.includes(node)) order.push(node);
    const edge = node.edges.find(({ label }) => rest.startsWith(label));
    if (edge !== undefined) walk(edge.node, rest.slice(edge.label.length));
  };
  if (form === 0) order.push(...behind(root).slice(0, -1));
  else if (form === 2)
    order.push(
      ...all(root)
        .slice(1)
        .sort((a, b) => a.born - b.born),
    );
  else for (const { name } of sorted) walk(root, name);

  for (;;) {
    const out = new ByteBuilder();
    const before = order.map(({ offset }) => offset);
    for (const node of order) {
      node.offset = out.size;
      const { content = [], edges } = node;
      out.uleb(content.length).u8(...content, edges.length);
      for (const { label, node: below } of edges) out.text(label).uleb(below.offset);
      if (form === 0 && node === root)
        out.padTo(2 + edges.reduce((sum, { label }) => sum + label.length + 6, 0));
    }
    if (order.every(({ offset }, i) => offset === before[i])) return out.bytes();
  }
}

/** What a trie says: each name with what its node holds. */
export function readTwinTrie(trie: Uint8Array): Map<string, readonly number[]> {
  const found = new Map<string, readonly number[]>();
  const read = (offset: number, name: string): void => {
    let at = offset;
    const uleb = (): number => {
      let value = 0;
      for (let scale = 1; ; scale *= 128) {
        const byte = trie[at++]!;
        value += (byte & 127) * scale;
        if (byte < 128) return value;
      }
    };
    const size = uleb();
    if (size > 0) found.set(name, [...trie.subarray(at, at + size)]);
    at += size;
    for (let count = trie[at++]!; count > 0; count--) {
      const end = trie.indexOf(0, at);
      const label = String.fromCharCode(...trie.subarray(at, end));
      at = end + 1;
      read(uleb(), name + label);
    }
  };
  read(0, '');
  return found;
}
