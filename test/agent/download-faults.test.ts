import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/agent/agent.js';
import { downloadObject } from '../../src/agent/download-object.js';
import { HttpLink } from '../../src/agent/http-link.js';
import { objectPath, type RepositoryObject } from '../../src/levels/level-manifest.js';
import { readManifest } from '../../src/publisher/level-index.js';
import { LevelWorld, PRODUCT } from '../support/level-world.js';
import type { Fault } from '../support/static-server.js';

/** Faults 19 to 28: a server that lies. The number stands in the name of each test. */

let world: LevelWorld;
let delta: RepositoryObject;
let full: RepositoryObject;
let serial = 0;
beforeAll(async () => {
  world = await LevelWorld.create([1]);
  const [level] = readManifest(world.repository, PRODUCT)!.bases[0]!.levels;
  full = level!.full;
  delta = level!.deltas[0]!;
});
afterAll(() => world.close());
afterEach(() => {
  world.server.fault = undefined;
  world.server.requests.length = 0;
  world.events.length = 0;
});

/** Short enough for a test to wait for; on a loaded machine an honest server may be silent for longer. */
const IMPATIENT = { silence: 400, minimumRate: 512, rateWindow: 400 };
const device = (patience = { silence: 5000, minimumRate: 512, rateWindow: 5000 }) =>
  world.device(`device-${serial++}`, { patience });
const isObject = (url: string | undefined, object: RepositoryObject) =>
  url?.endsWith(objectPath(object).slice(-64)) === true;
/** Lets a fault happen to one object, at its first so many requests. */
const on = (object: RepositoryObject, fault: Fault, times = Number.POSITIVE_INFINITY): Fault => {
  let left = times;
  return (request, response, bytes) =>
    isObject(request.url, object) && left-- > 0 ? fault(request, response, bytes) : false;
};
const requestsOf = (object: RepositoryObject) =>
  world.server.requests.filter(({ url }) => isObject(url, object));
const expectLevel1 = (agent: Agent) => {
  expect(world.seenBy(agent)).toBe('build 1');
  expect(agent.status()).toMatchObject({ level: 1, isCurrent: true });
};
const cut: Fault = (_request, response, bytes) => {
  response.writeHead(200, { etag: '"e1"', 'content-length': bytes.length });
  response.write(bytes.subarray(0, bytes.length >> 1), () => setTimeout(() => response.destroy(), 20));
  return true;
};

