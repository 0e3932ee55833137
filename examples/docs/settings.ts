import { App, dependency } from 'cortado';
import { settings } from 'cortado/settings';
import { z } from 'zod';

export const config = settings(
  z.object({
    databaseUrl: z.string().default('sqlite:shop.db'), // DATABASE_URL
    port: z.int().default(8000), // PORT=8080
    origins: z.array(z.url()).default([]), // ORIGINS=https://a.example,https://b.example
    mail: z.object({ host: z.string(), apiKey: z.string() }).optional(), // MAIL__HOST and MAIL__API_KEY, or MAIL={"host":…}
    jwtSecret: z.string().min(32).default('only for development: not a secret'),
  }),
  { files: ['.env'] },
);

const app = new App({ title: 'Shop' });
// Injected, tests can put another in its place: app.override(appSettings, …).
export const appSettings = dependency(() => config, { name: 'settings' });
app.get('/origins', { params: { config: appSettings } }, ({ config }) => config.origins);

export default app;
