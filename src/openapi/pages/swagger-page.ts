import { createHash } from 'node:crypto';
import type { DocsOptions } from '../../declare/route/api-info.ts';
import { escapeHtml, relative, safeJson } from './html.ts';

/** What the page shows, and with whom it may talk. */
export interface SwaggerPage {
  readonly title: string;
  /** Paths of the document and of the page. */
  readonly openapi: string;
  readonly swagger: string;
  /** Path of the AsyncAPI document, where there is one. */
  readonly messages: string | undefined;
  readonly options: DocsOptions;
  /** Origins elsewhere that it must reach. */
  readonly origins: readonly string[];
}

/** The Swagger UI page, and the content security policy that lets it load nothing from elsewhere. */
export function swaggerPage(shown: SwaggerPage): { body: string; policy: string } {
  const { title, openapi, swagger, messages, origins, options } = shown;
  const base = swagger.slice(swagger.lastIndexOf('/') + 1);
  const parameters = {
    url: relative(openapi, swagger),
    dom_id: '#swagger-ui',
    deepLinking: true,
    tryItOutEnabled: true,
    persistAuthorization: options.persistAuthorization ?? false,
    ...options.swaggerUiParameters,
  };
  const oauth =
    options.swaggerUiInitOAuth === undefined ? '' : ` window.ui.initOAuth(${safeJson(options.swaggerUiInitOAuth)});`;
  // OAuth2 servers want the whole address of where they send the reader back to.
  const script = `window.ui = SwaggerUIBundle({ ...${safeJson(parameters)}, oauth2RedirectUrl: new URL(${safeJson(`${base}/oauth2-redirect.html`)}, location.href).href });${oauth}`;
  const hash = createHash('sha256').update(script).digest('base64');
  const body = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} - API documentation</title>
<link rel="icon" type="image/png" href="${base}/favicon-32x32.png">
<link rel="stylesheet" href="${base}/swagger-ui.css">
</head>
<body>
${messages === undefined ? '' : linkTo(relative(messages, swagger))}<div id="swagger-ui"></div>
<script src="${base}/swagger-ui-bundle.js"></script>
<script>${script}</script>
</body>
</html>
`;
  const policy = `default-src 'self'; script-src 'self' 'sha256-${hash}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src ${["'self'", ...origins].join(' ')}; frame-ancestors 'self'`;
  return { body, policy };
}

function linkTo(messages: string): string {
  return `<p style="max-width: 1460px; margin: 0 auto; padding: 10px 20px; font: 14px sans-serif">Sockets, event streams, channels and tasks: <a href="${escapeHtml(messages)}">the AsyncAPI document</a></p>
`;
}
