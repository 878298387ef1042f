// A server on Node's http module: node server.mjs DIRECTORY
//
// Says `listening on HOST:PORT` on standard error.

import fs from 'node:fs';
import http from 'node:http';

const directory = process.argv[2];

async function collect(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

const answers = {
  '/echo': (request, response, content) => {
    response.setHeader('X-Trailers', Object.keys(request.trailers).length);
    response.end(content);
  },
  '/trailers': (request, response) => {
    response.writeHead(200, { Trailer: 'X-Sum' });
    for (const piece of ['hello', ' ', 'world']) response.write(piece);
    response.addTrailers({ 'X-Sum': '11' });
    response.end();
  },
  '/interim': (request, response) => {
    response.writeProcessing();
    response.writeEarlyHints({ link: '</a.css>; rel=preload' });
    response.end('done');
  },
  '/all': (request, response) => {
    fs.createReadStream(directory + '/1m').pipe(response);
  },
};

// Lines in capitals, until the end.
function shout(socket, begun) {
  socket.unshift(begun);
  socket.on('data', (bytes) => socket.write(bytes.toString().toUpperCase()));
  socket.on('end', () => socket.end());
}

const server = http.createServer(async (request, response) => {
  const content = await collect(request);
  const answer = answers[request.url];
  if (answer) return answer(request, response, content);
  fs.readFile(directory + request.url, (error, file) => {
    response.statusCode = error ? 404 : 200;
    response.setHeader('Content-Length', error ? 0 : file.length);
    response.end(file);
  });
});
server.on('checkContinue', (request, response) => {
  if (request.url === '/never') {
    response.writeHead(417, { Connection: 'close', 'Content-Length': 5 }).end('never');
  } else {
    response.writeContinue();
    server.emit('request', request, response);
  }
});
server.on('upgrade', (request, socket, begun) => {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\nready\n');
  shout(socket, begun);
});
server.on('connect', (request, socket, begun) => {
  socket.write(`HTTP/1.1 200 Connected\r\n\r\nhello from ${request.url}\n`);
  shout(socket, begun);
});
server.listen(0, '127.0.0.1', () => console.error(`listening on 127.0.0.1:${server.address().port}`));
