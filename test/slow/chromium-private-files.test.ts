/** `deltakit/web` in Debian's Chromium: files of the origin-private file system, in workers, from a server on the loopback. */

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes/hex.js';
import { createPatchSync, sha256 } from '../../src/index.js';
import { askChromium } from '../support/headless-chromium.js';
import { hasTool } from '../support/installed-tool.js';
import { makeCodePair } from '../support/make-pair.js';

// Some windows, of which a Blob is read in pieces.
const { oldBytes, newBytes } = makeCodePair(97, 5_000_000);
const OLD = toHex(sha256(oldBytes));
const NEW = toHex(sha256(newBytes));

async function bundle(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`./browser/${name}`, import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
  });
  return outputFiles[0]!.text;
}

describe.skipIf(!hasTool('chromium'))('files of the private file system in Chromium', () => {
  let told: Record<string, unknown> = {};

  beforeAll(async () => {
    const { patch } = createPatchSync(oldBytes, newBytes, { effort: 'fast', reverse: true });
    const page = '<!doctype html><script type="module" src="/page.js"></script>';
    const answers: Record<string, readonly [string, string | Uint8Array]> = {
      '/': ['text/html', page],
      '/page.js': ['text/javascript', await bundle('page.mjs')],
      '/worker.js': ['text/javascript', await bundle('worker.mjs')],
      '/old': ['application/octet-stream', oldBytes],
      '/patch': ['application/octet-stream', patch],
    };
    told = await askChromium((request, response) => {
      const answer = answers[request.url ?? '/'];
      if (answer === undefined) response.writeHead(404).end();
      // Threads share memory only in a page that is isolated.
      else
        response
          .writeHead(200, {
            'content-type': answer[0],
            'cross-origin-opener-policy': 'same-origin',
            'cross-origin-embedder-policy': 'require-corp',
          })
          .end(answer[1]);
    });
  }, 180_000);

  it('are read and made: in a folder, from a Blob to a handle, by PatchStream', () => {
    expect(told.error).toBeUndefined();
    expect(told.applied).toMatchObject({ fromFolder: NEW, fromBlob: NEW, byHand: NEW, report: NEW });
  });

  it('are replaced in place, and go back', () => {
    expect(told.applied).toMatchObject({ inPlace: NEW, back: OLD });
  });

  it('are refused by name where they exist, are open, or nothing fits; nothing is left', () => {
    expect(told.applied).toMatchObject({
      exists: 'DESTINATION_EXISTS',
      busy: 'BUSY',
      damaged: 'BODY_DIGEST_MISMATCH',
      wrongOld: 'OLD_SIZE_MISMATCH',
      names: ['a', 'b', 'c', 'old'],
    });
  });

  it('are old after a worker was ended while it wrote, and new after the next', () => {
    expect(told.killed).toEqual({ written: 100_000 });
    expect(told.recovered).toMatchObject({ before: NEW, after: NEW, names: ['a', 'b', 'c', 'old'] });
    const { left } = told.recovered as { left: string[] };
    expect(left).toHaveLength(5);
    expect(left[0]).toMatch(/^\.a\.[0-9a-f]{12}\.deltakit-partial$/);
  });
});
