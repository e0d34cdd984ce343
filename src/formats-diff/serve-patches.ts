import { equalBytes } from '../bytes/equal-bytes.js';
import { toHex } from '../bytes/hex.js';
import { sha256 } from '../digest/digest.js';
import { patchError } from '../errors/patch-error.js';
import { applyForeign } from '../formats/apply-foreign.js';
import { zlibWithDictionaries } from '../formats/node-zlib.js';
import { effortLevel } from '../progress/effort.js';
import { createForeign } from './create-foreign.js';
import { writeDcbAsync } from './dcb-write.js';
import { fitsDcz } from './zstd-write.js';

/**
 * Dictionary transport (RFC 9842): a client that holds an older version of a file names its SHA-256 in `Available-Dictionary`, and takes the
 * new one as a patch from it, in Content-Encoding `dcb` or `dcz`; browsers do that by themselves for URLs whose older answers said
 * `Use-As-Dictionary`. Whoever names no version, or one that is not known here, gets the file.
 *
 * A patch is made once for each pair of versions and kept; one that is not smaller than the file is not sent.
 */
export interface PatchSource {
  /** Versions of the file behind a path, the newest first; undefined when there is no such file. */
  versions(path: string): Promise<readonly ServedVersion[] | undefined>;
}

/** A version of a file that clients may hold. */
export interface ServedVersion {
  /** SHA-256 of the bytes; computed here when it is not given. */
  readonly digest?: Uint8Array | undefined;
  read(): Promise<Uint8Array>;
}

/** Caching, limits and effort. */
export interface ServeOptions {
  /**
   * Value of `Cache-Control`. Default: `max-age=3600`. A client takes an answer as a dictionary only while it may be used from its cache.
   */
  readonly cacheControl?: string | undefined;
  /** Patches to keep. Default: 64. */
  readonly keep?: number | undefined;
}

/** What a response needs, for any kind of server. */
export interface PatchResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Names of headers in lower case. */
export type RequestHeaders = (name: string) => string | null | undefined;

/** Answers requests with a patch (RFC 9842) where the client holds an older version, else with the whole file. */
export class PatchServer {
  private readonly source: PatchSource;
  private readonly options: ServeOptions;
  private readonly kept = new Map<string, Promise<Uint8Array | undefined>>();

  constructor(source: PatchSource, options: ServeOptions = {}) {
    this.source = source;
    this.options = options;
  }

  /** Chooses the answer to a GET or HEAD. */
  async respond(method: string, path: string, header: RequestHeaders): Promise<PatchResponse> {
    if (method !== 'GET' && method !== 'HEAD')
      return { status: 405, headers: { allow: 'GET, HEAD' }, body: NO_BYTES };
    const versions = await this.source.versions(path);
    if (versions === undefined || versions.length === 0) return { status: 404, headers: {}, body: NO_BYTES };
    const newBytes = await versions[0]!.read();
    const newDigest = versions[0]!.digest ?? sha256(newBytes);
    const headers: Record<string, string> = {
      'content-type': 'application/octet-stream',
      'cache-control': this.options.cacheControl ?? 'max-age=3600',
      vary: 'accept-encoding, available-dictionary',
      etag: `"${toHex(newDigest.subarray(0, 16))}"`,
      'use-as-dictionary': `match="${path.replaceAll(/["\\]/g, '')}"`,
    };
    if (header('if-none-match') === headers.etag) return { status: 304, headers, body: NO_BYTES };
    const coding = chooseCoding(header);
    const wanted = coding === undefined ? undefined : parseDictionary(header('available-dictionary'));
    const patch =
      wanted === undefined ? undefined : await this.patchFrom(wanted, versions, newBytes, newDigest, coding!);
    const body = patch ?? newBytes;
    if (patch !== undefined) {
      headers['content-encoding'] = coding!;
      // The same URL has other bytes for other clients.
      headers.etag = `"${toHex(newDigest.subarray(0, 16))}-${toHex(wanted!.subarray(0, 8))}-${coding}"`;
    }
    headers['content-length'] = `${body.length}`;
    return { status: 200, headers, body: method === 'HEAD' ? NO_BYTES : body };
  }

  /** A handler for servers that speak fetch: Deno, Bun, workers. */
  readonly fetch = async (request: Request): Promise<Response> => {
    const { status, headers, body } = await this.respond(request.method, pathOf(request.url), (name) =>
      request.headers.get(name),
    );
    return new Response(status === 304 || request.method === 'HEAD' ? null : new Uint8Array(body), {
      status,
      headers,
    });
  };

