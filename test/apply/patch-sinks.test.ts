/** Where PatchStream sends new: streams of the web and sinks that take offsets, slow ones, failing ones, and those that go away. */

import { existsSync, readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createPatchSync,
  PatchError,
  PatchStream,
  type RandomAccess,
  type SeekableSink,
  sinkStream,
} from '../../src/index.js';
import { writeFileHandle } from '../../src/node-entry.js';
import { ScratchFolder } from '../support/scratch-folder.js';
import { SeededRandom } from '../support/seeded-random.js';

// Five windows of 8 MiB.
const random = new SeededRandom(11);
const oldBytes = new Uint8Array(33 << 20);
for (let at = 0; at < oldBytes.length; at += 4096) oldBytes.set(random.bytes(16), at);
const newBytes = oldBytes.slice();
for (let at = 1 << 20; at < newBytes.length; at += 1 << 20) newBytes.set(random.bytes(50), at);
const { patch } = createPatchSync(oldBytes, newBytes, { effort: 'fast' });
const WINDOW = 8 << 20;

/** Old that tells how much of it was read since `begin`: what decoding has come to. */
function watchedOld(): RandomAccess & { highest: number; begin(): void } {
  return {
    size: oldBytes.length,
    highest: 0,
    begin() {
      this.highest = 0;
    },
    read(offset, into) {
      const piece = oldBytes.subarray(offset, offset + into.length);
      into.set(piece);
      this.highest = Math.max(this.highest, offset + piece.length);
      return piece.length;
    },
  };
}

const send = (stream: PatchStream) => new Blob([patch]).stream().pipeThrough(stream);

/** Checks that pieces come in order and are right, and counts them. */
function checkedSink(wait: () => Promise<void> = async () => {}) {
  const told = { size: 0, pieces: 0, largest: 0, atOnce: 0, most: 0, ended: '' };
  const sink: SeekableSink = {
    async write(bytes, offset) {
      told.most = Math.max(told.most, ++told.atOnce);
      expect(offset).toBe(told.size);
      await wait();
      expect(Buffer.compare(bytes, newBytes.subarray(offset, offset + bytes.length))).toBe(0);
      told.size += bytes.length;
      told.largest = Math.max(told.largest, bytes.length);
      told.pieces++;
      told.atOnce--;
    },
    close: () => void (told.ended += 'closed'),
    abort: (reason) => void (told.ended += `aborted: ${(reason as Error).message}`),
  };
  return { sink, told };
}

describe('a sink that takes offsets', () => {
  it('gets new in order, one piece at a time, and the end', async () => {
    const { sink, told } = checkedSink();
    const stream = new PatchStream(oldBytes);
    await send(stream).pipeTo(sinkStream(sink));
    expect(told).toMatchObject({ size: newBytes.length, most: 1, ended: 'closed' });
    expect(told.largest).toBeLessThanOrEqual(WINDOW);
    expect(await stream.report).toMatchObject({ newSize: newBytes.length });
  });

  it('may answer at once', async () => {
    const result = new Uint8Array(newBytes.length);
    await send(new PatchStream(oldBytes)).pipeTo(
      sinkStream({ write: (bytes, offset) => result.set(bytes, offset) }),
    );
    expect(Buffer.compare(result, newBytes)).toBe(0);
  });

  it.each([1, 3])('that fails in piece %i ends everything, and is not closed', async (failing) => {
    const { sink, told } = checkedSink();
    let count = 0;
    const stream = new PatchStream(oldBytes);
    const breaking: SeekableSink = {
      ...sink,
      async write(bytes, offset) {
        if (++count === failing) throw new Error('the disk is full');
        await sink.write(bytes, offset);
      },
    };
    await expect(send(stream).pipeTo(sinkStream(breaking))).rejects.toThrow('the disk is full');
    await expect(stream.report).rejects.toThrow('the disk is full');
    expect(told).toMatchObject({ pieces: failing - 1, ended: '' });
  });

  it('is told when old, or a window, is wrong', async () => {
    const { sink, told } = checkedSink();
    const wrong = oldBytes.slice();
    wrong[0]! ^= 1;
    await expect(send(new PatchStream(wrong)).pipeTo(sinkStream(sink))).rejects.toThrow(PatchError);
    expect(told).toMatchObject({
      size: 0,
      ended: expect.stringMatching(/^aborted: this is not the old image/),
    });
  });
});

describe('a FileHandle as a sink', () => {
  let folder: ScratchFolder;
  let handle: FileHandle;
  beforeEach(async () => {
    folder = new ScratchFolder();
    handle = await open(folder.file('new'), 'wx+');
  });
  afterEach(async () => {
    await handle.close().catch(() => {});
    folder.clean();
  });

  it('holds new, and stays open', async () => {
    await send(new PatchStream(oldBytes)).pipeTo(sinkStream(writeFileHandle(handle)));
    await handle.sync();
    expect(readFileSync(folder.file('new')).equals(newBytes)).toBe(true);
  });

  it('takes what the system writes short', async () => {
    const short = new Proxy(handle, {
      get(target, name) {
        if (name !== 'write') return Reflect.get(target, name, target);
        return (bytes: Uint8Array, at: number, size: number, place: number) =>
          target.write(bytes, at, Math.min(size, 100_003), place);
      },
    });
    await send(new PatchStream(oldBytes)).pipeTo(sinkStream(writeFileHandle(short)));
    expect(readFileSync(folder.file('new')).equals(newBytes)).toBe(true);
  });

  it.skipIf(!existsSync('/dev/full'))('on a full disk is a StorageError', async () => {
    const full = await open('/dev/full', 'r+');
    try {
      const sink = sinkStream(writeFileHandle(full));
      await expect(send(new PatchStream(oldBytes)).pipeTo(sink)).rejects.toMatchObject({
        name: 'StorageError',
        code: 'NO_SPACE',
      });
    } finally {
      await full.close();
    }
  });
});

