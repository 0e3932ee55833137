/** Headers of every answer that Cortado makes: browsers must not take what a client sent in, and gets back, for a script or a page. */
export const safeHeaders = { 'x-content-type-options': 'nosniff' } as const;