  /** A listener for `node:http`; as middleware it leaves paths that it does not know to `next`. */
  readonly listener = (
    request: NodeRequest,
    response: NodeResponse,
    next?: (error?: unknown) => void,
  ): void => {
    const header: RequestHeaders = (name) => {
      const value = request.headers[name];
      return typeof value === 'object' ? value.join(', ') : value;
    };
    this.respond(request.method ?? 'GET', pathOf(request.url ?? '/'), header).then(
      ({ status, headers, body }) => {
        if ((status === 404 || status === 405) && next !== undefined) return next();
        response.writeHead(status, headers);
        response.end(body);
      },
      (error: unknown) => {
        if (next !== undefined) return next(error);
        response.writeHead(500);
        response.end();
      },
    );
  };

  private async patchFrom(
    wanted: Uint8Array,
    versions: readonly ServedVersion[],
    newBytes: Uint8Array,
    newDigest: Uint8Array,
    coding: Coding,
  ): Promise<Uint8Array | undefined> {
    if (equalBytes(wanted, newDigest))
      return this.keep(wanted, newDigest, coding, async () => newBytes, newBytes);
    for (const version of versions.slice(1)) {
      const digest = version.digest ?? sha256(await version.read());
      if (equalBytes(wanted, digest))
        return this.keep(wanted, newDigest, coding, () => version.read(), newBytes);
    }
    return undefined;
  }

  private keep(
    oldDigest: Uint8Array,
    newDigest: Uint8Array,
    coding: Coding,
    readOld: () => Promise<Uint8Array>,
    newBytes: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    const key = `${toHex(oldDigest)} ${toHex(newDigest)} ${coding}`;
    let patch = this.kept.get(key);
    if (patch === undefined) {
      patch = makePatch(readOld, newBytes, coding);
      // A failure is not kept: the next client tries anew.
      patch.catch(() => this.kept.delete(key));
      this.kept.set(key, patch);
      const [oldest] = this.kept.keys();
      if (this.kept.size > (this.options.keep ?? MOST_KEPT)) this.kept.delete(oldest!);
    }
    return patch;
  }
}

const NO_BYTES = new Uint8Array(0);
const MOST_KEPT = 64;

/** The parts of Node's request and response that are used, so that nothing of Node is needed here. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}
/** What is used of Node's `ServerResponse`. */
export interface NodeResponse {
  writeHead(status: number, headers?: Readonly<Record<string, string>>): unknown;
  end(body?: Uint8Array): unknown;
}

async function makePatch(
  readOld: () => Promise<Uint8Array>,
  newBytes: Uint8Array,
  coding: Coding,
): Promise<Uint8Array | undefined> {
  const oldBytes = await readOld();
  const patch = coding === 'dcb' ? await makeDcb(oldBytes, newBytes) : await makeDcz(oldBytes, newBytes);
  return patch !== undefined && patch.length < newBytes.length ? patch : undefined;
}

async function makeDcz(oldBytes: Uint8Array, newBytes: Uint8Array): Promise<Uint8Array | undefined> {
  if (!fitsDcz(oldBytes.length, newBytes.length)) return undefined;
  return createForeign(oldBytes, newBytes, { format: 'dcz', effort: 'default' });
}

/** Brotli works in a thread of its own, so that others are answered meanwhile; what it made is proved. */
async function makeDcb(oldBytes: Uint8Array, newBytes: Uint8Array): Promise<Uint8Array> {
  const patch = await writeDcbAsync(oldBytes, newBytes, effortLevel('default'));
  const back = await applyForeign(oldBytes, patch, { format: 'dcb', maxNewSize: newBytes.length });
  if (!equalBytes(back, newBytes))
    throw patchError('ROUND_TRIP_MISMATCH', 'verify-new', 'the patch does not make new from old');
  return patch;
}

function pathOf(url: string): string {
  const { pathname } = new URL(url, 'http://localhost');
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}

type Coding = 'dcb' | 'dcz';

/** `dcb` where it is accepted and this engine has an encoder, since its patches are smaller; else `dcz`; undefined where neither is accepted. */
function chooseCoding(header: RequestHeaders): Coding | undefined {
  const codings = (header('accept-encoding') ?? '').split(',').map((coding) => coding.trim().toLowerCase());
  const accepts = (name: Coding) =>
    codings.some((coding) => coding.split(';')[0]!.trim() === name && !/;\s*q\s*=\s*0(\.0*)?$/.test(coding));
  if (accepts('dcb') && zlibWithDictionaries() !== undefined) return 'dcb';
  return accepts('dcz') ? 'dcz' : undefined;
}

/** The SHA-256 of a structured byte sequence, `:base64:`; undefined for anything else. */
function parseDictionary(value: string | null | undefined): Uint8Array | undefined {
  const text = /^\s*:([A-Za-z0-9+/]{43}=):\s*$/.exec(value ?? '')?.[1];
  return text === undefined ? undefined : Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
