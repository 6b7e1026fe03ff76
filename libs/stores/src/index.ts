export { FsObjectStore } from './fs/fs-object-store.js';
