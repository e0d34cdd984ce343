/** Files that minisign 0.11 made: a pair of keys in the clear, one encrypted, and both kinds of signature over the message. */
export const MINISIGN_FILES = {
  message: 'hello framework\n',
  publicKey:
    'untrusted comment: minisign public key B2C2D1B8E5FFA88\nRWSI+l+OGy0sC2yJaaOTw0pVR8evPa6ISkwZMvN/LFKk5FqnA5dHcU5J\n',
  secretKey:
    'untrusted comment: minisign encrypted secret key\nRWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAiPpfjhstLAtPLYEvGrJaBKBXRFZ6+GFvf2lb9uqHT1BOtGNQb0/0VmyJaaOTw0pVR8evPa6ISkwZMvN/LFKk5FqnA5dHcU5JAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n',
  encryptedKey:
    'untrusted comment: minisign encrypted secret key\nRWRTY0IyVq7aSE2Cs0vv9PoKD7nSS74dSNMGkHQWXsbyPS7plYMAAAACAAAAAAAAAEAAAAAA2UL645/NIDhxh1mK4FFvTYFUxNtpDOBpXCPuLoDT5jf601T3S6AKjygXrOLzVZlVfhRYrNpQ4SxIQqjnsNxCvKnZv7fH04nu6hrfy+YMKMtJhZDIhyD1mhcoehvu4suASk4UkmDEnqs=\n',
  encryptedPublicKey:
    'untrusted comment: minisign public key A77C45320DBECD5F\nRWRfzb4NMkV8p1d0MbR9dYls8wslm44KH5QYVYb7zSbQv3+mFp9PGuvZ\n',
  password: 'geheim',
  hashed:
    'untrusted comment: signature from minisign secret key\nRUSI+l+OGy0sC0M6A5rK87QWLbH50g5Z8vtC7+Sc8ts3DUp3EmJd25gas1OK9eAstOMHe5SV6jqmtGrAEpKocM8RMaGgXgtgGwo=\ntrusted comment: trusted words\nt/Di4+iRy8SJWrCs4P4YUvBxMD7sSzrh7igkacvdrWUt8AeNk3jk9VPrPJ5Vcd22vWTDW0XHtaj6Xf5FtiVICQ==\n',
  legacy:
    'untrusted comment: signature from minisign secret key\nRWSI+l+OGy0sC2R6sZ5YMs1kpt5HJDNXWSn535bTGmSrbnlqv8/P4iEv/yV0J4qCeOMgmLQSDjLSgTYf2gK6r9E7l6cfcnNqegQ=\ntrusted comment: older words\n6jST2NMCoDIiBV8AIBvN+24VKKfDZvTevmIdp1cwPXuPEHq21rnuBG4fQrnVlsH2FcDnShtijjc6WuHNB5/VAQ==\n',
} as const;
