// Bare node:http: what a person writes by hand for these two routes. Validates nothing, and picks the fields by a literal.
import { createServer, type ServerResponse } from 'node:http';
import { findRows, type Order, takeOrder } from '../application.ts';

createServer((request, response) => {
  if (request.method === 'POST' && request.url === '/orders') {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => send(response, takeOrder(JSON.parse(Buffer.concat(chunks).toString()) as Order)));
  } else if (request.method === 'GET' && request.url === '/rows') {
    const rows = findRows().map((row) => ({
      id: row.id,
      name: row.name,
      email: row.email,
      role: row.role,
      is_active: row.is_active,
      score: row.score,
      created_at: row.created_at,
      tags: row.tags,
    }));
    send(response, rows);
  } else response.writeHead(404).end();
}).listen(Number(process.env['PORT']), '127.0.0.1');

function send(response: ServerResponse, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
