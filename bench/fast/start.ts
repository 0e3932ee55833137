// Prints the processor time, in milliseconds, in which an app is made and starts.
import './without.ts';
import { App } from '../../src/index.ts';

const before = process.cpuUsage();
const app = new App({ logger: false, docs: false });
app.get('/', () => 'pong');
await app.ready();
const { user, system } = process.cpuUsage(before);
console.log((user + system) / 1000);
await app.close();
