/** Marks an App, whichever copy of Cortado made it. */
export const appMark: unique symbol = Symbol.for('cortado.app');