describe('a download', () => {
  it('22: a connection that breaks goes on where it broke', async () => {
    const agent = await device();
    let seen = '';
    world.server.fault = on(delta, (request, response, bytes) => {
      if (request.headers.range === undefined) return cut(request, response, bytes);
      seen = `${request.headers.range} ${request.headers['if-range']}`;
      const start = Number(/\d+/.exec(request.headers.range)![0]);
      response.writeHead(206, {
        etag: '"e1"',
        'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
      });
      response.end(bytes.subarray(start));
      return true;
    });
    expect(await agent.install()).toMatchObject({ path: 'delta from 0', failures: [] });
    expect(seen).toBe(`bytes=${delta.size >> 1}- "e1"`);
    expectLevel1(agent);
  });

  it('19: a server that ignores ranges is read from the start, nothing is appended', async () => {
    const agent = await device();
    world.server.fault = on(delta, (request, response, bytes) => {
      if (request.headers.range === undefined) return cut(request, response, bytes);
      response.writeHead(200, { etag: '"e1"', 'content-length': bytes.length }).end(bytes);
      return true;
    });
    expect(await agent.install()).toMatchObject({ path: 'delta from 0', failures: [] });
    expectLevel1(agent);
  });

  it.each([
    ['another start', (size: number) => ({ etag: '"e1"', 'content-range': `bytes 0-${size - 1}/${size}` })],
    [
      'another size',
      (size: number, at: number) => ({ etag: '"e1"', 'content-range': `bytes ${at}-${size}/${size + 1}` }),
    ],
    [
      'an early end',
      (size: number, at: number) => ({ etag: '"e1"', 'content-range': `bytes ${at}-${size - 2}/${size}` }),
    ],
    ['no range', () => ({ etag: '"e1"' })],
    ['no validator', (size: number, at: number) => ({ 'content-range': `bytes ${at}-${size - 1}/${size}` })],
    [
      'a coding',
      (size: number, at: number) => ({
        etag: '"e1"',
        'content-encoding': 'gzip',
        'content-range': `bytes ${at}-${size - 1}/${size}`,
      }),
    ],
  ])('20: a 206 with %s is refused and the download starts again', async (_name, headersOf) => {
    const agent = await device();
    let wrong = 0;
    world.server.fault = on(delta, (request, response, bytes) => {
      if (request.headers.range === undefined) return wrong === 0 ? cut(request, response, bytes) : false;
      wrong++;
      const at = Number(/\d+/.exec(request.headers.range)![0]);
      response.writeHead(206, headersOf(bytes.length, at) as Record<string, string>).end(bytes.subarray(at));
      return true;
    });
    expect(await agent.install()).toMatchObject({ path: 'delta from 0', failures: [] });
    expect(wrong).toBe(1);
    expect(requestsOf(delta).map(({ range }) => range === undefined)).toEqual([true, false, true]);
    expectLevel1(agent);
  });

  it('21: an object that was replaced in between starts again', async () => {
    const agent = await device();
    world.server.fault = on(delta, cut, 1);
    expect(await agent.install()).toMatchObject({ path: 'delta from 0' });
    expectLevel1(agent);
  });

  it('21: a weak validator is none: the rest is not asked for', async () => {
    const agent = await device();
    world.server.fault = on(
      delta,
      (_request, response, bytes) => {
        response.writeHead(200, { etag: 'W/"e1"', 'content-length': bytes.length });
        response.write(bytes.subarray(0, 100), () => setTimeout(() => response.destroy(), 20));
        return true;
      },
      1,
    );
    expect(await agent.install()).toMatchObject({ path: 'delta from 0' });
    expect(requestsOf(delta).map(({ range }) => range)).toEqual([undefined, undefined]);
  });

  it('22: a CDN that compresses on its own does no harm', async () => {
    const agent = await device();
    world.server.fault = on(delta, (_request, response, bytes) => {
      const coded = gzipSync(bytes);
      response
        .writeHead(200, { etag: '"e1"', 'content-encoding': 'gzip', 'content-length': coded.length })
        .end(coded);
      return true;
    });
    expect(await agent.install()).toMatchObject({ path: 'delta from 0' });
    expectLevel1(agent);
  });

  it('22: pieces that were put together from two objects are fetched once more in one piece', async () => {
    const agent = await device();
    world.server.fault = on(
      delta,
      (request, response, bytes) => {
        if (request.headers.range !== undefined) return false;
        const other = bytes.map((byte) => byte ^ 1);
        response.writeHead(200, { etag: '"e1"', 'content-length': other.length });
        response.write(other.subarray(0, 200), () => setTimeout(() => response.destroy(), 20));
        return true;
      },
      1,
    );
    const lying = world.server.fault;
    world.server.fault = (request, response, bytes) => {
      if (!isObject(request.url, delta) || request.headers.range === undefined)
        return lying(request, response, bytes);
      response.writeHead(206, {
        etag: '"e1"',
        'content-range': `bytes 200-${bytes.length - 1}/${bytes.length}`,
      });
      response.end(bytes.subarray(200));
      return true;
    };
    expect(await agent.install()).toMatchObject({ path: 'delta from 0', failures: [] });
    expectLevel1(agent);
  });

  it.each([404, 403, 410, 500, 503])(
    '23: a delta that answers %i gives way to the full form in the same attempt',
    async (status) => {
      const agent = await device();
      world.server.fault = on(delta, (_request, response) => {
        response.writeHead(status).end();
        return true;
      });
      expect(await agent.install()).toMatchObject({
        path: 'full',
        failures: [
          { path: 'delta from 0', code: 'DOWNLOAD_FAILED', message: expect.stringContaining(`${status}`) },
        ],
      });
      expect(requestsOf(delta)).toHaveLength(status >= 500 ? 4 : 1);
      expectLevel1(agent);
    },
  );

  it('17, 23: when the full form is missing too the error is typed and nothing changed; the next try installs', async () => {
    const agent = await device();
    world.server.fault = (request, response) => {
      if (!isObject(request.url, delta) && !isObject(request.url, full)) return false;
      response.writeHead(404).end();
      return true;
    };
    await expect(agent.install()).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED', data: { status: 404 } });
    expect(world.seenBy(agent)).toBe('build 0');
    expect(agent.status()).toMatchObject({ level: 0, pending: null });
    world.server.fault = undefined;
    expect(await agent.install()).toMatchObject({ installed: true });
  });

  it('24: endless data ends at the first byte too many', async () => {
    const agent = await device();
    let written = 0;
    world.server.fault = on(delta, (_request, response, bytes) => {
      response.writeHead(200, { etag: '"e1"' });
      const pour = () => {
        if (response.destroyed || written > 64 << 20) return response.destroy();
        written += bytes.length;
        return response.write(bytes, () => setImmediate(pour));
      };
      pour();
      return true;
    });
    expect(await agent.install()).toMatchObject({ path: 'full', failures: [{ code: 'OBJECT_MISMATCH' }] });
    expect(written).toBeLessThan(8 << 20);
    expectLevel1(agent);
  });

  it('24: a length above the signed one is refused without reading', async () => {
    const agent = await device();
    world.server.fault = on(delta, (_request, response, bytes) => {
      response.writeHead(200, { 'content-length': bytes.length + 1 });
      response.end(Buffer.concat([bytes, Buffer.alloc(1)]));
      return true;
    });
    expect(await agent.install()).toMatchObject({ path: 'full', failures: [{ code: 'OBJECT_MISMATCH' }] });
  });

  it.each([
    ['silence', 0],
    ['a byte now and then', 40],
  ])('25: %s is waited for so long and no longer', async (_name, every) => {
    const agent = await device(IMPATIENT);
    world.server.fault = on(delta, (_request, response, bytes) => {
      response.writeHead(200, { etag: '"e1"', 'content-length': bytes.length });
      let at = 10;
      response.write(bytes.subarray(0, 10));
      if (every > 0) {
        const timer = setInterval(() => response.write(bytes.subarray(at, ++at)), every);
        response.on('close', () => clearInterval(timer));
      }
      return true;
    });
    const began = Date.now();
    expect(await agent.install()).toMatchObject({ path: 'full', failures: [{ code: 'DOWNLOAD_FAILED' }] });
    expect(Date.now() - began).toBeLessThan(20_000);
    expectLevel1(agent);
  });

  it('27: delta and full form keep their pieces apart', async () => {
    const agent = await device();
    world.server.fault = (request, response, bytes) =>
      (isObject(request.url, delta) || isObject(request.url, full)) && cut(request, response, bytes);
    await expect(agent.install()).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' });
    world.server.fault = undefined;
    world.server.requests.length = 0;
    expect(await agent.install()).toMatchObject({ path: 'delta from 0', failures: [] });
    expectLevel1(agent);
  });

  it.each([
    ['the body of another object', (bytes: Uint8Array) => bytes.map((byte) => byte ^ 0x55)],
    ['one bit', (bytes: Uint8Array) => bytes.map((byte, i) => (i === 77 ? byte ^ 1 : byte))],
    ['too few bytes, and a length that agrees', (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 1)],
    ['nothing', () => new Uint8Array(0)],
  ])('36: %s where the delta should be: full form', async (_name, change) => {
    const agent = await device();
    world.server.fault = on(delta, (_request, response, bytes) => {
      const other = change(bytes);
      response.writeHead(200, { etag: '"e1"', 'content-length': other.length }).end(other);
      return true;
    });
    expect(await agent.install()).toMatchObject({ path: 'full', failures: [{ path: 'delta from 0' }] });
    expectLevel1(agent);
  });
});

