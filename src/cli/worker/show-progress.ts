import type { App } from '../../http/app/app.ts';

const every = 250;

/**
 * Keeps a line at the foot of a terminal that says what the worker does; whatever else is written there goes above it. Returns what takes
 * the line away.
 */
export function showProgress(app: App, terminal: NodeJS.WriteStream): () => void {
  const writers = [process.stdout, terminal].map((stream) => ({ stream, write: stream.write.bind(stream) }));
  const draw = (): void => void writers[1]!.write(`\r\u001B[K${progressText(app, terminal.columns ?? 80)}`);
  for (const { stream, write } of writers) {
    stream.write = ((...parameters: Parameters<typeof write>) => {
      writers[1]!.write('\r\u001B[K');
      const flushed = write(...parameters);
      draw();
      return flushed;
    }) as typeof stream.write;
  }
  const timer = setInterval(draw, every).unref();
  draw();
  return () => {
    clearInterval(timer);
    for (const { stream, write } of writers) stream.write = write as typeof stream.write;
    terminal.write('\r\u001B[K');
  };
}

/** `▸ 3 of 10 running · 120 done · 2 failed`, from the gauges of all queues. */
export function progressText(app: Pick<App, 'gauges'>, columns: number): string {
  const sum = (name: string): number =>
    app
      .gauges()
      .filter((gauge) => gauge.name === `cortado_tasks_${name}`)
      .reduce((total, { value }) => total + value, 0);
  const [failed, retried] = [sum('failed_total'), sum('retried_total')];
  const parts = [`▸ ${sum('running')} of ${sum('concurrency')} running`, `${sum('succeeded_total')} done`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (retried > 0) parts.push(`${retried} tried again`);
  return parts.join(' · ').slice(0, Math.max(0, columns - 1));
}
