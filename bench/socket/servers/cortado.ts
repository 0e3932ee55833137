import { App } from '../../../src/index.ts';
import { pingInterval, Said } from '../message.ts';

const app = new App({ logger: false });

app.socket('/ws', { incoming: Said, outgoing: Said, pingInterval }, async (_, socket) => {
  for await (const message of socket) await socket.send(message);
});

await app.listen({ port: Number(process.env['PORT']) });
