// Bare node:http: what a person writes by hand for these three routes. Takes the values apart, validates nothing.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createItem, findItem, waitMs } from '../application.ts';

createServer((request, response) => {
  const url = request.url!;
  if (request.method === 'GET' && url.startsWith('/items/')) get(url, response);
  else if (request.method === 'POST' && url === '/items') post(request, response);
  else if (url === '/wait') setTimeout(send, waitMs, response, { waited: waitMs });
  else response.writeHead(404).end();
}).listen(Number(process.env['PORT']), '127.0.0.1');

function get(url: string, response: ServerResponse): void {
  const mark = url.indexOf('?');
  const query: Record<string, string> = {};
  if (mark !== -1) {
    for (const pair of url.slice(mark + 1).split('&')) {
      const at = pair.indexOf('=');
      query[pair.slice(0, at)] = decodeURIComponent(pair.slice(at + 1));
    }
  }
  const id = Number(url.slice(7, mark === -1 ? undefined : mark));
  const { owner_email: _, ...found } = findItem(id, query['q'], Number(query['limit'] ?? 10));
  send(response, found);
}

function post(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => send(response, createItem(JSON.parse(Buffer.concat(chunks).toString()))));
}

function send(response: ServerResponse, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
