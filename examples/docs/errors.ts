import { App, HttpError, ValidationError } from 'cortado';
import { z } from 'zod';

export class OutOfBeans extends Error {}

const app = new App({ title: 'Errors', errors: 'problem' });

app.get('/coffee', { params: { cups: z.int().max(10).default(1) } }, ({ cups }) => {
  if (cups > 5) throw new OutOfBeans();
  if (cups === 0) throw new HttpError(404, 'Nothing to brew');
  return { cups };
});

app.onError(OutOfBeans, () =>
  Response.json({ message: 'Come back tomorrow' }, { status: 503, headers: { 'retry-after': '3600' } }),
);
app.onError(ValidationError, (error) => Response.json({ wrong: error.issues.map(({ msg }) => msg) }, { status: 400 }));

export default app;
