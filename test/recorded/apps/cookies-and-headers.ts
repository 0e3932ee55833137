import { z } from 'zod';
import { cookie, header } from '../../../src/index.ts';
import { type Chapter, optionalText, tutorial } from './models.ts';

export const cookieParams: Chapter = {
  tutorial001: () => {
    const app = tutorial();
    app.get('/items/', { params: { ads_id: cookie(optionalText) } }, (p) => p);
    return app;
  },
};

export const cookieParamModels: Chapter = {
  tutorial001: () => {
    const app = tutorial();
    const Cookies = z.object({ session_id: z.string(), fatebook_tracker: optionalText, googall_tracker: optionalText });
    app.get('/items/', { params: { cookies: cookie(Cookies) } }, ({ cookies }) => cookies);
    return app;
  },
};

const fields = {
  host: z.string(),
  save_data: z.boolean(),
  if_modified_since: optionalText,
  traceparent: optionalText,
  x_tag: z.array(z.string()).default([]),
};

function readingHeaders(schema: z.ZodObject, convertUnderscores: boolean): Chapter[string] {
  return () => {
    const app = tutorial();
    app.get('/items/', { params: { headers: header(schema, { convertUnderscores }) } }, ({ headers }) => headers);
    return app;
  };
}

export const headerParamModels: Chapter = {
  tutorial001: readingHeaders(z.object(fields), true),
  tutorial002: readingHeaders(z.strictObject(fields), true),
  tutorial003: readingHeaders(z.object(fields), false),
};
