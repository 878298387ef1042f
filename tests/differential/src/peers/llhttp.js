// llhttp as it is inside Node, fed byte by byte.
//
// Standard input: frames of a length (four bytes, the lowest first), a kind, and so many bytes of input.
// Standard output: the version, then one JSON object for each frame. A byte is a character of its number.
'use strict';

const { HTTPParser, allMethods, methods } = process.binding('http_parser');
const names = allMethods || methods;
const onHeaders = HTTPParser.kOnHeaders | 0;
const onHeadersComplete = HTTPParser.kOnHeadersComplete | 0;
const onBody = HTTPParser.kOnBody | 0;
const onMessageComplete = HTTPParser.kOnMessageComplete | 0;

const RESPONSES = 1, TO_HEAD = 2, TO_CONNECT = 4, CLOSES = 8;

// What Node's client tells the parser of a response: 0 to go on, 1 that there is no body, 2 that there is no HTTP behind it.
function verdict(kind, status, upgrade) {
  if (!(kind & RESPONSES)) return 0;
  if (upgrade || kind & TO_CONNECT) return 2;
  return (status >= 100 && status < 200) || kind & TO_HEAD || status === 304 ? 1 : 0;
}

function read(kind, input) {
  const reading = { messages: [], stopped: false };
  let at = 0;
  let message = null;
  let fields = [];
  let target = '';
  const parser = new HTTPParser();
  parser.initialize(kind & RESPONSES ? HTTPParser.RESPONSE : HTTPParser.REQUEST, {}, 0, HTTPParser.kLenientNone | 0);
  // Fields come in several calls where they are many; those behind the head are trailers.
  parser[onHeaders] = (more, url) => {
    fields.push(...more);
    target += url;
  };
  parser[onHeadersComplete] = (major, minor, more, method, url, status, reason, upgrade, keepAlive) => {
    message = {
      method: names[method], target: url === undefined ? target : target + url, status, reason, minor,
      fields: more === undefined ? fields : fields.concat(more), head_end: at, upgrade, keep_alive: keepAlive,
      body: '', trailers: [], end: null,
    };
    fields = [];
    target = '';
    const going = verdict(kind, status, upgrade);
    message.upgrade = upgrade || going === 2;
    reading.messages.push(message);
    return going;
  };
  parser[onBody] = (bytes) => {
    message.body += bytes.latin1Slice();
  };
  parser[onMessageComplete] = () => {
    message.trailers = fields;
    message.end = at;
    reading.stopped = kind & RESPONSES
      ? message.upgrade || message.status < 100 || message.status > 199
      : message.upgrade || !message.keep_alive;
    fields = [];
    target = '';
  };
  while (at < input.length && !reading.stopped) {
    at += 1;
    const result = parser.execute(input.subarray(at - 1, at));
    // Node keeps quiet about an error behind an offer to switch, but takes no byte after the wrong one.
    if (result instanceof Error || result === 0) {
      // It tells of a head and then judges its framing, on the same byte: the head has not been accepted.
      if (message !== null && message.end === null && message.head_end === at) reading.messages.pop();
      reading.refused = result === 0 ? 'HPE_UNTOLD' : `${result.code}: ${result.reason}`;
      reading.offset = result === 0 ? at - 2 : at - 1;
      break;
    }
  }
  if (kind & CLOSES && !reading.stopped && reading.refused === undefined) {
    const result = parser.finish();
    if (result instanceof Error) reading.refused = `${result.code}: ${result.reason}`;
    else if (!reading.stopped) reading.refused = 'closed before a response';
  }
  parser.close();
  return reading;
}

process.stdout.write(process.versions.llhttp + '\n');
let pending = Buffer.alloc(0);
process.stdin.on('data', (bytes) => {
  pending = Buffer.concat([pending, bytes]);
  let from = 0;
  let answers = '';
  while (pending.length - from >= 5) {
    const end = from + 5 + pending.readUInt32LE(from);
    if (pending.length < end) break;
    answers += JSON.stringify(read(pending[from + 4], pending.subarray(from + 5, end))) + '\n';
    from = end;
  }
  pending = pending.subarray(from);
  if (answers) process.stdout.write(answers);
});
