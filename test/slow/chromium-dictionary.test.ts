import type { IncomingMessage, ServerResponse } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../src/bytes/hex.js';
import { sha256 } from '../../src/digest/digest.js';
import { PatchServer, type ServedVersion } from '../../src/formats-diff/serve-patches.js';
import { foreignVector } from '../support/foreign-vectors.js';
import { askChromium } from '../support/headless-chromium.js';
import { hasTool } from '../support/installed-tool.js';

const OLD = foreignVector('gen/old.bin');
const NEW = foreignVector('gen/new.bin');

/** Fetches the old file, asks for the new one until it came as a patch, then a damaged patch; tells the digests. */
const PAGE = `<!doctype html><script type="module">
const digest = async (body) => [...new Uint8Array(await crypto.subtle.digest('SHA-256', body))]
  .map((byte) => byte.toString(16).padStart(2, '0')).join('');
const get = async (path) => digest(await (await fetch(path, { cache: 'no-cache' })).arrayBuffer());
const told = {};
try {
  told.old = await get('/app.bin');
  await fetch('/publish', { method: 'POST' });
  for (let turn = 0; turn < 40; turn++) {
    told.new = await get('/app.bin');
    told.patches = await (await fetch('/patches', { cache: 'no-store' })).json();
    if (told.patches > 0) break;
    await fetch('/withdraw', { method: 'POST' });
    await get('/app.bin');
    await fetch('/publish', { method: 'POST' });
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  await fetch('/withdraw', { method: 'POST' });
  await get('/app.bin');
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await fetch('/damage', { method: 'POST' });
  told.damaged = await get('/app.bin').catch((error) => 'refused: ' + error.name);
} catch (error) { told.error = String(error); }
await fetch('/told', { method: 'POST', body: JSON.stringify(told) });
</script>`;

describe.skipIf(!hasTool('chromium'))('Chromium as a patch applier (RFC 9842)', () => {
  let told: Record<string, unknown> = {};
  let damagedSent = 0;

  beforeAll(async () => {
    let versions: ServedVersion[] = [];
    let patches = 0;
    let isDamaging = false;
    const old: ServedVersion = { read: async () => OLD };
    const next: ServedVersion = { read: async () => NEW };
    const source = { versions: async (path: string) => (path === '/app.bin' ? versions : undefined) };
    const patchServer = new PatchServer(source, { cacheControl: 'max-age=3600' });
    versions = [old];
    const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const path = request.url ?? '/';
      if (path === '/app.bin') {
        const made = await patchServer.respond(
          'GET',
          path,
          (name) => request.headers[name] as string | undefined,
        );
        let { body } = made;
        if (made.headers['content-encoding'] !== undefined) {
          patches++;
          if (isDamaging) {
            damagedSent++;
            body = body.slice();
            body[20]! ^= 1;
          }
        }
        response.writeHead(made.status, made.headers).end(body);
        return;
      }
      if (path === '/publish') versions = [next, old];
      if (path === '/withdraw') versions = [old];
      if (path === '/damage') {
        versions = [next, old];
        isDamaging = true;
      }
      if (path === '/patches') response.end(`${patches}`);
      else response.writeHead(200, { 'content-type': 'text/html' }).end(path === '/' ? PAGE : '');
    };
    told = await askChromium(answer);
  }, 120_000);

  it('rebuilds the new file byte for byte from a patch', () => {
    expect(told.error).toBeUndefined();
    expect(told.old).toBe(toHex(sha256(OLD)));
    expect(told.patches).toBeGreaterThan(0);
    expect(told.new).toBe(toHex(sha256(NEW)));
  });

  it('refuses a damaged patch', () => {
    expect(damagedSent).toBeGreaterThan(0);
    expect(told.damaged).toMatch(/^refused: TypeError/);
  });
});
