// Node's own HTTP clients: node client.mjs CASE HOST:PORT [DIRECTORY]
//
// Fails with a trace. DIRECTORY is what the server serves.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';

const [name, address, directory] = process.argv.slice(2);
const base = `http://${address}`;
const files = ['/0', '/1', '/1k', '/1m'];
const stored = (path) => fs.readFileSync(directory + path);
const same = (got, expected) => assert.equal(Buffer.compare(Buffer.from(got), expected), 0);

// One connection, as long as it lasts.
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
let asked = 0;

function ask(method, path, { fields = {}, pieces = [], trailers } = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(base + path, { method, agent, headers: fields, timeout: 20_000 });
    const interim = [];
    const send = () => {
      for (const piece of pieces) request.write(piece);
      if (trailers) request.addTrailers(trailers);
      request.end();
    };
    request.on('error', reject);
    request.on('timeout', () => request.destroy(new Error('timeout')));
    request.on('information', ({ statusCode }) => interim.push(statusCode));
    request.on('response', async (response) => {
      try {
        assert.equal(request.reusedSocket, asked++ > 0, 'another connection');
        const got = [];
        for await (const piece of response) got.push(piece);
        resolve({ status: response.statusCode, fields: response.headers, content: Buffer.concat(got), interim });
      } catch (error) {
        reject(error);
      }
    });
    if (fields.Expect) {
      request.on('continue', send);
      request.flushHeaders();
    } else {
      send();
    }
  });
}

const cases = {
  async fetch() {
    for (const path of [...files, ...files]) {
      const response = await fetch(base + path);
      assert.equal(response.status, 200);
      same(await response.arrayBuffer(), stored(path));
      const again = await fetch(base + path, { headers: { 'If-None-Match': response.headers.get('etag') } });
      assert.equal(again.status, 304);
      await again.arrayBuffer();
      const head = await fetch(base + path, { method: 'HEAD' });
      assert.equal(Number(head.headers.get('content-length')), stored(path).length);
    }
    const range = await fetch(base + '/1m', { headers: { Range: 'bytes=1000-299999' } });
    assert.equal(range.status, 206);
    same(await range.arrayBuffer(), stored('/1m').subarray(1000, 300000));
    const refused = await fetch(base + '/new', { method: 'PUT', body: 'x' });
    assert.equal(refused.status, 405);
    await refused.arrayBuffer();
  },

  async one_connection() {
    for (const path of [...files, ...files]) {
      same((await ask('GET', path)).content, stored(path));
      assert.equal((await ask('HEAD', path)).fields['content-length'], String(stored(path).length));
      assert.equal((await ask('GET', path + '-missing')).status, 404);
    }
  },

  async uploads() {
    for (const size of [0, 1, 1024, 1 << 20]) {
      const body = Buffer.alloc(size, 'content');
      const pieces = size ? [body.subarray(0, size / 2), body.subarray(size / 2)] : [];
      for (const [framing, fields] of [
        ['length', { 'Content-Length': size }],
        ['chunked', { 'Transfer-Encoding': 'chunked' }],
      ]) {
        for (const expects of size ? [false, true] : [false]) {
          const all = expects ? { ...fields, Expect: '100-continue' } : fields;
          const trailers = framing === 'chunked' ? { 'X-Trailer': 'x' } : undefined;
          const answer = await ask('PUT', '/', { fields: all, pieces, trailers });
          assert.equal(answer.status, 200);
          assert.deepEqual(answer.interim, expects ? [100] : []);
          assert.equal(answer.fields['x-framing'], framing);
          assert.equal(answer.fields['x-trailers'], trailers ? '1' : '0');
          same(answer.content, body);
        }
      }
    }
  },
};

await cases[name]();
agent.destroy();
console.log('done', name);
