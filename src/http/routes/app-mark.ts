/** Marks an App, whichever copy of Cortado made it. */
export const appMark = '~app';
