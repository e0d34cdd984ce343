import { ImageFault } from '../image/image.js';

// Export trie of Mach-O (LC_DYLD_EXPORTS_TRIE, <mach-o/loader.h>): a tree of the beginnings of names.
//
//   node   size of what follows ULEB128, 0 where no name ends here
//          flags, address ULEB128
//          children u8, for each: the bytes that it adds, 0; offset of its node ULEB128
//
// What the tree says does not tell how it is laid out. Linkers differ in the order in which they put names in, which is that of a node's
// children, and in the order of nodes:
//
//   form  names in the order of   nodes
//   0     names                   the root with five bytes for each child's offset, then each node behind its children (Apple's later linkers)
//   1     names                   on the way down to each name (lld)
//   2     names                   as they come to be: a name's node behind that of the beginning which it shares (Apple's linkers for a while)
//   3     addresses               on the way down to each name (ld64)
//
// Offsets depend on how long offsets are: they are worked out again until none changes. Time: for each name the children of the nodes on its way,
// 1.6 for a byte of the trie on a library of 15,653 names, and at most STEPS for one of the limit; then a few passes over the nodes. No recursion: depth is
// the sender's choice.

export interface TrieEntry {
  readonly name: Uint8Array;
  readonly address: number;
  /** What its node holds. */
  readonly content: readonly number[];
}

const POSTORDER = 0;
const AS_MADE = 2;
const BY_ADDRESS = 3;
const RESERVED_OFFSET = 5;
/** Children that are looked at for a byte of the limit, at most. */
const STEPS = 8;
/** Passes until offsets hold still; each makes some offset longer. */
const MAX_PASSES = 16;

const NO_BYTES = new Uint8Array(0);

interface TrieNode {
  label: Uint8Array;
  parent: TrieNode | undefined;
  readonly children: TrieNode[];
  content: readonly number[] | undefined;
  offset: number;
  isPlaced: boolean;
}

/** The trie of some names in a form; undefined when it is larger than `limit`. */
export function writeTrie(
  entries: readonly TrieEntry[],
  form: number,
  limit: number,
): Uint8Array | undefined {
  const root = newNode(NO_BYTES, undefined);
  const made = [root];
  const byName = (a: TrieEntry, b: TrieEntry) => compareBytes(a.name, b.name);
  const byAddress = (a: TrieEntry, b: TrieEntry) => a.address - b.address;
  const sorted = [...entries].sort(form === BY_ADDRESS ? byAddress : byName);
  let steps = STEPS * limit;
  const leaves = sorted.map((entry) => {
    const leaf = newNode(NO_BYTES, undefined);
    steps -= addName(made, leaf, entry);
    if (steps < 0) throw new ImageFault('names that are too much alike');
    return leaf;
  });
  const nodes =
    form === AS_MADE ? made : form === POSTORDER ? [root, ...behindChildren(root)] : onWayDown(root, leaves);
  const end = placeNodes(nodes, form === POSTORDER ? RESERVED_OFFSET : 0);
  if (end === undefined || end > limit) return undefined;
  const trie = new Uint8Array(end);
  for (const node of nodes) putNode(trie, node);
  return trie;
}

function newNode(label: Uint8Array, parent: TrieNode | undefined): TrieNode {
  return { label, parent, children: [], content: undefined, offset: 0, isPlaced: false };
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

/** Puts a name's node into the trie of the nodes made so far, the root first, and answers how many children it looked at. */
function addName(made: TrieNode[], leaf: TrieNode, { name, content }: TrieEntry): number {
  let node = made[0]!;
  let at = 0;
  let steps = 1;
  for (let i = 0; i < node.children.length; i++, steps++) {
    const child = node.children[i]!;
    const common = commonLength(child.label, name, at);
    // A child that adds nothing ends a name that was put in after longer ones; what comes later goes on behind it.
    if (common === 0 && child.label.length > 0) continue;
    at += common;
    if (common < child.label.length) {
      node = splitNode(node, i, common);
      made.push(node);
      break;
    }
    node = child;
    i = -1;
  }
  leaf.label = name.subarray(at);
  leaf.parent = node;
  leaf.content = content;
  node.children.push(leaf);
  made.push(leaf);
  return steps;
}

function commonLength(label: Uint8Array, name: Uint8Array, from: number): number {
  let length = 0;
  while (length < label.length && label[length] === name[from + length]) length++;
  return length;
}

/** Cuts a child in two and answers the upper part, which takes its place. */
function splitNode(parent: TrieNode, index: number, length: number): TrieNode {
  const lower = parent.children[index]!;
  const upper = newNode(lower.label.subarray(0, length), parent);
  lower.label = lower.label.subarray(length);
  lower.parent = upper;
  upper.children.push(lower);
  parent.children[index] = upper;
  return upper;
}

/** The root, then for each name those on the way down to it that are new. */
function onWayDown(root: TrieNode, leaves: readonly TrieNode[]): TrieNode[] {
  const nodes = [root];
  root.isPlaced = true;
  for (const leaf of leaves) {
    const path: TrieNode[] = [];
    for (let node: TrieNode | undefined = leaf; node !== undefined && !node.isPlaced; node = node.parent) {
      node.isPlaced = true;
      path.push(node);
    }
    for (const node of path.reverse()) nodes.push(node);
  }
  return nodes;
}

/** Nodes below one, each behind its children. */
function behindChildren(root: TrieNode): TrieNode[] {
  const nodes: TrieNode[] = [];
  const ahead = [...root.children];
  // Turned round, this is each node before its children, the last child first.
  for (let node = ahead.pop(); node !== undefined; node = ahead.pop()) {
    nodes.push(node);
    for (const child of node.children) ahead.push(child);
  }
  return nodes.reverse();
}

/**
 * Gives nodes their offsets and answers where the last one ends; undefined when they do not come to rest. Each of the root's children takes
 * `reserved` bytes if that is not 0.
 */
function placeNodes(nodes: readonly TrieNode[], reserved: number): number | undefined {
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    let isStill = true;
    let end = 0;
    nodes.forEach((node, i) => {
      isStill &&= node.offset === end;
      node.offset = end;
      end += sizeOfNode(node, i === 0 ? reserved : 0);
    });
    if (isStill) return end;
  }
  return undefined;
}

function sizeOfNode({ content, children }: TrieNode, reserved: number): number {
  let size = 2;
  if (content !== undefined) size += content.length + sizeOfUleb(content.length) - 1;
  for (const { label, offset } of children) size += label.length + 1 + (reserved || sizeOfUleb(offset));
  return size;
}

function sizeOfUleb(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

function putNode(trie: Uint8Array, { offset, content, children }: TrieNode): void {
  let at = putUlebAt(trie, offset, content?.length ?? 0);
  if (content !== undefined) trie.set(content, at);
  at += content?.length ?? 0;
  trie[at++] = children.length;
  for (const { label, offset: below } of children) {
    trie.set(label, at);
    at = putUlebAt(trie, at + label.length + 1, below);
  }
}

/** Puts a number and answers where it ends. */
function putUlebAt(bytes: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes[at++] = (rest % 128) | 128;
  bytes[at++] = rest;
  return at;
}
