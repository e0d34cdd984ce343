import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/digest/digest.js';
import { applyForeignSync } from '../../src/formats/apply-foreign.js';
import { PatchServer, type PatchSource } from '../../src/formats-diff/serve-patches.js';
import { foreignVector } from '../support/foreign-vectors.js';
import { HAS_DICTIONARIES } from '../support/writable-formats.js';

const OLD = foreignVector('gen/old.bin');
const NEW = foreignVector('gen/new.bin');

/** One file with two versions; counts how often the old one is read. */
function source(): PatchSource & { oldReads: number } {
  const made = {
    oldReads: 0,
    async versions(path: string) {
      if (path !== '/app.bin') return undefined;
      return [
        { read: async () => NEW },
        {
          digest: sha256(OLD),
          read: async () => {
            made.oldReads++;
            return OLD;
          },
        },
      ];
    },
  };
  return made;
}

const named = (bytes: Uint8Array) => `:${Buffer.from(sha256(bytes)).toString('base64')}:`;

async function get(server: PatchServer, headers: Record<string, string>, path = '/app.bin', method = 'GET') {
  const response = await server.fetch(new Request(`http://localhost${path}`, { method, headers }));
  return { response, body: new Uint8Array(await response.arrayBuffer()) };
}

describe('PatchServer', () => {
  it('sends a patch to who holds an older version, and the file to everybody else', async () => {
    const files = source();
    const server = new PatchServer(files);
    const asks = { 'accept-encoding': 'gzip, br, zstd, dcb, dcz', 'available-dictionary': named(OLD) };
    const { response, body } = await get(server, asks);
    expect(response.headers.get('content-encoding')).toBe(HAS_DICTIONARIES ? 'dcb' : 'dcz');
    expect(response.headers.get('vary')).toBe('accept-encoding, available-dictionary');
    expect(response.headers.get('use-as-dictionary')).toBe('match="/app.bin"');
    expect(body.length).toBeLessThan(NEW.length / 10);
    expect(Buffer.compare(applyForeignSync(OLD, body), NEW)).toBe(0);
    await get(server, asks);
    expect(files.oldReads).toBe(1);
    const dcz = await get(server, { ...asks, 'accept-encoding': 'dcb;q=0, dcz' });
    expect(dcz.response.headers.get('content-encoding')).toBe('dcz');
    if (HAS_DICTIONARIES) expect(dcz.response.headers.get('etag')).not.toBe(response.headers.get('etag'));
    expect(Buffer.compare(applyForeignSync(OLD, dcz.body), NEW)).toBe(0);
    for (const headers of [
      {},
      { 'accept-encoding': 'gzip, br', 'available-dictionary': named(OLD) },
      { 'accept-encoding': 'dcz;q=0', 'available-dictionary': named(OLD) },
      { 'accept-encoding': 'dcz', 'available-dictionary': named(Uint8Array.of(1)) },
      { 'accept-encoding': 'dcz', 'available-dictionary': 'nonsense' },
      { 'accept-encoding': 'dcz' },
    ]) {
      const full = await get(server, headers as Record<string, string>);
      expect(full.response.headers.get('content-encoding')).toBeNull();
      expect(Buffer.compare(full.body, NEW)).toBe(0);
    }
  });

  it('answers HEAD, what has not changed, what is not there, and other methods', async () => {
    const server = new PatchServer(source());
    const head = await get(server, {}, '/app.bin', 'HEAD');
    expect(head.response.headers.get('content-length')).toBe(`${NEW.length}`);
    expect(head.body.length).toBe(0);
    const etag = head.response.headers.get('etag')!;
    expect((await get(server, { 'if-none-match': etag })).response.status).toBe(304);
    expect((await get(server, {}, '/other')).response.status).toBe(404);
    expect((await get(server, {}, '/app.bin', 'POST')).response.status).toBe(405);
  });

  it('is middleware of node:http', async () => {
    const { listener } = new PatchServer(source());
    const server = createServer((request, response) =>
      listener(request, response, () => response.writeHead(418).end()),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const ask = (path: string, headers: Record<string, string>) =>
      new Promise<{ status: number; encoding: string | undefined; body: Uint8Array }>((resolve, reject) => {
        httpRequest({ port, path, headers }, (response) => {
          const pieces: Buffer[] = [];
          response.on('data', (piece) => pieces.push(piece));
          response.on('end', () =>
            resolve({
              status: response.statusCode!,
              encoding: response.headers['content-encoding'],
              body: Buffer.concat(pieces),
            }),
          );
        })
          .on('error', reject)
          .end();
      });
    try {
      const patch = await ask('/app.bin', { 'accept-encoding': 'dcz', 'available-dictionary': named(OLD) });
      expect(patch).toMatchObject({ status: 200, encoding: 'dcz' });
      expect(Buffer.compare(applyForeignSync(OLD, patch.body), NEW)).toBe(0);
      expect((await ask('/other', {})).status).toBe(418);
    } finally {
      server.close();
    }
  });
});
