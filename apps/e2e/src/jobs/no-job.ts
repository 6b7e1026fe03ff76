/** A bundle like any other, but no job. */
export default { name: 'just an object' };
