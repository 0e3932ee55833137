import { App } from 'cortado';

const app = new App({ title: 'Plain node' });
app.get('/', () => 'served by `node plain-node.ts`');

// Only where Node runs this very file; without `listen`, `await app.stopOnSignals().ready()` is a worker that serves nothing.
if (import.meta.main) await app.stopOnSignals({ deadline: 8000 }).listen({ port: 8000 });
export default app;