describe('back-pressure', () => {
  it('a sink that stands still stops decoding within two windows', async () => {
    const old = watchedOld();
    let goOn = () => {};
    const standing = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const { sink, told } = checkedSink(() => standing);
    const stream = new PatchStream(old, { onProgress: ({ stage }) => stage === 'digest' && old.begin() });
    const piping = send(stream).pipeTo(sinkStream(sink));
    while (told.atOnce === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    old.begin();
    await new Promise((resolve) => setTimeout(resolve, 300));
    // The first window waits, the second may have been begun; the other three were not.
    expect(old.highest).toBeLessThan(3 * WINDOW);
    expect(told).toMatchObject({ size: 0, atOnce: 1 });
    goOn();
    await piping;
    expect(told).toMatchObject({ size: newBytes.length, ended: 'closed' });
  });

  it('nothing is decoded until somebody takes', async () => {
    const old = watchedOld();
    const stream = new PatchStream(old);
    const readable = send(stream);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(old.highest).toBeLessThanOrEqual(1);
    const reader = readable.getReader();
    const { value } = await reader.read();
    expect(Buffer.compare(value!, newBytes.subarray(0, value!.length))).toBe(0);
    await reader.cancel(new Error('enough'));
    await expect(stream.report).rejects.toThrow('enough');
  });

  it('other work has its turns meanwhile', async () => {
    const { sink } = checkedSink();
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await send(new PatchStream(oldBytes)).pipeTo(sinkStream(sink));
    clearInterval(timer);
    // One in 20 ms of work at the least; an operation that gave none would leave it at 0.
    expect(turns).toBeGreaterThan(0);
  });
});

describe('an abort', () => {
  const reason = new Error('enough');

  it('by the pipe stops old being read', async () => {
    const abort = new AbortController();
    const old = watchedOld();
    const { sink, told } = checkedSink(async () => abort.abort(reason));
    const stream = new PatchStream(old);
    await expect(send(stream).pipeTo(sinkStream(sink), { signal: abort.signal })).rejects.toThrow('enough');
    await expect(stream.report).rejects.toThrow('enough');
    old.begin();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(old.highest).toBe(0);
    expect(told).toMatchObject({ pieces: 1, ended: 'aborted: enough' });
  });

  it('by the signal of the options, between two pieces', async () => {
    const abort = new AbortController();
    const { sink, told } = checkedSink(async () => abort.abort(reason));
    const stream = new PatchStream(oldBytes, { signal: abort.signal });
    await expect(send(stream).pipeTo(sinkStream(sink))).rejects.toThrow('enough');
    expect(told).toMatchObject({ ended: 'aborted: enough' });
    expect(told.size).toBeLessThan(newBytes.length);
  });

  /** Sends ten bytes of the patch and then nothing, like a line that hangs; tells why it was given up. */
  function hangingLine() {
    const told: { cancelled?: unknown } = {};
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(patch.slice(0, 10)),
      cancel: (why) => {
        told.cancelled = why;
      },
    });
    return { body, told };
  }
  const nextTurn = () => new Promise((resolve) => setTimeout(resolve, 10));

  it('reaches a patch that hangs on its way, and who sends it', async () => {
    const abort = new AbortController();
    const { body, told } = hangingLine();
    const stream = new PatchStream(oldBytes, { signal: abort.signal });
    const reading = body.pipeThrough(stream).getReader().read();
    setTimeout(() => abort.abort(reason), 20);
    await expect(reading).rejects.toThrow('enough');
    await expect(stream.report).rejects.toThrow('enough');
    await nextTurn();
    expect(told.cancelled).toBe(reason);
  });

  it('by who reads tells who sends', async () => {
    const { body, told } = hangingLine();
    await body.pipeThrough(new PatchStream(oldBytes)).cancel(reason);
    await nextTurn();
    expect(told.cancelled).toBe(reason);
  });

  it('before anything', async () => {
    const stream = new PatchStream(oldBytes, { signal: AbortSignal.abort(reason) });
    await expect(send(stream).getReader().read()).rejects.toThrow('enough');
  });

  it('in the middle of a step, by who reads old', async () => {
    const abort = new AbortController();
    const old: RandomAccess = {
      ...watchedOld(),
      read(offset, into) {
        if (offset > WINDOW) abort.abort(reason);
        into.set(oldBytes.subarray(offset, offset + into.length));
        return into.length;
      },
    };
    const { sink } = checkedSink();
    const stream = new PatchStream(old, { signal: abort.signal });
    await expect(send(stream).pipeTo(sinkStream(sink))).rejects.toThrow('enough');
  });
});