describe('redirects', () => {
  const follow = async (location: (origin: string) => string, headers = {}) => {
    const seen: (string | undefined)[] = [];
    const other = createServer((request, response) => {
      seen.push(request.headers.authorization);
      const there = new URL(request.url!, world.server.url);
      response.writeHead(307, { location: there.searchParams.get('to') ?? there.href }).end();
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    world.server.fault = on(delta, (request, response) => {
      if (request.url?.includes('objects') !== true || request.headers['x-second'] !== undefined)
        return false;
      response.writeHead(302, { location: location(origin) }).end();
      return true;
    });
    const link = new HttpLink(world.server.url, { headers });
    const url = link.urlOf(
      `targets/${objectPath(delta).replace(/[^/]*$/, '')}${delta.sha256}.${delta.sha256}`,
    );
    const path = world.scratch.file(`redirected-${serial++}`);
    try {
      return {
        seen,
        result: await downloadObject(link, url, delta, path, { attempts: 1 }).catch((error) => error),
      };
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  };

  it('26: to another origin loses the headers that were for ours', async () => {
    const target = `targets/levels/WebKit/linux/`;
    const { seen } = await follow((origin) => `${origin}/${target}`, { authorization: 'Bearer secret' });
    expect(seen).toEqual([undefined]);
    const own = world.server.requests.filter(({ url }) => isObject(url, delta));
    expect(own[0]!.headers.authorization).toBe('Bearer secret');
  });

  it('26: that never end are left', async () => {
    const { result } = await follow(() => `/${objectPath(delta)}`);
    expect(result).toMatchObject({ code: 'DOWNLOAD_FAILED', data: { retry: false } });
    expect(world.server.requests.length).toBe(6);
  });

  it.each(['file:///etc/passwd', 'ftp://127.0.0.1/x', 'http://[::bad'])(
    '26: to %s are refused',
    async (location) => {
      expect((await follow(() => location)).result).toMatchObject({ code: 'DOWNLOAD_FAILED' });
    },
  );

  it('26: from https to http are refused', async () => {
    const asked: string[] = [];
    const http = async (url: string) => {
      asked.push(url);
      return new Response(null, { status: 302, headers: { location: 'http://127.0.0.1/x' } });
    };
    const link = new HttpLink('https://updates.example/', { http });
    const { signal } = new AbortController();
    await expect(link.get('https://updates.example/x', {}, signal)).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
    });
    expect(asked).toEqual(['https://updates.example/x']);
  });
});
