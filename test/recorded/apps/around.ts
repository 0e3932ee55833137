import { z } from 'zod';
import type { AppOptions, RequestContext } from '../../../src/index.ts';
import { type Chapter, tutorial } from './models.ts';

function showingRoot(options: AppOptions = {}): Chapter[string] {
  return () => {
    const app = tutorial(options);
    app.get('/app', (_, { rootPath }: RequestContext) => ({ message: 'Hello World', root_path: rootPath }));
    return app;
  };
}

const servers = [
  { url: 'https://stag.example.com', description: 'Staging environment' },
  { url: 'https://prod.example.com', description: 'Production environment' },
];

export const behindAProxy: Chapter = {
  // In the chapter these two are told by the command.
  tutorial001: showingRoot({ rootPath: '/api/v1' }),
  tutorial001_01: () => {
    const app = tutorial({ server: { trustProxy: true } });
    app.get('/items/', { response: z.array(z.string()) }, () => ['plumbus', 'portal gun']);
    return app;
  },
  tutorial002: showingRoot({ rootPath: '/api/v1' }),
  tutorial003: showingRoot({ rootPath: '/api/v1', servers }),
  tutorial004: showingRoot({ rootPath: '/api/v1', rootPathInServers: false, servers }),
};

export const subApplications: Chapter = {
  tutorial001: () => {
    const app = tutorial();
    app.get('/app', () => ({ message: 'Hello World from main app' }));
    const sub = tutorial({ title: 'FastAPI' });
    sub.get('/sub', function read_sub() {
      return { message: 'Hello World from sub API' };
    });
    app.mount('/subapi', sub);
    return app;
  },
};

export const advancedMiddleware: Chapter = {
  tutorial002: () => {
    const app = tutorial({ hosts: ['example.com', '*.example.com', 'testserver'] });
    app.get('/', () => ({ message: 'Hello World' }));
    return app;
  },
};
