import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applyPatchTo, bytesAccess, createPatchSync, type OldReader, PatchStream } from '../../src/index.js';
import { readFileHandle } from '../../src/node-entry.js';
import { makeCodePair } from '../support/make-pair.js';
import { resealPatch } from '../support/reseal-patch.js';
import { SeededRandom } from '../support/seeded-random.js';

const { oldBytes, newBytes } = makeCodePair(21, 4000);
const { patch } = createPatchSync(oldBytes, newBytes);

/** A stream of a patch in pieces of these sizes, again and again. */
function piecesOf(bytes: Uint8Array, ...sizes: number[]): ReadableStream<Uint8Array> {
  let at = 0;
  let turn = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      const size = sizes[turn++ % sizes.length]!;
      controller.enqueue(bytes.subarray(at, at + size));
      at += size;
    },
  });
}

async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return new Uint8Array(Buffer.concat(pieces));
}

describe('PatchStream', () => {
  it.each([[1], [7, 1, 100], [1 << 20]])('takes pieces of %j bytes', async (...sizes) => {
    const stream = new PatchStream(oldBytes);
    const result = await collect(piecesOf(patch, ...sizes.flat()).pipeThrough(stream));
    expect(result).toEqual(newBytes);
    expect(await stream.report).toMatchObject({ form: 'delta', newSize: newBytes.length });
  });

  const later: OldReader = {
    size: oldBytes.length,
    read: async (offset, into) => {
      await new Promise((resolve) => setImmediate(resolve));
      // Never more than a little at once.
      const piece = oldBytes.subarray(offset, offset + Math.min(into.length, 1000));
      into.set(piece);
      return piece.length;
    },
  };
  it.each<[string, Uint8Array | Blob | OldReader]>([
    ['bytes', oldBytes],
    ['a Blob', new Blob([oldBytes.slice()])],
    ['a reader that answers at once', bytesAccess(oldBytes)],
    ['a reader that answers later', later],
  ])('reads old from %s', async (_, old) => {
    expect(await collect(piecesOf(patch, 999).pipeThrough(new PatchStream(old)))).toEqual(newBytes);
  });

  it('reads old from a FileHandle, which stays open', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'deltakit-stream-'));
    try {
      writeFileSync(join(folder, 'old'), oldBytes);
      const handle = await open(join(folder, 'old'));
      const stream = new PatchStream(readFileHandle(handle));
      expect(await collect(piecesOf(patch, 999).pipeThrough(stream))).toEqual(newBytes);
      expect((await handle.stat()).size).toBe(oldBytes.length);
      await handle.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses a wrong patch when its header is there, not at its end', async () => {
    let taken = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(patch.slice(taken, taken + 64));
        taken += 64;
        if (taken > 1 << 20) controller.error(new Error('read on'));
      },
    });
    const stream = new PatchStream(oldBytes, { maxNewSize: 10 });
    await expect(collect(endless.pipeThrough(stream))).rejects.toMatchObject({ code: 'NEW_SIZE_LIMIT' });
    expect(taken).toBeLessThan(2048);
    await expect(stream.report).rejects.toMatchObject({ code: 'NEW_SIZE_LIMIT' });
  });

  it.each([
    ['no patch', new Uint8Array(5000).fill(7), 'BAD_MAGIC'],
    ['half a patch', patch.subarray(0, patch.length >> 1), 'TRUNCATED'],
    ['a patch and more', new Uint8Array([...patch, 0]), 'TRAILING_BYTES'],
    ['nothing', new Uint8Array(0), 'TRUNCATED'],
  ])('refuses %s', async (_, bytes, code) => {
    await expect(collect(piecesOf(bytes, 1000).pipeThrough(new PatchStream(oldBytes)))).rejects.toMatchObject(
      {
        code,
      },
    );
  });

  it('refuses a wrong old image, and gives nothing', async () => {
    const wrong = oldBytes.slice();
    wrong[9]! ^= 1;
    const got: number[] = [];
    const taker = new WritableStream<Uint8Array>({ write: (piece) => void got.push(piece.length) });
    await expect(
      piecesOf(patch, 100).pipeThrough(new PatchStream(wrong)).pipeTo(taker),
    ).rejects.toMatchObject({
      code: 'OLD_DIGEST_MISMATCH',
    });
    expect(got).toEqual([]);
  });

  it('asks the verifier before it parses', async () => {
    const verifier = {
      verify: async () => {
        throw new Error('not by us');
      },
    };
    await expect(
      collect(piecesOf(patch, 100).pipeThrough(new PatchStream(oldBytes, { verifier }))),
    ).rejects.toThrow('not by us');
  });

  it('holds no more of a patch than allowed: at the limit, and one byte above', async () => {
    const run = (maxPatchSize: number) =>
      collect(piecesOf(patch, 77).pipeThrough(new PatchStream(oldBytes, { maxPatchSize })));
    expect(await run(patch.length)).toEqual(newBytes);
    await expect(run(patch.length - 1)).rejects.toMatchObject({ code: 'PATCH_SIZE_LIMIT' });
  });

  it('holds no more of an old image that answers later than allowed', async () => {
    const run = (maxHeldOld: number) =>
      collect(piecesOf(patch, 77).pipeThrough(new PatchStream(later, { maxHeldOld })));
    expect(await run(oldBytes.length)).toEqual(newBytes);
    await expect(run(oldBytes.length - 1)).rejects.toMatchObject({ code: 'INPUT_SIZE_LIMIT' });
  });

  it('stops when aborted, with the reason', async () => {
    const abort = new AbortController();
    const stream = new PatchStream(oldBytes, { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(collect(piecesOf(patch, 77).pipeThrough(stream))).rejects.toThrow('enough');
  });

  it('ends the writing side when the reading side goes away', async () => {
    const stream = new PatchStream(oldBytes);
    await stream.readable.cancel(new Error('gone'));
    await expect(stream.report).rejects.toThrow('gone');
  });
});

