/**
 * Published SHA-256 values. FIPS 180-2, appendix B, and NIST's "SHA256 additional" examples (Cryptographic
 * Standards and Guidelines, example values). The messages are rebuilt here.
 */

const filled = (size: number, byte: number) => new Uint8Array(size).fill(byte);
const text = (message: string) => new TextEncoder().encode(message);

export interface DigestVector {
  readonly name: string;
  readonly message: Uint8Array;
  readonly digest: string;
}

export const SHA256_VECTORS: readonly DigestVector[] = [
  {
    name: 'FIPS 180-2 B.1: abc',
    message: text('abc'),
    digest: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  },
  {
    name: 'FIPS 180-2 B.2: 448 bits',
    message: text('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq'),
    digest: '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  },
  {
    name: 'FIPS 180-2 B.3: one million a',
    message: filled(1_000_000, 0x61),
    digest: 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0',
  },
  {
    name: 'no bytes',
    message: text(''),
    digest: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  },
  {
    name: 'additional 1: bd',
    message: filled(1, 0xbd),
    digest: '68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b',
  },
  {
    name: 'additional 2: c98c8e55',
    message: Uint8Array.of(0xc9, 0x8c, 0x8e, 0x55),
    digest: '7abc22c0ae5af26ce93dbb94433a0e0b2e119d014f8e7f65bd56c61ccccd9504',
  },
  {
    name: 'additional 3: 55 zeros',
    message: filled(55, 0),
    digest: '02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7',
  },
  {
    name: 'additional 4: 56 zeros',
    message: filled(56, 0),
    digest: 'd4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb',
  },
  {
    name: 'additional 5: 57 zeros',
    message: filled(57, 0),
    digest: '65a16cb7861335d5ace3c60718b5052e44660726da4cd13bb745381b235a1785',
  },
  {
    name: 'additional 6: 64 zeros',
    message: filled(64, 0),
    digest: 'f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b',
  },
  {
    name: 'additional 7: 1000 zeros',
    message: filled(1000, 0),
    digest: '541b3e9daa09b20bf85fa273e5cbd3e80185aa4ec298e765db87742b70138a53',
  },
  {
    name: 'additional 8: 1000 bytes 41',
    message: filled(1000, 0x41),
    digest: 'c2e686823489ced2017f6059b8b239318b6364f6dcd835d0a519105a1eadd6e4',
  },
  {
    name: 'additional 9: 1005 bytes 55',
    message: filled(1005, 0x55),
    digest: 'f4d62ddec0f3dd90ea1380fa16a5ff8dc4c54b21740650f24afc4120903552b0',
  },
];
