import { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { varintSize } from '../bytes/leb128.js';
import { patchError } from '../errors/patch-error.js';
import type { StreamEntry } from './stream-table.js';

/**
 * The body is a list of sections {tag varint, size varint, bytes}. An even tag 2 s is a piece of stream s (its
 * index in the header's table); the pieces of one stream are in order and add up to its coded size. An odd tag
 * is an optional section that a reader skips when it does not know it. Pieces are laid in the order in which
 * a decoder needs them, so that a patch can be applied while it arrives.
 */

/** A piece of a coded stream: stream index and bytes. */
export interface Piece {
  readonly stream: number;
  readonly bytes: Uint8Array;
}

/** Odd tags of optional sections. A section appears once at most. */
export const SECTION = { reverse: 1 } as const;

/** A section: its tag, odd where it is optional, and its bytes. */
export interface Section {
  readonly tag: number;
  readonly bytes: Uint8Array;
}

/** The sections of a body; streams come before optional sections, and empty pieces are left out. */
export function listSections(pieces: readonly Piece[], sections: readonly Section[] = []): Section[] {
  const streams = pieces.filter(({ bytes }) => bytes.length > 0);
  return [...streams.map(({ stream, bytes }) => ({ tag: stream * 2, bytes })), ...sections];
}

/** Bytes of a body. */
export function bodySize(sections: readonly Section[]): number {
  return sections.reduce(
    (sum, { tag, bytes }) => sum + varintSize(tag) + varintSize(bytes.length) + bytes.length,
    0,
  );
}

export function writeBody(writer: ByteWriter, sections: readonly Section[]): void {
  for (const { tag, bytes } of sections) writer.varint(tag).varint(bytes.length).put(bytes);
}

/** The optional section of a tag; undefined when there is none. Throws FormatError when there are several. */
export function readSection(body: Uint8Array, tag: number): Uint8Array | undefined {
  const reader = new ByteReader(body, 'container');
  let found: Uint8Array | undefined;
  while (reader.remaining > 0) {
    const at = reader.offset;
    const isWanted = reader.varint('section tag') === tag;
    const bytes = reader.take(reader.varint('section size'), 'section');
    if (!isWanted) continue;
    if (found !== undefined) {
      throw patchError('BAD_STREAM', 'container', `the section at offset ${at} is there twice`, {
        offset: at,
        tag,
      });
    }
    found = bytes;
  }
  return found;
}

/** Pieces of every stream, as views of the body. Throws FormatError when sizes and tags do not add up. */
export function readBody(body: Uint8Array, streams: readonly StreamEntry[]): Uint8Array[][] {
  const reader = new ByteReader(body, 'container');
  const pieces: Uint8Array[][] = streams.map(() => []);
  const sizes = streams.map(() => 0);
  while (reader.remaining > 0) {
    const at = reader.offset;
    const tag = reader.varint('section tag');
    const bytes = reader.take(reader.varint('section size'), 'section');
    if (tag % 2 === 1) continue;
    const index = tag / 2;
    const list = pieces[index];
    if (list === undefined || bytes.length === 0) {
      throw patchError('BAD_STREAM', 'container', `the section at offset ${at} belongs to no stream`, {
        offset: at,
        tag,
      });
    }
    list.push(bytes);
    sizes[index]! += bytes.length;
  }
  streams.forEach((stream, i) => {
    if (sizes[i] === stream.codedSize) return;
    throw patchError(
      'BAD_STREAM',
      'container',
      `stream ${stream.name} has ${sizes[i]} bytes, the header says ${stream.codedSize}`,
      { expected: stream.codedSize, found: sizes[i]! },
    );
  });
  return pieces;
}
