import { escapeHtml, relative } from './html.ts';

/** What the page shows. */
export interface RedocPage {
  readonly title: string;
  /** Paths of the document and of the page. */
  readonly openapi: string;
  readonly redoc: string;
}

/** The ReDoc page, and the content security policy that lets it load nothing from elsewhere. */
export function redocPage({ title, openapi, redoc }: RedocPage): { body: string; policy: string } {
  const base = redoc.slice(redoc.lastIndexOf('/') + 1);
  const body = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} - ReDoc</title>
<link rel="icon" href="data:,">
<style>body { margin: 0; padding: 0; }</style>
</head>
<body>
<redoc spec-url="${escapeHtml(relative(openapi, redoc))}"></redoc>
<script src="${base}/redoc.standalone.js"></script>
</body>
</html>
`;
  // Its search runs in a worker that it makes of a text.
  const policy =
    "default-src 'self'; script-src 'self'; worker-src blob:; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'";
  return { body, policy };
}
