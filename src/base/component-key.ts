/** Marks what an app can `use`. It stands below the contract itself, so that threads and the loop guard can be used as well. */
export const component = '~component';
