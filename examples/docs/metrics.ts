import { App } from 'cortado';
import { metrics } from 'cortado/metrics';
import { Counter } from 'prom-client';

const app = new App({ title: 'Metrics' });

const figures = metrics({ labels: { service: 'coffee-bar' } });
const cups = new Counter({ name: 'bar_cups_total', help: 'Cups sold', registers: [figures.registry] });
app.use(figures);

app.post('/cups', { status: 201 }, () => void cups.inc());

export default app;
