import { z } from 'zod';
import { content, file, form } from '../../../src/index.ts';
import { type Chapter, text, tutorial } from './models.ts';

const credentials = { username: text, password: text };

function loggingIn(schema: z.ZodObject): Chapter[string] {
  return () => {
    const app = tutorial();
    app.post('/login/', { params: { data: form(schema) } }, ({ data }) => data);
    return app;
  };
}

export const requestFormModels: Chapter = {
  tutorial001: loggingIn(z.object(credentials)),
  tutorial002: loggingIn(z.strictObject(credentials)),
};

export const requestForms: Chapter = {
  tutorial001: () => {
    const app = tutorial();
    app.post('/login/', { params: { username: form(text), password: form(text) } }, ({ username }) => ({ username }));
    return app;
  },
};

function oneFile(): ReturnType<Chapter[string]> {
  const app = tutorial();
  app.post('/files/', { params: { file: file(z.file()) } }, ({ file }) => ({ file_size: file.size }));
  app.post('/uploadfile/', { params: { file: file(z.file()) } }, ({ file }) => ({ filename: file.name }));
  return app;
}

const page = `
<body>
<form action="/files/" enctype="multipart/form-data" method="post">
<input name="files" type="file" multiple>
<input type="submit">
</form>
<form action="/uploadfiles/" enctype="multipart/form-data" method="post">
<input name="files" type="file" multiple>
<input type="submit">
</form>
</body>
    `;

export const requestFiles: Chapter = {
  tutorial001: oneFile,
  tutorial001_03: oneFile,
  tutorial003: () => {
    const app = tutorial();
    const params = { files: file(z.array(z.file())) };
    app.post('/files/', { params }, ({ files }) => ({ file_sizes: files.map(({ size }) => size) }));
    app.post('/uploadfiles/', { params }, ({ files }) => ({ filenames: files.map(({ name }) => name) }));
    app.get('/', { response: content('text/html') }, () => page);
    return app;
  },
};

export const requestFormsAndFiles: Chapter = {
  tutorial001: () => {
    const app = tutorial();
    const params = { file: file(z.file()), fileb: file(z.file()), token: form(text) };
    app.post('/files/', { params }, ({ file, fileb, token }) => ({
      file_size: file.size,
      token,
      fileb_content_type: fileb.type,
    }));
    return app;
  },
};