describe('windows', () => {
  // More than one window: 40 MB of which most is old.
  const random = new SeededRandom(5);
  const big = new Uint8Array(20 << 20);
  for (let at = 0; at < big.length; at += 4096) big.set(random.bytes(16), at);
  const next = big.slice();
  next.set(random.bytes(100), 18 << 20);
  const made = createPatchSync(big, next, { effort: 'fast' }).patch;

  it('leave one by one, each checked', async () => {
    const stream = new PatchStream(big);
    const reader = piecesOf(made, 5000).pipeThrough(stream).getReader();
    let size = 0;
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      expect(Buffer.compare(step.value, next.subarray(size, size + step.value.length))).toBe(0);
      size += step.value.length;
    }
    expect(size).toBe(next.length);
  });

  it('that are wrong hold back every byte of theirs', async () => {
    const { readPatch } = await import('../../src/container/patch-reader.js');
    const { header } = readPatch(made);
    expect(header.windowDigests.length).toBe(2);
    const wrong = header.windowDigests.map((digest, i) => (i === 1 ? new Uint8Array(16) : digest));
    const lying = resealPatch(made, { header: { windowDigests: wrong } });
    let got = 0;
    const sink = { write: (bytes: Uint8Array) => void (got += bytes.length) };
    await expect(applyPatchTo(bytesAccess(big), lying, sink)).rejects.toMatchObject({
      code: 'WINDOW_DIGEST_MISMATCH',
      data: { window: 1 },
    });
    expect(got).toBe(2 ** header.windowSizeLog2);
  });

  it('of the last stretch wait for the digest of all', async () => {
    const lying = resealPatch(patch, { header: { newDigest: new Uint8Array(32) } });
    let got = 0;
    const sink = { write: (bytes: Uint8Array) => void (got += bytes.length) };
    await expect(applyPatchTo(bytesAccess(oldBytes), lying, sink)).rejects.toMatchObject({
      code: 'NEW_DIGEST_MISMATCH',
    });
    expect(got).toBe(0);
  });

  it('have a limit: at it, and one byte below', async () => {
    const run = (maxWindowSize: number) =>
      applyPatchTo(bytesAccess(big), made, { write() {} }, { maxWindowSize });
    await run(8 << 20);
    await expect(run((8 << 20) - 1)).rejects.toMatchObject({ code: 'WINDOW_LIMIT' });
    await applyPatchTo(bytesAccess(big), made, { write() {} }, { maxWindowSize: 1, checkWindows: false });
  });
});
