import { App } from '../../../src/index.ts';

const app = new App({ logger: false });
app.static('/files', process.env['BENCH_FOLDER']!);
await app.listen({ port: Number(process.env['PORT']) });
