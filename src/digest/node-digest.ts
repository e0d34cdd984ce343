import type { Hasher } from './hasher.js';

export type NodeCrypto = typeof import('node:crypto');

/**
 * node:crypto where it is built in, else undefined. Asked for at run time and never imported, so that bundlers
 * for browsers find no module to resolve.
 */
export function nodeCrypto(): NodeCrypto | undefined {
  return globalThis.process?.getBuiltinModule?.('node:crypto');
}

/** SHA-256 by OpenSSL, which uses the processor's own instructions: four times the speed of any wasm. */
export function createNodeSha256(crypto: NodeCrypto): Hasher {
  return wrap(crypto.createHash('sha256'));
}

/** SHA-1 by OpenSSL. */
export function createNodeSha1(crypto: NodeCrypto): Hasher {
  return wrap(crypto.createHash('sha1'));
}

function wrap(hash: ReturnType<NodeCrypto['createHash']>): Hasher {
  return {
    update(bytes) {
      hash.update(bytes);
      return this;
    },
    digest: () => new Uint8Array(hash.digest()),
  };
}
