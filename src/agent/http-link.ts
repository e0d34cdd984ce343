import { patchError } from '../errors/patch-error.js';

/** How bytes come from a server: `fetch`, or something that behaves like it. Redirects are answered, not followed. */
export type HttpPort = (
  url: string,
  init: {
    readonly headers: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
    readonly redirect: 'manual';
  },
) => Promise<Response>;

export interface LinkOptions {
  readonly http?: HttpPort | undefined;
  /** Sent to the repository's own origin only, for instance an authorization. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Requests to one repository. Throws StorageError(DOWNLOAD_FAILED) for networks that fail and servers that lead astray. */
export class HttpLink {
  private readonly base: URL;
  private readonly http: HttpPort;
  private readonly ownHeaders: Readonly<Record<string, string>>;

  constructor(base: string, { http = fetch, headers = {} }: LinkOptions = {}) {
    this.base = new URL(base.endsWith('/') ? base : `${base}/`);
    if (!/^https?:$/.test(this.base.protocol))
      throw new RangeError(`repository: expected http or https, got ${this.base.protocol}`);
    this.http = http;
    this.ownHeaders = headers;
  }

  /** Address of a file of the repository. */
  urlOf(path: string): string {
    return new URL(path, this.base).href;
  }

  /** The answer behind at most five redirects, none of them to http from https; other origins see no header of ours. */
  async get(
    address: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Response> {
    let url = new URL(address);
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const own = url.origin === this.base.origin ? this.ownHeaders : {};
      // Compressed answers have ranges and lengths of their own.
      const all = { 'accept-encoding': 'identity', ...own, ...headers };
      const response = await this.ask(url, all, signal);
      if (!REDIRECTS.has(response.status)) return response;
      await response.body?.cancel();
      url = nextHop(url, response.headers.get('location'));
    }
    throw failed(`${address} leads from one redirect to the next`, { url: address }, false);
  }

  private async ask(
    url: URL,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Response> {
    try {
      return await this.http(url.href, { headers, signal, redirect: 'manual' });
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      const reason = (cause as { cause?: Error }).cause ?? (cause as Error);
      throw failed(`${url.href} could not be reached: ${reason.message}`, { url: url.href }, true, cause);
    }
  }
}

function nextHop(from: URL, location: string | null): URL {
  const url = location === null ? undefined : parseUrl(location, from);
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (url === undefined || !isWeb || (from.protocol === 'https:' && url.protocol === 'http:')) {
    throw failed(`${from.href} redirects to ${location}, which is not followed`, { url: from.href }, false);
  }
  return url;
}

function parseUrl(text: string, base: URL): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

/** The error of a download; `retry` says whether trying again may help. */
export function failed(
  message: string,
  data: Readonly<Record<string, string | number>>,
  retry: boolean,
  cause?: unknown,
) {
  return patchError('DOWNLOAD_FAILED', 'agent', message, { ...data, retry }, cause);
}
