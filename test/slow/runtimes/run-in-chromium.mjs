import { createServer } from 'node:http';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

const { outputFiles } = await build({ entryPoints: ['page.mjs'], bundle: true, format: 'esm', write: false });
const server = createServer((request, response) => {
  const isScript = request.url === '/page.js';
  response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
  response.end(
    isScript ? outputFiles[0].text : '<!doctype html><script type="module" src="/page.js"></script>',
  );
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
});
try {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(error.message));
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const digests = await page.waitForFunction(() => globalThis.digests, null, { timeout: 60_000 });
  console.log(JSON.stringify(await digests.jsonValue()));
} finally {
  await browser.close();
  server.close();
}
