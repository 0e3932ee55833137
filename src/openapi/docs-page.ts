import { createHash } from 'node:crypto';

/** The Swagger UI page, and the content security policy that lets it load nothing from elsewhere. */
export function docsPage(title: string, openapi: string, swagger: string): { body: string; policy: string } {
  const script = `window.ui = SwaggerUIBundle(${safeJson({ url: relative(openapi, swagger), dom_id: '#swagger-ui', deepLinking: true, tryItOutEnabled: true })});`;
  const hash = createHash('sha256').update(script).digest('base64');
  const base = swagger.slice(swagger.lastIndexOf('/') + 1);
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
<div id="swagger-ui"></div>
<script src="${base}/swagger-ui-bundle.js"></script>
<script>${script}</script>
</body>
</html>
`;
  const policy = `default-src 'self'; script-src 'self' 'sha256-${hash}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'`;
  return { body, policy };
}

// Relative, so that the page works behind a proxy that adds a prefix.
function relative(target: string, page: string): string {
  return `${'../'.repeat(page.split('/').length - 2)}${target.slice(1)}`;
}

function safeJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
